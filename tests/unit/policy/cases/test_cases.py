"""A rulebook's own cases, and those of the invariants, which run with them whatever they are."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policy import Engine, Why, invariants
from policy.cases import Case, Suite, cases_from_document, cases_from_text, invariant_cases, question_of, run_cases
from policy.cases.case import Answer
from policy.errors import CasesInvalid
from policy.forms.words import actions, plain
from policy.plain_yaml import plain_value
from policy.vocabulary import vocabulary
from tests.unit.policy.lending import engine, rule, sample_engine

TEXT = (Path(__file__).parent / "sample_cases.yaml").read_text(encoding="utf-8")
PERMIT_ALL = 'permit (principal, action in [Action::"use", Action::"columnRead"], resource);'


@pytest.fixture(scope="module")
def rules() -> Engine:
    return sample_engine()


def one(**changed: Any) -> dict[str, Any]:
    """A document with one case, changed; None takes a field out."""
    case: dict[str, Any] = {
        "name": "a case",
        "who": {"kind": "person", "id": "ada"},
        "action": "read",
        "data": {"kind": "table", "id": "t"},
        "tier": "research",
        "expect": "allow",
        **changed,
    }
    return {"cases": [{name: value for name, value in case.items() if value is not None}]}


def case_of(**changed: Any) -> Case:
    (case,) = cases_from_document(one(**changed))
    return case


def test_the_story_of_the_sample_passes(rules: Engine) -> None:
    run = run_cases(rules, cases_from_text(TEXT))
    assert [(result.case.name, result.problem) for result in run.failures] == []
    assert run.passed
    named = [result for result in run.results if result.suite is Suite.RULEBOOK]
    assert len(named) == 7
    assert named[0].decision.rules[0].id == "lending-science-reads-loan-applications"


def test_json_says_the_same_as_yaml() -> None:
    assert cases_from_text(json.dumps(plain_value(TEXT))) == cases_from_text(TEXT)


def test_the_invariants_run_with_every_rulebook_even_without_cases() -> None:
    for rules in (engine(rule(PERMIT_ALL)), engine(), sample_engine()):
        run = run_cases(rules, ())
        assert run.passed
        assert {result.suite for result in run.results} == {Suite.INVARIANTS}
        assert len(run.results) == len(invariant_cases())


def test_every_invariant_has_a_case_that_it_alone_refuses_and_a_like_one_that_passes() -> None:
    cases = invariant_cases()
    passing = {(case.action, case.thing.ref.type) for case in cases if case.expect is Answer.ALLOW}
    refused = [case for case in cases if case.expect is Answer.DENY]
    assert {(case.action, case.thing.ref.type) for case in refused} <= passing
    assert {case.rule for case in refused} == {found.id for found in invariants().rules}
    for case in refused:
        assert [found.id for found in invariants().decide(question_of(case)).rules] == [case.rule]


def test_what_a_case_expects_and_does_not_get_is_told_with_the_rules_that_decided(rules: Engine) -> None:
    first, second, *_ = cases_from_text(TEXT)
    run = run_cases(
        rules,
        [
            replace(first, expect=Answer.DENY),
            replace(second, rule="another-rule"),
            replace(first, rule="another-rule"),
            replace(second, expect=Answer.ALLOW, rule=None),
        ],
    )
    assert [result.problem for result in run.failures] == [
        "expected deny, was allowed: lending-science-reads-loan-applications",
        "expected another-rule to decide, decided: forbid-personal-attributes-in-research",
        "expected another-rule to decide, decided: lending-science-reads-loan-applications",
        "expected allow, was denied: forbid-personal-attributes-in-research",
    ]
    assert not run.passed


def test_a_refusal_because_the_question_failed_is_not_the_denial_that_was_expected() -> None:
    broken = (
        "permit (principal, action, resource is GlueTable) when { resource.sensitivity + 9223372036854775807 > 0 };"
    )
    run = run_cases(
        engine(rule(broken)), [case_of(expect="deny", data={"kind": "table", "id": "t", "sensitivity": "internal"})]
    )
    (failure,) = run.failures
    assert (failure.problem or "").startswith("could not be decided: ")


def test_the_invariants_come_before_the_rules_as_in_life() -> None:
    run = run_cases(
        engine(rule(PERMIT_ALL)), [case_of(tier="operation", expect="deny", rule="inv-operation-is-for-pipelines")]
    )
    assert run.passed


def test_a_case_that_says_little_is_a_whole_question() -> None:
    live = engine(rule(PERMIT_ALL))
    for name, action in actions().items():
        known = vocabulary().actions[action]
        tier = "operation" if "tier" in known.context else None
        for resource in known.resources:
            case = case_of(
                action=name, data={"kind": plain(resource), "id": "x"}, tier=tier, who={"kind": "pipeline", "id": "p"}
            )
            assert invariants().decide(question_of(case)).why is not Why.FAILED
            assert live.decide(question_of(case)).why is not Why.FAILED


def test_moments_are_read_in_any_zone_and_have_a_fixed_default() -> None:
    assert case_of(at="2026-03-02T10:30:00+01:00").at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert case_of().at == case_of().at == datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_the_tree_of_purposes_is_in_the_ids_or_said() -> None:
    live = engine(
        rule('permit (principal, action == Action::"read", resource) when { context.purpose in Purpose::"a" };')
    )
    beneath = case_of(purpose="a/b/c")
    elsewhere = case_of(purpose="ab", expect="deny")
    said = case_of(purpose="x", purposes=[{"id": "x", "beneath": "a/b"}])
    assert run_cases(live, [beneath, elsewhere, said]).passed


@pytest.mark.parametrize(
    ("container", "held"),
    [
        ('GlueTable::"t"', True), ('Database::"d"', True), ('DataProduct::"p"', True), ('Domain::"m"', True),
        ('S3Prefix::"s"', True), ('DataProduct::"other"', False), ('Domain::"other"', False),
    ],
)  # fmt: skip
def test_a_thing_is_in_all_that_its_case_names_and_in_nothing_else(container: str, held: bool) -> None:
    live = engine(rule(f'permit (principal, action == Action::"readClear", resource in {container});'))
    within = [
        {"kind": kind, "id": name}
        for kind, name in (("domain", "m"), ("data-product", "p"), ("database", "d"), ("prefix", "s"), ("table", "t"))
    ]
    case = case_of(action="read-clear", data={"kind": "column-group", "id": "c", "within": within})
    assert run_cases(live, [case]).passed is held
    alone = [each for each in within if f'"{each["id"]}"' in container]
    lonely = case_of(action="read-clear", data={"kind": "column-group", "id": "c", "within": alone})
    assert run_cases(live, [lonely]).passed is held


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("name", {"name": None}),
        ("who", {"who": None}),
        ("who.kind", {"who": {"kind": "robot", "id": "x"}}),
        ("who.id", {"who": {"kind": "person"}}),
        ("who.trainings", {"who": {"kind": "pipeline", "id": "x", "trainings": ["a"]}}),
        ("action", {"action": "fly"}),
        ("action", {"action": "readLike"}),
        ("action", {"action": "read-like"}),
        ("data", {"data": "t"}),
        ("data.kind", {"data": {"kind": "person", "id": "x"}}),
        ("data.kind", {"data": {"kind": "model", "id": "x"}}),
        ("data.id", {"data": {"kind": "table"}}),
        ("data.zone", {"data": {"kind": "table", "id": "x", "zone": "lake"}}),
        ("data.sensitivity", {"data": {"kind": "table", "id": "x", "sensitivity": 2}}),
        ("data.within[0].kind", {"data": {"kind": "table", "id": "x", "within": [{"kind": "activity", "id": "a"}]}}),
        ("data.within[0].id", {"data": {"kind": "table", "id": "x", "within": [{"kind": "database"}]}}),
        ("tier", {"tier": None}),
        ("tier", {"tier": "production"}),
        ("tier", {"action": "operate", "data": {"kind": "platform", "id": "x"}}),
        ("activity.colour", {"activity": {"colour": "red"}}),
        ("environment.tier", {"environment": {"tier": "moon"}}),
        ("purposes[0].beneath", {"purposes": [{"id": "x"}]}),
        ("at", {"at": "2026-03-02T09:30:00"}),
        ("at", {"at": "yesterday"}),
        ("at", {"at": "0001-01-01T00:00:00+14:00"}),
        ("at", {"at": "9999-12-31T23:59:59-14:00"}),
        ("mfa", {"mfa": "true"}),
        ("expect", {"expect": None}),
        ("expect", {"expect": "permit"}),
        ("exspect", {"exspect": "deny"}),
    ],
)
def test_a_case_that_cannot_be_read_is_named_with_its_field(field: str, changed: dict[str, Any]) -> None:
    with pytest.raises(CasesInvalid) as refused:
        cases_from_document(one(**changed))
    name = " (a case)" if "name" not in changed else ""
    assert [problem.field for problem in refused.value.problems] == [f"cases[0]{name}.{field}"]
    assert refused.value.code == "rule-cases-invalid"


def test_two_cases_of_one_name_are_refused() -> None:
    twice = {"cases": one()["cases"] * 2}
    with pytest.raises(CasesInvalid, match="another case before has this name"):
        cases_from_document(twice)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "list of cases"),
        ("cases: 1", "list of cases"),
        ("cases: []\nextra: 1", "nothing else"),
        ("- a", "list of cases"),
        ("cases: [}", "line 1: is no YAML"),
        ("cases: []\n---\ncases: []", "second document"),
        ("cases: []\ncases: []", "line 2: has the key 'cases' twice"),
        ("a: &x [1]\ncases: *x", "line 1: has an anchor"),
        ("a: &x\n  k: 1\ncases:\n  <<: *x", "anchor"),
        ("cases: !!python/object:os.system []", "tag"),
        ("cases:\n- mfa: yes", "line 2: has yes"),
        ("cases: " + "[" * 20 + "]" * 20, "nested more than 12 deep"),
        ("? [a]\n: 1", "key that is no text"),
        ("1: 2", "key that is no text"),
        ("cases: []" + " " * 600_000, "characters"),
        ('{"cases": [\x07]}', "is no YAML"),
        ("cases: [" + "{name: x}," * 2001 + "]", "at most 2,000"),
    ],
)
def test_text_that_is_no_list_of_cases_is_refused(text: str, said: str) -> None:
    with pytest.raises(CasesInvalid, match="the test cases cannot be read") as refused:
        cases_from_text(text)
    assert said in str(refused.value)


def test_an_empty_list_is_no_problem() -> None:
    assert cases_from_text("cases: []") == ()


def test_words_and_numbers_are_read_in_one_way() -> None:
    assert plain_value("{a: 1, b: -20, c: true, d: null, e: 1.2, f: 010, g: 2026-03-02, h: '1', i: xy}") == {
        "a": 1, "b": -20, "c": True, "d": None, "e": "1.2", "f": "010", "g": "2026-03-02", "h": "1", "i": "xy",
    }  # fmt: skip
