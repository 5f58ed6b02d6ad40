"""Everything about a minted role beside its grant policy: trust, tags, sessions, the Deny that ends it, its probes."""

from __future__ import annotations

import json
from datetime import timedelta

from jit_engine.domain.activity import Place
from jit_engine.domain.grant import Grant, MintWay, Principal
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import Operation
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import LimitExceeded
from jit_engine.iam.absorbing import absorbed
from jit_engine.iam.grant_policy import MARKER_KEY, grant_statements
from jit_engine.iam.limits import (
    SESSION_POLICY_LIMIT,
    check_inline_policy,
    check_role_name,
    check_session,
    check_tags,
    check_trust_policy,
    check_trusted,
)
from jit_engine.iam.reading import check_within
from jit_engine.iam.statement import Statement, bucket_arn, document, object_arn
from jit_engine.ports import ProbeCall, ProbeKind, Probes, RolePlan, SessionPlan
from jit_engine.sources.kinds import kind_of

_PROBED_SOURCES = 3
TAG_PREFIX = "sluicegate:"
DENY_EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Sid":"Revoked","Effect":"Deny","Action":"*","Resource":"*"}]}'
"""What a revoked role carries, in place of its policy and under the same name, so that it always fits."""
TRUST_NOBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Revoked", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}],
    },
    separators=(",", ":"),
)


def trust_policy(broker_role_arn: str, external_id: str) -> str:
    """Only the platform's broker role, and only with our external id, may open sessions; raises `LimitExceeded`."""
    check_trusted(broker_role_arn, external_id)
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "BrokerOnly",
                    "Effect": "Allow",
                    "Principal": {"AWS": broker_role_arn},
                    "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
                    "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
                }
            ],
        },
        separators=(",", ":"),
    )
    check_trust_policy(trust)
    return trust


def role_statements(clearance: Clearance, place: Place, grant: GrantId) -> tuple[Statement, ...]:
    """Every statement of a role that holds what was cleared, as short as it can be said."""
    return tuple(absorbed(statement) for statement in grant_statements(clearance, place, grant))


def grant_policy(
    clearance: Clearance, place: Place, grant: GrantId, written: tuple[Statement, ...] | None = None
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The policy text and why each statement is there; never cut. `written`: its `role_statements`, where they are.

    Raises `PolicyTooLarge` or `PolicyWidens`.
    """
    statements = role_statements(clearance, place, grant) if written is None else written
    text = document(statements)
    check_inline_policy(text, len(clearance.cleared))
    check_within(text, clearance, place, grant)
    return text, tuple((statement.sid, statement.why) for statement in statements)


def grant_tags(grant: Grant, principal: Principal) -> dict[str, str]:
    """What ties every AWS event of the principal to its grant; the same on the role and on its sessions."""
    tags = {
        f"{TAG_PREFIX}grant": grant.id,
        f"{TAG_PREFIX}part": str(principal.part),
        f"{TAG_PREFIX}account": principal.account,
        f"{TAG_PREFIX}region": principal.region,
        f"{TAG_PREFIX}activity": grant.activity,
        f"{TAG_PREFIX}environment": grant.environment,
        f"{TAG_PREFIX}tier": grant.tier.value,
        f"{TAG_PREFIX}subject": grant.subject,
        f"{TAG_PREFIX}managed-by": "sluicegate",
    }
    check_tags(tags)
    return tags


def role_plan(grant: Grant, principal: Principal, place: Place, external_id: str) -> RolePlan:
    """The role of the principal's latest attempt."""
    check_role_name(principal.role.name)
    return RolePlan(
        name=principal.role.name,
        trust=trust_policy(place.broker_role_arn, external_id),
        policy=principal.policy,
        boundary_arn=place.boundary_arn,
        tags=grant_tags(grant, principal),
        description=f"Sluicegate grant {grant.id}, part {principal.part}, attempt {principal.role.attempt}",
    )


def session_plan(
    grant: Grant,
    principal: Principal,
    *,
    name: str,
    duration: timedelta,
    policy: str | None,
    base_arn: str | None = None,
) -> SessionPlan:
    """A session of the principal's role, or of the base role `base_arn`; `policy` cuts it further.

    A session of a base role is never opened without a policy.
    """
    arn = base_arn if principal.way is MintWay.SESSION else principal.role.arn
    if arn is None or (principal.way is MintWay.SESSION and policy is None):
        raise ValueError(f"part {principal.part} of grant {grant.id} has no role yet, or a session of it no policy")
    check_session(name=name, source_identity=grant.subject, duration=duration, policy=policy)
    return SessionPlan(
        role_arn=arn,
        session_name=name,
        source_identity=grant.subject,
        duration=duration,
        tags=grant_tags(grant, principal),
        policy=policy,
    )


def marker(place: Place) -> ProbeCall:
    """The engine's harmless call: reading our own object in the workspace."""
    return ProbeCall(kind=ProbeKind.GET, bucket=place.workspace_bucket, key=MARKER_KEY)


def probes_for(clearance: Clearance, place: Place) -> Probes:
    """The marker must answer; root and sibling of every prefix must not be listed, and nothing beside be written.

    Of as many sources as one session policy holds, three at most. What another source of the grant holds is no probe.
    """
    for count in range(_PROBED_SOURCES, 0, -1):
        denied = dict.fromkeys(
            call
            for cleared in clearance.cleared[:count]
            for call in kind_of(cleared.ask.source).probes(cleared)
            if not _is_cleared(call, clearance)
        )
        probes = Probes(allowed=marker(place), denied=tuple(denied))
        if len(probe_session_policy(probes)) <= SESSION_POLICY_LIMIT:
            return probes
    raise LimitExceeded(what="session policy of the probes", limit=f"{SESSION_POLICY_LIMIT} characters")


def _is_cleared(call: ProbeCall, clearance: Clearance) -> bool:
    """Whether some source of the grant holds the key and is used in that way."""
    return any(
        files.bucket == call.bucket
        and call.key.startswith(files.prefix)
        and (call.kind is not ProbeKind.WRITE or Operation.INSERT in cleared.ask.operations)
        and not any(call.key.startswith(place.prefix) for place in cleared.without)
        for cleared in clearance.cleared
        for files in cleared.files
    )


def probe_session_policy(probes: Probes) -> str:
    """A session policy that lets through the probes and nothing else, so that only the role itself can refuse them."""
    gets = [object_arn(probes.allowed.bucket, probes.allowed.key)]
    lists = sorted({bucket_arn(call.bucket) for call in probes.denied if call.kind is ProbeKind.LIST})
    writes = sorted({object_arn(call.bucket, call.key) for call in probes.denied if call.kind is ProbeKind.WRITE})
    statements: list[dict[str, object]] = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": gets}]
    if lists:
        statements.append({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": lists})
    if writes:
        statements.append(
            {"Effect": "Allow", "Action": ["s3:AbortMultipartUpload", "s3:PutObject"], "Resource": writes}
        )
    statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"})
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
