"""Every public write of every store takes an event (a deed, at the rulebook desk) and commits its record with it.

The stores and their methods are found by reflection: a new write without an event, or without a call here, fails.
"""

import inspect
import pkgutil
import typing
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import pytest
import sqlalchemy as sa

import platform_api.db
from jit_engine.domain.base_role import BaseState
from jit_engine.domain.event import Event
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.domain.label import EMPTY
from jit_engine.flows.purge import LabelledWorkspace
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.audit import AuditTrail
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.outposts import SqlOutposts
from platform_api.db.policies import SqlPolicyReadings
from platform_api.db.registry import SqlRegistry
from platform_api.db.revocations import SqlRevocations
from platform_api.db.rulebooks import RulebookState, SqlRulebooks
from platform_api.db.tables import metadata
from platform_api.db.waiting import SqlWaiting
from platform_api.db.web_sessions import SqlWebSessions
from platform_api.db.workspaces import SqlWorkspaces
from platform_api.identity.web_session import WebSession
from platform_api.registry.workspaces import Declassification, LegalHold
from policy.ports import Deed
from tests.contract.db import samples, test_workspaces, waiting_samples
from tests.contract.db.rulebook_samples import deed, rulebook
from tests.contract.db.samples import HOUR, NOW, event
from tests.contract.db.test_base_roles import base
from tests.contract.db.test_outposts import made as made_outposts
from tests.contract.db.test_outposts import outpost
from tests.contract.db.test_policy_readings import DEMANDED, READING
from tests.contract.db.test_policy_readings import stored as stored_readings

UNRECORDED = {
    "SqlLedger.claim_due": "says only who looks next",
    "SqlWaiting.claim_waiting": "says only who looks next",
    "SqlLedger.wake_outdated": "says only when to look again",
    "SqlPolicyReadings.claim": "says only who looks next",
    "SqlOutposts.claim_due_outposts": "says only who looks next",
    "SqlLedger.postpone": "says only when to look again (the port demands it so)",
    "SqlActivities.claim_due_environments": "says only who looks next",
    "SqlIdempotencyKeys.claim": "belongs to the transport",
    "SqlIdempotencyKeys.complete": "belongs to the transport",
    "SqlIdempotencyKeys.rename": "belongs to the transport",
    "SqlIdempotencyKeys.release": "belongs to the transport",
    "SqlIdempotencyKeys.forget": "belongs to the transport",
    "SqlWebSessions.begin_sign_in": "nobody is signed in yet",
    "SqlWebSessions.take_sign_in": "uses up what was begun; who signs in is recorded by `open`",
    "SqlWebSessions.get": "says only when the session was last seen",
    "SqlWebSessions.rotate": "gives the same session another id",
}
"""Writes without an audit record, and why."""

TRAIL_TABLES = {"audit_records", "audit_about", "audit_tree"}
Write = Callable[[Database, Event], object]


def registry(database: Database) -> SqlRegistry:
    return SqlRegistry(database)


def registered(database: Database) -> SqlRegistry:
    store = SqlRegistry(database)
    store.register(samples.activity(), samples.environment(), samples.review(), event("before"))
    store.propose_contract(samples.contract(), event("before"))
    return store


def drafted(database: Database) -> SqlRulebooks:
    store = SqlRulebooks(database)
    store.put_rulebook("1", "permit", event("before"))
    store.add(rulebook(2), deed(event("before")))
    return store


def opened(database: Database) -> SqlLedger:
    ledger = SqlLedger(database)
    ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event("before"))
    return ledger


def intended(database: Database) -> SqlArtefacts:
    opened(database)
    artefacts = SqlArtefacts(database)
    artefacts.intend(samples.grant(), [samples.artefact()], event("before"))
    return artefacts


def waiting(database: Database) -> SqlWaiting:
    room = SqlWaiting(database)
    room.wait(waiting_samples.waiting(), {"outcome": "waiting"}, samples.evidence(), event("before"))
    return room


def based(database: Database) -> SqlBaseRoles:
    store = SqlBaseRoles(database)
    store.open(base(), event("before"))
    return store


def session() -> WebSession:
    return WebSession(
        id_hash="h",
        issuer="i",
        subject="gus",
        began_at=NOW,
        rotated_at=NOW,
        seen_at=NOW,
        ends_at=NOW + HOUR,
        authenticated_at=NOW,
    )


def labelled(database: Database) -> LabelledWorkspace:
    """A labelled workspace whose grant is closed."""
    store = SqlWorkspaces(database)
    if not store.labelled():
        test_workspaces.closed(database, test_workspaces.delivered(database))
    return store.labelled()[0]


HOLD = LegalHold(
    id="lh_1", activity=samples.activity_id(1), reason="court", placed_by=samples.person_id(1), placed_at=NOW
)
ASKED = Declassification(
    id="dc_1",
    environment=samples.environment_id(1),
    activity=samples.activity_id(1),
    contracts=(),
    label=EMPTY,
    reason="why",
    asked_by=samples.person_id(1),
    asked_at=NOW,
)

