"""What somebody tries with a question: whatever Cedar would let pass by an error, a doubt or a look-alike is a no."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policy import Decision, Engine, Entity, Question, RulebookInvalid, Why
from tests.abuse.rows import rows
from tests.support.platform import RESEARCH, Cast, Story
from tests.support.standing import Standing
from tests.unit.policy.lending import COMPANY, data_context, engine, person, question, ref, rule

READS = question("Person:ada", "read", "S3Prefix:facts", data_context())
EVERYTHING = 'permit (principal, action in Action::"use", resource);'
OVERFLOW = "resource.sensitivity + 9223372036854775807 > 0"
FORBIDS_FACTS = rule('forbid (principal, action, resource == S3Prefix::"facts");', "no-facts")
FORBIDS_ADA = rule('forbid (principal == Person::"ada", action, resource);', "not-ada")
NO_MFA = rule('forbid (principal, action in Action::"use", resource) unless { context.mfa == true };', "mfa")
UNCLASSIFIED = Entity(ref=ref("S3Prefix:facts"), attrs={}, parents=frozenset({ref("DataProduct:loan-applications")}))
OTHER_ADA = person("ada", "Team:lending-science")
CLASSIFIED = rule("forbid (principal, action, resource is S3Prefix) when { resource.sensitivity >= 2 };", "classified")


def of(*rules: str) -> Engine:
    return engine(rule(EVERYTHING, "all"), *rules)


def without(asked: Question, entity: str) -> tuple[Entity, ...]:
    return tuple(each for each in asked.entities if each.ref != ref(entity))


def injected(text: str) -> Question:
    return replace(READS, principal=ref(f"Person:{text}"))


DOUBTS: dict[str, tuple[Engine, Question]] = {
    "POL-001 a fact that the forbid needs is missing": (
        of(CLASSIFIED), replace(READS, entities=(*without(READS, "S3Prefix:facts"), UNCLASSIFIED)),
    ),
    "POL-001 the forbid overflows": (
        of(rule(f'forbid (principal, action == Action::"read", resource) when {{ {OVERFLOW} }};', "broken")), READS,
    ),
    "POL-002 without the context": (of(NO_MFA), replace(READS, context={})),
    "POL-002 without that key": (
        of(NO_MFA), replace(READS, context={k: v for k, v in READS.context.items() if k != "mfa"}),
    ),
    "POL-002 with that key as text": (of(NO_MFA), replace(READS, context={**READS.context, "mfa": "true"})),
    "POL-004 a principal that is Cedar": (of(), injected('ada" || true || principal == Person::"ada')),
    "POL-004 a principal that ends in a quote": (of(), injected('ada"')),
    "POL-004 a principal that is nothing": (of(), injected("")),
    "POL-004 a principal with a NUL": (of(), injected("ada\0")),
    "POL-004 a principal that is no text": (of(), injected("\ud800")),
    "POL-004 an action that is Cedar": (of(), replace(READS, action='read", resource) || Action::"read')),
    "POL-005 a person that is nowhere": (of(), replace(READS, principal=ref("Person:ghost"))),
    "POL-005 a person that was not loaded": (of(), replace(READS, entities=without(READS, "Person:ada"))),
    "POL-005 data that is nowhere": (of(), replace(READS, resource=ref("S3Prefix:ghost"))),
    "POL-007 a Cyrillic letter": (of(FORBIDS_ADA), injected("аda")),
    "POL-007 a full-width letter": (of(FORBIDS_ADA), injected("ａda")),
    "POL-007 a space of no width": (of(FORBIDS_ADA), injected("ada\u200b")),
    "POL-007 an accent apart": (of(FORBIDS_ADA), injected("ada\u0301")),
    "POL-008 a resource in another case": (of(FORBIDS_FACTS), replace(READS, resource=ref("S3Prefix:Facts"))),
    "POL-008 a principal in another case": (of(FORBIDS_ADA), injected("Ada")),
    "POL-008 a resource with a space": (of(FORBIDS_FACTS), replace(READS, resource=ref("S3Prefix:facts "))),
    "POL-020 a permit that overflows": (
        engine(rule(f'permit (principal, action == Action::"read", resource) when {{ {OVERFLOW} }};')), READS,
    ),
    "POL-020 a forbid that overflows downwards": (
        of(rule(
            'forbid (principal, action == Action::"read", resource) '
            "when { (0 - 9223372036854775807) - 2 - resource.sensitivity > 0 };", "broken",
        )), READS,
    ),
    "POL-020 a forbid that multiplies": (
        of(rule(
            'forbid (principal, action == Action::"read", resource) '
            "when { (resource.sensitivity + 2) * 9223372036854775807 > 0 };", "broken",
        )), READS,
    ),
    "POL-023 a person twice": (of(), replace(READS, entities=(*READS.entities, OTHER_ADA))),
    "POL-023 the very same person twice": (
        of(), replace(READS, entities=(*READS.entities, next(e for e in COMPANY if e.ref == ref("Person:ada")))),
    ),
    "POL-023 the data twice": (of(), replace(READS, entities=(*READS.entities, UNCLASSIFIED))),
}  # fmt: skip


@pytest.mark.parametrize("case", rows(DOUBTS))
def test_a_doubt_is_a_refusal_that_says_so(case: tuple[Engine, Question]) -> None:
    rules, asked = case
    decision: Decision = rules.decide(asked)
    assert (decision.allowed, decision.why, decision.rules) == (False, Why.FAILED, ())
    assert decision.errors


def test_the_same_without_the_doubt_is_decided_by_its_rules() -> None:
    assert of().decide(READS).why is Why.PERMITTED
    assert of(NO_MFA).decide(READS).why is Why.PERMITTED
    for forbid in (FORBIDS_ADA, FORBIDS_FACTS):
        assert of(forbid).decide(READS).why is Why.FORBIDDEN


@pytest.mark.case("POL-001")
def test_a_rule_over_a_fact_that_no_schema_knows_is_no_rule() -> None:
    with pytest.raises(RulebookInvalid, match="class"):
        of(rule('forbid (principal, action, resource is S3Prefix) when { resource.class == "secret" };', "secret"))


# ---- at the door


def evaluated(cast: Cast, story: Story, **changed: Any) -> dict[str, Any]:
    """What the decision point answers Gus about Dana and the loan facts, with these members changed."""
    body: dict[str, Any] = {
        "subject": {"type": "person", "id": cast.dana.get("/v1/me").json()["id"]},
        "action": {"name": "read"},
        "resource": {"type": "s3-prefix", "id": "s3://acme-prod-lake/loans/facts/"},
        "context": {"environment": story.environment, "activity": story.activity, "purpose": RESEARCH},
        **changed,
    }
    answer = cast.gus.post("/access/v1/evaluation", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def somebody(id: str, kind: str = "person") -> dict[str, Any]:
    return {"subject": {"type": kind, "id": id}}


def data(id: str, kind: str = "s3-prefix") -> dict[str, Any]:
    return {"resource": {"type": kind, "id": id}}


LAKE = "s3://acme-prod-lake/loans"
ASKED: dict[str, dict[str, Any]] = {
    "POL-004 a subject that is Cedar": somebody('alice" || true || principal == Person::"x'),
    "POL-004 a subject's kind that is Cedar": somebody("alice", 'Person::"x" || true || Person'),
    "POL-004 an action that is Cedar": {"action": {"name": 'read" || true || action == Action::"read'}},
    "POL-005 a subject that is nobody": somebody("pe_01JZZZZZZZZZZZZZZZZZZZZZZZ"),
    "POL-005 a pipeline that is nobody": somebody("wl_01JZZZZZZZZZZZZZZZZZZZZZZZ", "pipeline"),
    "POL-007 a subject with a Cyrillic letter": somebody("рe_01K00000000648B0TDJGRE29J6"),
    "POL-007 a subject with Arabic digits": somebody("pe_٠1K00000000648B0TDJGRE29J6"),
    "POL-008 data in another case": data(f"{LAKE}/Facts/"),
    "POL-008 a bucket in another case": data("s3://Acme-prod-lake/loans/facts/"),
    "POL-008 a subject in another case": somebody("PE_01K00000000648B0TDJGRE29J6"),
    "POL-008 data by another way": data(f"{LAKE}/./facts/"),
    "POL-008 data in per cent": data(f"{LAKE}/%66acts/"),
}


@pytest.mark.parametrize("changed", rows(ASKED))
def test_the_decision_point_denies_what_it_does_not_know(
    cast: Cast, story: Story, standing: Standing, changed: dict[str, Any]
) -> None:
    assert evaluated(cast, story)["decision"] is True
    found = evaluated(cast, story, **changed)
    assert (found["decision"], found["context"]["error"]["status"] in (400, 404)) == (False, True)


TWICE: dict[str, Callable[[str], str]] = {
    "POL-022 in the subject": lambda text: text.replace('"type": "person"', '"type": "x", "type": "person"'),
    "POL-022 in the facts that are said": lambda text: text.replace(
        '"type": "person"', '"properties": {"dept": "x", "dept": "admin"}, "type": "person"'
    ),
    "POL-022 in the context": lambda text: text.replace('"purpose":', '"purpose": "marketing", "purpose":'),
    "POL-022 by an escape": lambda text: text.replace('"purpose":', '"pur\\u0070ose": "marketing", "purpose":'),
}


@pytest.mark.parametrize("twice", rows(TWICE))
def test_a_key_that_stands_twice_is_read_in_no_way(
    cast: Cast, story: Story, standing: Standing, twice: Callable[[str], str]
) -> None:
    body = {
        "subject": {"type": "person", "id": cast.dana.get("/v1/me").json()["id"]},
        "action": {"name": "read"},
        "resource": {"type": "s3-prefix", "id": f"{LAKE}/facts/"},
        "context": {"environment": story.environment, "purpose": RESEARCH},
    }
    plain = json.dumps(body)
    assert cast.gus.send("/access/v1/evaluation", plain.encode()).json()["decision"] is True
    assert twice(plain) != plain
    refused = cast.gus.send("/access/v1/evaluation", twice(plain).encode())
    assert (refused.status_code, refused.json()["code"]) == (400, "authzen-invalid")
    assert "twice" in refused.text
