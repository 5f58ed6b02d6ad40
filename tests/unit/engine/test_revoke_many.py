"""Many grants at once: exactly those that have it in common, the wider reading where data is meant."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.databases import RdsDatabase
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import Source
from jit_engine.errors import InvalidValue
from jit_engine.flows.revoke_many import CHUNK, RevokeMany, Scope, Wide
from tests.fakes import world
from tests.fakes.world import ADA, FACTS_PREFIX, LENDING, LOANS, NOW, PEOPLE, REPORT_PREFIX, ask, request
from tests.unit.engine.desk import Desk


@dataclass(slots=True)
class FakeLive:
    """All grants; `taken` is what was ended, chunk by chunk."""

    grants: Sequence[Grant]
    taken: list[list[GrantId]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def giving_in(self, scope: Scope) -> Sequence[Grant]:
        """As the protocol says, for a dataset."""
        return self.grants

    def end_all(self, grants: Sequence[GrantId], reason: str, event: Event) -> Sequence[GrantId]:
        """As the protocol says."""
        self.taken.append(list(grants))
        self.events.append(event)
        return grants


@pytest.fixture
def live() -> FakeLive:
    """A grant on the facts' files, one on the table over them, one on the people's table."""
    desk = Desk(facts=world.FakeFacts(world.facts(contracts=(world.contract(),))))
    grants = [
        desk.ask(request(ask(FACTS_PREFIX), id="rq_01JABCDEFGHJKMNPQRSTVWXYZ8")),
        desk.ask(request(ask(LOANS), id="rq_01JABCDEFGHJKMNPQRSTVWXYZ9")),
    ]
    return FakeLive([*grants, replace(grants[0], id=GrantId("gr_other"), principals=())])


def found(live: FakeLive, uri: str) -> list[str]:
    many = RevokeMany(live=live, catalogue=world.catalogue, account=world.ACCOUNT)
    return [grant.id for grant in many.find(Scope(kind=Wide.DATASET, value=uri))]


@pytest.mark.parametrize(
    "uri", [FACTS_PREFIX.uri, LENDING.uri, LOANS.uri, f"{FACTS_PREFIX.uri}2026/"], ids=["same", "above", "table", "in"]
)
def test_data_is_reached_through_files_and_tables_above_and_beneath(live: FakeLive, uri: str) -> None:
    assert found(live, uri)[0] == live.grants[0].id
    assert "gr_other" not in found(live, uri)


def test_a_table_is_ended_with_the_files_it_lies_in(live: FakeLive) -> None:
    both = [grant.id for grant in live.grants[:2]]
    assert found(live, LOANS.uri) == both
    assert found(live, FACTS_PREFIX.uri) == both


def test_other_data_stays(live: FakeLive) -> None:
    assert found(live, REPORT_PREFIX.uri) == []
    assert found(live, PEOPLE.uri) == []


def _holding(source: Source) -> Grant:
    """A grant of one source, whatever it is."""
    grant = Desk().ask(request(ask(LOANS)))
    return replace(grant, principals=(replace(grant.principals[0], sources=(source.uri,)),))


DATABASE = RdsDatabase(
    account=world.ACCOUNT, region=world.REGION, resource="db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", database="lending"
)
TABLE = replace(DATABASE, schema="public", table="loans")


@pytest.mark.parametrize(
    ("held", "dataset"),
    [
        (replace(TABLE, columns=("amount",)), TABLE),
        (TABLE, DATABASE),
        (TABLE, replace(TABLE, columns=("amount",))),
        (DATABASE, TABLE),
    ],
    ids=["columns-of-it", "table-in-it", "table-around", "database-around"],
)
def test_parts_of_a_database_are_reached_from_above_and_from_beneath(held: RdsDatabase, dataset: RdsDatabase) -> None:
    grant = _holding(held)
    assert found(FakeLive([grant]), dataset.uri) == [grant.id]
    assert found(FakeLive([grant]), replace(TABLE, table="people").uri) == ([grant.id] if held == DATABASE else [])


def test_a_copy_is_ended_with_what_it_is_a_copy_of() -> None:
    copy = world.prefix("copies/facts/")
    grant = _holding(copy)
    known = world.catalogue(replace(world.prefix_item(copy), copy_of=FACTS_PREFIX))
    many = RevokeMany(live=FakeLive([grant]), catalogue=lambda: known, account=world.ACCOUNT)
    assert many.find(Scope(kind=Wide.DATASET, value=FACTS_PREFIX.uri)) == (grant,)
    assert many.find(Scope(kind=Wide.DATASET, value=LOANS.uri)) == (grant,)
    assert many.find(Scope(kind=Wide.DATASET, value=PEOPLE.uri)) == ()


def test_tables_of_another_account_are_ended_with_the_files_they_lie_in() -> None:
    grant = _holding(LOANS)
    many = RevokeMany(live=FakeLive([grant]), catalogue=world.catalogue, account="210987654321")
    assert many.find(Scope(kind=Wide.DATASET, value=FACTS_PREFIX.uri)) == (grant,)


def test_files_of_a_table_that_lie_apart_from_it_are_ended_with_it() -> None:
    apart = world.prefix("lending/elsewhere/")
    grant = _holding(apart)
    known = world.catalogue(replace(world.table_item(LOANS, FACTS_PREFIX), roots=(apart,)), world.prefix_item(apart))
    many = RevokeMany(live=FakeLive([grant]), catalogue=lambda: known, account=world.ACCOUNT)
    assert many.find(Scope(kind=Wide.DATASET, value=LOANS.uri)) == (grant,)


def test_a_bucket_lies_in_the_account_of_its_prefixes_else_in_that_of_the_tables_in_it() -> None:
    table = world.table_item(LOANS, FACTS_PREFIX)
    other = world.prefix_item(replace(world.prefix("lending/elsewhere/"), account="210987654321"))
    assert Catalogue(generation=1, items=(table,)).accounts_of_buckets == {FACTS_PREFIX.bucket: FACTS_PREFIX.account}
    assert Catalogue(generation=1, items=(table, other)).accounts_of_buckets == {FACTS_PREFIX.bucket: "210987654321"}


def test_a_copy_of_a_copy_is_ended_with_the_first() -> None:
    first, second = world.prefix("copies/facts/"), world.prefix("copies/again/")
    grant = _holding(second)
    known = world.catalogue(
        replace(world.prefix_item(second), copy_of=first), replace(world.prefix_item(first), copy_of=FACTS_PREFIX)
    )
    many = RevokeMany(live=FakeLive([grant]), catalogue=lambda: known, account=world.ACCOUNT)
    assert many.find(Scope(kind=Wide.DATASET, value=FACTS_PREFIX.uri)) == (grant,)


def test_what_is_no_dataset_is_told_how_to_write_it(live: FakeLive) -> None:
    with pytest.raises(InvalidValue, match="s3://BUCKET/PREFIX/"):
        found(live, "the loans")


def test_many_are_ended_in_chunks_under_one_reason(live: FakeLive) -> None:
    live.grants = [replace(live.grants[0], id=GrantId(f"gr_{n}")) for n in range(CHUNK + 1)]
    many = RevokeMany(live=live, catalogue=world.catalogue, account=world.ACCOUNT)
    assert len(many(Scope(kind=Wide.EVERYTHING, value=""), ADA, "stop", NOW)) == CHUNK + 1
    assert [len(chunk) for chunk in live.taken] == [CHUNK, 1]
    assert {event.details["reason"] for event in live.events} == {"stop"}