WRITES: dict[str, tuple[Callable[[Database], object], Write]] = {
    "SqlLedger.open": (
        lambda db: None,
        lambda db, e: SqlLedger(db).open(samples.grant(), samples.clearance(), samples.evidence(), e),
    ),
    "SqlLedger.refuse": (lambda db: None, lambda db, e: SqlLedger(db).refuse(samples.refusal(), samples.evidence(), e)),
    "SqlLedger.save": (opened, lambda db, e: SqlLedger(db).save(samples.grant().moved(GrantState.ACTIVE), e)),
    "SqlLedger.note": (lambda db: None, lambda db, e: SqlLedger(db).note(e)),
    "SqlBaseRoles.open": (lambda db: None, lambda db, e: SqlBaseRoles(db).open(base(), e)),
    "SqlBaseRoles.keep": (based, lambda db, e: SqlBaseRoles(db).keep(base().moved(BaseState.READY), e)),
    "SqlArtefacts.intend": (
        opened,
        lambda db, e: SqlArtefacts(db).intend(samples.grant(), [samples.artefact()], e),
    ),
    "SqlArtefacts.keep": (intended, lambda db, e: SqlArtefacts(db).keep(samples.artefact(), e)),
    "SqlOutposts.want": (made_outposts, lambda db, e: SqlOutposts(db).want(outpost(), e)),
    "SqlOutposts.keep": (
        lambda db: made_outposts(db).want(outpost(), event("before")),
        lambda db, e: SqlOutposts(db).keep(outpost(), e),
    ),
    "SqlRevocations.end_all": (
        opened,
        lambda db, e: SqlRevocations(db).end_all([samples.grant().id, GrantId("gr_none")], "enough", e),
    ),
    "SqlWaiting.wait": (
        lambda db: None,
        lambda db, e: SqlWaiting(db).wait(waiting_samples.waiting(), {"outcome": "waiting"}, samples.evidence(), e),
    ),
    "SqlWaiting.keep": (waiting, lambda db, e: SqlWaiting(db).keep(replace(waiting_samples.waiting(), tries=1), e)),
    "SqlActivities.register": (
        lambda db: None,
        lambda db, e: registry(db).register(samples.activity(), samples.environment(), samples.review(), e),
    ),
    "SqlActivities.add_environment": (
        registered,
        lambda db, e: registry(db).add_environment(samples.environment(2, of=1), samples.review(2, of=1), e),
    ),
    "SqlActivities.save_activity": (registered, lambda db, e: registry(db).save_activity(samples.activity(), e)),
    "SqlActivities.move_activity": (
        registered,
        lambda db, e: registry(db).move_activity(samples.activity(), "enough", e),
    ),
    "SqlActivities.save_environment": (
        registered,
        lambda db, e: registry(db).save_environment(samples.environment(), e),
    ),
    "SqlActivities.save_review": (
        registered,
        lambda db, e: registry(db).save_review(samples.review(), samples.environment(), samples.activity(), e),
    ),
    "SqlContracts.propose_contract": (
        lambda db: None,
        lambda db, e: registry(db).propose_contract(samples.contract(), e),
    ),
    "SqlContracts.save_contract": (
        registered,
        lambda db, e: registry(db).save_contract(samples.signed(samples.contract()), e),
    ),
    "SqlContracts.accept": (registered, lambda db, e: registry(db).accept(samples.acceptance(), e)),
    "SqlDirectory.put_directory": (lambda db: None, lambda db, e: registry(db).put_directory(samples.directory(), e)),
    "SqlDirectory.put_standing_approvals": (
        lambda db: None,
        lambda db, e: registry(db).put_standing_approvals(samples.APPROVALS, e),
    ),
    "SqlCatalogue.put_purposes": (lambda db: None, lambda db, e: registry(db).put_purposes(samples.PURPOSES, e)),
    "SqlCatalogue.put_catalogue": (lambda db: None, lambda db, e: registry(db).put_catalogue(samples.ITEMS, e)),
    "SqlCatalogue.change_catalogue": (
        lambda db: None,
        lambda db, e: registry(db).change_catalogue(0, samples.ITEMS, [], e),
    ),
    "SqlPolicyReadings.keep": (
        lambda db: stored_readings(db).claim(NOW, 50, HOUR),
        lambda db, e: SqlPolicyReadings(db, DEMANDED).keep(READING, NOW + HOUR, e),
    ),
    "SqlRulebooks.add": (lambda db: None, lambda db, e: SqlRulebooks(db).add(rulebook(2), deed(e))),
    "SqlRulebooks.save": (
        lambda db: SqlRulebooks(db).add(rulebook(2), deed(event("before"))),
        lambda db, e: SqlRulebooks(db).save(rulebook(2, RulebookState.PROPOSED), deed(e)),
    ),
    "SqlRulebooks.activate": (
        drafted,
        lambda db, e: SqlRulebooks(db).activate(rulebook(2, RulebookState.LIVE), rulebook(1), deed(e)),
    ),
    "SqlWebSessions.open": (lambda db: None, lambda db, e: SqlWebSessions(db).open(session(), e)),
    "SqlWebSessions.close": (
        lambda db: SqlWebSessions(db).open(session(), event("before")),
        lambda db, e: SqlWebSessions(db).close("gus", NOW, e),
    ),
    "SqlWorkspaces.quarantine": (
        labelled,
        lambda db, e: SqlWorkspaces(db).quarantine(labelled(db), "ended", NOW + HOUR, e),
    ),
    "SqlWorkspaces.release": (labelled, lambda db, e: SqlWorkspaces(db).release(labelled(db), e)),
    "SqlWorkspaces.begin_purge": (
        labelled,
        lambda db, e: SqlWorkspaces(db).begin_purge(labelled(db), test_workspaces.MANIFEST, e),
    ),
    "SqlWorkspaces.purged": (
        labelled,
        lambda db, e: SqlWorkspaces(db).purged(labelled(db), test_workspaces.MANIFEST, e),
    ),
    "SqlWorkspaces.place_hold": (lambda db: None, lambda db, e: SqlWorkspaces(db).place_hold(HOLD, e)),
    "SqlWorkspaces.release_hold": (
        lambda db: SqlWorkspaces(db).place_hold(HOLD, event("before")),
        lambda db, e: SqlWorkspaces(db).release_hold(HOLD, HOLD.placed_by, e),
    ),
    "SqlWorkspaces.ask_declassification": (
        lambda db: None,
        lambda db, e: SqlWorkspaces(db).ask_declassification(ASKED, e),
    ),
    "SqlWorkspaces.decide_declassification": (
        lambda db: SqlWorkspaces(db).ask_declassification(ASKED, event("before")),
        lambda db, e: SqlWorkspaces(db).decide_declassification(ASKED, None, e),
    ),
    "SqlRulebooks.put_rulebook": (lambda db: None, lambda db, e: SqlRulebooks(db).put_rulebook("1", "permit", e)),
}


