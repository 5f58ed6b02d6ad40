"""The random points alone notice an edit, whatever the solver says of it."""

import pytest

from policy import Rulebook, invariants
from policy.change.claims import Claims, Known, check_by_points
from policy.change.edit import Edit, edit_between
from policy.change.fact_types import fact_types
from policy.change.sampling import Pools, Sampler
from policy.change.search import Direction, Scene, SituationSearch
from tests.unit.policy.lending import SAMPLE_RULES, rule

SAMPLE = SAMPLE_RULES.read_text(encoding="utf-8")
AUDIT = rule('permit (principal in Team::"x", action == Action::"readAudit", resource) when { context.mfa };', "x")


def edit(old: str, new: str) -> Edit:
    return edit_between(Rulebook(version="old", text=old), Rulebook(version="new", text=new))


def found_by_points_alone(changed: Edit) -> set[Direction]:
    """The directions in which a tested point differs."""
    scene = Scene(changed, invariants(), fact_types(), deadline=float("inf"))
    situations = scene.situations()
    sampler = Sampler(scene.types, Pools(changed.readings()), situations, seed=1)
    questions = list(sampler.anywhere(40))
    for situation in situations[:2]:
        if (base := SituationSearch(scene, situation).region()) is not None:
            questions += sampler.near(base, 60)
    answers = [scene.ask(question) for question in questions]
    return {
        Direction.GAIN if after.allowed else Direction.LOSS
        for always, before, after in answers
        if always.allowed and before.allowed is not after.allowed
    }


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        (SAMPLE, SAMPLE + AUDIT, Direction.GAIN),
        (SAMPLE + AUDIT, SAMPLE, Direction.LOSS),
        (SAMPLE + AUDIT, SAMPLE + AUDIT.replace("context.mfa", "!context.mfa"), Direction.GAIN),
        (SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity <= 3"), Direction.GAIN),
        (SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity < 2"), Direction.LOSS),
    ],
)
def test_points_find_a_difference_without_the_solver(old: str, new: str, direction: Direction) -> None:
    assert direction in found_by_points_alone(edit(old, new))


def test_points_fit_the_schema() -> None:
    changed = edit(SAMPLE, SAMPLE.replace("sensitivity <= 2", "sensitivity <= 3"))
    scene = Scene(changed, invariants(), fact_types(), deadline=float("inf"))
    sampler = Sampler(scene.types, Pools(changed.readings()), scene.types.situations, seed=1)
    answers = [scene.ask(question) for question in sampler.anywhere(100)]
    assert len(answers) == 100
    assert {error for decisions in answers for each in decisions for error in each.errors} == set()


def test_a_wrong_claim_that_nobody_gains_is_found_out_and_becomes_an_example() -> None:
    changed = edit(SAMPLE, SAMPLE + AUDIT)
    scene = Scene(changed, invariants(), fact_types(), deadline=float("inf"))
    claims = Claims()  # as if the solver had found nothing anywhere
    assert claims.known(Direction.GAIN) is Known.NO
    asked = check_by_points(claims, scene, scene.situations(), (), points=40)
    assert asked == 40
    assert (claims.known(Direction.GAIN), claims.known(Direction.LOSS)) == (Known.YES, Known.NO)
    assert claims.reasons == ["a tested point was at odds with the solver: please report this edit"]


def test_points_are_no_proof_and_settle_no_doubt() -> None:
    changed = edit(SAMPLE, SAMPLE + AUDIT)
    scene = Scene(changed, invariants(), fact_types(), deadline=float("inf"))
    claims = Claims()
    for direction in Direction:
        claims.doubt(direction, "not known")
    assert check_by_points(claims, scene, scene.situations(), (), points=40) == 0
    assert {claims.known(direction) for direction in Direction} == {Known.UNKNOWN}
