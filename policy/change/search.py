"""The search for a question that an edit decides otherwise, in one situation after the other.

Only the changed rules and the invariants become formulas at first. An unchanged rule joins them when the engine
names it as the reason why a supposed counterexample is none; an unchanged permit, when a difference would need one.
So the work grows with what the edit touches, not with the rulebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from time import perf_counter
from typing import Final, TypeAlias

from policy.change.concrete import question_in
from policy.change.edit import Edit, NotReadable, reading_of
from policy.change.encoding import Encoder, NotEncodable, failure_in
from policy.change.fact_types import FactTypes, Situation
from policy.change.logic import Logic, Model, Outcome, Truth
from policy.change.points import Unbuildable
from policy.change.terms import Terms
from policy.decision import Decision, Effect, Why
from policy.engine import Engine, Setting
from policy.question import Question
from policy.syntax import ActionScope, AnyEntity

_ROUNDS: Final = 24
_FIRST_PERMITS: Final = 16
_LONGEST_SOLVE: Final = 1000


class Direction(StrEnum):
    """To whose advantage two decisions differ."""

    GAIN = "gain"
    LOSS = "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """A question that the engine itself decides otherwise after the edit."""

    direction: Direction
    question: Question
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class Impossible:
    """No such question exists; `by_edit_alone` when no unchanged rule was needed to see it."""

    by_edit_alone: bool


@dataclass(frozen=True, slots=True)
class Unsettled:
    """It is not known, and why."""

    because: str


Finding: TypeAlias = Counterexample | Impossible | Unsettled


class Scene:
    """What all situations of one proof share."""

    def __init__(self, edit: Edit, always: Engine, types: FactTypes, deadline: float) -> None:
        self.edit = edit
        self.always = always
        self.types = types
        self.deadline = deadline
        self.logic = Logic()
        # The solver's choices follow the numbers of its formulas: none is freed before the proof ends, so that the
        # same edit has the same proof, whenever garbage is collected.
        self.kept: list[object] = []
        self.old_effects = {rule.id: rule.effect for rule in edit.old.rules}
        self.invariants = tuple((rule.id, _action_scope(always, rule.id)) for rule in always.rules)
        self.new_effects = {rule.id: rule.effect for rule in edit.new.rules}

    def ask(self, question: Question) -> tuple[Decision, Decision, Decision]:
        """What the engines themselves say: the invariants, the old rules and the new ones."""
        setting = Setting(principal=question.principal, context=question.context, entities=question.entities)
        asks = ((question.action, question.resource),)
        always, before, after = (
            engine.decide_in(setting, asks)[0] for engine in (self.always, self.edit.old, self.edit.new)
        )
        return always, before, after

    def situations(self) -> tuple[Situation, ...]:
        """Those that a changed rule's action scope reaches; all of them where a rule cannot be read."""
        readings = self.edit.readings()
        if len(readings) < len(self.edit.before) + len(self.edit.after):
            return self.types.situations
        reached: dict[str, bool] = {}
        for situation in self.types.situations:
            if situation.action not in reached:
                encoder = Encoder(Terms(self.logic, self.types), situation)
                reached[situation.action] = any(encoder.action_matches(reading.action) for reading in readings)
        return tuple(situation for situation in self.types.situations if reached[situation.action])


