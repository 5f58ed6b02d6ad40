"""Whatever a form says, its Cedar says the same, no more and no less, and its sentence says all of it."""

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy import Engine, Rulebook
from policy.cedar import syntax_of
from policy.errors import FormInvalid
from policy.forms import (
    NotAForm,
    RuleForm,
    form_from_document,
    form_to_document,
    from_cedar,
    sentence,
    syntax_of_form,
    to_cedar,
)
from policy.printing import printed
from policy.statements import statements_of
from policy.syntax import Binary, Clause, Expr, RuleSyntax, conjuncts
from tests.property.policy.forms import forms

unhurried = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@unhurried
@given(forms())
def test_a_form_is_the_same_after_cedar_and_after_json(form: RuleForm) -> None:
    text = to_cedar(form)
    (statement,), problems = statements_of(text)
    assert problems == ()
    assert syntax_of(statement) == syntax_of_form(form)
    assert from_cedar(text) == form
    assert form_from_document(form_to_document(form)) == form


@unhurried
@given(forms())
def test_every_form_is_a_rule_that_may_go_live(form: RuleForm) -> None:
    (rule,) = Engine.load(Rulebook(version="v", text=to_cedar(form))).rules
    assert (rule.id, rule.title, rule.owner, rule.effect, rule.advice) == (
        form.id, form.title, form.owner, form.effect, form.advice,
    )  # fmt: skip


def shuffled(expr: Expr, draw: random.Random) -> Expr:
    """The same chain of `&&` in another order and bracketed in another way."""
    parts = list(conjuncts(expr))
    draw.shuffle(parts)
    while len(parts) > 1:
        place = draw.randrange(len(parts) - 1)
        parts[place : place + 2] = [Binary("and", parts[place], parts[place + 1])]
    return parts[0]


@unhurried
@given(forms(), st.integers())
def test_a_rule_that_says_the_same_in_another_order_is_the_same_form(form: RuleForm, seed: int) -> None:
    draw = random.Random(seed)
    rule = syntax_of_form(form)
    mixed = RuleSyntax(
        annotations=dict(sorted(rule.annotations.items())), effect=rule.effect, principal=rule.principal,
        action=rule.action, resource=rule.resource,
        clauses=tuple(Clause(clause.kind, shuffled(clause.expr, draw)) for clause in rule.clauses),
    )  # fmt: skip
    found = from_cedar(printed(mixed))
    assert isinstance(found, RuleForm)
    assert replace(found, conditions=(), exceptions=()) == replace(form, conditions=(), exceptions=())
    assert set(found.conditions) == set(form.conditions)
    assert set(found.exceptions) == set(form.exceptions)


GROUPS = {"use", "read-like", "write-like", "column-read"}
FIELDS = (
    "effect", "who", "actions", "data", "classes", "without_classes", "sensitivity_at_least", "sensitivity_at_most",
    "tiers", "purposes", "except_purposes", "hours", "first_day", "last_day", "conditions", "exceptions",
)  # fmt: skip


@unhurried
@given(forms(), forms(), st.sampled_from(FIELDS))
def test_a_form_with_one_field_changed_reads_differently(form: RuleForm, other: RuleForm, field: str) -> None:
    try:
        changed = replace(form, **{field: getattr(other, field)})
    except FormInvalid:
        return
    if field == "actions" and GROUPS & {*form.actions, *changed.actions}:
        return  # a group of actions reads as the actions that are in it
    assert (sentence(changed) == sentence(form)) == (changed == form)


# What may be refused though it is printable: marks that change the letter before them.
visible = st.characters(exclude_categories=("Mn", "Mc", "Me"), exclude_characters="\u2800\u3164\uffa0\u115f\u1160")


@unhurried
@given(st.text(visible, max_size=40), st.sampled_from(("title", "owner", "advice")), forms())
def test_any_text_at_all_is_refused_or_stays_one_inert_line(text: str, field: str, form: RuleForm) -> None:
    document = {**form_to_document(form), field: text}
    if not text.isprintable() or not text.strip():
        with pytest.raises(FormInvalid) as refused:
            form_from_document(document)
        assert {problem.field for problem in refused.value.problems} == {field}
        return
    changed = form_from_document(document)
    assert from_cedar(to_cedar(changed)) == changed
    assert syntax_of_form(changed).clauses == syntax_of_form(form).clauses


@unhurried
@given(st.text(max_size=200) | st.text('permit(pincla,oesu);@d"x{}= ', max_size=80))
def test_any_text_at_all_is_a_form_or_says_why_not(text: str) -> None:
    assert isinstance(from_cedar(text), NotAForm | RuleForm)
