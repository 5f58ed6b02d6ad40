"""The suite of the port `Ledger`: the same on the fake, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.grant import Denial, Grant, GrantHead, GrantState, Lane, MintedRole, StepTime, attempt_at
from jit_engine.domain.ids import GrantId
from jit_engine.errors import NotFound, RoleBudgetSpent
from jit_engine.ports import Ledger, LostRace
from jit_engine.rules.record import clearance_record
from platform_api.db.audit import AuditTrail
from platform_api.db.ledger import SqlLedger
from platform_api.paging import PageAsk
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event
from tests.fakes import world
from tests.fakes.ledger import MemoryLedger

Actions = Callable[[], list[str]]


@pytest.fixture
def kept(request: pytest.FixtureRequest, kind: str) -> tuple[Ledger, Actions]:
    """A ledger, and the actions of its audit trail in order."""
    if kind == "fake":
        fake = MemoryLedger()
        return fake, lambda: [one.action for one in fake.events]
    database = request.getfixturevalue("database")
    trail = AuditTrail(database)
    return SqlLedger(database), lambda: [str(e.record["action"]) for e in reversed(trail.page(PageAsk()).items)]


@pytest.fixture
def ledger(kept: tuple[Ledger, Actions]) -> Ledger:
    return kept[0]


@pytest.fixture
def scant(request: pytest.FixtureRequest, kind: str) -> Ledger:
    """A ledger whose accounts have room for two roles."""
    if kind == "fake":
        return MemoryLedger(roles_per_account=2)
    return SqlLedger(request.getfixturevalue("database"), roles_per_account=2)


def opened(ledger: Ledger, n: int = 1) -> Grant:
    return ledger.open(samples.grant(n), samples.clearance(n), samples.evidence(n), event("grant.opened", n))


def due(ledger: Ledger, n: int) -> Grant:
    grant = replace(samples.grant(n), due_at=NOW - timedelta(minutes=n))
    return ledger.open(grant, samples.clearance(n), samples.evidence(n), event("grant.opened", n))


def test_an_opened_grant_is_read_back_as_it_was_given(ledger: Ledger) -> None:
    assert ledger.get(opened(ledger).id) == samples.grant()


def test_a_saved_grant_is_read_back_in_every_field_with_the_next_version(ledger: Ledger) -> None:
    first = opened(ledger)
    role = replace(first.role, arn="arn:aws:iam::111122223333:role/jit/x", role_id="AROAX", deleted=True)
    second = MintedRole(attempt=2, name=f"{first.role.name}-again", arn=None, role_id=None, deleted=False)
    changed = replace(
        first,
        state=GrantState.ACTIVE,
        principals=(replace(first.sole, roles=(role, second)),),
        sessions=2,
        last_session_end=NOW + HOUR,
        shut_at=NOW,
        denial=Denial(count=3, first_at=NOW, where="eu-central-1"),
        reason="revoked",
        due_at=NOW + 2 * HOUR,
        tries=4,
        last_error="Ärger",
        steps=(StepTime(step="create role", milliseconds=12),),
    )
    saved = ledger.save(changed, event("grant.active"))
    assert saved == replace(changed, version=first.version + 1)
    assert ledger.get(first.id) == saved


def test_a_save_changes_nothing_of_what_a_grant_was_opened_for(ledger: Ledger) -> None:
    first = opened(ledger)
    head = GrantHead(id=first.id, subject=first.subject, activity=first.activity, tier=first.tier, state=first.state)
    assert ledger.head(first.id) == head
    ledger.save(first.moved(GrantState.ACTIVE), event("grant.active"))
    assert ledger.head(first.id) == replace(head, state=GrantState.ACTIVE)
    assert ledger.head(samples.grant(9).id) is None


def test_of_two_writers_who_read_the_same_version_the_second_loses_and_leaves_nothing(
    kept: tuple[Ledger, Actions],
) -> None:
    ledger, actions = kept
    read = opened(ledger)
    ledger.save(read.moved(GrantState.ACTIVE), event("grant.active"))
    with pytest.raises(LostRace):
        ledger.save(read.moved(GrantState.ABANDONED), event("grant.abandoned"))
    stored = ledger.get(read.id)
    assert stored is not None
    assert stored.state is GrantState.ACTIVE
    assert actions() == ["grant.opened", "grant.active"]


def test_a_grant_that_was_never_opened_cannot_be_saved(ledger: Ledger) -> None:
    with pytest.raises(LostRace):
        ledger.save(samples.grant(), event())


def test_a_request_is_opened_once(kept: tuple[Ledger, Actions]) -> None:
    ledger, actions = kept
    opened(ledger)
    with pytest.raises(LostRace):
        opened(ledger)
    assert actions() == ["grant.opened"]


def test_the_decision_is_kept_as_it_was_taken(ledger: Ledger) -> None:
    assert ledger.decision_of(opened(ledger).id) == clearance_record(samples.clearance())


def test_no_grant_has_no_decision(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.decision_of(GrantId("gr_none"))
    assert ledger.get(GrantId("gr_none")) is None


def test_a_refusal_is_recorded_once(kept: tuple[Ledger, Actions]) -> None:
    ledger, actions = kept
    ledger.refuse(samples.refusal(), samples.evidence(), event("access.refused"))
    with pytest.raises(LostRace):
        ledger.refuse(samples.refusal(), samples.evidence(), event("access.refused"))
    assert actions() == ["access.refused"]


def test_a_note_is_recorded(kept: tuple[Ledger, Actions]) -> None:
    ledger, actions = kept
    ledger.note(event("role.unknown"))
    assert actions() == ["role.unknown"]


def test_what_is_due_is_claimed_once_the_most_overdue_first(kept: tuple[Ledger, Actions]) -> None:
    ledger, actions = kept
    grants = {n: due(ledger, n) for n in (1, 3, 2)}
    opened(ledger, 4)
    first = ledger.claim_due(NOW, 2, HOUR)
    assert [grant.id for grant in first] == [grants[3].id, grants[2].id]
    assert [(grant.due_at, grant.version) for grant in first] == [(NOW + HOUR, 1)] * 2
    assert [ledger.get(grant.id) for grant in first] == list(first)
    assert [grant.id for grant in ledger.claim_due(NOW, 2, HOUR)] == [grants[1].id]
    assert list(ledger.claim_due(NOW, 2, HOUR)) == []
    assert actions() == ["grant.opened"] * 4


def test_a_claim_fences_off_whoever_read_before_it(ledger: Ledger) -> None:
    read = due(ledger, 1)
    ledger.claim_due(NOW, 1, HOUR)
    with pytest.raises(LostRace):
        ledger.save(read, event())


def test_a_lease_that_ran_out_is_claimed_anew(ledger: Ledger) -> None:
    due(ledger, 1)
    ledger.claim_due(NOW, 1, HOUR)
    assert len(ledger.claim_due(NOW + HOUR, 1, HOUR)) == 1


def test_a_closed_grant_is_never_due(ledger: Ledger) -> None:
    grant = due(ledger, 1)
    ledger.save(replace(grant, state=GrantState.CLOSED), event())
    assert list(ledger.claim_due(NOW + HOUR, 9, HOUR)) == []


def test_postponing_moves_the_due_time_alone_and_without_a_record(kept: tuple[Ledger, Actions]) -> None:
    ledger, actions = kept
    grant = due(ledger, 1)
    ledger.postpone(replace(grant, reason="not written"), NOW + HOUR)
    assert ledger.get(grant.id) == replace(grant, due_at=NOW + HOUR, version=grant.version + 1)
    with pytest.raises(LostRace):
        ledger.postpone(grant, NOW)
    assert actions() == ["grant.opened"]


def test_several_principals_are_read_back_in_order_with_their_roles(ledger: Ledger) -> None:
    grant = samples.grant()
    second = replace(
        world.principal(grant.id, part=2, profile="main-2", account="210987654321", region="eu-west-1"),
        roles=(attempt_at(grant.id, 2, 1), attempt_at(grant.id, 2, 2)),
    )
    several = replace(grant, principals=(grant.sole, second))
    ledger.open(several, samples.clearance(), samples.evidence(), event("grant.opened"))
    assert ledger.get(grant.id) == several
    arn = "arn:aws:iam::210987654321:role/jit/x"
    made = several.having(second.attempting(replace(second.role, arn=arn, role_id="AROAX")))
    saved = ledger.save(made, event())
    assert ledger.get(grant.id) == saved
    assert saved.principals[1].role.arn == arn
    assert ledger.grant_of_role(second.roles[0].name) == saved


def test_an_account_has_no_room_for_more_roles_than_its_budget(scant: Ledger) -> None:
    first, second, third = samples.grant(1), samples.grant(2), samples.grant(3)
    for n, grant in ((1, first), (2, second)):
        scant.open(grant, samples.clearance(n), samples.evidence(n), event("grant.opened", n))
    with pytest.raises(RoleBudgetSpent, match=world.ACCOUNT):
        scant.open(third, samples.clearance(3), samples.evidence(3), event("grant.opened", 3))
    assert scant.get(third.id) is None


def test_there_is_room_again_once_a_role_is_known_to_be_gone(scant: Ledger) -> None:
    for n in (1, 2):
        opened(scant, n)
    first = scant.get(samples.grant(1).id)
    assert first is not None
    gone = first.having(first.sole.attempting(replace(first.sole.role, deleted=True)))
    scant.save(gone, event())
    assert scant.get(opened(scant, 3).id) is not None


def test_each_account_has_a_budget_of_its_own(scant: Ledger) -> None:
    for n in (1, 2):
        opened(scant, n)
    grant = samples.grant(3)
    elsewhere = replace(grant, principals=(replace(grant.sole, account="210987654321"),))
    scant.open(elsewhere, samples.clearance(3), samples.evidence(3), event("grant.opened", 3))
    assert scant.get(grant.id) == elsewhere


def test_a_role_is_found_whatever_its_case_and_attempt(ledger: Ledger) -> None:
    grant = opened(ledger)
    opened(ledger, 2)
    second = MintedRole(attempt=2, name="Sg-Second-2", arn=None, role_id=None, deleted=False)
    saved = ledger.save(grant.having(grant.sole.attempting(second)), event())
    assert ledger.grant_of_role("sG-sECOND-2") == saved
    assert ledger.grant_of_role(grant.role.name.upper()) == saved
    assert ledger.grant_of_role("sg-second") is None


def test_no_account_takes_more_of_a_claim_than_its_share_and_a_busy_one_nothing(ledger: Ledger) -> None:
    flood = [due(ledger, n) for n in (6, 5, 4, 3)]
    other = replace(samples.grant(2), due_at=NOW - timedelta(minutes=1))
    (principal,) = other.principals
    other = ledger.open(
        replace(other, principals=(replace(principal, account="222222222222"),)),
        samples.clearance(2),
        samples.evidence(2),
        event("grant.opened", 2),
    )
    busy = [flood[0].principals[0].account]
    assert [grant.id for grant in ledger.claim_due(NOW, 9, HOUR, busy=busy, each=2)] == [other.id]
    assert [grant.id for grant in ledger.claim_due(NOW, 9, HOUR, each=2)] == [flood[0].id, flood[1].id]
    assert [grant.id for grant in ledger.claim_due(NOW, 9, HOUR)] == [flood[2].id, flood[3].id]


def test_the_urgent_lane_has_revocations_whose_deny_is_not_written_and_nothing_else(ledger: Ledger) -> None:
    revoked = replace(samples.grant(1), state=GrantState.REVOKING, sessions=1, last_session_end=NOW, due_at=NOW - HOUR)
    for n, grant in enumerate(
        (
            revoked,
            replace(revoked, state=GrantState.EXPIRING),
            replace(revoked, shut_at=NOW),
            replace(revoked, sessions=0, last_session_end=None),
            replace(revoked, due_at=NOW + HOUR),
            replace(revoked, state=GrantState.STUCK),
        ),
        start=1,
    ):
        of = samples.grant(n)
        ledger.open(
            replace(grant, id=of.id, request=of.request, principals=of.principals),
            samples.clearance(n),
            samples.evidence(n),
            event("grant.opened", n),
        )
    urgent = ledger.claim_due(NOW, 9, HOUR, lane=Lane.URGENT)
    assert {grant.id for grant in urgent} == {samples.grant(1).id, samples.grant(6).id}


def test_the_owners_of_roles_are_told_by_name_and_those_of_active_grants_in_order(ledger: Ledger) -> None:
    first, second = opened(ledger), opened(ledger, 2)
    active = ledger.save(second.moved(GrantState.ACTIVE), event())
    owners = ledger.role_owners([first.role.name.upper(), second.role.name, "sg-nobody"])
    assert set(owners) == {first.role.name.lower(), second.role.name.lower()}
    owner = owners[second.role.name.lower()]
    assert (owner.grant, owner.state, owner.account) == (second.id, GrantState.ACTIVE, second.principals[0].account)
    assert list(ledger.active_roles(None, 9)) == [owner]
    assert list(ledger.active_roles(active.id, 9)) == []
