"""What is drawn for a run: the same for the same seed, and all boundaries over as many runs as there are."""

from __future__ import annotations

import pytest

from tests.chaos.boundaries import BOUNDARIES, step_of
from tests.chaos.census import ENOUGH, census
from tests.chaos.life import Life, Scene, life
from tests.chaos.part import Harm
from tests.chaos.tally import Tally

DATABASES = ("sqlite", "postgresql")


def test_a_run_is_drawn_from_its_seed_and_number_alone() -> None:
    assert life(7, 3, DATABASES) == life(7, 3, DATABASES)
    assert life(7, 3, DATABASES) != life(8, 3, DATABASES)


@pytest.mark.parametrize("round", range(3))
def test_every_boundary_is_struck_at_in_one_of_as_many_runs(round: int) -> None:
    struck = set[str]()
    for number in range(round * len(BOUNDARIES), (round + 1) * len(BOUNDARIES)):
        struck |= {
            scene.blow.boundary for scene in _scenes(life(1, number, DATABASES)) if scene.blow.harm is not Harm.NONE
        }
    assert struck >= set(BOUNDARIES)


def test_nobody_stalls_within_a_transaction_where_nobody_else_could_go_on() -> None:
    stalled = [
        scene.blow.boundary
        for number in range(400)
        for scene in _scenes(life(2, number, DATABASES))
        if scene.blow.harm is Harm.STOP_AT
    ]
    assert stalled
    assert not [boundary for boundary in stalled if ": before commit" in boundary]


def test_a_boundary_that_is_never_met_is_an_error_only_where_enough_was_played(
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing, total = BOUNDARIES[3], Tally(runs=ENOUGH)
    total.struck.update(set(BOUNDARIES) - {missing})
    assert census(total) == [missing]
    assert f"never met: {missing}" in capsys.readouterr().out
    total.runs -= 1
    assert census(total) == []


def test_both_sides_of_a_step_are_boundaries_of_their_own() -> None:
    assert len(set(BOUNDARIES)) == len(BOUNDARIES)
    for boundary in BOUNDARIES:
        assert boundary in step_of(boundary).sides


def test_a_tally_crosses_from_one_process_to_another_whole() -> None:
    tally = Tally(runs=1, kills=2, wrong=["run 1: lost: a role"])
    tally.struck["sweep: before iam:delete_role"] += 1
    assert Tally.read(tally.whole()) == tally


def _scenes(drawn: Life) -> tuple[Scene, ...]:
    return (drawn.first_api, drawn.first_worker, drawn.second_api, drawn.second_worker, drawn.last_worker)
