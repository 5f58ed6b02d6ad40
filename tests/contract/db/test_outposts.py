"""The suite of the port `Outposts`: the same on the fake, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jit_engine.ports import LostRace
from platform_api.db.engine import Database
from platform_api.db.facts import SqlFacts
from platform_api.db.outposts import SqlOutposts
from platform_api.db.registry import SqlRegistry
from platform_api.db.workspaces import SqlWorkspaces
from platform_api.registry.outposts import Outpost, Outposts, OutpostState
from tests.contract.db import samples, test_workspaces
from tests.contract.db.samples import HOUR, NOW, event
from tests.fakes.accounts import ELSEWHERE, place_in
from tests.fakes.outposts import MemoryOutposts

OTHER = "310987654321"


def outpost(account: str = ELSEWHERE) -> Outpost:
    """The first sample environment's, wanted."""
    return Outpost(
        environment=samples.environment_id(1),
        activity=samples.activity_id(1),
        account=account,
        state=OutpostState.WANTED,
        created_at=NOW,
        due_at=NOW,
    )


def made(database: Database) -> SqlOutposts:
    """The store, where the first sample environment is registered."""
    SqlRegistry(database).register(samples.activity(), samples.environment(), samples.review(), event("before"))
    return SqlOutposts(database)


@pytest.fixture
def outposts(request: pytest.FixtureRequest, kind: str) -> Outposts:
    return MemoryOutposts() if kind == "fake" else made(request.getfixturevalue("database"))


def test_one_is_wanted_once_an_account(outposts: Outposts) -> None:
    assert outposts.want(outpost(), event("wanted"))
    assert not outposts.want(replace(outpost(), tries=3), event("wanted"))
    assert outposts.want(outpost(OTHER), event("wanted"))
    assert list(outposts.of(samples.environment_id(1))) == [outpost(), outpost(OTHER)]
    assert list(outposts.of(samples.environment_id(2))) == []


def test_it_is_kept_as_given_in_the_version_that_was_read(outposts: Outposts) -> None:
    outposts.want(outpost(), event("wanted"))
    ready = replace(outpost(), state=OutpostState.READY, place=place_in(ELSEWHERE), due_at=None, stack="sg-env-x")
    kept = outposts.keep(ready, event("ready"))
    assert kept == replace(ready, version=1)
    assert list(outposts.of(samples.environment_id(1))) == [kept]
    with pytest.raises(LostRace):
        outposts.keep(replace(ready, tries=1), event("late"))


def test_what_is_due_is_claimed_by_one_for_the_time_of_the_lease(outposts: Outposts) -> None:
    for account in (ELSEWHERE, OTHER):
        outposts.want(outpost(account), event("wanted"))
    assert not outposts.claim_due_outposts(NOW - HOUR, 10, HOUR)
    (first,) = outposts.claim_due_outposts(NOW, 1, HOUR)
    (second,) = outposts.claim_due_outposts(NOW, 10, HOUR)
    assert {first.account, second.account} == {ELSEWHERE, OTHER}
    assert (first.version, first.due_at) == (1, NOW + HOUR)
    assert not outposts.claim_due_outposts(NOW, 10, HOUR)
    assert len(outposts.claim_due_outposts(NOW + HOUR, 10, HOUR)) == 2


def test_a_decision_sees_the_places_that_are_ready_and_no_others(database: Database) -> None:
    store, facts = made(database), SqlFacts(database)
    for account in (ELSEWHERE, OTHER):
        store.want(outpost(account), event("wanted"))
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(1)).elsewhere == ()
    store.keep(replace(outpost(), state=OutpostState.READY, place=place_in(ELSEWHERE)), event("ready"))
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(1)).elsewhere == (place_in(ELSEWHERE),)
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(2)).elsewhere == ()


def test_a_purge_empties_the_workspace_in_every_account(database: Database) -> None:
    test_workspaces.closed(database, test_workspaces.ended(database))
    store, purger = SqlOutposts(database), test_workspaces.FakePurger()
    store.want(outpost(), event("wanted"))
    store.keep(replace(outpost(), state=OutpostState.READY, place=place_in(ELSEWHERE)), event("ready"))
    step = test_workspaces.purge(database, purger)
    step(NOW)
    assert step(test_workspaces.LATER) == 1
    assert purger.emptied == 2
    done = SqlWorkspaces(database).changes(samples.environment_id(1))[0]
    assert (done.what, done.details["objects"], done.details["bytes"]) == ("purged", 6, 42)
    assert done.details["manifest_sha256"] != test_workspaces.MANIFEST.sha256


@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_grants_query_in_workgroups_of_their_own_where_these_can_be_made_today(
    database: Database, before: bool, now: bool
) -> None:
    """Whatever was so when the environment was provisioned: running queries have to be stopped there, too."""
    store, registry = made(database), SqlRegistry(database)
    record = registry.environment(samples.environment_id(1))
    assert record is not None
    home, away = (replace(place_in(each), grant_workgroups=before) for each in (OTHER, ELSEWHERE))
    registry.save_environment(replace(record, environment=replace(record.environment, place=home)), event("placed"))
    store.want(outpost(), event("wanted"))
    store.keep(replace(outpost(), state=OutpostState.READY, place=away), event("ready"))
    facts = SqlFacts(database, workgroups_in={OTHER, ELSEWHERE} if now else ())
    found = facts.facts_for(samples.activity_id(1), samples.environment_id(1))
    assert found.environment is not None
    assert found.environment.place == replace(home, grant_workgroups=now)
    assert found.elsewhere == (replace(away, grant_workgroups=now),)
