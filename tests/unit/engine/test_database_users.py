"""Tables in databases: decided by the part that is asked for, read as a user of the grant's own, and ended with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jit_engine.contracts.profiles import DescribedColumn, DescribedTable
from jit_engine.contracts.terms import Contract
from jit_engine.domain.artefact import ArtefactState, Mechanism
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.classification import Classification
from jit_engine.domain.databases import RdsDatabase, database_of
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.enforcers.database_users import (
    DatabaseUnavailable,
    DatabaseUserEnforcer,
    ReadableTable,
    ServedDatabase,
)
from jit_engine.errors import EngineError
from jit_engine.iam.enforcing import NoEnforcer
from jit_engine.rules.clearance import clear
from jit_engine.sources.rds_database import database_user
from tests.fakes import world
from tests.fakes.database_users import MemoryUsers
from tests.fakes.services import LEDGER, WAREHOUSE, facts, service_item
from tests.fakes.world import ask, judges, request
from tests.unit.engine.desk import Desk

PART = replace(LEDGER, columns=("amount", "id"))
PEOPLE = replace(LEDGER, table="people")
DATABASE = database_of(LEDGER)
WHOLE = replace(LEDGER, schema="", table="")


class Served(Desk):
    """A desk whose database makes users in memory."""

    def __init__(self) -> None:
        self.users, self.marts = MemoryUsers(), MemoryUsers()
        served = {
            DATABASE: ServedDatabase(users=self.users, host="db.example", port=5432, name="lending"),
            database_of(WAREHOUSE): ServedDatabase(users=self.marts, host="rs.example", port=5439, name="marts"),
        }
        super().__init__(judges=judges(world.PERMIT_ALL), enforcers=(DatabaseUserEnforcer(served=served),))
        known = facts()
        items = (*known.catalogue.items, service_item(WHOLE), service_item(PEOPLE))
        catalogue = Catalogue(generation=9, items=items)
        contract = replace(known.contracts[0], services=(*known.contracts[0].services, WHOLE))
        self.facts.now_known = replace(known, catalogue=catalogue, contracts=(contract,))

    def granted(self, *sources: RdsDatabase) -> Grant:
        return self.ask(request(*(ask(source) for source in sources or (PART,))))


def decided(source: RdsDatabase, contract: Contract | None = None) -> list[str]:
    """The codes of the contract's breaches; none where it is cleared."""
    known = facts()
    items = (*known.catalogue.items, service_item(replace(LEDGER, table="people")), service_item(WHOLE))
    terms = contract or replace(known.contracts[0], services=(WHOLE,))
    now = replace(known, catalogue=Catalogue(generation=9, items=items), contracts=(terms,))
    verdict = clear(request(ask(source)), now, judges(world.PERMIT_ALL), world.NOW)
    if isinstance(verdict, Clearance):
        return []
    assert isinstance(verdict, Refusal)
    (one,) = verdict.verdicts
    assert one.contract is not None
    return [breach.code for breach in one.contract.breaches]


def described(*columns: str, capped: str | None = None) -> Contract:
    """A contract that describes these columns of the table, one of which research does not see in clear."""
    known = tuple(
        DescribedColumn(name=name, caps={Tier.RESEARCH: Treatment.HASHED} if name == capped else {}) for name in columns
    )
    table = DescribedTable(table=LEDGER.table, columns=known)
    return replace(facts().contracts[0], services=(WHOLE,), described=(table,))


def test_a_part_is_decided_as_what_holds_it() -> None:
    assert decided(PART) == decided(LEDGER) == []


def test_a_whole_database_is_refused_with_what_to_name() -> None:
    assert decided(WHOLE) == ["table-not-named"]


@pytest.mark.parametrize(
    ("columns", "codes"),
    [(("amount", "id"), []), (("amount", "ssn"), ["column-not-covered"]), ((), ["column-not-covered"])],
)
def test_columns_that_the_contract_does_not_show_in_clear_are_refused(
    columns: tuple[str, ...], codes: list[str]
) -> None:
    assert decided(replace(LEDGER, columns=columns), described("amount", "id", "ssn", capped="ssn")) == codes


def test_a_column_that_the_contract_does_not_describe_is_refused_where_it_tells_columns_apart() -> None:
    contract = described("amount", "id", "ssn", capped="ssn")
    assert decided(replace(LEDGER, columns=("added",)), contract) == ["column-not-covered"]


def test_what_is_more_sensitive_inside_counts_for_the_table_around_it() -> None:
    secret = service_item(replace(LEDGER, columns=("ssn",)), classification=Classification.RESTRICTED)
    known = facts()
    now = replace(known, catalogue=Catalogue(generation=9, items=(*known.catalogue.items, secret)))
    for source, passes in ((LEDGER, False), (replace(LEDGER, columns=("id",)), True)):
        verdict = clear(request(ask(source)), now, judges(world.PERMIT_ALL), world.NOW)
        assert isinstance(verdict, Clearance) is passes


