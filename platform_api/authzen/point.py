"""The decision point of rulebooks: every engine is asked in order, and the first refusal stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from jit_engine.domain.subject import Subject
from platform_api.authzen.asking import Ask, Ruled, Ruling, Unasked
from platform_api.authzen.ports import EntitySource, Reading
from policy import Decision, Engine, Rule, Why

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPoint:
    """`EvaluationPoint` over `engines` (the last one's permit is the permit) and an `EntitySource`."""

    engines: Callable[[], Sequence[Engine]]
    entities: EntitySource
    considers: str

    def sit(self, now: datetime, viewer: Subject | None) -> RulesSitting:
        """Which rules are live is read once, here."""
        return RulesSitting(
            engines=tuple(self.engines()), reading=self.entities.read(now, viewer), considers=self.considers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesSitting:
    """`Sitting` of a `RulesPoint`."""

    engines: tuple[Engine, ...]
    reading: Reading
    considers: str

    def evaluate(self, ask: Ask) -> Ruling:
        """Permitted only if every engine allows every question of the ask, of which there has to be one."""
        questions = self.reading.questions(ask)
        if isinstance(questions, Unasked):
            return questions
        decisions: tuple[Decision, ...] = ()
        for engine in self.engines:
            decisions = engine.decide_all(
                principal=questions.principal,
                context=questions.context,
                entities=questions.entities,
                asks=questions.asks,
            )
            refused = [place for place, decision in enumerate(decisions) if not decision.allowed]
            if refused:
                action, resource = questions.asks[refused[0]]
                return _refused(
                    [decisions[place] for place in refused], f"{action} {resource.id}" if refused[0] else None
                )
        if not decisions:
            return Unasked(status=400, message="there is nothing in this that the rules could be asked about")
        return Ruled(
            allowed=True,
            why=Why.PERMITTED,
            rules=_named(decisions),
            rulebook=decisions[0].rulebook,
            inside=None,
        )

    def subjects(self, type: str) -> Sequence[str]:
        """As the reading knows them."""
        return self.reading.subjects(type)

    def resources(self, type: str) -> Sequence[str]:
        """As the reading knows them."""
        return self.reading.resources(type)

    def actions(self, type: str) -> Sequence[str]:
        """As the reading knows them."""
        return self.reading.actions(type)


def _refused(refused: Sequence[Decision], inside: str | None) -> Ruled:
    """The refusal, told by the first; a failure of the rules is logged as one, for it should not happen."""
    errors = [error for decision in refused for error in decision.errors]
    if errors:
        log.error("rules failed", rulebook=refused[0].rulebook, errors=errors[:5])
    return Ruled(allowed=False, why=refused[0].why, rules=_named(refused), rulebook=refused[0].rulebook, inside=inside)


def _named(decisions: Sequence[Decision]) -> tuple[Rule, ...]:
    rules = {rule.id: rule for decision in decisions for rule in decision.rules}
    return tuple(rules[name] for name in sorted(rules))
