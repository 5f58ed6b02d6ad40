"""Whatever the rules and the question: the same answer twice, and no allow where a rule fails."""

import contextlib
import random
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from policy import Effect, Engine, EntityRef, Question, Rulebook, RulebookInvalid, Why
from policy.statements import statements_of
from tests.unit.policy.lending import COMPANY, data_context, question, rule

PRINCIPALS = ("Person:ada", "Person:ben", "Person:gus", "Pipeline:scorer", "Person:nobody")
RESOURCES = ("S3Prefix:facts", "S3Prefix:personal", "S3Prefix:workspace", "GlueTable:loans", "GlueTable:none")
ACTIONS = ("read", "query", "write", "remove", "share", "nothing")
ENVIRONMENTS = (("risk-research", "research"), ("risk-operation", "operation"), ("missing", "research"))

SCOPES = (
    'principal is Person, action in Action::"use", resource',
    'principal in Team::"lending-science", action == Action::"read", resource',
    'principal, action in Action::"writeLike", resource in DataProduct::"loan-applications"',
    'principal, action == Action::"read", resource is S3Prefix',
    'principal == Pipeline::"scorer", action, resource',
    'principal in Team::"not-loaded", action in Action::"readLike", resource',
)
CONDITIONS = (
    "",
    "when { context.mfa }",
    'unless { context.tier == Tier::"research" }',
    "when { context.purpose in context.activity.purposes }",
)
# Whoever reads or writes meets this rule, and it always fails.
BROKEN = (
    '(principal, action in Action::"use", resource) when { 9223372036854775807 + context.activity.sensitivity > 0 };'
)

questions = st.builds(
    lambda who, action, what, where, purpose: question(
        who, action, what, data_context(env=where[0], tier=where[1], purpose=purpose)
    ),
    st.sampled_from(PRINCIPALS),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from(ENVIRONMENTS),
    st.sampled_from(("lending/credit-risk-research", "marketing")),
)
bodies = st.lists(
    st.tuples(st.sampled_from(("permit", "forbid")), st.sampled_from(SCOPES), st.sampled_from(CONDITIONS)),
    max_size=5,
)


def texts(drawn: list[tuple[str, str, str]]) -> list[str]:
    """The drawn rules as Cedar, those that do not fit the schema left out."""
    fitting = []
    for number, (effect, scope, condition) in enumerate(drawn):
        text = rule(f"{effect} ({scope}) {condition};", f"rule-{number}")
        try:
            Engine.load(Rulebook(version="one", text=text))
        except RulebookInvalid:
            continue
        fitting.append(text)
    return fitting


def load(rules: list[str]) -> Engine:
    return Engine.load(Rulebook(version="drawn", text="\n".join(rules)))


@settings(max_examples=60)
@given(bodies, questions, st.randoms(use_true_random=False))
def test_the_same_question_has_the_same_answer_in_any_order_of_rules_and_facts(
    drawn: list[tuple[str, str, str]], asked: Question, shuffle: random.Random
) -> None:
    rules = texts(drawn)
    first = load(rules).decide(asked)
    assert load(rules).decide(asked) == first
    shuffle.shuffle(rules)
    facts = list(asked.entities)
    shuffle.shuffle(facts)
    reordered = Question(
        principal=asked.principal, action=asked.action, resource=asked.resource,
        context=dict(reversed(list(asked.context.items()))), entities=tuple(facts),
    )  # fmt: skip
    assert load(rules).decide(reordered) == first


@settings(max_examples=60)
@given(bodies, questions)
def test_an_answer_agrees_with_the_rules_it_names(drawn: list[tuple[str, str, str]], asked: Question) -> None:
    decision = load(texts(drawn)).decide(asked)
    effects = {each.effect for each in decision.rules}
    expected = {
        Why.PERMITTED: {Effect.PERMIT}, Why.FORBIDDEN: {Effect.FORBID},
        Why.NOT_PERMITTED: set(), Why.FAILED: set(),
    }  # fmt: skip
    assert effects == expected[decision.why]
    assert decision.allowed is (decision.why is Why.PERMITTED)
    assert bool(decision.errors) is (decision.why is Why.FAILED)


@settings(max_examples=60)
@given(bodies, questions, st.sampled_from(("permit", "forbid")), st.integers(0, 5))
def test_a_rule_that_fails_anywhere_never_lets_anything_be_allowed(
    drawn: list[tuple[str, str, str]], asked: Question, effect: str, place: int
) -> None:
    rules = texts(drawn)
    rules.insert(place, rule(f"{effect} {BROKEN}", "broken"))
    everything = rule('permit (principal, action in Action::"use", resource);', "everything")
    decision = load([*rules, everything]).decide(asked)
    assert (decision.allowed, decision.why) == (False, Why.FAILED)


@settings(max_examples=40)
@given(questions, st.sampled_from([each.ref for each in COMPANY]))
def test_facts_left_out_never_turn_a_refusal_into_an_allow(asked: Question, missing: EntityRef) -> None:
    rules = [
        rule('permit (principal, action in Action::"use", resource);', "everything"),
        rule('forbid (principal in Team::"lending-science", action, resource is S3Prefix);', "no-science"),
        rule('forbid (principal, action, resource in DataProduct::"loan-reports");', "no-reports"),
    ]
    live = load(rules)
    fewer = Question(
        principal=asked.principal, action=asked.action, resource=asked.resource, context=asked.context,
        entities=tuple(each for each in asked.entities if each.ref != missing),
    )  # fmt: skip
    assert live.decide(asked).allowed or not live.decide(fewer).allowed


@settings(max_examples=200)
@given(st.text(alphabet=string.punctuation + 'if then \n\t"é\u202e\rab01', max_size=200))
def test_any_text_at_all_is_cut_or_refused_and_never_raises_anything_else(text: str) -> None:
    statements, problems = statements_of(text)
    assert problems or all(statement.text.endswith(";") for statement in statements)
    with contextlib.suppress(RulebookInvalid):
        Engine.load(Rulebook(version="noise", text=text))
