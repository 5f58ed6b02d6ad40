"""What is loaded as a whole: the directory, approvals, purposes, the catalogue and rulebooks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from jit_engine.domain.event import Event
from jit_engine.errors import InvalidValue
from jit_engine.ports import LostRace
from platform_api.db.audit import AuditTrail
from platform_api.db.catalogue import KeptCatalogue
from platform_api.db.engine import Database, create_engine
from platform_api.db.facts import SqlFacts
from platform_api.db.generations import Changing, generations
from platform_api.db.registry import SqlRegistry
from platform_api.db.rulebooks import RulebookState, SqlRulebooks
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event

PUTS: dict[str, Callable[[Database, Event], bool]] = {
    "directory": lambda db, e: SqlRegistry(db).put_directory(samples.directory(), e),
    "approvals": lambda db, e: SqlRegistry(db).put_standing_approvals(samples.APPROVALS, e),
    "purposes": lambda db, e: SqlRegistry(db).put_purposes(samples.PURPOSES, e),
    "catalogue": lambda db, e: SqlRegistry(db).put_catalogue(samples.ITEMS, e),
    "rulebook": lambda db, e: SqlRulebooks(db).put_rulebook("1", "permit(principal, action, resource);", e),
}


@pytest.mark.parametrize("what", PUTS)
def test_putting_the_same_again_changes_nothing_and_records_nothing(database: Database, what: str) -> None:
    assert PUTS[what](database, event("put")) is True
    assert AuditTrail(database).head().size == 1
    assert PUTS[what](database, event("put")) is False
    assert AuditTrail(database).head().size == 1


def test_who_is_not_in_the_new_directory_has_left(database: Database) -> None:
    registry = SqlRegistry(database)
    ana, nightly = samples.directory()
    registry.put_directory([ana, nightly], event())
    moved = replace(ana, title="Lead")
    assert registry.put_directory([moved], event())
    assert list(registry.directory()) == [moved]
    assert registry.subject(nightly.subject.id) is None


def test_two_people_may_swap_their_logins(database: Database) -> None:
    registry = SqlRegistry(database)
    ana, nightly = samples.directory()
    registry.put_directory([ana, nightly], event())
    swapped = [replace(ana, login="nightly"), replace(nightly, login="ana")]
    registry.put_directory(swapped, event())
    assert registry.subject_of("https://idp", "ana") == nightly.subject


def test_the_catalogue_s_generation_rises_with_every_change_and_only_then(database: Database) -> None:
    registry, facts = SqlRegistry(database), SqlFacts(database)
    generations = []
    for items in (samples.ITEMS, samples.ITEMS[:1], samples.ITEMS[:1], []):
        registry.put_catalogue(items, event())
        found = facts.facts_for(samples.activity_id(1), samples.environment_id(1)).catalogue
        assert found == registry.catalogue()
        assert set(found.items) == set(items)
        generations.append(found.generation)
    assert generations == [1, 2, 2, 3]


def test_a_kept_catalogue_is_never_of_another_generation_than_the_reading(
    database: Database, database_url: str
) -> None:
    kept = KeptCatalogue()
    ours, facts = SqlRegistry(database, kept), SqlFacts(database, kept=kept)
    other_process = SqlRegistry(other := Database(create_engine(database_url)))
    ours.put_catalogue(samples.ITEMS, event())
    before = ours.catalogue()
    assert ours.catalogue() is before  # read once a generation
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(1)).catalogue is before  # for all readers
    with database.read() as early:
        assert generations(early)[Changing.CATALOGUE] == before.generation
        other_process.put_catalogue(samples.ITEMS[:1], event())
        after = ours.catalogue()
        assert (after.generation, after.items) == (before.generation + 1, tuple(samples.ITEMS[:1]))
        assert kept.of(early, before.generation) == before  # a reading that began earlier goes on seeing its own
    assert ours.catalogue() == after
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(1)).catalogue == after
    other.close()


def test_a_change_of_the_catalogue_that_is_lost_is_not_kept(database: Database) -> None:
    registry = SqlRegistry(database)
    registry.put_catalogue(samples.ITEMS, event())
    before = registry.catalogue()
    with pytest.raises(LostRace):
        registry.change_catalogue(before.generation - 1, (), before.items, event())
    assert registry.catalogue() is before


def test_changed_purposes_reach_the_facts(database: Database) -> None:
    registry, facts = SqlRegistry(database), SqlFacts(database)
    registry.put_purposes(samples.PURPOSES, event())
    facts.facts_for(samples.activity_id(1), samples.environment_id(1))
    registry.put_purposes({"other": None}, event())
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(1)).purposes == {"other": None}


def test_one_rulebook_is_live_at_a_time_and_all_are_kept(database: Database) -> None:
    rulebooks = SqlRulebooks(database)
    assert (rulebooks.live(), rulebooks.live_version()) == (None, None)
    rulebooks.put_rulebook("1", "one", event())
    rulebooks.put_rulebook("2", "two", replace(event(), at=NOW + HOUR))
    live = rulebooks.live()
    assert live is not None
    assert (live.version, live.text, rulebooks.live_version()) == ("2", "two", "2")
    first = rulebooks.get("1")
    assert first is not None
    assert (first.state, first.text) == (RulebookState.RETIRED, "one")
    assert rulebooks.put_rulebook("1", "one", replace(event(), at=NOW + 2 * HOUR))
    assert [(one.version, one.state.value) for one in rulebooks.versions()] == [("2", "retired"), ("1", "live")]


def test_the_text_of_a_version_never_changes(database: Database) -> None:
    rulebooks = SqlRulebooks(database)
    rulebooks.put_rulebook("1", "one", event())
    with pytest.raises(InvalidValue):
        rulebooks.put_rulebook("1", "another", event())
    live = rulebooks.live()
    assert live is not None
    assert live.text == "one"
