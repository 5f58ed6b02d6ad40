"""However small a role is made: the parts together are what was cleared, and no part is more than its own share.

By our own planner on random scenarios, in any order, and by an evaluator that this project did not write.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import NotOneSession, PolicyTooLarge
from jit_engine.iam.limits import policy_size
from jit_engine.iam.plan import PlannedPart, parts_of
from jit_engine.rules.clearance import clear
from platform_api.provisioning.boundary import boundary_document
from tests.fakes import world
from tests.oracle.oracle import Oracle
from tests.property.engine.points import points
from tests.property.engine.scenarios import LAKES, Scenario, scenarios
from tests.property.engine.test_minted_within_decided import EVERYTHING, Tally, _judge, _question

JUDGED = 12


def cleared_of(scenario: Scenario) -> Clearance:
    clearance = clear(scenario.request, scenario.facts, EVERYTHING, world.NOW)
    assert isinstance(clearance, Clearance), clearance
    return clearance


def split(clearance: Clearance, share: float) -> tuple[PlannedPart, ...]:
    """The parts when a role has room for its largest source, and for that share of what the whole has beyond it."""
    place = world.place_of(clearance)
    (whole,) = parts_of(clearance, place, world.GRANT)
    alone = [parts_of(replace(clearance, cleared=(one,)), place, world.GRANT)[0] for one in clearance.cleared]
    largest = max(policy_size(part.policy) for part in alone)
    room = largest + int((policy_size(whole.policy) - largest) * share)
    return parts_of(clearance, place, world.GRANT, room=max(room, largest))


@settings(max_examples=30, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(Tier).flatmap(scenarios), st.floats(0, 1), st.randoms(use_true_random=False))
def test_every_cleared_source_is_in_exactly_one_part_whatever_the_order(
    scenario: Scenario, share: float, mix: Random
) -> None:
    clearance = cleared_of(scenario)
    parts = split(clearance, share)
    held = [one for part in parts for one in part.clearance.cleared]
    assert sorted(one.ask.source.uri for one in held) == sorted(one.ask.source.uri for one in clearance.cleared)
    assert set(held) == set(clearance.cleared)
    mixed = list(clearance.cleared)
    mix.shuffle(mixed)
    again = split(replace(clearance, cleared=tuple(mixed)), share)
    assert [(part.profile, part.policy) for part in again] == [(part.profile, part.policy) for part in parts]


@settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(Tier).flatmap(scenarios), st.integers(2_000, 9_000), st.data())
def test_a_job_is_one_part_or_refused(scenario: Scenario, room: int, data: st.DataObject) -> None:
    clearance = cleared_of(scenario)
    jobs = [data.draw(st.sampled_from([None, "a", "b"])) for _ in clearance.cleared]
    clearance = replace(
        clearance,
        cleared=tuple(
            replace(one, ask=replace(one.ask, job=job)) for one, job in zip(clearance.cleared, jobs, strict=True)
        ),
    )
    try:
        parts = parts_of(clearance, world.place_of(clearance), world.GRANT, room=room)
    except (NotOneSession, PolicyTooLarge):
        return
    for job in {"a", "b"} & set(jobs):
        assert sum(any(one.ask.job == job for one in part.clearance.cleared) for part in parts) == 1
    assert all(policy_size(part.policy) <= room for part in parts)


@pytest.mark.oracle
@pytest.mark.parametrize("tier", Tier)
def test_the_parts_together_may_do_what_was_decided_and_each_no_more_than_its_own(tier: Tier, oracle: Oracle) -> None:
    tally = Tally()
    boundary = boundary_document(world.order(tier, *LAKES, world.REPORTS))

    @seed(list(Tier).index(tier))
    @settings(max_examples=JUDGED, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(scenarios(tier), st.floats(0, 0.6))
    def judged(scenario: Scenario, share: float) -> None:
        clearance = cleared_of(scenario)
        assume(len(clearance.cleared) > 1)
        parts = split(clearance, share)
        assume(len(parts) > 1)
        for part in parts:
            asked = list(points(part.clearance, world.place_of(clearance)))
            _judge(oracle, json.loads(part.policy), boundary, asked, tally)
        _together(oracle, parts, clearance, boundary)

    judged()
    print(f"{tier}: {tally.grants} parts, {tally.points} points, {tally.allowed} of them allowed")
    assert tally.grants >= 2 * JUDGED


def _together(oracle: Oracle, parts: Sequence[PlannedPart], clearance: Clearance, boundary: dict[str, object]) -> None:
    asked = list(points(clearance, world.place_of(clearance)))
    questions = [_question(p, json.loads(part.policy), boundary, None) for part in parts for p in asked]
    answers = oracle.ask_many(questions)
    by_part = [answers[start : start + len(asked)] for start in range(0, len(answers), len(asked))]
    for place, point in enumerate(asked):
        given = any(some[place] == "Allowed" for some in by_part)
        assert given is point.allowed, point
