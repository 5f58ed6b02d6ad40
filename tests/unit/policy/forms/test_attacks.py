"""The attacks on rules that forms, warnings and cases stand against, by their ids in the catalogue of attacks."""

import pytest

from policy import Engine, Rulebook, RulebookInvalid, Why, invariants
from policy.cases import run_cases
from policy.errors import FormInvalid
from policy.forms import form_from_document, form_to_document
from policy.warnings import Concern, warnings_in
from tests.unit.policy.forms.lending_forms import SIMPLE
from tests.unit.policy.lending import COMPANY, data_context, engine, person, question, rule

CYRILLIC_ALICE = "\u0430lice"
EVERYTHING = 'permit (principal, action in Action::"use", resource);'


@pytest.mark.case("POL-007")
def test_a_principal_that_only_looks_like_a_forbidden_one_is_refused_as_unknown() -> None:
    company = (*COMPANY, person("alice", "Team:lending-science", "Activity:risk"))
    live = engine(
        rule(EVERYTHING, "all"), rule('forbid (principal == Person::"alice", action, resource);', "not-alice")
    )
    for name, why in (("alice", Why.FORBIDDEN), (CYRILLIC_ALICE, Why.FAILED)):
        asked = question(f"Person:{name}", "read", "S3Prefix:facts", data_context(), company)
        assert live.decide(asked).why is why


@pytest.mark.case("POL-007")
def test_a_rule_that_names_the_look_alike_is_warned_of() -> None:
    text = rule(f'forbid (principal == Person::"{CYRILLIC_ALICE}", action == Action::"read", resource is GlueTable);')
    known = {"Person": frozenset({"alice"})}
    found = warnings_in(Rulebook(version="draft", text=text), known)
    assert {each.concern for each in found} == {Concern.LOOK_ALIKE, Concern.UNKNOWN_ID}
    assert {each.fix for each in found} == {"did you mean alice?"}


@pytest.mark.parametrize("field", ["conditions", "exceptions"])
@pytest.mark.case("POL-010")
def test_cedar_in_an_activity_field_is_refused_by_the_field(field: str) -> None:
    typed = 'A-0001" || true || principal == User::"x'
    document = {**form_to_document(SIMPLE), field: [{"is": "for-activity", "value": typed}]}
    with pytest.raises(FormInvalid) as refused:
        form_from_document(document)
    assert [problem.field for problem in refused.value.problems] == [f"{field}[0].value"]


@pytest.mark.parametrize("field", ["id", "title", "owner", "advice"])
@pytest.mark.case("POL-011")
def test_a_line_break_and_a_rule_in_a_name_are_refused_by_the_field(field: str) -> None:
    document = {**form_to_document(SIMPLE), field: "x\n}; permit(principal,action,resource); //"}
    with pytest.raises(FormInvalid) as refused:
        form_from_document(document)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.case("POL-017")
def test_a_permit_of_everything_to_everyone_is_refused() -> None:
    with pytest.raises(RulebookInvalid, match="this permits everyone to do everything"):
        Engine.load(Rulebook(version="draft", text=rule("permit (principal, action, resource);")))


@pytest.mark.case("POL-019")
def test_no_rulebook_holds_or_loses_a_guardrail() -> None:
    with pytest.raises(RulebookInvalid, match="inv-"):
        engine(rule(EVERYTHING, "inv-mine"))
    with pytest.raises(FormInvalid, match="inv-"):
        form_from_document({**form_to_document(SIMPLE), "id": "inv-mine"})
    for live in (engine(), engine(rule(EVERYTHING))):
        assert run_cases(live, ()).passed
    assert invariants().rules
