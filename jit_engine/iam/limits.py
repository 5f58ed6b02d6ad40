"""AWS's limits, kept by us in front of every AWS: emulators keep few of them, and AWS tells too late.

Sources: the IAM and STS API models (patterns and lengths) and the IAM quotas page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from jit_engine.errors import LimitExceeded, PolicyTooLarge

ROLE_PATH = "/jit/"
INLINE_POLICY_LIMIT = 10_240
"""Characters without white space over all inline policies of a role."""
INLINE_POLICY_RESERVE = 512
"""Kept free, so that a Deny always fits beside the policy."""
ROLES_PER_ACCOUNT = 1_000
"""AWS's default quota; it can be raised to `MOST_ROLES_PER_ACCOUNT`."""
MOST_ROLES_PER_ACCOUNT = 10_000
SESSION_POLICY_LIMIT = 2_048
TRUST_POLICY_LIMIT = 2_048
SHORTEST_SESSION = timedelta(seconds=900)
LONGEST_CHAINED_SESSION = timedelta(seconds=3_600)

_ROLE_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}\Z", re.ASCII)
_SESSION_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}\Z", re.ASCII)
_DOCUMENT = re.compile(r"[\t\n\r\x20-\xff]+\Z")
_TAG = re.compile(r"[A-Za-z0-9 _.:/=+@-]*\Z", re.ASCII)
_ROLE_ARN = re.compile(r"arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}\Z", re.ASCII)
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}\Z", re.ASCII)
_MAX_TAGS, _MAX_TAG_KEY, _MAX_TAG_VALUE = 50, 128, 256


def policy_size(document: str) -> int:
    """Characters as IAM counts them: without white space."""
    return len("".join(document.split()))


def check_role_name(name: str) -> None:
    """Raises `LimitExceeded` unless IAM takes it: 1–64 of `[A-Za-z0-9_+=,.@-]`."""
    if not _ROLE_NAME.match(name):
        raise LimitExceeded(what="role name", limit="1 to 64 of A-Z a-z 0-9 _ + = , . @ -")


def check_inline_policy(document: str, sources: int) -> None:
    """Raises `PolicyTooLarge` or `LimitExceeded` unless the document fits a role with the reserve kept."""
    size = policy_size(document)
    if size > INLINE_POLICY_LIMIT - INLINE_POLICY_RESERVE:
        raise PolicyTooLarge(size=size, limit=INLINE_POLICY_LIMIT - INLINE_POLICY_RESERVE, sources=sources)
    _check_characters(document)


def check_trust_policy(document: str) -> None:
    """Raises `LimitExceeded` unless the trust policy fits the default quota."""
    if policy_size(document) > TRUST_POLICY_LIMIT:
        raise LimitExceeded(what="trust policy", limit=f"{TRUST_POLICY_LIMIT} characters")
    _check_characters(document)


def check_trusted(role_arn: str, external_id: str) -> None:
    """Raises `LimitExceeded` unless a trust in these is a trust in one role under one literal id.

    `*`, a whole account or a policy variable would let in others.
    """
    if not _ROLE_ARN.match(role_arn):
        raise LimitExceeded(what="trusted principal", limit="the ARN of one role")
    if not _EXTERNAL_ID.match(external_id):
        raise LimitExceeded(what="external id", limit="2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -")


def check_session(*, name: str, source_identity: str, duration: timedelta, policy: str | None) -> None:
    """Raises `LimitExceeded` unless STS takes the session, assumed from the broker role's own (chaining: an hour)."""
    if not _SESSION_NAME.match(name):
        raise LimitExceeded(what="session name", limit="2 to 64 of A-Z a-z 0-9 _ + = , . @ -")
    if not _SESSION_NAME.match(source_identity) or source_identity.lower().startswith("aws:"):
        raise LimitExceeded(what="SourceIdentity", limit="2 to 64 of A-Z a-z 0-9 _ + = , . @ -")
    if not SHORTEST_SESSION <= duration <= LONGEST_CHAINED_SESSION or duration.microseconds:
        raise LimitExceeded(what="session duration", limit="900 to 3600 whole seconds")
    if policy is not None:
        if len(policy) > SESSION_POLICY_LIMIT:
            raise LimitExceeded(what="session policy", limit=f"{SESSION_POLICY_LIMIT} characters")
        _check_characters(policy)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises `LimitExceeded` unless IAM takes every tag; keys count without regard to case."""
    if len(tags) > _MAX_TAGS or len({key.lower() for key in tags}) != len(tags):
        raise LimitExceeded(what="tags", limit=f"at most {_MAX_TAGS}, no key twice in any case")
    for key, value in tags.items():
        if not 1 <= len(key) <= _MAX_TAG_KEY or key.lower().startswith("aws:") or not _TAG.match(key):
            raise LimitExceeded(what=f"tag key {key[:40]!r}", limit="1 to 128 characters, not aws:")
        if len(value) > _MAX_TAG_VALUE or not _TAG.match(value):
            raise LimitExceeded(what=f"value of tag {key}", limit="256 of letters, digits, space and _.:/=+-@")


def _check_characters(document: str) -> None:
    if not _DOCUMENT.match(document):
        raise LimitExceeded(what="policy document", limit="tab, LF, CR and U+0020 to U+00FF")
