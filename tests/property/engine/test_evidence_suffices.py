"""A decision taken from its evidence is the decision: same record, on random lakes, contracts, people and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jit_engine.domain.activity import ActivityState
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json
from jit_engine.domain.ids import ContractId
from jit_engine.domain.request import AccessRequest, Mode
from jit_engine.domain.subject import Subject
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.ports import Facts
from jit_engine.rules.clearance import Judges, clear
from jit_engine.rules.evidence import evidence_of, record_of
from jit_engine.rules.record import clearance_record, refusal_record
from platform_api.db.decision_rows import evidence_text
from platform_api.db.evidence_text import evidence_in
from tests.fakes import world
from tests.property.engine.scenarios import Scenario, scenarios

CONDITIONS = (
    "true",
    'context.purpose in Purpose::"lending"',
    'Purpose::"lending/credit-risk-research/thin-files" in context.purpose',
    'context.activity.purposes.contains(Purpose::"lending/fairness-testing")',
    'Purpose::"marketing" in context.activity.purposes',
    'principal in Team::"lending-science"',
    "principal == context.activity.owner",
    "resource.sensitivity < 2",
    'resource in DataProduct::"loan-reports"',
    'context.activity.owner.trainings.contains("privacy-basics")',
    'context.now < datetime("2026-03-02T10:00:00Z")',
)
PEOPLE: tuple[Subject, ...] = (world.ADA, world.BEN, world.STRANGER, world.SCORER)
OTHER = ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ9")


@cache
def judged(permit: str, forbid: str) -> Judges:
    """The invariants and a rulebook of two rules."""
    annotated = '@id("{}") @title("A rule") @owner("nobody") {} (principal, action in [{}], resource) when {{ {} }};'
    actions = 'Action::"readLike", Action::"writeLike", Action::"columnRead"'
    return world.judges(
        annotated.format("some", "permit", actions, permit) + annotated.format("others", "forbid", actions, forbid)
    )


@st.composite
def changes(draw: st.DrawFn, facts: Facts) -> dict[str, Any]:
    """What differs from a world in which all is well."""
    (contract,) = facts.contracts
    activity, environment = facts.activity, facts.environment
    assert activity is not None
    assert environment is not None
    forbidden = draw(st.sampled_from([frozenset[str](), frozenset({"loan-applications"})]))
    other = replace(contract, id=OTHER, name="Other", forbidden=forbidden)
    far = replace(other, prefixes=(world.prefix("far/"),), tables=(), targets=())
    return {
        "activity": draw(
            st.sampled_from(
                [
                    activity,
                    replace(activity, state=ActivityState.RETIRED),
                    replace(activity, classification=Classification.PUBLIC),
                    replace(activity, members=frozenset()),
                    replace(activity, purposes=frozenset({"lending"})),
                    replace(activity, accepted=frozenset()),
                    replace(activity, ends_at=world.NOW + timedelta(minutes=20)),
                    None,
                ]
            )
        ),
        "owner": draw(st.sampled_from([facts.owner, facts.owner, None])),
        "environment": draw(st.sampled_from([environment, replace(environment, expires_at=world.NOW)])),
        "contracts": draw(st.sampled_from([(contract,), (), (contract, far), (contract, other), (far, contract)])),
        "held": draw(st.sampled_from([frozenset(), frozenset({other.held}), frozenset({far.held})])),
    }


@given(st.data())
def test_deciding_from_the_evidence_is_deciding_from_all_facts(data: st.DataObject) -> None:
    tier = data.draw(st.sampled_from(Tier))
    scenario: Scenario = data.draw(scenarios(tier))
    facts = replace(scenario.facts, **data.draw(changes(scenario.facts)))
    request = replace(
        scenario.request,
        purpose=data.draw(st.sampled_from([*world.PURPOSES, "unheard-of"])),
        subject=data.draw(st.sampled_from(PEOPLE)),
        mode=data.draw(st.sampled_from(Mode)),
    )
    condition = st.sampled_from(CONDITIONS)
    judges = judged(data.draw(condition), data.draw(condition))
    evidence = evidence_of(request, facts, judges, world.NOW)
    read_back = evidence_in("de_1", evidence_text(evidence))
    assert read_back == evidence
    assert record_of(read_back, judges) == recorded(request, facts, judges)


def recorded(request: AccessRequest, facts: Facts, judges: Judges) -> Mapping[str, Json]:
    """What is recorded of the decision that is taken from all facts."""
    try:
        verdict = clear(request, facts, judges, world.NOW)
    except (InvalidValue, NotFound) as gone:
        return {"outcome": "impossible", "code": gone.code, "why": str(gone)}
    return clearance_record(verdict) if isinstance(verdict, Clearance) else refusal_record(verdict)
