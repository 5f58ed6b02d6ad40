"""Base roles and their sessions on the embedded AWS, which enforces role, session policy, boundary and trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jit_engine.aws.minter import AwsMinter
from jit_engine.domain.base_role import BaseRole
from jit_engine.domain.grant import Grant, MintWay
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import AwsRefused
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.iam import base_role
from jit_engine.iam.base_role import PlannedSession, planned_base
from jit_engine.iam.role import probes_for, session_plan
from jit_engine.ports import SessionPlan
from tests.contract.minter.cloud import Cloud
from tests.contract.minter.minting import HOUR, denied, grant_of
from tests.fakes import world
from tests.fakes.base_roles import MemoryBaseRoles

LENT = world.facts(contracts=(world.contract(session_minting=True),))


def clearance_of(*prefixes: str) -> Clearance:
    """What is cleared of the lake, until an hour from now by the real clock."""
    end = datetime.now(UTC).replace(microsecond=0) + HOUR
    cleared = world.cleared(*(world.ask(world.prefix(one)) for one in prefixes), known=LENT)
    activity = replace(cleared.activity, ends_at=end + HOUR)
    environment = replace(cleared.environment, expires_at=end + HOUR)
    return replace(cleared, ends_at=end, environment=environment, activity=activity)


@pytest.fixture
def bases(minter: AwsMinter, cloud: Cloud) -> Iterator[BaseRoles]:
    """Base roles of which none is left."""
    store = MemoryBaseRoles()
    external_ids = {world.ACCOUNT: cloud.account.external_id}
    yield BaseRoles(store=store, minters={world.ACCOUNT: minter}, external_ids=external_ids)
    for base in store.kept.values():
        minter.delete(base.name, base.role_id)


def ready(bases: BaseRoles, clearance: Clearance) -> BaseRole:
    place = world.place_of(clearance)
    wanted = planned_base(clearance, LENT.contracts, place, world.GRANT)
    wanted = replace(wanted, ends_at=clearance.ends_at + HOUR)
    return bases.ready(clearance.environment.id, clearance.activity.id, place, wanted, datetime.now(UTC))


def session_of(base: BaseRole, clearance: Clearance) -> tuple[Grant, SessionPlan]:
    planned = base_role.session_of(clearance, LENT.contracts, world.place_of(clearance), world.GRANT)
    assert isinstance(planned, PlannedSession)
    policy = planned.policy
    grant = grant_of(clearance, clearance.ends_at)
    principal = replace(grant.sole, way=MintWay.SESSION, policy=policy, roles=())
    grant = replace(grant, principals=(principal,))
    plan = session_plan(
        grant, principal, name="a-session", duration=timedelta(seconds=900), policy=policy, base_arn=base.arn
    )
    return grant, plan


def test_a_session_reads_what_was_decided_and_nothing_else_that_the_base_role_holds(
    bases: BaseRoles, minter: AwsMinter, cloud: Cloud
) -> None:
    clearance = clearance_of("lending/facts/")
    base = ready(bases, clearance)
    grant, plan = session_of(base, clearance)
    probes = probes_for(clearance, world.place_of(clearance))
    minter.prove(plan, probes)
    s3, work = cloud.holder(minter.assume(plan)), world.place_of(clearance).workspace_bucket
    assert s3.get_object(Bucket=world.LAKE, Key="lending/facts/part-0")["Body"].read()
    assert s3.list_objects_v2(Bucket=world.LAKE, Prefix="lending/facts/")["KeyCount"] >= 1
    assert denied(s3.get_object, Bucket=world.LAKE, Key="lending/personal/part-0")
    assert denied(s3.list_objects_v2, Bucket=world.LAKE, Prefix="lending/personal/")
    assert denied(s3.list_objects_v2, Bucket=world.LAKE)
    assert denied(s3.put_object, Bucket=world.LAKE, Key="lending/facts/mine", Body=b"")
    s3.put_object(Bucket=work, Key="work/mine", Body=b"2")
    s3.delete_object(Bucket=work, Key="work/mine")
    assert grant.sole.roles == ()


def test_a_revoked_grant_is_refused_and_another_grant_of_the_same_base_role_is_not(
    bases: BaseRoles, minter: AwsMinter, cloud: Cloud
) -> None:
    clearance = clearance_of("lending/facts/")
    base = ready(bases, clearance)
    (revoked, one), (_, other) = session_of(base, clearance), session_of(base, clearance)
    theirs, kept = cloud.holder(minter.assume(one)), cloud.holder(minter.assume(other))
    now = datetime.now(UTC)
    bases.deny(clearance.environment.id, world.ACCOUNT, revoked.id, now + HOUR, now)
    assert denied(theirs.get_object, Bucket=world.LAKE, Key="lending/facts/part-0")
    assert denied(cloud.holder(minter.assume(one)).get_object, Bucket=world.LAKE, Key="lending/facts/part-0")
    assert kept.get_object(Bucket=world.LAKE, Key="lending/facts/part-0")


@pytest.mark.parametrize("missing", ["sluicegate:grant", "sluicegate:subject"])
def test_no_session_is_opened_without_a_grant_or_without_a_name(
    bases: BaseRoles, minter: AwsMinter, missing: str
) -> None:
    clearance = clearance_of("lending/facts/")
    _, plan = session_of(ready(bases, clearance), clearance)
    minter.assume(plan)
    with pytest.raises(AwsRefused) as refused:
        minter.assume(replace(plan, tags={key: value for key, value in plan.tags.items() if key != missing}))
    assert refused.value.aws_code == "AccessDenied"


def test_the_base_role_is_made_once_and_lies_under_the_environments_boundary(
    bases: BaseRoles, minter: AwsMinter
) -> None:
    clearance = clearance_of("lending/facts/")
    base = ready(bases, clearance)
    assert ready(bases, clearance_of("lending/facts/")).name == base.name
    found = minter.find(base.name)
    assert found is not None
    assert found.role_id == base.role_id
    assert found.boundary_arn == world.place_of(clearance).boundary_arn
    assert "sluicegate:grant" not in found.tags
