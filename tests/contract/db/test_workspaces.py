"""What workspaces hold, kept: labels with their history, quarantine, purge, legal holds, declassifications."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from jit_engine.domain.activity import Place
from jit_engine.domain.classification import Classification
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import ContractId
from jit_engine.domain.label import EMPTY, Label, LabelRise, Mark
from jit_engine.domain.subject import Person
from jit_engine.errors import AwsUnavailable, InvalidValue, NotFound, WrongState
from jit_engine.flows.purge import Manifest, Purge
from jit_engine.ports import LostRace
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database
from platform_api.db.facts import SqlFacts
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.db.workspaces import SqlWorkspaces
from platform_api.ids import new_id
from platform_api.paging import PageAsk
from platform_api.registry.errors import FourEyes
from platform_api.registry.workspaces import DeclassificationState, WorkspaceDesk
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event

LOANS = ContractId("loans")
ENVIRONMENT, ACTIVITY = samples.environment_id(1), samples.activity_id(1)
LABEL = Label(
    marks=(
        Mark(
            contract=LOANS,
            version="1.0.0",
            classification=Classification.CONFIDENTIAL,
            classes=frozenset({"personal"}),
            purposes=frozenset({"lending"}),
            holders=frozenset({samples.person_id(1)}),
        ),
    )
)
MANIFEST = Manifest(objects=3, bytes=21, sha256="ab" * 32)
LATER = NOW + timedelta(days=15)


class FakePurger:
    """Counts; fails where it is told to."""

    def __init__(self) -> None:
        self.emptied = 0
        self.fails = False

    def manifest(self, place: Place) -> Manifest:
        return MANIFEST

    def empty(self, place: Place) -> None:
        if self.fails:
            raise AwsUnavailable(operation="emptying", retry_after=HOUR)
        self.emptied += 1


def delivered(database: Database, n: int = 1, before: Label = EMPTY) -> Grant:
    """A grant that has given credentials, and the label as that made it."""
    ledger = SqlLedger(database)
    grant = replace(samples.grant(n), environment=ENVIRONMENT, activity=ACTIVITY, state=GrantState.ACTIVE)
    grant = ledger.open(grant, samples.clearance(n), samples.evidence(n), event())
    return ledger.save(replace(grant, sessions=1), event(), rise=LabelRise(before=before, after=LABEL))


def closed(database: Database, grant: Grant) -> None:
    ledger = SqlLedger(database)
    ended = ledger.save(now_of(database, grant).moved(GrantState.REVOKING), event())
    ledger.save(ended.moved(GrantState.CLOSED), event())


def ended(database: Database) -> Grant:
    """An activity with a provisioned environment, a delivery under a contract, and no contract in force."""
    registry = SqlRegistry(database)
    registry.register(samples.activity(), samples.environment(), samples.review(), event())
    place = Place(
        account="000000000000",
        region="us-east-1",
        workspace_bucket="sg-ws-one",
        workspace_key_arn="",
        boundary_arn="",
        workgroup="",
        broker_role_arn="",
    )
    record = registry.environment(ENVIRONMENT)
    assert record is not None
    registry.save_environment(replace(record, environment=replace(record.environment, place=place)), event())
    return delivered(database)


def purge(database: Database, purger: FakePurger) -> Purge:
    return Purge(workspaces=SqlWorkspaces(database), facts=SqlFacts(database), purger=purger)


def actions(database: Database) -> list[str]:
    found = AuditTrail(database).page(PageAsk(limit=200)).items
    return [str(entry.record["action"]) for entry in reversed(found)]


def now_of(database: Database, grant: Grant) -> Grant:
    """The grant as it is stored."""
    found = SqlLedger(database).get(grant.id)
    assert found is not None
    return found


def due_of(database: Database, grant: Grant) -> datetime:
    return now_of(database, grant).due_at


def test_a_label_rises_with_the_delivery_and_wakes_the_grants_beside_it(database: Database) -> None:
    first = delivered(database)
    ledger, store = SqlLedger(database), SqlWorkspaces(database)
    assert SqlFacts(database).facts_for(ACTIVITY, ENVIRONMENT).label == LABEL
    second = delivered(database, 2, LABEL)
    assert due_of(database, first) == first.due_at  # nothing has risen
    higher = LABEL.raised([replace(LABEL.marks[0], contract=ContractId("leads"))])
    ledger.save(second, replace(event(), at=NOW + HOUR), rise=LabelRise(before=LABEL, after=higher))
    assert due_of(database, first) == NOW + HOUR
    assert due_of(database, second) == second.due_at
    assert [change.what for change in store.changes(ENVIRONMENT)] == ["risen", "risen"]
    assert store.changes(ENVIRONMENT)[0].details == {"grant": second.id}


def test_a_rise_from_another_label_than_the_stored_one_changes_nothing(database: Database) -> None:
    grant = delivered(database)
    with pytest.raises(LostRace):
        SqlLedger(database).save(replace(grant, sessions=2), event(), rise=LabelRise(before=EMPTY, after=LABEL))
    stored = SqlLedger(database).get(grant.id)
    assert stored is not None
    assert stored.sessions == 1


def test_a_workspace_whose_contract_is_gone_is_quarantined_then_purged_and_held_no_more(database: Database) -> None:
    grant, purger = ended(database), FakePurger()
    step, store = purge(database, purger), SqlWorkspaces(database)
    assert step(NOW) == 1
    assert step(NOW) == 0
    (workspace,) = store.labelled()
    assert workspace.quarantined_for == "contract loans is no longer in force"
    assert due_of(database, grant) == NOW
    assert step(LATER) == 0  # its grant could still write
    closed(database, grant)
    assert SqlFacts(database).facts_for(ACTIVITY, ENVIRONMENT).held
    assert step(LATER - timedelta(days=2)) == 0  # it is not time yet
    purger.fails = True
    with pytest.raises(AwsUnavailable):
        step(LATER)
    assert store.labelled()
    assert SqlFacts(database).facts_for(ACTIVITY, ENVIRONMENT).held
    purger.fails = False
    assert step(LATER) == 1
    assert (purger.emptied, store.labelled()) == (1, [])
    assert SqlFacts(database).facts_for(ACTIVITY, ENVIRONMENT).held == frozenset()
    done = store.changes(ENVIRONMENT)[0]
    assert (done.what, done.label) == ("purged", EMPTY)
    assert done.details == {"objects": 3, "bytes": 21, "manifest_sha256": "ab" * 32}
    assert step(LATER) == 0
    told = [action for action in actions(database) if action.startswith("workspace.")]
    assert told == ["workspace.quarantined", "workspace.purge-begun", "workspace.purge-begun", "workspace.purged"]


def test_a_legal_hold_keeps_what_would_be_purged(database: Database) -> None:
    closed(database, ended(database))
    purger = FakePurger()
    step, desk = purge(database, purger), desk_of(database)
    step(NOW)
    desk.hold(ANN, ACTIVITY, "a court's order", NOW)
    with pytest.raises(WrongState):
        desk.hold(BEA, ACTIVITY, "again", NOW)
    assert (step(LATER), purger.emptied) == (0, 0)
    desk.release(BEA, ACTIVITY, "the court is done", LATER)
    with pytest.raises(NotFound):
        desk.release(BEA, ACTIVITY, "again", LATER)
    assert (step(LATER), purger.emptied) == (1, 1)


# ---- declassification

ANN = Person(id=samples.person_id(1), name="Ann", teams=frozenset(), trainings=frozenset())
BEA = Person(id=samples.person_id(2), name="Bea", teams=frozenset(), trainings=frozenset())
APPROVED = DeclassificationState.APPROVED


class Everyone:
    """A directory in which each login is a person of its own."""

    def people_behind(self, id: str) -> frozenset[str]:
        return frozenset({id})


def desk_of(database: Database) -> WorkspaceDesk:
    return WorkspaceDesk(store=SqlWorkspaces(database), people=Everyone(), new_id=new_id)


def test_a_label_is_lowered_by_two_people(database: Database) -> None:
    delivered(database)
    desk, store = desk_of(database), SqlWorkspaces(database)
    asked = desk.ask(ANN, ENVIRONMENT, [LOANS], "only coefficients are left", NOW)
    with pytest.raises(FourEyes):
        desk.decide(ANN, asked.id, ENVIRONMENT, APPROVED, "I am sure", NOW)
    assert store.labelled()[0].label == LABEL
    decided = desk.decide(BEA, asked.id, ENVIRONMENT, APPROVED, "I have looked", NOW)
    assert (decided.state, store.labelled()) == (APPROVED, [])
    assert SqlFacts(database).facts_for(ACTIVITY, ENVIRONMENT).held  # it was held, and was not purged
    with pytest.raises(WrongState):
        desk.decide(BEA, asked.id, ENVIRONMENT, APPROVED, "again", NOW)
    assert actions(database)[-2:] == ["workspace.declassification-asked", "workspace.declassification-approved"]


def test_a_refused_declassification_leaves_the_label(database: Database) -> None:
    delivered(database)
    desk = desk_of(database)
    asked = desk.ask(ANN, ENVIRONMENT, [LOANS], "only coefficients are left", NOW)
    desk.decide(BEA, asked.id, ENVIRONMENT, DeclassificationState.REFUSED, "there are loans in it", NOW)
    assert SqlWorkspaces(database).labelled()[0].label == LABEL


def test_what_was_read_since_it_was_asked_is_not_declassified(database: Database) -> None:
    grant = delivered(database)
    desk = desk_of(database)
    asked = desk.ask(ANN, ENVIRONMENT, [LOANS], "only coefficients are left", NOW)
    more = LABEL.raised([replace(LABEL.marks[0], classification=Classification.RESTRICTED)])
    SqlLedger(database).save(grant, event(), rise=LabelRise(before=LABEL, after=more))
    with pytest.raises(WrongState):
        desk.decide(BEA, asked.id, ENVIRONMENT, APPROVED, "I have looked", NOW)


def test_only_what_the_label_says_is_taken_out_of_it(database: Database) -> None:
    with pytest.raises(NotFound):
        desk_of(database).ask(ANN, ENVIRONMENT, [LOANS], "why", NOW)
    delivered(database)
    with pytest.raises(InvalidValue):
        desk_of(database).ask(ANN, ENVIRONMENT, [ContractId("leads")], "why", NOW)
