"""A process killed at the three moments that leave most behind; every other moment is in `tests/crash`."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from jit_engine.domain.grant import GrantState
from tests.contract.minter.cloud import Cloud
from tests.crash.conftest import Player
from tests.crash.stage import HOUR, Setting, Stage
from tests.crash.test_crash import BOUNDARIES

pytestmark = pytest.mark.aws


def _nothing(_when: object, _what: str) -> None:
    return


def killed(player: Player, setting: Setting, at: int) -> Stage:
    """The stage that another process finds after a kill at that boundary."""
    passed, status = player(setting, at)
    assert (status, passed) == (-signal.SIGKILL, BOUNDARIES[: at + 1])
    return Stage(setting, _nothing)


def roles_of(stage: Stage, cloud: Cloud) -> list[str]:
    """The roles of the stage's own grant, as the AWS has them."""
    return [name for name in cloud.roles() if stage.grant in name]


def last(boundary: str) -> int:
    return len(BOUNDARIES) - 1 - BOUNDARIES[::-1].index(boundary)


def state_of(stage: Stage) -> GrantState:
    row = stage.row()
    assert row is not None
    return row.state


@pytest.mark.case("MINT-145")
def test_a_role_that_was_made_and_not_written_down_is_gone_after_two_sweeps(
    player: Player, new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    stage = killed(player, new_setting(), BOUNDARIES.index("after iam:create_role"))
    row = stage.row()
    assert row is not None
    assert (row.state, row.role.role_id) == (GrantState.MINTING, None)
    assert (stage.trail(), roles_of(stage, cloud)) == (["grant.opened"], [row.role.name])
    for after in (timedelta(minutes=4), timedelta(minutes=6)):
        stage.tend(after=after, times=2)
        stage.sweep(after=after)
    assert roles_of(stage, cloud) == []
    stage.tend(after=timedelta(minutes=7), times=2)
    assert state_of(stage) is GrantState.CLOSED
    assert "credentials.delivered" not in stage.trail()
    stage.close()


@pytest.mark.case("MINT-146", "AUD-011")
def test_a_session_that_was_opened_and_never_handed_out_is_on_record(
    player: Player, new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    """Nobody holds it; that it exists is known, and the grant ends as if somebody did."""
    delivery = BOUNDARIES.index("after ledger:credentials.delivered")
    opened = BOUNDARIES.index("after sts:assume_role", delivery)
    stage = killed(player, new_setting(), opened)
    row = stage.row()
    assert row is not None
    assert (row.state, row.sessions, row.last_session_end is not None) == (GrantState.ACTIVE, 1, True)
    assert stage.trail().count("credentials.delivered") == 1
    stage.revoke()
    stage.tend(after=timedelta(seconds=70), times=6)
    assert state_of(stage) is GrantState.DENIED
    assert roles_of(stage, cloud) == [row.role.name]  # with its Deny, until the session that nobody holds is over
    stage.tend(after=HOUR + timedelta(minutes=1), times=2)
    assert (state_of(stage), roles_of(stage, cloud)) == (GrantState.CLOSED, [])
    stage.close()


@pytest.mark.case("MINT-161")
def test_a_role_that_has_lost_its_policy_and_still_stands_is_gone_after_two_sweeps(
    player: Player, new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    stage = killed(player, new_setting(), last("after iam:delete_role_policy"))
    assert len(roles_of(stage, cloud)) == 1
    after = HOUR + timedelta(minutes=2)
    stage.tend(after=after, times=2)
    stage.sweep(after=after)
    stage.tend(after=after + timedelta(minutes=1), times=2)
    assert (state_of(stage), roles_of(stage, cloud)) == (GrantState.CLOSED, [])
    stage.close()
