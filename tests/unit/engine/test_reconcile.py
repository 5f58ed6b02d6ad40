"""The reconciler: deny, see the denial, wait out the last session, delete; and never lose a grant."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.flows.reconcile import ABSENCE_PROVEN, MAX_TRIES, Reconcile
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from tests.fakes.world import ADA, NOW, request
from tests.unit.engine.desk import DOWN, Desk


def _delivered(desk: Desk) -> Grant:
    grant = desk.ask()
    desk.deliver(grant.id, ADA, desk.now)
    return desk.grant(grant)


# ---- revocation with a session out


def test_a_revoked_grant_is_shut_seen_denied_and_after_its_last_session_gone() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.step()
    role = desk.minter.kept[grant.role.name]
    assert (role.trust, role.policies) == (TRUST_NOBODY, {"grant": DENY_EVERYTHING})
    assert desk.grant(grant).state is GrantState.REVOKING
    desk.step(3)
    denied = desk.grant(grant)
    assert denied.state is GrantState.DENIED
    assert denied.denial is not None
    assert (denied.denial.count, denied.denial.where) == (3, "here")
    assert denied.denial.first_at == NOW + timedelta(seconds=0.5)
    assert denied.due_at == denied.last_session_end == NOW + timedelta(hours=1)
    desk.step(5)
    assert grant.role.name in desk.minter.kept
    desk.later(hours=1)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.grant(grant).role.deleted
    assert desk.minter.kept == {}
    assert desk.actions()[-4:] == ["grant.revoking", "grant.shut", "grant.denied", "grant.closed"]


# ---- other ends


def test_a_grant_expires_at_its_end_and_is_treated_like_a_revoked_one() -> None:
    desk = Desk()
    grant = _delivered(desk)
    desk.later(minutes=59)
    desk.step()
    assert desk.grant(grant).state is GrantState.ACTIVE
    desk.later(minutes=1)
    desk.step()
    assert desk.grant(grant).state is GrantState.EXPIRING
    desk.step(2)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_short_grant_whose_session_lives_on_is_denied_and_its_role_waits_for_the_session() -> None:
    desk = Desk()
    grant = desk.ask(replace(request(), duration=timedelta(seconds=20)))
    desk.deliver(grant.id, ADA, desk.now)
    desk.later(seconds=20)
    desk.step(6)
    assert desk.grant(grant).state is GrantState.DENIED
    assert grant.role.name in desk.minter.kept
    desk.later(minutes=15)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED


def test_a_grant_that_nobody_used_is_closed_without_waiting() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.revoke(grant.id, ADA, "a mistake", desk.now)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_grant_that_is_not_due_is_left_alone() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.ledger.grants[grant.id] = replace(desk.grant(grant), due_at=desk.now)
    desk.step()
    after = desk.grant(grant)
    assert (after.state, after.due_at) == (GrantState.ACTIVE, grant.ends_at)


def test_a_closed_grant_is_never_touched_again() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.revoke(grant.id, ADA, "a mistake", desk.now)
    desk.step()
    before = desk.grant(grant)
    desk.later(days=9)
    desk.step(3)
    assert desk.grant(grant) == before


# ---- mints that were never finished


def _unfinished(desk: Desk, step: str) -> Grant:
    """A grant whose minting process died at `step`, without a word."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    desk.minter.faults[step] = [die]
    with pytest.raises(Killed):
        desk.ask()
    (grant,) = desk.ledger.grants.values()
    assert grant.state is GrantState.MINTING
    return grant


@pytest.mark.parametrize("step", ["create", "created", "put_policy", "prove"])
def test_a_mint_that_died_is_given_up_after_three_minutes_and_leaves_no_role(step: str) -> None:
    desk = Desk()
    grant = _unfinished(desk, step)
    desk.step(4)
    assert desk.grant(grant).state is GrantState.MINTING
    desk.later(minutes=3)
    desk.step(2)
    assert desk.minter.kept == {}
    desk.later(minutes=2)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED


def test_absence_is_proven_only_after_five_minutes() -> None:
    """NoSuchEntity for a young role may be a replica that lags: here the role turns up later after all."""
    desk = Desk()
    grant = _unfinished(desk, "create")
    desk.later(minutes=3)
    desk.step(2)
    assert desk.grant(grant).state is GrantState.ABANDONED
    assert desk.grant(grant).due_at == NOW + ABSENCE_PROVEN
    late = desk.minter.plant(grant.role.name, tags={"sluicegate:grant": grant.id}, boundary_arn="a-boundary")
    desk.now = NOW + ABSENCE_PROVEN
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}
    assert desk.grant(grant).role.role_id == late.role_id