def test_the_user_reads_what_was_decided_of_every_table_of_its_database() -> None:
    desk = Served()
    grant = desk.granted(PART, PEOPLE)
    (user,) = desk.users.standing.values()
    assert user.name == database_user(grant.id, LEDGER)
    assert user.name in grant.policy
    assert user.ends_at == grant.ends_at
    assert user.tables == (
        ReadableTable(schema="public", table="payments", columns=("amount", "id")),
        ReadableTable(schema="public", table="people", columns=()),
    )
    (row,) = desk.enforce.artefacts.of_grant(grant.id)
    assert (row.state, row.mechanism, row.source) == (ArtefactState.STANDING, Mechanism.DATABASE_USER, DATABASE)
    assert set(row.sources) == {DATABASE, PART.uri, PEOPLE.uri}


def test_what_several_roles_of_a_grant_read_of_one_database_is_one_users() -> None:
    desk = Served()
    grant = desk.granted(PART, PEOPLE)
    (row,) = desk.enforce.artefacts.of_grant(grant.id)
    first = replace(row, plan={**row.plan, "sources": (PART.uri,)})
    second = replace(row, part=2, plan={**row.plan, "sources": (PEOPLE.uri,)})
    assert first.with_all_of(second).plan == row.plan


def test_in_redshift_it_is_the_user_of_the_grants_role() -> None:
    desk = Served()
    grant = desk.ask(request(ask(WAREHOUSE)))
    (user,) = desk.marts.standing
    assert user == f"IAMR:{grant.role.name}"


def test_a_database_that_the_platform_makes_no_users_in_is_refused_before_anything_is_on_record() -> None:
    desk = Served()
    desk.enforcers = (DatabaseUserEnforcer(served={}),)
    with pytest.raises(NoEnforcer, match="name the database in the settings"):
        desk.granted()
    assert desk.ledger.grants == {}


def test_a_revocation_ends_the_user_behind_the_deny_and_before_anything_is_called_denied() -> None:
    desk = Served()
    desk.users.sessions.add(database_user(desk.revoked().id, LEDGER))
    desk.step(6)
    assert (desk.users.standing, desk.users.sessions) == ({}, set())
    told = desk.actions()
    assert told.index("grant.shut") < told.index("artefact.gone") < told.index("grant.denied")


@pytest.mark.parametrize("moment", ["put", "made"])
def test_a_mint_that_fails_before_or_after_the_database_was_told_leaves_no_user(moment: str) -> None:
    desk = Served()
    fault: EngineError = DatabaseUnavailable(database=DATABASE, why="no answer")
    desk.users.faults[moment] = [fault]
    with pytest.raises(DatabaseUnavailable):
        desk.granted()
    (grant,) = desk.ledger.grants.values()
    desk.later(minutes=6)
    desk.step(3)
    assert desk.users.standing == {}
    assert desk.grant(grant).state is GrantState.CLOSED


def test_a_database_that_does_not_answer_keeps_the_grant_from_closing_and_is_tried_again() -> None:
    desk = Served()
    desk.users.faults["end"] = [DatabaseUnavailable(database=DATABASE, why="no answer")] * 2
    grant = desk.revoked()
    for _ in range(5):
        desk.step()
        desk.later(minutes=1)
    assert desk.actions().count("artefact.not-lifted") == 1
    desk.step(4)
    (row,) = desk.enforce.artefacts.of_grant(grant.id)
    assert (row.state, desk.users.standing) == (ArtefactState.GONE, {})


def test_the_sweep_ends_users_of_ours_that_no_live_grant_owns() -> None:
    desk = Served()
    grant = desk.granted()
    (user,) = desk.users.standing.values()
    lost = replace(user, name=user.name.replace("0000_", "0099_"))
    desk.users.standing[lost.name] = lost
    assert desk.enforce.sweep(desk.now) == 1
    assert list(desk.users.standing) == [user.name]
    assert desk.grant(grant).state is GrantState.ACTIVE


def test_the_sweep_sees_every_other_database_while_one_does_not_answer() -> None:
    desk = Served()
    desk.granted()
    (user,) = desk.users.standing.values()
    lost = replace(user, name="IAMR:sg-lost")
    desk.marts.standing[lost.name] = lost
    desk.users.faults["found"] = [DatabaseUnavailable(database=DATABASE, why="no answer")]
    with pytest.raises(DatabaseUnavailable):
        desk.enforce.sweep(desk.now)
    assert desk.marts.standing == {}