def store_classes() -> list[type]:
    """Every class of `platform_api.db` that is made with a `Database`."""
    found = []
    for module in pkgutil.walk_packages(platform_api.db.__path__, "platform_api.db."):
        for _, cls in inspect.getmembers(import_module(module.name), inspect.isclass):
            if cls.__module__ == module.name and "database" in inspect.signature(cls.__init__).parameters:
                found.append(cls)
    return found


def public_methods() -> dict[str, Callable[..., object]]:
    return {
        f"{cls.__name__}.{name}": member
        for cls in store_classes()
        for name, member in vars(cls).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def takes_an_event(method: Callable[..., object]) -> bool:
    return bool({Event, Deed} & set(typing.get_type_hints(method).values()))


def state(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything in every table."""
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def test_the_stores_are_found() -> None:
    names = {cls.__name__ for cls in store_classes()}
    assert {"SqlLedger", "SqlActivities", "SqlContracts", "SqlDirectory", "SqlCatalogue", "SqlRulebooks"} <= names


def test_every_method_that_takes_an_event_is_called_here() -> None:
    assert {name for name, method in public_methods().items() if takes_an_event(method)} == set(WRITES)


def test_every_method_that_writes_takes_an_event_or_says_why_not() -> None:
    writes = {
        name
        for name, method in public_methods().items()
        if "_database.write(" in inspect.getsource(method) or "recorded(" in inspect.getsource(method)
    }
    helpers = {"SqlIdempotencyKeys.claim"}  # writes in a method of its own, to try twice
    assert {name for name in writes if not takes_an_event(public_methods()[name])} | helpers == set(UNRECORDED)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_commits_exactly_one_record_with_it(database: Database, name: str) -> None:
    prepare, write = WRITES[name]
    prepare(database)
    before, size = state(database), AuditTrail(database).head().size
    write(database, event("the.write"))
    head = AuditTrail(database).head()
    assert head.size == size + 1
    record = AuditTrail(database).record(head.size)
    assert record is not None
    assert record.record["action"] == "the.write"
    after = state(database)
    changed = {table for table in after if after[table] != before[table]} - TRAIL_TABLES
    assert bool(changed) is (name != "SqlLedger.note")


@pytest.mark.parametrize("name", WRITES)
def test_a_write_whose_record_fails_changes_nothing(database: Database, name: str) -> None:
    prepare, write = WRITES[name]
    prepare(database)
    before = state(database)
    with pytest.raises(TypeError):
        write(database, replace(event("the.write"), details={"share": 0.5}))  # type: ignore[dict-item]
    assert state(database) == before


def test_a_claim_leaves_the_trail_alone(database: Database) -> None:
    ledger = opened(database)
    before = {table: rows for table, rows in state(database).items() if table in TRAIL_TABLES}
    ledger.claim_due(NOW + 4 * HOUR, 1, HOUR)
    after = {table: rows for table, rows in state(database).items() if table in TRAIL_TABLES}
    assert after == before