@pytest.mark.parametrize(
    ("tags", "boundary"), [({}, "a-boundary"), ({"sluicegate:grant": "gr_another"}, "b"), (None, None)]
)
def test_a_role_that_we_cannot_show_to_be_ours_is_not_deleted_by_its_name(
    tags: dict[str, str] | None, boundary: str | None
) -> None:
    desk = Desk()
    grant = _unfinished(desk, "create")
    given = {"sluicegate:grant": str(grant.id)} if tags is None else tags
    desk.minter.plant(grant.role.name, tags=given, boundary_arn=boundary)
    desk.later(minutes=6)
    desk.step(3)
    assert grant.role.name in desk.minter.kept
    assert desk.grant(grant).state is GrantState.CLOSED


def test_a_role_of_another_id_is_never_deleted_in_our_roles_place() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.revoke(grant.id, ADA, "a mistake", desk.now)
    del desk.minter.kept[grant.role.name]
    stranger = desk.minter.plant(grant.role.name)
    desk.step()
    assert desk.minter.kept[grant.role.name].found == stranger
    assert desk.grant(grant).state is GrantState.REVOKING
    assert "AnotherRoleOfThatName" in str(desk.grant(grant).last_error)


# ---- failures


@pytest.mark.case("API-032")
def test_one_poisoned_grant_does_not_hold_up_the_others() -> None:
    desk = Desk()
    first, second = desk.revoked(), _revoked_again(desk)
    desk.minter.faults["shut"] = [RuntimeError("boom")]
    desk.step()
    shut = [desk.grant(grant).shut_at is not None for grant in (first, second)]
    assert sorted(shut) == [False, True]
    failed = desk.grant(first) if desk.grant(first).shut_at is None else desk.grant(second)
    assert failed.last_error == "RuntimeError: boom"
    assert failed.tries == 1


def _revoked_again(desk: Desk) -> Grant:
    other = desk.request_access(replace(request(), id=RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ8")), desk.now)
    desk.deliver(other.id, ADA, desk.now)
    return desk.revoke(other.id, ADA, "no longer needed", desk.now)


def test_failures_are_retried_at_growing_distances() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["shut"] = [DOWN] * 3
    waited = []
    for _ in range(3):
        desk.reconcile.step(desk.now)
        waited.append((desk.grant(grant).due_at - desk.now).total_seconds())
        desk.now = desk.grant(grant).due_at
    assert waited == [2, 4, 8]
    desk.step()
    assert desk.grant(grant).shut_at is not None
    assert desk.grant(grant).tries == 0


@pytest.mark.case("API-032")
def test_after_six_failures_a_grant_is_stuck_tried_daily_and_never_forgotten() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.revoke(grant.id, ADA, "a mistake", desk.now)
    desk.minter.faults["delete"] = [DOWN] * MAX_TRIES
    for _ in range(MAX_TRIES):
        desk.reconcile.step(desk.now)
        desk.now = desk.grant(grant).due_at
    stuck = desk.grant(grant)
    assert stuck.state is GrantState.STUCK
    assert desk.actions()[-1] == "grant.stuck"
    assert stuck.due_at - timedelta(days=1) < desk.now
    desk.step(2)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_deny_that_could_not_be_written_is_tried_every_minute_however_often_it_failed() -> None:
    """A day is for cleaning up behind a Deny, never for the Deny itself: IAM may throttle for minutes."""
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["shut"] = [DOWN] * 20
    for _ in range(20):
        desk.reconcile.step(desk.now)
        wait = desk.grant(grant).due_at - desk.now
        assert wait <= timedelta(minutes=1, seconds=4)
        desk.now = desk.grant(grant).due_at
    assert desk.grant(grant).state is GrantState.STUCK
    desk.step()
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}
    desk.step(3)
    assert desk.grant(grant).state is GrantState.DENIED


def test_a_shut_that_failed_half_way_is_finished_by_the_next_try() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["shut_policy"] = [DOWN]
    desk.step()
    assert desk.minter.kept[grant.role.name].trust == TRUST_NOBODY
    assert desk.grant(grant).shut_at is None
    desk.later(seconds=2)
    desk.step()
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}


def test_two_reconcilers_never_tend_one_grant_at_once() -> None:
    desk = Desk()
    desk.revoked()
    other = Reconcile(
        ledger=desk.ledger,
        minters=desk.minters,
        bases=desk.bases,
        place_of=lambda environment, account: None,
        token=desk.token,
        where="elsewhere",
        enforce=desk.enforce,
    )
    met: list[int] = []
    desk.minter.faults["shut"] = [lambda: met.append(other.step(desk.now))]
    assert desk.reconcile.step(desk.now) == 1
    assert met == [0]


def test_a_grant_moved_on_by_others_while_it_is_tended_is_left_to_them() -> None:
    desk = Desk()
    grant = desk.revoked()

    def moved() -> None:
        stored = desk.grant(grant)
        desk.ledger.grants[grant.id] = replace(stored, version=stored.version + 1, reason="others")

    desk.minter.faults["shut"] = [moved]
    desk.step()
    assert desk.grant(grant).reason == "others"
    assert desk.grant(grant).tries == 0
