"""The second way to mint: a base role that holds what contracts allow for an activity, and sessions cut from it.

A session may do what base role, session policy and boundary all allow. The base role is written by the same hand as a
grant's own role, as if everything that its contracts let be read as files had been cleared, and is read a second time
against just that. The session policy holds what was decided, without the guards that the base role has on the same
actions (the account of the resource, the key's service), and with its own closing Denies: the end, every other
resource, every other listing. IAM cannot demand that a session has a policy; only the platform may open one, and does
not without.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jit_engine.contracts.terms import Contract, ContractState
from jit_engine.domain.activity import Place
from jit_engine.domain.base_role import BaseRole, PlannedBase
from jit_engine.domain.ids import GrantId
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.source import Operation, S3Prefix
from jit_engine.domain.verdict import Clearance, ClearedSource
from jit_engine.errors import LimitExceeded
from jit_engine.iam.absorbing import widest
from jit_engine.iam.grant_policy import MARKER_KEY, WORKSPACE, WORKSPACE_KEY
from jit_engine.iam.limits import (
    INLINE_POLICY_LIMIT,
    SESSION_POLICY_LIMIT,
    check_role_name,
    check_tags,
    check_trust_policy,
    policy_size,
)
from jit_engine.iam.reading import check_within
from jit_engine.iam.readings.session import check_session_within
from jit_engine.iam.role import TAG_PREFIX, role_statements
from jit_engine.iam.statement import bucket_arn, document, iam_time, object_arn, objects_arn
from jit_engine.ports import RolePlan
from jit_engine.sources.files import LIST, READ

GRANT_TAG = f"aws:PrincipalTag/{TAG_PREFIX}grant"
DENIED_FULL = 40
"""Denied grants at which a base role is retired, so that new sessions go to one with an empty list."""
DENIED_MOST = 60
"""Denied grants that still fit. A retired role with more is denied as a whole; live grants have new sessions."""
BASE_ROOM = INLINE_POLICY_LIMIT - 2_560
"""Characters of a base role's own policy: the rest is kept for `DENIED_MOST` grants and for untagged sessions."""
_READS = frozenset({Operation.DESCRIBE, Operation.SELECT})


def whole_of(clearance: Clearance, contracts: Sequence[Contract]) -> Clearance:
    """All that contracts with session minting let this activity read as files in this environment, as if all was asked.

    The same for every request of the environment, until a contract or the activity changes.
    """
    offered: dict[str, ClearedSource] = {}
    for contract in contracts:
        stage = contract.stages.get(clearance.environment.tier)
        if stage is None or not _offers_sessions(contract, clearance):
            continue
        if operations := stage.operations & _READS:
            for prefix in contract.prefixes:
                offered[prefix.uri] = ClearedSource(
                    ask=SourceAsk(source=prefix, operations=operations), files=(prefix,)
                )
    return replace(
        clearance,
        cleared=tuple(offered[uri] for uri in sorted(offered)),
        ends_at=min(clearance.activity.ends_at, clearance.environment.expires_at).replace(microsecond=0),
    )


def _offers_sessions(contract: Contract, clearance: Clearance) -> bool:
    return (
        contract.session_minting
        and contract.state is ContractState.IN_FORCE
        and contract.starts_at <= clearance.decided_at < contract.ends_at
        and contract.key in clearance.activity.accepted
    )


def planned_base(clearance: Clearance, contracts: Sequence[Contract], place: Place, grant: GrantId) -> PlannedBase:
    """The base role's own policy; raises `LimitExceeded` when it leaves no room for revocations, `PolicyWidens`."""
    whole = whole_of(clearance, contracts)
    text = document(role_statements(whole, place, grant))
    if policy_size(text) > BASE_ROOM:
        raise LimitExceeded(what="policy of the base role", limit=f"{BASE_ROOM} characters")
    check_within(text, whole, place, grant)
    return PlannedBase(policy=text, ends_at=whole.ends_at)


def base_document(base: BaseRole) -> str:
    """The policy as AWS has it: the base role's own, nothing for a session without a grant, nothing for denied ones."""
    found = json.loads(base.policy)
    found["Statement"].append(_deny("SessionsOfGrantsOnly", {"Null": {GRANT_TAG: "true"}}))
    if base.denied:
        ids = sorted(one.grant for one in base.denied)
        found["Statement"].append(_deny("RevokedGrants", {"StringEquals": {GRANT_TAG: ids}}))
    return json.dumps(found, separators=(",", ":"))


def base_trust(broker_role_arn: str, external_id: str) -> str:
    """Only the broker, with our external id, for a grant and in a person's or workload's name, by their tags.

    SourceIdentity is given with every session, but not demanded here: the embedded AWS does not show it to a trust.
    """
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "BrokerForGrantsOnly",
                    "Effect": "Allow",
                    "Principal": {"AWS": broker_role_arn},
                    "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
                    "Condition": {
                        "StringEquals": {"sts:ExternalId": external_id},
                        "StringLike": {
                            f"aws:RequestTag/{TAG_PREFIX}grant": "gr_*",
                            f"aws:RequestTag/{TAG_PREFIX}subject": "?*",
                        },
                    },
                }
            ],
        },
        separators=(",", ":"),
    )
    check_trust_policy(trust)
    return trust


