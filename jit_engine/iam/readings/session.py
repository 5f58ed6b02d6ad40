"""The second reading of a session policy: written apart from what wrote it, against what was decided.

A session policy has no guards of its own beside its end: the base role has them, which is read by the readings of
roles. So what is asked here is that no action and no object is named that was not decided, and that its own Denies
are there: a bucket policy that names the session is not limited by what a session policy merely leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.readings.lake import LakeReading
from jit_engine.iam.readings.reading import EVERYTHING, Decided, has_only, is_beneath, texts
from jit_engine.iam.readings.widens import PolicyWidens

_LIST = "s3:ListBucket"
_KEY = frozenset({"kms:Decrypt", "kms:GenerateDataKey"})


def check_session_within(policy: str, clearance: Clearance, place: Place, grant: GrantId) -> None:
    """Raises `PolicyWidens` with every finding; returns when the text lets nothing through beyond `clearance`."""
    found = json.loads(policy)
    decided = Decided(clearance=clearance, place=place, grant=grant)
    if set(found) != {"Version", "Statement"} or found["Version"] != "2012-10-17":
        raise PolicyWidens(findings=("it is not a policy of version 2012-10-17",))
    findings = tuple(_findings(found["Statement"], decided))
    if findings:
        raise PolicyWidens(findings=findings)


def _findings(statements: Sequence[Mapping[str, object]], decided: Decided) -> Iterator[str]:
    lake = LakeReading(decided)
    allows = [s for s in statements if s.get("Effect") == "Allow"]
    denies = [s for s in statements if s.get("Effect") == "Deny"]
    if len(allows) + len(denies) != len(statements):
        yield "a statement neither allows nor denies"
    named: set[str] = set()
    buckets: set[str] = set()
    for statement in allows:
        if not has_only(statement, "Action", "Resource"):
            yield f"{statement.get('Sid')}: an Allow has action and resource, and no more"
            continue
        actions, resources = texts(statement["Action"]), texts(statement["Resource"])
        named |= set(resources)
        if _LIST in actions:
            buckets |= set(resources)
        for action in actions or ["nothing"]:
            for resource in resources or ["nothing"]:
                if not (
                    lake.allows(action, resource) or (action in _KEY and resource == decided.place.workspace_key_arn)
                ):
                    yield f"{statement.get('Sid')}: {action} on {resource} was not decided"
    end = {"DateGreaterThanEquals": {"aws:CurrentTime": decided.clearance.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    if not any(
        has_only(s, "Action", "NotResource")
        and s["Action"] == EVERYTHING
        and texts(s["NotResource"])
        and set(texts(s["NotResource"])) <= named
        for s in denies
    ):
        yield "no Deny of every other resource"
    if not any(
        has_only(s, "Action", "Resource", "Condition")
        and (s["Action"], s["Resource"], s["Condition"]) == (EVERYTHING, EVERYTHING, end)
        for s in denies
    ):
        yield "no Deny of anything after the grant's end"
    for bucket in sorted(buckets):
        if not any(_closes(s, bucket, lake) for s in denies):
            yield f"no Deny of listing {bucket} at its root or beside what was decided"


def _closes(statement: Mapping[str, object], bucket: str, lake: LakeReading) -> bool:
    if not has_only(statement, "Action", "Resource", "Condition"):
        return False
    if (statement["Action"], statement["Resource"]) != ([_LIST], [bucket]):
        return False
    found = statement["Condition"]
    unlike = found.get("StringNotLike") if isinstance(found, dict) and len(found) == 1 else None
    spared = texts(unlike.get("s3:prefix")) if isinstance(unlike, dict) and len(unlike) == 1 else []
    return bool(spared) and all(is_beneath(f"{bucket}/{prefix}", lake.listable) for prefix in spared)
