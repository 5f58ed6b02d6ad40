"""The decision: invariants, then contract, then rules; what is inside a container counts; the earliest end wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jit_engine.domain.activity import ActivityState, EnvironmentState
from jit_engine.domain.request import AccessRequest, Mode
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Gate, Refusal
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear, refused_only_by_duration
from jit_engine.rules.record import clearance_record, cleared_request, refusal_record
from tests.fakes.world import (
    ADA,
    FACTS_PREFIX,
    LENDING,
    LOANS,
    MARKETING,
    NOW,
    PEOPLE,
    PERMIT_ALL,
    PERSONAL_PREFIX,
    REPORT_PREFIX,
    SCORER,
    STRANGER,
    activity,
    ask,
    cleared,
    contract,
    environment,
    facts,
    judges,
    prefix,
    refused,
    request,
    table,
)

FORBIDS_ALL = """
@id("nothing") @title("Nothing") @owner("nobody")
forbid (principal, action, resource);
"""


def test_an_ordinary_request_is_cleared_for_its_sources_and_its_time() -> None:
    clearance = cleared(ask(FACTS_PREFIX), ask(LOANS))
    assert [c.ask.source for c in clearance.cleared] == [FACTS_PREFIX, LOANS]
    assert [c.files for c in clearance.cleared] == [(FACTS_PREFIX,), (FACTS_PREFIX,)]
    assert clearance.ends_at == NOW + timedelta(hours=1)
    assert clearance.shortened is None
    assert clearance.contracts == {contract().key}
    assert clearance.rulebook == "sample-1"
    assert clearance.catalogue_generation == 7
    assert all(verdict.passes for verdict in clearance.verdicts)


def test_only_the_decision_makes_a_clearance() -> None:
    with pytest.raises(TypeError, match=r"made by clear\(\) only"):
        replace(cleared(), key=object())


# ---- the order of the gates


def test_an_invariant_refuses_before_contract_and_rules_are_consulted() -> None:
    refusal = refused(ask(REPORT_PREFIX, Operation.INSERT), by=SCORER, known=facts(contracts=()))
    (verdict,) = refusal.verdicts
    assert verdict.refused_by is Gate.INVARIANTS
    assert [rule.id for rule in verdict.invariants.rules] == ["inv-research-and-validation-write-only-to-workspaces"]
    assert verdict.contract is None
    assert verdict.rules is None


def test_a_contract_refuses_before_the_rules_are_consulted() -> None:
    known = facts(contracts=(contract(purposes=frozenset({MARKETING})),))
    verdict = clear(request(), known, judges(FORBIDS_ALL), NOW)
    assert isinstance(verdict, Refusal)
    (source,) = verdict.verdicts
    assert source.refused_by is Gate.CONTRACT
    assert source.rules is None
    assert refusal_record(verdict)["sources"] == [
        {**_records(verdict)[0], "rules": {"consulted": False}},
    ]


def _records(refusal: Refusal) -> list[dict[str, object]]:
    sources = refusal_record(refusal)["sources"]
    assert isinstance(sources, list)
    return sources


def test_the_rules_refuse_last_and_by_name_with_advice() -> None:
    refusal = refused(ask(PERSONAL_PREFIX))
    (verdict,) = refusal.verdicts
    assert verdict.refused_by is Gate.RULES
    assert verdict.contract is not None
    assert verdict.contract.passes
    assert verdict.rules is not None
    assert [(rule.id, rule.advice) for rule in verdict.rules.rules] == [
        ("no-personal-attributes-in-research", "Ask for the loan facts.")
    ]


def test_invariants_hold_whatever_contract_and_rules_say() -> None:
    known = facts(Tier.OPERATION)
    verdict = clear(request(tier=Tier.OPERATION, by=ADA), known, judges(PERMIT_ALL), NOW)
    assert isinstance(verdict, Refusal)
    assert [v.refused_by for v in verdict.verdicts] == [Gate.INVARIANTS]
    assert [rule.id for rule in verdict.verdicts[0].invariants.rules] == ["inv-operation-is-for-pipelines"]


def test_no_rule_that_permits_is_a_refusal() -> None:
    verdict = clear(request(), facts(), judges("", "empty"), NOW)
    assert isinstance(verdict, Refusal)
    rules = verdict.verdicts[0].rules
    assert rules is not None
    assert (rules.passes, rules.why) == (False, "not-permitted")


def test_a_rule_that_fails_is_a_refusal() -> None:
    overflows = """
    @id("overflows") @title("Overflows") @owner("nobody")
    forbid (principal, action == Action::"read", resource is S3Prefix)
    when { resource.sensitivity + 9223372036854775807 > 0 };
    """
    verdict = clear(request(), facts(), judges(PERMIT_ALL + overflows), NOW)
    assert isinstance(verdict, Refusal)
    rules = verdict.verdicts[0].rules
    assert rules is not None
    assert (rules.passes, rules.why) == (False, "failed")


# ---- facts that the invariants read


INVARIANTS: dict[str, tuple[Facts, str]] = {
    "an activity under review": (
        facts(activity=activity(state=ActivityState.SUBMITTED)),
        "inv-activity-is-active",
    ),
    "a retired activity": (facts(activity=activity(state=ActivityState.RETIRED)), "inv-activity-is-active"),
    "an activity whose end has come": (facts(activity=activity(ends_at=NOW)), "inv-activity-is-active"),
    "an environment that is being made": (
        facts(environment=environment(state=EnvironmentState.PROVISIONING, place=None)),
        "inv-environment-is-active",
    ),
    "an environment without a place": (facts(environment=environment(place=None)), "inv-environment-is-active"),
    "an environment whose end has come": (
        facts(environment=environment(expires_at=NOW)),
        "inv-environment-is-active",
    ),
    "somebody who is no member": (
        facts(activity=activity(members=frozenset(), owner=STRANGER.id), owner=STRANGER),
        "inv-only-members-use-data",
    ),
    "a purpose of another activity": (
        facts(activity=activity(purposes=frozenset({MARKETING}))),
        "inv-purpose-is-one-of-the-activity",
    ),
}


@pytest.mark.parametrize("case", INVARIANTS)
def test_a_request_is_refused_by_the_invariant_that_it_breaks(case: str) -> None:
    known, invariant = INVARIANTS[case]
    refusal = refused(known=known)
    assert invariant in [rule.id for rule in refusal.verdicts[0].invariants.rules]
    assert refusal.verdicts[0].contract is None


# ---- what makes no sense is no refusal


def test_an_unknown_activity_or_environment_is_not_found() -> None:
    for known in (
        facts(activity=None),
        facts(owner=None),
        facts(environment=None),
        facts(environment=environment(activity="ac_01JABCDEFGHJKMNPQRSTVWXYZ9")),
    ):
        with pytest.raises(NotFound):
            clear(request(), known, judges(), NOW)


def test_values_that_cannot_be_meant_are_named() -> None:
    def field_of(asked: AccessRequest) -> str:
        with pytest.raises(InvalidValue) as invalid:
            clear(asked, facts(), judges(), NOW)
        return invalid.value.field

    assert field_of(request(purpose="lending/nothing")) == "purpose"
    assert field_of(request(duration=timedelta(hours=8, seconds=1))) == "duration"
    assert field_of(request(ends_at=NOW)) == "ends_at"
    assert field_of(request(ends_at=NOW + timedelta(seconds=9))) == "ends_at"
    assert field_of(request(ask(), ask(prefix("elsewhere/")))) == "sources[1]"
    assert field_of(request(ask(table("nothing")))) == "sources[0]"
    assert field_of(request(ask(FACTS_PREFIX, Operation.DELETE))) == "operations"


def test_a_tier_has_a_longest_time_of_its_own() -> None:
    known = facts(Tier.OPERATION)
    with pytest.raises(InvalidValue, match="operation tier allows 2 hours at most"):
        clear(request(tier=Tier.OPERATION, duration=timedelta(hours=2, seconds=1)), known, judges(), NOW)
    assert cleared(tier=Tier.OPERATION, duration=timedelta(hours=2)).ends_at == NOW + timedelta(hours=2)


# ---- contracts


def test_a_source_needs_exactly_one_contract() -> None:
    other = contract(id="co_01JABCDEFGHJKMNPQRSTVWXYZ9", name="other")
    for contracts in ((), (contract(), other)):
        refusal = refused(known=facts(contracts=contracts))
        verdict = refusal.verdicts[0].contract
        assert verdict is not None
        assert verdict.contract is None
        assert [breach.code for breach in verdict.breaches] == ["no-contract"]


def test_a_contract_of_a_part_does_not_cover_the_whole() -> None:
    refusal = refused(ask(LENDING), known=facts(contracts=(contract(prefixes=(FACTS_PREFIX,)),)))
    verdict = refusal.verdicts[0].contract
    assert verdict is not None
    assert [breach.code for breach in verdict.breaches] == ["no-contract"]


# ---- modes


def test_all_or_nothing_refuses_everything_and_still_judges_each_source() -> None:
    refusal = refused(ask(FACTS_PREFIX), ask(PERSONAL_PREFIX))
    assert [verdict.passes for verdict in refusal.verdicts] == [True, False]


def test_partial_clears_what_passes_and_only_that() -> None:
    clearance = cleared(ask(FACTS_PREFIX), ask(PERSONAL_PREFIX), ask(PEOPLE), mode=Mode.PARTIAL)
    assert [c.ask.source for c in clearance.cleared] == [FACTS_PREFIX]
    assert [verdict.passes for verdict in clearance.verdicts] == [True, False, False]


def test_partial_with_nothing_that_passes_is_a_refusal() -> None:
    refused(ask(PERSONAL_PREFIX), ask(PEOPLE), mode=Mode.PARTIAL)


def test_a_recorded_clearance_can_be_decided_again_for_what_was_cleared() -> None:
    clearance = cleared(ask(FACTS_PREFIX), ask(PERSONAL_PREFIX), ask(LOANS), mode=Mode.PARTIAL)
    again = cleared_request(clearance_record(clearance), ADA)
    assert again.asks == (ask(FACTS_PREFIX), ask(LOANS))
    assert (again.mode, again.duration, again.purpose) == (Mode.ALL, None, clearance.request.purpose)


# ---- time


ENDS: dict[str, tuple[Facts, dict[str, Any], datetime]] = {
    "its contract's": (
        facts(contracts=(contract(ends_at=NOW + timedelta(minutes=20)),)),
        {},
        NOW + timedelta(minutes=20),
    ),
    "its activity's": (
        facts(activity=activity(ends_at=NOW + timedelta(minutes=20))),
        {},
        NOW + timedelta(minutes=20),
    ),
    "its environment's": (
        facts(environment=environment(expires_at=NOW + timedelta(minutes=20))),
        {},
        NOW + timedelta(minutes=20),
    ),
    "its request's own": (facts(), {"ends_at": NOW + timedelta(minutes=5)}, NOW + timedelta(minutes=5)),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_grant_never_outlives_an_end_and_says_that_it_was_shortened(case: str) -> None:
    known, changes, end = ENDS[case]
    clearance = cleared(known=known, **changes)
    assert clearance.ends_at == end
    assert clearance.shortened is not None
    assert clearance.shortened.startswith("shortened from 1 hour to ")
    assert clearance.sessions_end_by >= clearance.ends_at


def test_no_session_may_outlive_what_the_grant_rests_on() -> None:
    known = facts(contracts=(contract(ends_at=NOW + timedelta(minutes=20)),))
    clearance = cleared(known=known, duration=timedelta(seconds=30))
    assert clearance.ends_at == NOW + timedelta(seconds=30)
    assert clearance.sessions_end_by == NOW + timedelta(minutes=20)


@pytest.mark.parametrize(("left", "passes"), [(899, False), (900, True)])
def test_less_than_the_shortest_session_before_an_end_is_refused(left: int, *, passes: bool) -> None:
    end = NOW + timedelta(seconds=left)
    for known in (facts(activity=activity(ends_at=end)), facts(environment=environment(expires_at=end))):
        if passes:
            assert cleared(known=known).ends_at == end
        else:
            assert [breach.code for breach in refused(known=known).breaches] == ["ends-too-soon"]


def test_a_fraction_of_a_second_is_rounded_down_never_up() -> None:
    end = NOW + timedelta(minutes=20, microseconds=999_999)
    clearance = cleared(known=facts(contracts=(contract(ends_at=end),)))
    assert clearance.ends_at == NOW + timedelta(minutes=20)


def test_the_usual_time_is_the_shortest_default_within_the_tier() -> None:
    assert cleared(duration=None).ends_at == NOW + timedelta(hours=1)
    long = facts(Tier.OPERATION, contracts=(contract(default_duration=timedelta(hours=4)),))
    assert cleared(tier=Tier.OPERATION, known=long, duration=None).ends_at == NOW + timedelta(hours=2)


def test_a_refusal_by_nothing_but_duration_is_told_from_others() -> None:
    assert refused_only_by_duration(refused(duration=timedelta(hours=5)))
    assert not refused_only_by_duration(
        refused(
            duration=timedelta(hours=5),
            purpose="lending/fairness-testing",
            known=facts(contracts=(contract(denied_purposes=frozenset({"lending/fairness-testing"})),)),
        )
    )
    assert not refused_only_by_duration(refused(ask(FACTS_PREFIX), ask(PERSONAL_PREFIX)))
