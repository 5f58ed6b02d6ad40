"""Sixty runs of chaos, in shares that run beside each other: nothing is lost, doubled, orphaned or left unaudited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.pool import Hired
from tests.chaos.tally import Tally

pytestmark = [pytest.mark.aws, pytest.mark.postgres]

SEED = 1
SHARES, RUNS = 10, 6


@pytest.fixture(scope="module")
def player() -> Iterator[Hired]:
    """One for all shares that this process of the test run plays."""
    with Hired() as hired:
        yield hired


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_befalls_the_processes_nothing_is_lost_doubled_orphaned_or_unaudited(
    share: int, player: Hired
) -> None:
    total = Tally()
    for number in range(share * RUNS, (share + 1) * RUNS):
        total.add(player.play(SEED, number))
    assert total.wrong == []
    assert total.ok
    assert total.runs == RUNS
    assert total.kills >= 2 * RUNS  # each API is killed at last
    assert total.struck