class SituationSearch:
    """The rules as far as they were needed so far, in one situation. NotEncodable where a changed rule is not."""

    def __init__(self, scene: Scene, situation: Situation) -> None:
        edit = scene.edit
        self._edit = edit
        self._deadline = scene.deadline
        self._logic = scene.logic
        self._encoder = Encoder(Terms(scene.logic, scene.types), situation)
        self._ask = scene.ask
        scene.kept.append(self)
        self._before = _Side(self._encoder, edit.before, scene.old_effects)
        self._after = _Side(self._encoder, edit.after, scene.new_effects)
        self._always = scene.always
        self._reaching = tuple(name for name, scope in scene.invariants if self._encoder.action_matches(scope))
        self._forbids: dict[str, Truth] = {}
        self._permits: dict[str, Truth] = {}
        self._effects = scene.old_effects
        # Situations with the same signature differ in what unchanged rules say, if in anything.
        types = (situation.principal, situation.resource, tuple(sorted(scene.types.contexts[situation.action])))
        reach = tuple(map(scene.logic.identity, (*self._before.matches.values(), *self._after.matches.values())))
        self.signature = (*types, reach, self._reaching)
        self._waiting = [name for name in edit.unchanged if self._effects[name] is Effect.PERMIT]
        self._batch = _FIRST_PERMITS

    @property
    def is_out_of_reach(self) -> bool:
        """Whether no changed rule can match here, whoever asks for what."""
        return all(truth is False for side in (self._before, self._after) for truth in side.matches.values())

    @cached_property
    def _invariants(self) -> tuple[Truth, ...]:
        source = self._always.source_of
        return tuple(self._unchanged(name, source(name) or "", or_else=False) for name in self._reaching)

    def region(self) -> Question | None:
        """A question that a changed rule matches, where the invariants leave one; what else decides it is open."""
        touched = self._logic.any_of((*self._before.matches.values(), *self._after.matches.values()))
        outcome, model = self._solve([touched, *map(self._logic.no, self._invariants)])
        if model is None or outcome is not Outcome.POSSIBLE:
            return None
        try:
            return question_in(model, self._encoder)
        except (Unbuildable, OverflowError):
            return None

    def find(self, direction: Direction) -> Finding:
        """A confirmed question of that direction, or that there is none, or that it is not known."""
        for _ in range(_ROUNDS):
            outcome, model = self._solve(self._claims(direction, another_permit=False))
            if outcome is Outcome.UNDECIDED:
                return Unsettled("the solver ran out of time")
            if model is not None:
                found = self._confirmed(model, direction)
                if found is not None:
                    return found
                continue
            if not self._waiting:
                return Impossible(not (self._permits or self._forbids))
            outcome, model = self._solve(self._claims(direction, another_permit=True))
            if outcome is Outcome.UNDECIDED:
                return Unsettled("the solver ran out of time")
            if outcome is Outcome.IMPOSSIBLE:
                return Impossible(not (self._permits or self._forbids))
            self._include_permits()
        return Unsettled("too many rules meet here to tell")

    # ---- the claim -----------------------------------------------------------------------------

    def _claims(self, direction: Direction, *, another_permit: bool) -> list[Truth]:
        """Allowed on one side, refused on the other; `another_permit`: of the unchanged ones not looked at yet."""
        logic = self._logic
        refused, allowed = (self._before, self._after) if direction is Direction.GAIN else (self._after, self._before)
        shared = (*self._permits.values(), another_permit)
        none_permits = logic.no(logic.any_of((*shared, *refused.permits)))
        return [
            *map(logic.no, self._invariants),
            *map(logic.no, self._forbids.values()),
            *map(logic.no, allowed.forbids),
            logic.any_of((*shared, *allowed.permits)),
            logic.any_of((*refused.forbids, none_permits)),
        ]

    def _solve(self, claims: list[Truth]) -> tuple[Outcome, Model | None]:
        left = (self._deadline - perf_counter()) * 1000
        if left < 1:
            return Outcome.UNDECIDED, None
        if self._logic.all_of(claims) is False:
            return Outcome.IMPOSSIBLE, None
        return self._logic.solve([*claims, *self._encoder.terms.axioms()], int(min(_LONGEST_SOLVE, left)))

    # ---- what the engine says to it ------------------------------------------------------------

    def _confirmed(self, model: Model, direction: Direction) -> Counterexample | Unsettled | None:
        """The counterexample; None when there is none because of rules that are taken into account from now on."""
        try:
            question = question_in(model, self._encoder)
        except (Unbuildable, OverflowError) as error:
            return Unsettled(f"what the solver found cannot be asked: {error}")
        always, before, after = self._ask(question)
        losing, winning = (before, after) if direction is Direction.GAIN else (after, before)
        if always.allowed and winning.allowed and not losing.allowed:
            return Counterexample(direction=direction, question=question, before=before, after=after)
        failed = [error for each in (always, before, after) if each.why is Why.FAILED for error in each.errors]
        if failed:
            return Unsettled(f"the engine could not be asked what the solver found: {failed[0]}")
        named = {rule.id: rule for decision in (before, after) for rule in decision.rules}
        unseen = [rule for rule in named.values() if self._is_unseen(rule.id)]
        for rule in unseen:
            self._include(rule.id)
        return None if unseen else Unsettled("the engine does not confirm what the solver found")

    def _is_unseen(self, name: str) -> bool:
        changed = name in self._before.matches or name in self._after.matches
        return not changed and name not in self._permits and name not in self._forbids

    def _include(self, name: str) -> None:
        text = self._edit.old.source_of(name) or ""
        if self._effects[name] is Effect.PERMIT:
            self._permits[name] = self._unchanged(name, text, or_else=True)
            self._waiting = [waiting for waiting in self._waiting if waiting != name]
        else:
            self._forbids[name] = self._unchanged(name, text, or_else=False)

    def _include_permits(self) -> None:
        for name in self._waiting[: self._batch]:
            self._permits[name] = self._unchanged(name, self._edit.old.source_of(name) or "", or_else=True)
        self._waiting, self._batch = self._waiting[self._batch :], self._batch * 4

    def _unchanged(self, name: str, text: str, *, or_else: bool) -> Truth:
        """Where a rule matches that is the same before and after; one that cannot be said matches anywhere.

        So a permit may match wherever that makes a difference, and a forbid never hides one.
        """
        try:
            return self._encoder.matches(reading_of(text))
        except (NotEncodable, NotReadable, RecursionError):
            return self._logic.claim(f"rule {name}") if or_else else False


class _Side:
    """The changed rules as they are on one side of the edit."""

    def __init__(self, encoder: Encoder, texts: Mapping[str, str], effects: Mapping[str, Effect]) -> None:
        self.matches = {name: _changed(encoder, name, text) for name, text in texts.items()}
        self.permits = tuple(truth for name, truth in self.matches.items() if effects[name] is Effect.PERMIT)
        self.forbids = tuple(truth for name, truth in self.matches.items() if effects[name] is Effect.FORBID)


def _changed(encoder: Encoder, name: str, text: str) -> Truth:
    """Where a changed rule matches; NotEncodable with the rule's name where that cannot be said."""
    try:
        reading = reading_of(text)
        if not encoder.action_matches(reading.action):
            return False
        if failure := failure_in(reading):
            raise NotEncodable(failure)
        return encoder.matches(reading)
    except NotReadable as error:
        raise NotEncodable(f"rule `{name}` cannot be read: {error}") from error
    except NotEncodable as error:
        raise NotEncodable(f"rule `{name}`: {error}") from error
    except (ValueError, RecursionError) as error:
        raise NotEncodable(f"rule `{name}` cannot be analysed: {error}") from error


def _action_scope(engine: Engine, name: str) -> ActionScope:
    try:
        return reading_of(engine.source_of(name) or "").action
    except NotReadable:
        return AnyEntity()
