"""A session is base role and session policy and boundary: within what was decided, by an evaluator of others' making.

Judged as the roles of grants are, also under a bucket policy that gives the session everything, and then with the
grant's id among the denied, and without the grant's tag.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings

from jit_engine.contracts.terms import Contract
from jit_engine.domain.base_role import BaseRole, BaseState, DeniedGrant, base_name
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.base_role import GRANT_TAG, PlannedSession, base_document, session_of
from jit_engine.rules.clearance import clear
from platform_api.provisioning.boundary import boundary_document
from tests.fakes import world
from tests.oracle.oracle import Oracle, Question
from tests.property.engine.points import Point, points
from tests.property.engine.scenarios import LAKES, Scenario, scenarios
from tests.property.engine.test_minted_within_decided import (
    EVERYTHING,
    Tally,
    _hostile,
    _question,
    _same_account,
    _with_stand_in,
)

pytestmark = pytest.mark.oracle

SESSIONS_A_TIER = 10


@pytest.mark.parametrize("tier", Tier)
def test_a_session_may_do_what_was_decided_and_nothing_beside(tier: Tier, oracle: Oracle) -> None:
    tally = Tally()
    boundary = boundary_document(world.order(tier, *LAKES, world.REPORTS))

    @seed(list(Tier).index(tier))
    @settings(
        max_examples=SESSIONS_A_TIER, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(scenarios(tier))
    def judged(scenario: Scenario) -> None:
        clearance, contracts = _of_prefixes(scenario)
        place = world.place_of(clearance)
        session = session_of(clearance, contracts, place, world.GRANT)
        assume(isinstance(session, PlannedSession))
        assert isinstance(session, PlannedSession)
        base = _base(clearance, session.base.policy)
        _judge(oracle, base, json.loads(session.policy), boundary, list(points(clearance, place)), tally)

    judged()
    print(f"{tier}: {tally.grants} sessions, {tally.points} points, {tally.allowed} of them allowed")
    assert tally.grants >= SESSIONS_A_TIER
    assert tally.allowed >= 4 * tally.grants


def _of_prefixes(scenario: Scenario) -> tuple[Clearance, tuple[Contract, ...]]:
    """What is asked for as files, to be read; under contracts that let it be a session."""
    reads = world.SELECT | world.DESCRIBE
    asks = tuple(ask for ask in scenario.request.asks if isinstance(ask.source, S3Prefix) and ask.operations <= reads)
    assume(bool(asks))
    contracts = tuple(replace(contract, session_minting=True) for contract in scenario.facts.contracts)
    facts = replace(scenario.facts, contracts=contracts)
    clearance = clear(replace(scenario.request, asks=asks), facts, EVERYTHING, world.NOW)
    assert isinstance(clearance, Clearance), clearance
    return clearance, contracts


def _base(clearance: Clearance, policy: str, *denied: DeniedGrant) -> BaseRole:
    return BaseRole(
        environment=clearance.environment.id,
        activity=clearance.activity.id,
        account=world.ACCOUNT,
        generation=1,
        name=base_name(clearance.environment.id, world.ACCOUNT, 1),
        policy=policy,
        state=BaseState.READY,
        created_at=world.NOW,
        ends_at=world.NOW,
        denied=denied,
    )


def _judge(
    oracle: Oracle,
    base: BaseRole,
    session: Mapping[str, object],
    boundary: Mapping[str, object],
    asked: list[Point],
    tally: Tally,
) -> None:
    def question(point: Point, role: BaseRole, resource: Mapping[str, object] | None, tag: str | None) -> Question:
        plain = _question(point, json.loads(base_document(role)), boundary, resource)
        tagged = {} if tag is None else {GRANT_TAG: tag}
        return replace(plain, session=_with_stand_in(session), context={**plain.context, **tagged})

    beside = [p for p in asked if not p.allowed and p.resource.startswith("arn:aws:s3:::") and _same_account(p)]
    given = [p for p in asked if p.allowed]
    revoked = replace(base, denied=(DeniedGrant(grant=world.GRANT, until=world.NOW),))
    other = replace(base, denied=(DeniedGrant(grant=GrantId("gr_other"), until=world.NOW),))
    cases: list[tuple[Point, BaseRole, Mapping[str, object] | None, str | None, bool]]
    cases = [(p, base, None, world.GRANT, p.allowed) for p in asked]
    cases += [(p, base, _hostile(p), world.GRANT, False) for p in beside]
    cases += [(p, revoked, None, world.GRANT, False) for p in given]
    cases += [(p, base, None, None, False) for p in given]
    cases += [(p, other, None, world.GRANT, True) for p in given]
    answers = oracle.ask_many([question(p, role, resource, tag) for p, role, resource, tag, _ in cases])
    wrong = [
        (p.action, p.resource, p.context, tag, answer)
        for (p, _, _, tag, allowed), answer in zip(cases, answers, strict=True)
        if (answer == "Allowed") is not allowed
    ]
    assert wrong == []
    tally.grants += 1
    tally.points += len(cases)
    tally.allowed += sum(p.allowed for p in asked)