def base_plan(base: BaseRole, place: Place, external_id: str) -> RolePlan:
    """The role. It bears no grant's tag: a session without one of its own is denied everything."""
    check_role_name(base.name)
    tags = {
        f"{TAG_PREFIX}base": base.environment,
        f"{TAG_PREFIX}account": base.account,
        f"{TAG_PREFIX}activity": base.activity,
        f"{TAG_PREFIX}environment": base.environment,
        f"{TAG_PREFIX}managed-by": "sluicegate",
    }
    check_tags(tags)
    return RolePlan(
        name=base.name,
        trust=base_trust(place.broker_role_arn, external_id),
        policy=base_document(base),
        boundary_arn=place.boundary_arn,
        tags=tags,
        description=f"Sluicegate base role of {base.environment}, generation {base.generation}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """What sessions of the base role are cut to, why each statement is there, and what the base role has to hold."""

    policy: str
    notes: tuple[tuple[str, str], ...]
    base: PlannedBase


def session_of(
    clearance: Clearance, contracts: Sequence[Contract], place: Place, grant: GrantId
) -> PlannedSession | str:
    """The clearance as a session of the base role, or in words what stands against one; raises `PolicyWidens`."""
    if against := _against_a_session(clearance, contracts):
        return against
    try:
        base = planned_base(clearance, contracts, place, grant)
    except LimitExceeded as exceeded:
        return str(exceeded)
    parts = _parts(clearance, place)
    text = json.dumps({"Version": "2012-10-17", "Statement": parts}, separators=(",", ":"))
    if len(text) > SESSION_POLICY_LIMIT:
        return f"its policy has {len(text)} characters and {SESSION_POLICY_LIMIT} fit"
    check_session_within(text, clearance, place, grant)
    notes = tuple((str(one["Sid"]), _WHY[str(one["Sid"]).rstrip("0123456789")]) for one in parts)
    return PlannedSession(policy=text, notes=notes, base=base)


def _against_a_session(clearance: Clearance, contracts: Sequence[Contract]) -> str | None:
    against = sorted(c.name for c in contracts if c.key in clearance.contracts and not c.session_minting)
    if against:
        return f"{', '.join(against)} wants a role for every grant"
    if clearance.endpoints:  # the base role serves grants that are not bound, too
        return "it works from the environment's network only, which needs a role of its own"
    for cleared in clearance.cleared:
        kept = not cleared.is_whole or cleared.treatments or cleared.without or cleared.key_arn is not None
        if not isinstance(cleared.ask.source, S3Prefix) or cleared.ask.columns is not None or kept:
            return f"{cleared.ask.source.uri} needs a role of its own"
        if not cleared.ask.operations <= _READS:
            return f"{cleared.ask.source.uri} is written to"
    return None


_WHY = {
    "Read": "read the objects of what was cleared, of the workspace, and the engine's own probe",
    "Work": "write and delete in the workspace",
    "List": "list these buckets, no further than the Denies below let",
    "Key": "use the workspace's key, as the base role binds it",
    "Else": "nothing outside of these, whatever the base role or a bucket's policy gives",
    "NoList": "the bucket is never listed at its root or beside what was cleared",
    "End": "nothing at or after the grant's end, however long the session lives",
}


def _parts(clearance: Clearance, place: Place) -> list[dict[str, object]]:
    reads = [files for c in clearance.cleared for files in c.files if Operation.SELECT in c.ask.operations]
    listed: defaultdict[str, set[str]] = defaultdict(set)
    for files in (*(f for c in clearance.cleared for f in c.files), place.workspace):
        listed[bucket_arn(files.bucket)].add(f"{files.prefix}*")
    own, probe = objects_arn(place.workspace), object_arn(place.workspace_bucket, MARKER_KEY)
    objects = list(widest(sorted({*(objects_arn(files) for files in reads), own, probe})))
    buckets, key = sorted(listed), place.workspace_key_arn
    changes = sorted(set(WORKSPACE) - set(READ))
    unlisted: list[dict[str, object]] = [
        {
            "Sid": f"NoList{number}",
            "Effect": "Deny",
            "Action": list(LIST),
            "Resource": [bucket],
            "Condition": {"StringNotLike": {"s3:prefix": list(widest(sorted(listed[bucket])))}},
        }
        for number, bucket in enumerate(buckets, start=1)
    ]
    return [
        {"Sid": "Read", "Effect": "Allow", "Action": list(READ), "Resource": objects},
        {"Sid": "Work", "Effect": "Allow", "Action": changes, "Resource": [own]},
        {"Sid": "List", "Effect": "Allow", "Action": list(LIST), "Resource": buckets},
        {"Sid": "Key", "Effect": "Allow", "Action": list(WORKSPACE_KEY), "Resource": [key]},
        {"Sid": "Else", "Effect": "Deny", "Action": ["*"], "NotResource": [*objects, *buckets, key]},
        *unlisted,
        _deny("End", {"DateGreaterThanEquals": {"aws:CurrentTime": iam_time(clearance.ends_at)}}),
    ]


def _deny(sid: str, condition: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
