"""Leaving out the rules that cannot match changes no answer: 10,000 questions, put to some rules and to all."""

from collections import Counter

import pytest

from policy import Decision, Engine, EntityRef, Why
from policy.cedar import Answer, CedarSchema, ParsedFacts, PolicyHandle
from policy.facts import Facts
from policy.rulebook import WrittenRule
from policy.shelf import Shelf
from tests.property.policy.world_of_scopes import World, platform_schema

RUNS, BOOKS, CONVERSATIONS, ASKS, RULES = 5, 20, 10, 10, 90


@pytest.fixture(scope="module")
def schema() -> CedarSchema:
    return platform_schema()


class Everything:
    """All rules at once, as Cedar answers without an index."""

    def __init__(self, rules: list[WrittenRule]) -> None:
        self._handle = PolicyHandle([each.statement for each in rules], [each.rule.id for each in rules])

    def answers(
        self, principal: EntityRef, facts: Facts, parsed: ParsedFacts, asks: list[tuple[str, EntityRef]]
    ) -> tuple[Answer, ...]:
        named = [(action, _uid(resource)) for action, resource in asks]
        return self._handle.ask(_uid(principal), named, facts.context, parsed)


def _uid(ref: EntityRef) -> dict[str, str]:
    return {"type": ref.type, "id": ref.id}


def _plain(answer: Answer) -> tuple[bool, list[str], list[str]]:
    """An answer without the order in which Cedar happened to look at the rules."""
    return answer.allowed, sorted(answer.rules), sorted(answer.errors)


@pytest.mark.parametrize("run", [0, 1, *(pytest.param(run, marks=pytest.mark.slow) for run in range(2, RUNS))])
def test_some_rules_answer_as_all_of_them(run: int, schema: CedarSchema) -> None:
    seen: Counter[str] = Counter()
    for seed in range(run * BOOKS, (run + 1) * BOOKS):
        compare(World(seed, RULES), schema, seen)
    assert seen["questions"] == BOOKS * CONVERSATIONS * ASKS
    # The comparison says something only where all kinds of answers occur and most rules are left out.
    assert min(seen[why] for why in Why) > 20
    assert seen["errors and rules"] > 20
    assert seen["rules asked"] < RULES * seen["questions"] / 4


def compare(world: World, schema: CedarSchema, seen: Counter[str]) -> None:
    """Put questions about one company to its rules, some and all; count what was seen."""
    rules = list(world.rules(schema))
    everything, shelf = Everything(rules), Shelf().holding(rules)
    engine = Engine("sliced", shelf, schema)
    known = {each.ref for each in world.entities}
    for _ in range(CONVERSATIONS):
        principal, context = world.principal(), world.context()
        asks = [world.ask() for _ in range(ASKS)]
        decisions = engine.decide_all(principal=principal, context=context, entities=world.entities, asks=asks)
        facts = Facts(world.entities, context, schema.enums)
        parsed = ParsedFacts(facts.entities, schema)
        full = everything.answers(principal, facts, parsed, asks)
        for (action, resource), expected, decision in zip(asks, full, decisions, strict=True):
            some = shelf.matching(
                principal=facts.keys(principal), action=schema.action_keys(action), resource=facts.keys(resource)
            )
            (sliced,) = shelf.parsed(some).ask(_uid(principal), [(action, _uid(resource))], facts.context, parsed)
            assert _plain(sliced) == _plain(expected)
            if {principal, resource} <= known:
                assert _is_that(decision, expected)
            else:
                assert (decision.allowed, decision.why) == (False, Why.FAILED)
                assert "is not a known entity" in decision.errors[0]
            seen.update({decision.why: 1, "questions": 1, "rules asked": len(some)})
            seen["errors and rules"] += bool(expected.errors and expected.rules)


def _is_that(decision: Decision, expected: Answer) -> bool:
    """Whether the engine decided what Cedar's answer over all rules means."""
    if expected.errors:
        return not decision.allowed and list(decision.errors) == sorted(expected.errors)
    named = [rule.id for rule in decision.rules]
    return decision.allowed is expected.allowed and named == sorted(expected.rules) and not decision.errors
