"""No warning claims what is not so: every `covers` and `never` is tried on every question of a small company."""

from itertools import product

import pytest

from policy import Engine, Question, Why
from policy.cedar import syntax_of
from policy.contradictions import contradiction
from policy.coverage import covered
from policy.statements import Statement
from policy.syntax import RuleSyntax
from tests.unit.policy.lending import data_context, engine, question, rule

WHO = ("principal", "principal is Person", 'principal in Team::"lending-science"', 'principal == Person::"ada"',
       'principal is Person in Team::"lending-science"')  # fmt: skip
DOING = ('action in Action::"use"', 'action in [Action::"read", Action::"query"]', 'action == Action::"read"')
THINGS = ("resource", "resource is S3Prefix", 'resource in DataProduct::"loan-applications"')
CLAUSES = (
    "", "when { context.mfa }", "unless { context.mfa }", "when { context.mfa } unless { context.mfa }",
    'when { context.tier == Tier::"research" && context.mfa }',
    'when { context.tier == Tier::"research" && [Tier::"validation"].contains(context.tier) }',
    'unless { context.mfa && context.tier == Tier::"research" }',
    'when { [Tier::"research", Tier::"operation"].contains(context.tier) && context.tier == Tier::"operation" }',
)  # fmt: skip
BODIES = [
    f"permit ({who}, {doing}, {things}) {clauses};"
    for place, (who, doing, things, clauses) in enumerate(product(WHO, DOING, THINGS, CLAUSES))
    if place % 7 == 0 or (who == "principal" and things == "resource")
]
QUESTIONS = [
    question(who, action, thing, {**data_context(f"risk-{tier}", tier), "mfa": mfa})
    for who in ("Person:ada", "Person:gus", "Pipeline:scorer")
    for action, thing in (("read", "S3Prefix:facts"), ("read", "GlueTable:loans"), ("read", "S3Prefix:reports"),
                          ("query", "GlueTable:loans"), ("write", "S3Prefix:facts"))
    for tier in ("research", "validation", "operation")
    for mfa in (True, False)
]  # fmt: skip


def read(body: str) -> RuleSyntax:
    return syntax_of(Statement(text=rule(body), line=1))


def applies(body: str) -> frozenset[int]:
    """The questions to which the rule, alone, applies. One that permits all to all would not load: it has a scope."""
    live: Engine = engine(rule(body))
    asked: list[Question] = QUESTIONS
    return frozenset(place for place, each in enumerate(asked) if live.decide(each).why is Why.PERMITTED)


@pytest.fixture(scope="module")
def reach() -> dict[str, frozenset[int]]:
    return {body: applies(body) for body in BODIES}


def test_what_a_rule_covers_applies_nowhere_else(reach: dict[str, frozenset[int]]) -> None:
    pairs = covered([read(body) for body in BODIES])
    assert len(pairs) > 20
    for pair in pairs:
        assert reach[BODIES[pair.rule]] <= reach[BODIES[pair.by]], (BODIES[pair.rule], BODIES[pair.by])
    assert any(reach[BODIES[pair.rule]] for pair in pairs)


def test_what_never_applies_applies_nowhere(reach: dict[str, frozenset[int]]) -> None:
    never = [body for body in BODIES if contradiction(read(body))]
    assert never
    assert [body for body in never if reach[body]] == []
    assert [body for body in BODIES if reach[body] and body not in never]
