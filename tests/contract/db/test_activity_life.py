"""Stopping an activity in the database: its grants end in the same commit, and it retires when nothing is left."""

from dataclasses import replace

import pytest

from jit_engine.domain.activity import ActivityState
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import ActivityId
from jit_engine.errors import WrongState
from jit_engine.ports import LostRace
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.paging import PageAsk
from platform_api.registry.activity_life import ActivityLife
from platform_api.registry.errors import ActivityNotEmpty
from tests.contract.db import samples
from tests.contract.db.samples import NOW, event

BY = samples.request(1).subject
ID: ActivityId = samples.activity_id(1)


def active(database: Database) -> ActivityLife:
    """An active activity with an environment without a stack, and two grants, one of them still being minted."""
    registry, ledger = SqlRegistry(database), SqlLedger(database)
    record = samples.activity()
    record = replace(record, activity=replace(record.activity, state=ActivityState.ACTIVE))
    environment = replace(samples.environment(), stack=None)
    registry.register(record, environment, samples.review(), event())
    for n, state in ((1, GrantState.ACTIVE), (2, GrantState.MINTING)):
        grant = replace(samples.grant(n), activity=ID, state=state)
        ledger.open(grant, samples.clearance(n), samples.evidence(n), event())
    return ActivityLife(store=registry)


def states(database: Database) -> list[GrantState]:
    found = (SqlLedger(database).get(samples.grant(n).id) for n in (1, 2))
    return [grant.state for grant in found if grant is not None]


def test_suspending_revokes_every_grant_in_the_same_commit_and_none_is_opened_after(database: Database) -> None:
    life, trail = active(database), AuditTrail(database)
    before = trail.head().size
    assert life.suspend(ID, BY, "an incident", NOW).activity.state is ActivityState.SUSPENDED
    assert states(database) == [GrantState.REVOKING, GrantState.ABANDONED]
    recorded = trail.page(PageAsk(limit=3)).items
    assert [one.record["action"] for one in recorded] == ["activity.suspended", "grant.revoking", "grant.revoking"]
    assert trail.head().size == before + 3
    with pytest.raises(LostRace):
        SqlLedger(database).open(samples.grant(3), samples.clearance(3), samples.evidence(3), event())
    with pytest.raises(WrongState):
        life.suspend(ID, BY, "again", NOW)
    assert life.resume(ID, BY, "all is well", NOW).activity.state is ActivityState.ACTIVE
    assert states(database) == [GrantState.REVOKING, GrantState.ABANDONED]
    with pytest.raises(WrongState):
        life.resume(ID, BY, "again", NOW)


def test_it_is_retired_once_grants_roles_and_stacks_are_gone(database: Database) -> None:
    life, ledger, registry = active(database), SqlLedger(database), SqlRegistry(database)
    assert life.retire(ID, BY, "the project is over", NOW).activity.state is ActivityState.RETIRING
    with pytest.raises(ActivityNotEmpty) as left:
        life.retire(ID, BY, "now?", NOW)
    assert (left.value.grants, left.value.roles, left.value.environments) == (2, 2, 0)
    for n in (1, 2):
        grant = ledger.get(samples.grant(n).id)
        assert grant is not None
        principal = grant.principals[0]
        gone = grant.having(principal.attempting(replace(principal.role, deleted=True)))
        ledger.save(replace(gone, state=GrantState.CLOSED), event())
    environment = registry.environment(samples.environment_id(1))
    assert environment is not None
    stood = registry.save_environment(replace(environment, stack="sluicegate-1"), event())
    with pytest.raises(ActivityNotEmpty) as left:
        life.retire(ID, BY, "now?", NOW)
    assert (left.value.grants, left.value.roles, left.value.environments) == (0, 0, 1)
    registry.save_environment(replace(stood, stack=None), event())
    assert life.retire(ID, BY, "nothing is left", NOW).activity.state is ActivityState.RETIRED
    with pytest.raises(WrongState):
        life.suspend(ID, BY, "too late", NOW)
