"""What the minter's tests share: a mint of a clearance, its proof, and whether AWS says no."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from jit_engine.aws.minter import AwsMinter
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.role import (
    grant_policy,
    probe_session_policy,
    probes_for,
    role_plan,
    session_plan,
)
from jit_engine.ports import Probes, SessionPlan
from tests.contract.minter.cloud import Cloud
from tests.fakes import world

HOUR = timedelta(hours=1)
_NUMBERS = itertools.count()


def grant_of(clearance: Clearance, ends_at: datetime | None = None) -> Grant:
    """The ledger's row of a mint of this clearance, ending an hour from now by the real clock."""
    end = ends_at or datetime.now(UTC).replace(microsecond=0) + HOUR
    grant = GrantId(f"gr_01JABCDEFGHJKMNPQRSTV{next(_NUMBERS):05}")
    policy, _ = grant_policy(replace(clearance, ends_at=end), world.place_of(clearance), grant)
    return Grant(
        id=grant,
        request=clearance.request.id,
        subject=clearance.request.subject.id,
        activity=clearance.activity.id,
        environment=clearance.environment.id,
        tier=clearance.environment.tier,
        purpose=clearance.request.purpose,
        contracts=clearance.contracts,
        state=GrantState.MINTING,
        created_at=world.NOW,
        ends_at=end,
        sessions_end_by=end,
        shortened=None,
        rulebook="sample-1",
        catalogue_generation=1,
        principals=(world.principal(grant, policy=policy),),
        due_at=end,
    )


@contextmanager
def minted(
    minter: AwsMinter, cloud: Cloud, clearance: Clearance, ends_at: datetime | None = None
) -> Iterator[tuple[Grant, SessionPlan]]:
    """A minted role and the plan of its person's session; gone afterwards."""
    grant = grant_of(clearance, ends_at)
    created = minter.create(role_plan(grant, grant.sole, world.place_of(clearance), cloud.account.external_id))
    grant = grant.having(grant.sole.attempting(replace(grant.role, arn=created.arn, role_id=created.role_id)))
    minter.put_policy(grant.role.name, grant.policy)
    try:
        yield grant, session_plan(grant, grant.sole, name="a-session", duration=timedelta(seconds=900), policy=None)
    finally:
        minter.delete(grant.role.name, None)


def denied(call: object, **parameters: object) -> bool:
    assert callable(call)
    try:
        call(**parameters)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return True
        raise
    return False


def proof(clearance: Clearance, grant: Grant) -> tuple[SessionPlan, Probes]:
    probes = probes_for(clearance, world.place_of(clearance))
    policy = probe_session_policy(probes)
    return session_plan(grant, grant.sole, name="a-proof", duration=timedelta(seconds=900), policy=policy), probes
