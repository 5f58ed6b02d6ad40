"""A process killed at every step boundary of a grant's life leaves nothing behind that the reconciler does not end.

The list of boundaries comes from a first run that nothing kills, so that none is forgotten: both sides of every AWS
write and of every write of the ledger, from the request to the deleted role.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from jit_engine.domain.grant import GrantState
from tests.contract.minter.cloud import Cloud
from tests.crash.conftest import Player
from tests.crash.stage import HOUR, Setting, Stage

pytestmark = [pytest.mark.aws, pytest.mark.slow]

PARTS = 4
"""The boundaries are dealt out to so many tests, so that they can run beside each other."""
LIFE = [
    "ledger:grant.opened",
    "iam:create_role",
    "ledger:grant.role-created",
    "iam:put_role_policy",
    "sts:assume_role",
    "ledger:grant.active",
    "ledger:credentials.delivered",
    "sts:assume_role",
    "ledger:grant.revoking",
    "ledger:claim urgent",
    "sts:assume_role",
    "iam:update_assume_role_policy",
    "iam:put_role_policy",
    "ledger:grant.shut",
    "ledger:claim all",
    "ledger:claim urgent",
    "ledger:claim all",
    "ledger:postpone",
    "ledger:claim urgent",
    "ledger:claim all",
    "ledger:postpone",
    "ledger:claim urgent",
    "ledger:claim all",
    "ledger:grant.denied",
    "ledger:claim urgent",
    "ledger:claim all",
    "iam:delete_role_policy",
    "iam:delete_role",
    "ledger:grant.closed",
]
"""Every write of a life in its order; the clean run is held to it."""
BOUNDARIES = [f"{side} {write}" for write in LIFE for side in ("before", "after")]
NOT_KILLED = -1


def _nothing(_when: object, _what: str) -> None:
    return


def test_a_life_that_nothing_ends_passes_these_boundaries(
    player: Player, new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    setting = new_setting()
    passed, status = player(setting, NOT_KILLED)
    assert status == 0
    assert passed == BOUNDARIES
    stage = Stage(setting, _nothing)
    assert _state(stage) is GrantState.CLOSED
    assert cloud.roles() == []
    stage.close()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.case("MINT-145", "MINT-146", "MINT-161")
def test_a_process_killed_at_any_boundary_leaves_nothing_behind(
    player: Player, new_setting: Callable[[], Setting], cloud: Cloud, part: int
) -> None:
    for fatal in range(part, len(BOUNDARIES), PARTS):
        setting = new_setting()
        passed, status = player(setting, fatal)
        assert status == -signal.SIGKILL, BOUNDARIES[fatal]
        assert passed == BOUNDARIES[: fatal + 1]
        stage = Stage(setting, _nothing)
        _check_what_is_left(stage, cloud, fatal)
        _recover(stage, cloud)
        assert cloud.roles() == [], BOUNDARIES[fatal]
        opened = fatal >= BOUNDARIES.index("after ledger:grant.opened")
        assert _state(stage) is (GrantState.CLOSED if opened else None), BOUNDARIES[fatal]
        assert stage.trail()[-1:] == (["grant.closed"] if opened else [])
        stage.close()


def _check_what_is_left(stage: Stage, cloud: Cloud, fatal: int) -> None:
    """Right after the death: every role has its intent and its record, and so has every session."""
    trail = stage.trail()
    for name in cloud.roles():
        owner = stage.ledger.grant_of_role(name)
        assert owner is not None, name
        assert owner.id == stage.grant
        assert trail[0] == "grant.opened"
    if fatal >= BOUNDARIES.index("after ledger:credentials.delivered"):
        assert "credentials.delivered" in trail
    else:
        assert "credentials.delivered" not in trail


def _recover(stage: Stage, cloud: Cloud) -> None:
    """Another process comes up, and later still; a grant that went live before the death is a live grant."""
    row = stage.row()
    live = row is not None and row.state is GrantState.ACTIVE
    for after in (timedelta(seconds=70), timedelta(minutes=4)):
        stage.tend(after=after, times=4)
        stage.sweep(after=after)
    if live:
        assert row is not None
        assert _state(stage) is GrantState.ACTIVE
        assert cloud.roles() == [row.role.name]
        stage.revoke()
        stage.tend(after=timedelta(minutes=4), times=6)
    for after in (timedelta(minutes=6), HOUR + timedelta(minutes=6)):
        stage.tend(after=after, times=3)
        stage.sweep(after=after)


def _state(stage: Stage) -> GrantState | None:
    row = stage.row()
    return None if row is None else row.state
