"""Revocation: marked and committed at once, by whoever may, as often as wanted."""

from dataclasses import replace

import pytest

from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.domain.label import LabelRise
from jit_engine.errors import AwsRefused, NotFound, WrongState
from jit_engine.flows.outcome import GrantNotUsable
from jit_engine.ports import DecidedAnew
from tests.fakes.world import ADA, BEN, NOW
from tests.unit.engine.desk import Desk


def test_a_revoked_grant_is_due_at_once_and_says_why_and_by_whom() -> None:
    desk = Desk()
    grant = desk.ask()
    revoked = desk.revoke(grant.id, BEN, "left the team", NOW)
    assert (revoked.state, revoked.due_at, revoked.reason) == (GrantState.REVOKING, NOW, "left the team")
    assert desk.ledger.events[-1].action == "grant.revoking"
    assert desk.ledger.events[-1].actor == BEN.id
    assert "shut" not in desk.minter.operations()


def test_asking_twice_changes_nothing() -> None:
    desk = Desk()
    grant = desk.ask()
    first = desk.revoke(grant.id, BEN, "left the team", NOW)
    second = desk.revoke(grant.id, ADA, "again", desk.later(seconds=9))
    assert second == first
    assert desk.actions().count("grant.revoking") == 1


@pytest.mark.parametrize(
    "state", [state for state in GrantState if state not in (GrantState.MINTING, GrantState.ACTIVE)]
)
def test_a_grant_that_is_ending_already_is_answered_as_it_is(state: GrantState) -> None:
    desk = Desk()
    grant = desk.ask()
    desk.ledger.grants[grant.id] = replace(grant, state=state)
    assert desk.revoke(grant.id, ADA, "again", NOW).state is state


@pytest.mark.parametrize("step", ["create", "put_policy", "prove"])
def test_a_grant_that_is_taken_back_while_it_is_minted_is_never_given_and_all_of_it_goes(step: str) -> None:
    desk = Desk()

    def revoke() -> None:
        (grant,) = desk.ledger.grants.values()
        after = desk.revoke(grant.id, BEN, "a mistake", desk.now)
        assert (after.state, after.reason, after.due_at) == (GrantState.ABANDONED, "a mistake", desk.now)

    desk.minter.faults[step] = [revoke]
    with pytest.raises(GrantNotUsable, match=r"ended while it was minted \(a mistake\)"):
        desk.ask()
    assert [event.actor for event in desk.ledger.events if event.action == "grant.revoking"] == [BEN.id]
    assert "grant.active" not in desk.actions()
    desk.step()
    desk.later(minutes=6)
    desk.step()
    (grant,) = desk.ledger.grants.values()
    assert (grant.state, desk.minter.kept) == (GrantState.CLOSED, {})


def test_a_mint_that_fails_because_it_was_taken_back_and_torn_down_says_that_it_was_taken_back() -> None:
    desk = Desk()

    def revoke() -> None:
        (grant,) = desk.ledger.grants.values()
        desk.revoke(grant.id, BEN, "a mistake", desk.now)
        desk.step()
        raise AwsRefused(operation="iam:put_role_policy", aws_code="NoSuchEntity")

    desk.minter.faults["put_policy"] = [revoke]
    with pytest.raises(GrantNotUsable, match="a mistake"):
        desk.ask()
    assert desk.minter.kept == {}


def test_a_grant_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        Desk().revoke(GrantId("gr_01JABCDEFGHJKMNPQRSTVWXYZ9"), ADA, "a mistake", NOW)


@pytest.mark.parametrize(("races", "wins"), [(3, True), (4, False)])
def test_a_lost_race_is_run_again_a_few_times(races: int, *, wins: bool) -> None:
    desk = Desk()
    wanted = desk.ask().id
    true_save, left = desk.ledger.save, [races]

    def save(grant: Grant, event: Event, decided: DecidedAnew | None = None, rise: LabelRise | None = None) -> Grant:
        if left[0]:
            left[0] -= 1
            stored = desk.ledger.grants[grant.id]
            desk.ledger.grants[grant.id] = replace(stored, version=stored.version + 1)
        return true_save(grant, event, decided)

    desk.ledger.save = save  # type: ignore[method-assign]
    if wins:
        assert desk.revoke(wanted, ADA, "a mistake", NOW).state is GrantState.REVOKING
    else:
        with pytest.raises(WrongState, match="try again"):
            desk.revoke(wanted, ADA, "a mistake", NOW)
