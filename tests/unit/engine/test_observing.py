"""What the engine's own session sees of a Deny: three refusals in a row, or nothing; and no Deny ever waits for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jit_engine.domain.grant import GrantState
from jit_engine.errors import AwsRefused
from jit_engine.iam.role import DENY_EVERYTHING
from jit_engine.ports import Probe
from tests.unit.engine.desk import DOWN, Desk


def test_the_observer_is_opened_before_the_door_is_shut_and_cut_to_the_marker() -> None:
    desk = Desk()
    desk.revoked()
    desk.minter.calls.clear()
    desk.step()
    assert desk.minter.operations() == ["observer", "shut", "shut_policy"]
    assert desk.minter.calls[0][1].startswith("sluicegate-observer.")


@pytest.mark.parametrize(
    "seen",
    [
        [Probe.DENIED, Probe.DENIED, Probe.ALLOWED, Probe.DENIED, Probe.DENIED],
        [Probe.UNKNOWN, Probe.DENIED, Probe.DENIED, Probe.UNKNOWN],
        [Probe.ALLOWED] * 9,
    ],
)
def test_fewer_than_three_denials_in_a_row_are_no_denial(seen: list[Probe]) -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.looks = seen
    desk.step(1 + len(seen))
    assert desk.grant(grant).state is GrantState.REVOKING
    assert desk.grant(grant).denial is None


def test_after_a_crash_the_deny_is_read_back_and_the_last_session_is_the_bound() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.step()
    desk.restart()
    desk.step(3)
    after = desk.grant(grant)
    assert after.state is GrantState.REVOKING
    assert after.denial is not None
    assert after.denial.count == 0
    assert "read back" in after.denial.where
    assert after.due_at == after.last_session_end
    desk.later(hours=1)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_deny_that_is_not_there_any_more_is_written_again() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.step()
    desk.restart()
    role = desk.minter.kept[grant.role.name]
    desk.minter.kept[grant.role.name] = replace(role, policies={"grant": grant.policy}, trust="{}")
    desk.step()
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}


@pytest.mark.parametrize("fault", [DOWN, AwsRefused(operation="sts:assume_role", aws_code="AccessDenied")])
def test_a_deny_never_waits_for_the_observer(fault: Exception) -> None:
    """With STS down the role can still be shut: whether it can be watched comes second."""
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["observer"] = [fault] * 9
    desk.step()
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}
    desk.step()
    denial = desk.grant(grant).denial
    assert denial is not None
    assert denial.count == 0


def test_a_session_that_cannot_be_opened_keeps_the_next_try_from_nothing() -> None:
    """Opening it may be what has the account left alone for a while: the second try writes the Deny alone."""
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["observer"] = [DOWN] * 9
    desk.minter.faults["shut"] = [DOWN]
    desk.step()
    assert desk.grant(grant).shut_at is None
    desk.minter.calls.clear()
    desk.later(seconds=5)
    desk.step()
    assert "observer" not in desk.minter.operations()
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}


def test_a_session_that_was_opened_before_a_deny_that_failed_still_watches_the_one_that_did_not() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["shut"] = [DOWN]
    desk.step()
    desk.later(seconds=5)
    desk.step(4)
    assert desk.grant(grant).state is GrantState.DENIED


def test_a_session_that_ended_before_the_deny_was_written_is_believed_no_more() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["shut"] = [DOWN]
    desk.step()
    desk.later(minutes=15)
    desk.step(5)
    after = desk.grant(grant)
    assert after.state is GrantState.REVOKING
    assert after.denial is not None
    assert after.denial.count == 0


def test_a_session_that_ended_before_the_deny_was_written_is_opened_anew_by_the_next_try_that_may() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.faults["shut"] = [DOWN] * 2
    desk.step()
    desk.later(seconds=5)
    desk.step()
    desk.minter.calls.clear()
    desk.later(minutes=15)
    desk.step()
    assert desk.minter.operations()[0] == "observer"
    desk.step(3)
    assert desk.grant(grant).state is GrantState.DENIED


def test_an_observer_whose_session_has_ended_is_believed_no_more() -> None:
    desk = Desk()
    grant = desk.revoked()
    desk.minter.looks = [Probe.UNKNOWN] * 3
    desk.step(4)
    desk.minter.looks = [Probe.DENIED] * 9
    desk.later(minutes=15)
    desk.step()
    after = desk.grant(grant)
    assert after.state is GrantState.REVOKING
    assert after.denial is not None
    assert after.denial.count == 0
    assert after.due_at == after.last_session_end
