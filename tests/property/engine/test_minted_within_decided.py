"""Minted is within decided, by an IAM evaluator that this project did not write: at points inside, beside, outside.

Each grant's policy is judged together with its environment's boundary, once as the bucket's owner keeps it and once
under a bucket policy that gives the grant's own session everything: what is denied then is denied explicitly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.grant import role_name
from jit_engine.domain.request import Mode
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.role import grant_policy
from jit_engine.rules.clearance import clear
from platform_api.provisioning.boundary import boundary_document
from tests.fakes import world
from tests.oracle.oracle import Oracle, Question
from tests.property.engine.points import STAND_IN, Point, points
from tests.property.engine.scenarios import LAKES, Scenario, scenarios

pytestmark = pytest.mark.oracle

GRANTS_A_TIER, POINTS_EACH = 67, 20
"""Two hundred grants over three tiers, at twenty points each: the normal suite."""
SHARES = tuple(range(4))
GRANTS_A_SHARE, POINTS_OF_MANY = 167, 50
"""Two thousand grants over three tiers, in shares that run beside each other, at fifty points each: the slow suite."""
SESSION = f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{role_name(world.GRANT, 1, 1)}/session"
DECIDED_BY_IAM = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{world.ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
"""The key policy that leaves the decision to IAM, as every key of ours has it."""
SECRETS = """
@id("no-secrets") @title("Secrets stay") @owner("nobody")
forbid (principal, action in [Action::"readLike", Action::"columnRead"], resource)
when { resource.classes.contains("secret") };
"""
EVERYTHING = world.judges(world.PERMIT_ALL)


@dataclass(slots=True)
class Tally:
    """How many were judged. `points` are those of the decision; `hostile` are asked again under a bucket policy."""

    grants: int = 0
    points: int = 0
    hostile: int = 0
    allowed: int = 0


@pytest.mark.parametrize("tier", Tier)
def test_a_minted_role_may_do_what_was_decided_and_nothing_beside(tier: Tier, oracle: Oracle) -> None:
    tally = _judged(tier, oracle, grants=GRANTS_A_TIER, points_each=POINTS_EACH)
    assert tally.allowed >= 4 * tally.grants


@pytest.mark.slow
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("tier", Tier)
def test_two_thousand_minted_roles_may_do_what_was_decided_and_nothing_beside(
    tier: Tier, share: int, oracle: Oracle
) -> None:
    tally = _judged(tier, oracle, share + 1, grants=GRANTS_A_SHARE, points_each=POINTS_OF_MANY)
    assert tally.points >= POINTS_OF_MANY * GRANTS_A_SHARE


def _judged(tier: Tier, oracle: Oracle, share: int = 0, *, grants: int, points_each: int) -> Tally:
    """So many generated grants, each at so many of its points, drawn by its number."""
    tally = Tally()
    boundary = boundary_document(world.order(tier, *LAKES, world.REPORTS))

    @seed(list(Tier).index(tier) + len(Tier) * share)
    @settings(
        max_examples=grants,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios(tier))
    def judged(scenario: Scenario) -> None:
        clearance = clear(scenario.request, scenario.facts, EVERYTHING, world.NOW)
        assert isinstance(clearance, Clearance), clearance
        policy = json.loads(grant_policy(clearance, world.place_of(clearance), world.GRANT)[0])
        asked = list(points(clearance, world.place_of(clearance)))
        asked = _drawn(asked, points_each, Random(f"{share}:{tally.grants}"))
        _judge(oracle, policy, boundary, asked, tally)

    judged()
    print(
        f"{tier} {share}: {tally.grants} grants, {tally.points} points, {tally.allowed} of them allowed, and "
        f"{tally.hostile} again under a hostile bucket policy: 0 wider, 0 narrower"
    )
    assert tally.grants >= grants
    return tally


def _drawn(asked: list[Point], count: int, chance: Random) -> list[Point]:
    """So many of the points, some of either kind among them."""
    chance.shuffle(asked)
    allowed = [point for point in asked if point.allowed][: count // 3]
    return [*allowed, *[point for point in asked if not point.allowed][: count - len(allowed)]]


def test_what_is_withheld_of_a_container_is_denied_and_the_rest_is_given(oracle: Oracle) -> None:
    tally, withheld = Tally(), 0
    boundary = boundary_document(world.order(Tier.RESEARCH, *LAKES, world.REPORTS))
    judges = world.judges(world.PERMIT_ALL + SECRETS)

    @seed(7)
    @settings(
        max_examples=GRANTS_A_TIER,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios(Tier.RESEARCH), st.data())
    def judged(scenario: Scenario, data: st.DataObject) -> None:
        nonlocal withheld
        asked = [ask.source for ask in scenario.request.asks if isinstance(ask.source, S3Prefix)]
        if not asked:
            return
        around = data.draw(st.sampled_from(asked))
        secret = world.prefix(around.prefix + data.draw(st.sampled_from(("x/", "team-a/", "x/y/"))), around.bucket)
        item = world.prefix_item(secret, classes=frozenset({"secret"}))
        known = scenario.facts.catalogue
        catalogue = Catalogue(generation=1, items=(*known.items, item))
        request = replace(scenario.request, mode=Mode.PARTIAL)
        clearance = clear(request, replace(scenario.facts, catalogue=catalogue), judges, world.NOW)
        if isinstance(clearance, Clearance):
            withheld += sum(len(cleared.without) for cleared in clearance.cleared)
            policy = json.loads(grant_policy(clearance, world.place_of(clearance), world.GRANT)[0])
            _judge(oracle, policy, boundary, list(points(clearance, world.place_of(clearance))), tally)

    judged()
    assert withheld > 20
    assert tally.points > 1000


def _judge(
    oracle: Oracle, policy: Mapping[str, object], boundary: Mapping[str, object], asked: list[Point], tally: Tally
) -> None:
    beside = [p for p in asked if not p.allowed and p.resource.startswith("arn:aws:s3:::") and _same_account(p)]
    questions = [_question(p, policy, boundary, None) for p in asked]
    questions += [_question(p, policy, boundary, _hostile(p)) for p in beside]
    answers = oracle.ask_many(questions)
    judged = list(zip([*asked, *beside], answers, strict=True))
    wider = [(p.action, p.resource, p.context) for p, answer in judged if answer == "Allowed" and not p.allowed]
    narrower = [(p.action, p.resource, p.context, answer) for p, answer in judged if answer != "Allowed" and p.allowed]
    assert (wider, narrower) == ([], [])
    assert {p.allowed for p in asked} == {True, False}
    tally.grants += 1
    tally.points += len(asked)
    tally.hostile += len(beside)
    tally.allowed += sum(p.allowed for p in asked)


def _question(
    point: Point, policy: Mapping[str, object], boundary: Mapping[str, object], resource: Mapping[str, object] | None
) -> Question:
    context = {
        "aws:CurrentTime": "2026-03-02T09:30:05Z",
        "aws:ResourceAccount": world.ACCOUNT,
        "s3:authType": "REST-HEADER",
        **point.context,
    }
    if point.drop is not None:
        del context[point.drop]
    return Question(
        principal=SESSION,
        action=point.action,
        resource=point.resource,
        identity=[_with_stand_in(policy)],
        boundary=_with_stand_in(boundary),
        resource_policy=DECIDED_BY_IAM if point.action.startswith("kms:") else resource,
        context=context,
        account=point.account,
    )


def _with_stand_in(document: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = json.loads(json.dumps(document).replace("kms:EncryptionContext:aws:s3:arn", STAND_IN))
    return found


def _same_account(point: Point) -> bool:
    """A bucket policy of another account gives nothing by itself."""
    return point.context.get("aws:ResourceAccount", world.ACCOUNT) == world.ACCOUNT


def _hostile(point: Point) -> Mapping[str, object]:
    bucket = point.resource.split("/")[0]
    gives = {
        "Effect": "Allow",
        "Principal": {"AWS": SESSION},
        "Action": "s3:*",
        "Resource": [bucket, f"{bucket}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [gives]}
