"""The suite of the port `ArtefactLedger`: the same on the fake, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.artefact import ArtefactState, Mechanism
from jit_engine.domain.grant import GrantState
from jit_engine.enforcers.ports import ArtefactLedger
from jit_engine.ports import Ledger, LostRace
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.ledger import SqlLedger
from tests.contract.db import samples
from tests.contract.db.samples import NOW, event
from tests.fakes.artefacts import MemoryArtefacts
from tests.fakes.ledger import MemoryLedger


@pytest.fixture
def stores(request: pytest.FixtureRequest, kind: str) -> tuple[Ledger, ArtefactLedger]:
    if kind == "fake":
        fake = MemoryLedger()
        return fake, MemoryArtefacts(fake)
    database = request.getfixturevalue("database")
    return SqlLedger(database), SqlArtefacts(database)


@pytest.fixture
def artefacts(stores: tuple[Ledger, ArtefactLedger]) -> ArtefactLedger:
    """The store, with one intent of one grant."""
    ledger, artefacts = stores
    grant = ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event("grant.opened"))
    artefacts.intend(grant, [samples.artefact()], event("intended"))
    return artefacts


def test_an_intent_is_read_back_as_it_was_given(artefacts: ArtefactLedger) -> None:
    assert list(artefacts.of_grant(samples.grant().id)) == [samples.artefact()]
    assert artefacts.of_name(Mechanism.LAKE_FORMATION, samples.artefact().name) == samples.artefact()
    assert artefacts.of_name(Mechanism.WORKGROUP, samples.artefact().name) is None


def test_of_a_mechanism_those_are_live_that_are_not_gone(artefacts: ArtefactLedger) -> None:
    assert list(artefacts.live(Mechanism.LAKE_FORMATION)) == [samples.artefact()]
    assert list(artefacts.live(Mechanism.EGRESS)) == []
    standing = artefacts.keep(samples.artefact().moved(ArtefactState.STANDING), event("standing"))
    assert list(artefacts.live(Mechanism.LAKE_FORMATION)) == [standing]
    artefacts.keep(standing.moved(ArtefactState.GONE), event("gone"))
    assert list(artefacts.live(Mechanism.LAKE_FORMATION)) == []


def test_each_mechanism_was_last_seen_by_itself(artefacts: ArtefactLedger) -> None:
    assert artefacts.last_seen([Mechanism.LAKE_FORMATION]) is None  # an intent was seen by nobody
    standing = artefacts.keep(samples.artefact().moved(ArtefactState.STANDING), event("standing"))
    assert artefacts.last_seen([Mechanism.LAKE_FORMATION, Mechanism.WORKGROUP]) == samples.artefact().created_at
    assert artefacts.last_seen([Mechanism.WORKGROUP, Mechanism.EGRESS]) is None
    gone = replace(standing.moved(ArtefactState.GONE), ended_at=NOW + timedelta(hours=1))
    artefacts.keep(gone, event("gone"))
    assert artefacts.last_seen([Mechanism.LAKE_FORMATION]) == NOW + timedelta(hours=1)


def test_what_a_grant_that_ends_has_left_is_not_needed_any_more(stores: tuple[Ledger, ArtefactLedger]) -> None:
    ledger, artefacts = stores
    grant = ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event("grant.opened"))
    grant = artefacts.intend(grant, [samples.artefact()], event("intended"))
    ledger.save(grant.moved(GrantState.ABANDONED), event("abandoned"))
    assert list(artefacts.live(Mechanism.LAKE_FORMATION)) == []


def test_an_intent_takes_the_grant_a_version_further(stores: tuple[Ledger, ArtefactLedger]) -> None:
    ledger, artefacts = stores
    grant = ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event("grant.opened"))
    further = artefacts.intend(grant, [samples.artefact()], event("intended"))
    assert further == ledger.get(grant.id) == replace(grant, version=grant.version + 1)


def test_nothing_is_intended_for_a_grant_that_has_moved_on(stores: tuple[Ledger, ArtefactLedger]) -> None:
    ledger, artefacts = stores
    grant = ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event("grant.opened"))
    ledger.save(replace(grant, reason="others"), event("moved"))
    with pytest.raises(LostRace):
        artefacts.intend(grant, [samples.artefact()], event("intended"))
    assert list(artefacts.of_grant(grant.id)) == []


def test_a_row_is_kept_with_all_that_became_of_it_and_only_by_whoever_read_the_latest(
    artefacts: ArtefactLedger,
) -> None:
    stands = artefacts.keep(samples.artefact().moved(ArtefactState.STANDING), event("stands"))
    failed = artefacts.keep(replace(stands, last_error="AWS refused"), event("failed"))
    gone = artefacts.keep(replace(failed.moved(ArtefactState.GONE), ended_at=NOW, last_error=None), event("gone"))
    assert list(artefacts.of_grant(samples.grant().id)) == [gone]
    with pytest.raises(LostRace):
        artefacts.keep(stands, event("late"))
