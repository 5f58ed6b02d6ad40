"""What a decision was taken from: as much as it read, no names, and enough to take it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from pydantic import TypeAdapter

from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import ContractId, RequestId, SubjectId
from jit_engine.domain.request import Mode
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import NotFound
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable
from jit_engine.flows.redecide import Redecide
from jit_engine.ports import DecisionOutcome, Evidence, Facts
from jit_engine.rules.clearance import Judges, clear
from jit_engine.rules.evidence import (
    FORMAT,
    Difference,
    differences,
    evidence_of,
    facts_shown,
    plain,
    questions_of,
    record_of,
    redecide,
)
from jit_engine.rules.record import Record, clearance_record, refusal_record
from platform_api.db.decision_rows import evidence_text, text_of
from tests.fakes import world
from tests.fakes.world import ADA, LENDING, LOANS, NOW, PEOPLE, PERSONAL_PREFIX, ask, facts, judges, request
from tests.unit.engine.desk import Desk

FORMS = {
    1: "7f73dc5637df9fed",
    2: "cae6d80c2d25242e",
    3: "d3240de1d5bf68b7",
    4: "88e508e57cf3c946",
    5: "7dc58edd843638ab",
    6: "f07e41ed47f90639",
    7: "a85216c2b33a6005",
    8: "7297abe3288c678d",
    9: "93229939736bbaa0",
    10: "35abbdd28c938133",
    11: "7ec29c1289126edd",
    12: "7f0c7db8a244a40e",
    13: "a615cb735331aad5",
    14: "d7e70447adbed79f",
    15: "fd51a982de7aa2a0",
}
"""The form of evidence behind each number: what is stored today has to be readable tomorrow, or refused by name."""

CONDITIONS = (
    'context.purpose in Purpose::"lending"',
    'Purpose::"lending/credit-risk-research/thin-files" in context.purpose',
    'Purpose::"lending/credit-risk-research/thin-files" in context.activity.purposes',
    'context.activity.purposes.contains(Purpose::"lending/fairness-testing")',
    'Purpose::"marketing" in context.activity.purposes',
    "principal == context.activity.owner",
    'context.activity.owner.trainings.contains("privacy-basics")',
    'context.activity.owner in Team::"lending-science"',
    'resource in DataProduct::"loan-applications"',
    'resource in S3Prefix::"s3://sample-lake/lending/"',
    "resource.sensitivity < 2",
)


def ruled(permit: str, forbid: str = "false") -> Judges:
    """A rulebook of two rules under these conditions."""
    actions = 'Action::"readLike", Action::"columnRead"'
    rule = '@id("{}") @title("A rule") @owner("nobody") {} (principal, action in [{}], resource) when {{ {} }};'
    return judges(rule.format("some", "permit", actions, permit) + rule.format("others", "forbid", actions, forbid))


def recorded(known: Facts, by: Judges, *asks: Any, **changes: Any) -> Record:
    """The record of the decision that is taken from all facts."""
    verdict = clear(request(*asks, **changes), known, by, NOW)
    return clearance_record(verdict) if isinstance(verdict, Clearance) else refusal_record(verdict)


def evidence(known: Facts | None = None, by: Judges | None = None, *asks: Any, **changes: Any) -> Evidence:
    return evidence_of(request(*asks, **changes), known or facts(), by or judges(), NOW)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_rule_finds_in_the_evidence_what_it_found_in_all_facts(condition: str) -> None:
    asks = (ask(LENDING), ask(LOANS))
    for by in (ruled(condition), ruled("true", condition)):
        found = recorded(facts(), by, *asks)
        assert record_of(evidence(None, by, *asks), by) == found


def test_purposes_of_the_activity_alone_are_kept_with_those_above_them() -> None:
    purposes = world.activity().purposes | {"fraud/rings"}
    tree: dict[str, str | None] = {**world.PURPOSES, "fraud": None, "fraud/rings": "fraud", "unrelated": None}
    known, by = facts(activity=world.activity(purposes=purposes), purposes=tree), ruled("true")
    assert evidence(known, by).facts.purposes.keys() == tree.keys() - {"marketing", "unrelated"}
    assert record_of(evidence(known, by), by) == recorded(known, by)


def test_every_condition_decides_something() -> None:
    outcomes = {recorded(facts(), ruled(condition), ask(LENDING))["outcome"] for condition in CONDITIONS}
    assert outcomes == {"cleared", "refused"}


def test_evidence_names_nobody_and_holds_no_member_who_does_not_ask() -> None:
    others = frozenset(SubjectId(f"pe_0000000000000000000000000{n}") for n in range(9))
    known = facts(activity=world.activity(members=frozenset({ADA.id}) | others))
    kept = evidence(known)
    assert (kept.request.subject.name, kept.request.subject.id) == ("", ADA.id)
    assert kept.facts.owner is not None
    assert kept.facts.owner.name == ""
    assert kept.facts.activity is not None
    assert kept.facts.activity.members == {ADA.id}
    assert "Ada" not in evidence_text(kept)


def test_of_the_catalogue_only_what_is_reached_is_kept() -> None:
    elsewhere = [world.prefix_item(world.prefix(f"elsewhere/{n}/")) for n in range(50)]
    known = facts(catalogue=world.catalogue(*elsewhere))
    kept = {item.source.uri for item in evidence(known, None, ask(LOANS)).facts.catalogue.items}
    assert kept == {LENDING.uri, world.FACTS_PREFIX.uri, LOANS.uri}
    assert evidence(known).facts.catalogue.generation == known.catalogue.generation


def test_of_the_contracts_only_the_candidates_are_kept() -> None:
    far = world.contract(id=ContractId("co_far"), name="Far", prefixes=(world.prefix("far/"),), tables=(), targets=())
    rival = world.contract(id=ContractId("co_rival"), name="Rival")
    kept = evidence(facts(contracts=(world.contract(), far, rival))).facts.contracts
    assert [contract.name for contract in kept] == ["loan-applications", "Rival"]


def test_evidence_is_always_spelled_the_same() -> None:
    one = evidence(facts(activity=world.activity(purposes=frozenset({"b", "a", "c"}))))
    other = evidence(facts(activity=world.activity(purposes=frozenset({"c", "b", "a"}))))
    assert evidence_text(one) == evidence_text(other)
    berlin = timezone(timedelta(hours=1))
    assert plain(datetime(2026, 3, 2, 10, 30, tzinfo=berlin)) == plain(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    assert [plain(timedelta(hours=1)), plain(timedelta(microseconds=5))] == ["PT3600S", "PT0.000005S"]
    with pytest.raises(TypeError, match="float"):
        plain(0.5)


def test_a_decision_is_taken_again_under_the_rules_of_then() -> None:
    kept = evidence(None, judges(), ask(PEOPLE))
    before = record_of(kept, judges())
    after = record_of(kept, judges(world.PERMIT_ALL, version="sample-2"))
    assert (before["outcome"], after["outcome"]) == ("refused", "cleared")
    named = {difference.path: difference for difference in differences(before, after)}
    assert named["rulebook"] == Difference(path="rulebook", one="sample-1", other="sample-2")
    assert (named["sources[0].passes"].one, named["sources[0].passes"].other) == (False, True)


def test_what_can_no_longer_be_decided_is_recorded_as_such() -> None:
    kept = evidence(facts(owner=None))
    assert record_of(kept, judges())["outcome"] == "impossible"
    with pytest.raises(NotFound):
        redecide(kept, judges())
    assert list(questions_of(kept.request, kept.facts, NOW)) == []


def test_two_readings_of_the_facts_are_compared_by_name() -> None:
    then = evidence()
    now = evidence(
        facts(
            activity=world.activity(classification=Classification.PUBLIC),
            contracts=(world.contract(version="2.0.0"),),
        )
    )
    found = {difference.path: difference for difference in differences(facts_shown(then), facts_shown(now))}
    assert found["activity.classification"].other == "public"
    assert found[f"contracts.{world.CONTRACT} 1.0.0"].other is None
    assert found[f"contracts.{world.CONTRACT} 2.0.0"].one is None
    assert set(found) == {
        "activity.classification",
        f"contracts.{world.CONTRACT} 1.0.0",
        f"contracts.{world.CONTRACT} 2.0.0",
    }


def test_documents_differ_where_they_differ_and_nowhere_else() -> None:
    one: Json = {"a": [{"x": 1}, {"x": 2}], "b": [1, 2], "c": None, "gone": 1}
    other: Json = {"a": [{"x": 1}, {"x": 3}], "b": [2], "c": None, "new": [{}]}
    assert list(differences(one, other)) == [
        Difference(path="a[1].x", one=2, other=3),
        Difference(path="b", one=[1, 2], other=[2]),
        Difference(path="gone", one=1, other=None),
        Difference(path="new", one=None, other=[{}]),
    ]
    assert list(differences(one, one)) == []


def test_the_questions_of_the_evidence_are_those_that_were_decided() -> None:
    kept, by = evidence(None, None, ask(LENDING), ask(LOANS), mode=Mode.PARTIAL), judges()
    verdict = redecide(kept, by)
    shared = set()
    for source, (_, questions) in zip(verdict.verdicts, questions_of(kept.request, kept.facts, kept.now), strict=True):
        assert source.rules is not None
        assert len(questions) == source.rules.questions + sum(len(part.questions) for part in source.without)
        refused = {f"{q.action} {q.resource.id}" for q in questions if not by.rulebook.decide(q).allowed}
        withheld = {question for part in source.without for question in part.refused_questions}
        assert refused == withheld | set(source.rules.refused_questions)
        shared |= {(id(question.entities), id(question.context)) for question in questions}
    assert len(shared) == 1
    assert f"read {PERSONAL_PREFIX.uri}" in verdict.verdicts[0].without[0].refused_questions


# ---- the flows hand it on


def test_what_is_granted_and_what_is_refused_is_kept_with_its_evidence() -> None:
    desk = Desk()
    grant = desk.ask()
    assert record_of(desk.ledger.evidence[grant.request], desk.judges) == desk.ledger.decision_of(grant.id)
    refused = replace(request(ask(PEOPLE)), id=RequestId("rq_other"))
    with pytest.raises(AccessRefused):
        desk.ask(refused)
    assert record_of(desk.ledger.evidence["rq_other"], desk.judges) == refusal_record(desk.ledger.refusals[0])


def test_a_dry_run_and_an_unchanged_delivery_leave_none() -> None:
    desk = Desk()
    desk.request_access.preview(request(), NOW)
    assert desk.ledger.evidence == {}
    grant = desk.ask()
    desk.deliver(grant.id, ADA, desk.later(minutes=1))
    assert desk.ledger.decided_anew == []


@pytest.mark.parametrize(
    ("changed", "outcome", "raised"),
    [
        ({"contracts": ()}, "refused", AccessRefused),
        ({"contracts": (world.contract(max_duration=timedelta(minutes=5)),)}, "cleared", GrantNotUsable),
        ({"catalogue": replace(world.catalogue(), items=())}, "impossible", GrantNotUsable),
    ],
)
def test_a_delivery_that_ends_a_grant_keeps_what_it_was_decided_from(
    changed: dict[str, Any], outcome: str, raised: type[Exception]
) -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = facts(**changed)
    with pytest.raises(raised):
        desk.deliver(grant.id, ADA, desk.later(minutes=1))
    (kept,) = desk.ledger.decided_anew
    assert (kept.outcome, kept.record["outcome"]) == (DecisionOutcome.ENDED, outcome)
    assert kept.reason == desk.grant(grant).reason
    assert record_of(kept.evidence, desk.judges) == kept.record
    assert kept.evidence.now == desk.now


def test_a_grant_that_passes_under_another_version_keeps_that_decision() -> None:
    desk = Desk()
    grant = desk.ask()
    accepted = frozenset({(world.CONTRACT, "2.0.0")})
    desk.facts.now_known = facts(
        contracts=(world.contract(version="2.0.0"),), activity=world.activity(accepted=accepted)
    )
    again = Redecide(
        facts=desk.facts, ledger=desk.ledger, live=NoGrants(), judges=lambda: desk.judges, subject_of=lambda _: ADA
    )
    assert again(desk.grant(grant), desk.later(minutes=1)) is None
    (kept,) = desk.ledger.decided_anew
    assert (kept.outcome, kept.reason) == (DecisionOutcome.KEPT, None)
    assert desk.grant(grant).contracts == accepted
    again(desk.grant(grant), desk.now)
    assert len(desk.ledger.decided_anew) == 1


def test_a_grant_whose_holder_has_left_ends_without_a_decision() -> None:
    desk = Desk()
    grant = desk.ask()
    again = Redecide(
        facts=desk.facts, ledger=desk.ledger, live=NoGrants(), judges=lambda: desk.judges, subject_of=lambda _: None
    )
    ended = again(grant, NOW)
    assert ended is not None
    assert ended.state is GrantState.REVOKING
    assert desk.ledger.decided_anew == []


class NoGrants:
    """Nothing is live but what a test hands over."""

    def live_under(self, contract: ContractId) -> tuple[()]:
        return ()

    def giving(self) -> tuple[()]:
        return ()


# ---- the form


def test_the_form_of_evidence_has_a_number_of_its_own() -> None:
    shape = text_of(_bare(TypeAdapter(Evidence).json_schema()))
    found = sha256(shape.encode()).hexdigest()[:16]
    assert FORMS[FORMAT] == found, "raise FORMAT in rules/evidence.py and name the new form here"


def _bare(schema: Any) -> Any:
    """A JSON Schema without its prose."""
    if isinstance(schema, dict):
        prose = {name for name in ("title", "description") if isinstance(schema.get(name), str)}
        return {name: _bare(value) for name, value in schema.items() if name not in prose}
    return [_bare(item) for item in schema] if isinstance(schema, list) else schema


def test_every_tier_is_decided_the_same_from_its_evidence() -> None:
    for tier in Tier:
        by, asked = judges(), request(tier=tier)
        kept = evidence_of(asked, facts(tier), by, NOW)
        assert record_of(kept, by) == recorded(facts(tier), by, tier=tier)
