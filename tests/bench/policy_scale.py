"""Decisions over 100,000 rules and 100,000 entities: what they cost beyond the floor, and beyond 1,000 rules.

A decision here is all that the product does: the facts are looked up in the store, checked, written and parsed for
this one question; the rules that can match are found and asked; the answer is put into words. Every question is
asked once before it is timed, so the few rules that it needs are parsed, as in a process that has run for a
while; facts are never kept.

The floor is one cedarpy call with handles that were parsed before: the one relevant rule, the question's facts,
the schema. Nobody can have that floor for 100,000 people: it knows beforehand what will be asked.
"""

from __future__ import annotations

import statistics
import tracemalloc
from collections.abc import Iterator, Sequence
from functools import partial

import cedarpy

from policy import Decision, Engine, Question
from policy.cedar import CedarSchema
from policy.facts import Facts
from tests.bench.figure import Figure, ratio_figure, tell
from tests.bench.pairs import seconds
from tests.bench.rulebooks import Ask, Company, Saying, engine, product_schema, written

LARGE, SMALL = 100_000, 1_000
QUESTIONS, ROUNDS = 300, 5
MEASURED_IN_MEMORY = 20_000


def scale() -> Iterator[Figure]:
    """The figures of this module, largest set-up first."""
    company = Company()
    sayings = company.sayings(LARGE)
    large = engine(written(sayings), "large", product_schema())
    small = engine(written(sayings[:SMALL]), "small", product_schema())
    asks = _decided_by_one(company, large, small, company.asks(sayings[:SMALL], 4 * QUESTIONS))
    large_p50, small_p50, floor_p50 = _p50s(company, large, small, asks)
    yield ratio_figure(
        f"one decision over {LARGE:,} rules over one relevant rule, all parsed", large_p50 / floor_p50, 4
    )
    yield ratio_figure(f"one decision over {LARGE:,} rules over one over {SMALL:,}", large_p50 / small_p50, 2)
    yield _edit(large)
    yield _memory(sayings[:MEASURED_IN_MEMORY])


def _decided_by_one(company: Company, large: Engine, small: Engine, asks: Sequence[Ask]) -> list[Ask]:
    """Questions that both engines answer, by the same one rule."""
    found = []
    for ask in asks:
        question = company.question(ask)
        ours, theirs = large.decide(question), small.decide(question)
        if ours.errors or theirs.errors:
            raise SystemExit(f"the benchmark's question fails: {ours.errors or theirs.errors}")
        if len(ours.rules) == 1 and ours.rules == theirs.rules:
            found.append(ask)
    if len(found) < QUESTIONS:
        raise SystemExit(f"only {len(found)} questions are decided by one rule: mend the benchmark")
    return found[:QUESTIONS]


def _p50s(company: Company, large: Engine, small: Engine, asks: Sequence[Ask]) -> tuple[float, float, float]:
    """Seconds a question, each question put to all three in turn."""
    platform = product_schema()
    floors = [_Floor(large, company.question(ask), platform) for ask in asks]
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _ in range(ROUNDS):
        for ask, floor in zip(asks, floors, strict=True):
            times[0].append(seconds(partial(_decide, large, company, ask)))
            times[1].append(seconds(partial(_decide, small, company, ask)))
            times[2].append(seconds(floor))
    large_p50, small_p50, floor_p50 = (statistics.median(each) for each in times)
    return large_p50, small_p50, floor_p50


def _decide(engine: Engine, company: Company, ask: Ask) -> Decision:
    return engine.decide(company.question(ask))


class _Floor:
    """One question, with everything about it parsed before."""

    def __init__(self, engine: Engine, question: Question, schema: CedarSchema) -> None:
        decision = engine.decide(question)
        facts = Facts(question.entities, question.context, schema.enums)
        self._schema = schema.handle
        self._entities = cedarpy.Entities.from_json_str(facts.entities, schema.handle)
        self._policy = cedarpy.PolicySet.from_str(str(engine.source_of(decision.rules[0].id)))
        self._asked = {
            "principal": facts.check_known(question.principal, "principal"),
            "action": {"type": "Action", "id": question.action},
            "resource": facts.check_known(question.resource, "resource"),
            "context": facts.context,
        }
        if self().allowed is not decision.allowed:
            raise SystemExit("the floor answers otherwise: mend the benchmark")

    def __call__(self) -> cedarpy.AuthzResult:
        return cedarpy.is_authorized(self._asked, self._policy, self._entities, schema=self._schema)


def _edit(large: Engine) -> Figure:
    """From the text of one rule to an engine that knows it: read, validated, indexed."""
    (changed,) = written([Saying(effect="forbid", team="team-1", action="read", product="p", needs_mfa=False)])
    took = statistics.median(
        seconds(partial(large.edited, f"edited-{number}", put=changed.statement.text)) for number in range(9)
    )
    name = f"one rule of {LARGE:,} replaced"
    return Figure(name=name, value=round(took * 1000, 1), unit="ms", aim=None, met=True)


def _memory(sayings: Sequence[Saying]) -> Figure:
    """What Python holds for a rule: its text, what is known of it, its place in the index. Cedar holds nothing
    until a question needs the rule."""
    platform = product_schema()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        made = engine(written(sayings), "measured", platform)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    each = (after - before) / len(made.rules)
    return Figure(name=f"memory a rule, of {len(sayings):,}", value=round(each), unit="bytes", aim=None, met=True)


if __name__ == "__main__":
    for figure in scale():
        tell(figure)
