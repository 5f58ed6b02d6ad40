"""The suite of the port `PolicyReadings`: the same on the fake, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.resource_policy import PolicyFinding, PolicyReading, Safeguards
from jit_engine.flows.read_policies import PolicyReadings
from jit_engine.rules.safeguards import policing
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database
from platform_api.db.facts import SqlFacts
from platform_api.db.policies import SqlPolicyReadings
from platform_api.db.registry import SqlRegistry
from platform_api.paging import PageAsk
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event
from tests.fakes.policy_readings import MemoryPolicyReadings

DEMANDED = Safeguards(readings=(), oldest=timedelta(hours=24), network_from=None)
NAMED = dict(place for item in samples.ITEMS for place in policing(item.source, item))
FIRST = min(NAMED)
FINDING = PolicyFinding(policy="bucket policy", statement="Open", why="everybody", repair="close it")
READING = PolicyReading(resource=FIRST, account=NAMED[FIRST], checked_at=NOW, digest="d", findings=())
Kept = tuple[PolicyReadings, Callable[[], int]]
LEASE = timedelta(minutes=2)


def stored(database: Database) -> SqlPolicyReadings:
    """The store, beside the sample's catalogue."""
    SqlRegistry(database).put_catalogue(samples.ITEMS, event("put"))
    return SqlPolicyReadings(database, DEMANDED)


@pytest.fixture
def kept(request: pytest.FixtureRequest, kind: str) -> Kept:
    """The store, and how many changes are on record."""
    if kind == "fake":
        fake = MemoryPolicyReadings(dict(NAMED))
        return fake, lambda: len(fake.events)
    database = request.getfixturevalue("database")
    asked = PageAsk(filters={"action": "policies"})
    return stored(database), lambda: len(AuditTrail(database).page(asked).items)


def test_everything_that_the_catalogue_names_is_due_once_until_its_lease_ends(kept: Kept) -> None:
    store, _ = kept
    assert {due.resource: due.account for due in store.claim(NOW, 50, LEASE)} == NAMED
    assert store.claim(NOW, 50, LEASE) == ()
    assert len(store.claim(NOW + LEASE, 1, LEASE)) == 1


def test_what_was_read_is_due_when_it_says_and_is_on_record_when_it_changes(kept: Kept) -> None:
    store, recorded = kept
    store.claim(NOW, 50, LEASE)
    assert store.keep(READING, NOW + HOUR, event("policies")) is True
    assert store.keep(replace(READING, checked_at=NOW + LEASE), NOW + HOUR, event("policies")) is False
    assert store.keep(replace(READING, digest="e"), NOW + HOUR, event("policies")) is True
    assert store.keep(replace(READING, digest="e", findings=(FINDING,)), NOW + HOUR, event("policies")) is True
    assert recorded() == 3
    assert FIRST not in {due.resource for due in store.claim(NOW + 2 * LEASE, 50, LEASE)}
    assert FIRST in {due.resource for due in store.claim(NOW + HOUR, 50, LEASE)}


def test_a_reading_of_what_the_catalogue_does_not_name_is_not_kept(kept: Kept) -> None:
    store, recorded = kept
    store.claim(NOW, 50, LEASE)
    assert store.keep(replace(READING, resource="arn:aws:s3:::gone"), NOW + HOUR, event("policies")) is False
    assert recorded() == 0


def test_facts_hold_the_readings_of_this_moment(database: Database) -> None:
    store, facts = stored(database), SqlFacts(database, DEMANDED)
    asked = (samples.activity_id(1), samples.environment_id(1))
    assert facts.facts_for(*asked).safeguards == DEMANDED
    store.claim(NOW, 50, LEASE)
    store.keep(READING, NOW + HOUR, event("policies"))
    assert facts.facts_for(*asked).safeguards == replace(DEMANDED, readings=(READING,)) == store.safeguards()
    SqlRegistry(database).put_catalogue((), event("put"))
    store.claim(NOW, 50, LEASE)
    assert facts.facts_for(*asked).safeguards == DEMANDED


def test_a_change_of_the_catalogue_has_everything_read_anew(database: Database) -> None:
    store = stored(database)
    store.claim(NOW, 50, LEASE)
    store.keep(READING, NOW + HOUR, event("policies"))
    SqlRegistry(database).put_catalogue(samples.ITEMS[:1], event("put"))
    due = {place for item in samples.ITEMS[:1] for place, _ in policing(item.source, item)}
    assert {one.resource for one in store.claim(NOW, 50, LEASE)} == due
