"""The suite of the port `BaseRoleStore`: the same on the fake, on SQLite and on PostgreSQL."""

from dataclasses import replace

import pytest

from jit_engine.domain.base_role import BaseRole, BaseState, DeniedGrant, base_name
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId
from jit_engine.errors import RoleBudgetSpent
from jit_engine.flows.base_roles import BaseRoleStore
from jit_engine.ports import LostRace
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event, ulid
from tests.fakes import world
from tests.fakes.base_roles import MemoryBaseRoles

HERE, ACCOUNT = EnvironmentId(ulid("en", 1)), "111122223333"


@pytest.fixture
def store(request: pytest.FixtureRequest, kind: str) -> BaseRoleStore:
    return MemoryBaseRoles() if kind == "fake" else SqlBaseRoles(request.getfixturevalue("database"))


def base(generation: int = 1, account: str = ACCOUNT) -> BaseRole:
    return BaseRole(
        environment=HERE,
        activity=ActivityId(ulid("ac", 1)),
        account=account,
        generation=generation,
        name=base_name(HERE, account, generation),
        policy='{"Version":"2012-10-17","Statement":[]}',
        state=BaseState.MAKING,
        created_at=NOW,
        ends_at=NOW + HOUR,
    )


def test_what_is_kept_is_read_back_in_every_field(store: BaseRoleStore) -> None:
    opened = store.open(base(), event("base-role.opened"))
    assert store.of_name(opened.name.upper()) == opened == base()
    changed = replace(
        opened.moved(BaseState.READY),
        arn="arn:aws:iam::111122223333:role/jit/x",
        role_id="AROAX",
        denied=(DeniedGrant(grant=GrantId(ulid("gr", 1)), until=NOW + HOUR),),
        last_end=NOW + 2 * HOUR,
    )
    kept = store.keep(changed, event("base-role.made"))
    assert kept == replace(changed, version=1)
    assert store.of_name(kept.name) == kept


def test_generations_are_told_oldest_first_and_by_account(store: BaseRoleStore) -> None:
    for one in (base(2), base(1), base(1, "210987654321")):
        store.open(one, event())
    assert [one.generation for one in store.every(HERE, ACCOUNT)] == [1, 2]
    assert store.every(EnvironmentId(ulid("en", 9)), ACCOUNT) == []


def test_the_current_one_is_the_newest_that_is_ready(store: BaseRoleStore) -> None:
    for one in (base(2), base(1), base(3), base(4, "210987654321")):
        opened = store.open(one, event())
        if one.generation != 3:
            store.keep(opened.moved(BaseState.READY), event())
    current = store.current(HERE, ACCOUNT)
    assert current is not None
    assert (current.generation, current) == (2, store.of_name(base(2).name))
    store.keep(current.moved(BaseState.RETIRED), event())
    again = store.current(HERE, ACCOUNT)
    assert again is not None
    assert again.generation == 1
    assert store.current(EnvironmentId(ulid("en", 9)), ACCOUNT) is None


def test_a_generation_is_opened_once_and_an_old_version_is_not_written(store: BaseRoleStore) -> None:
    opened = store.open(base(), event())
    with pytest.raises(LostRace):
        store.open(base(), event())
    store.keep(opened.moved(BaseState.READY), event())
    with pytest.raises(LostRace):
        store.keep(opened.moved(BaseState.RETIRED), event())
    with pytest.raises(LostRace):
        store.keep(base(5), event())
    assert store.of_name("sg-base-none") is None


def test_a_base_role_takes_a_place_of_its_account_s_budget_until_it_is_gone(database: Database) -> None:
    ledger, bases = SqlLedger(database, roles_per_account=2), SqlBaseRoles(database)
    standing = bases.open(base(account=world.ACCOUNT), event("base-role.opened"))
    ledger.open(samples.grant(1), samples.clearance(1), samples.evidence(1), event("grant.opened", 1))
    with pytest.raises(RoleBudgetSpent):
        ledger.open(samples.grant(2), samples.clearance(2), samples.evidence(2), event("grant.opened", 2))
    retired = bases.keep(replace(standing, state=BaseState.RETIRED), event())
    bases.keep(replace(retired, state=BaseState.GONE), event())
    ledger.open(samples.grant(2), samples.clearance(2), samples.evidence(2), event("grant.opened", 2))
