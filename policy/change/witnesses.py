"""Who, of those in a known directory, gains and who loses what."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from policy.change.access import Access, Subject, access_in, direction, subject_of
from policy.change.clock import Cell, Clock, Unclear, clock_of
from policy.change.edit import Edit
from policy.change.fact_types import FactTypes, fact_types
from policy.change.reach import Groups, Reach, together
from policy.change.search import Direction
from policy.change.world import Context, World, circumstances
from policy.engine import Engine, Setting, invariants
from policy.ports import Steps, unheard
from policy.question import Entity, EntityRef, Value

_AT_ONCE: Final = 300
_TOLD_EVERY: Final = 200
"""Questions between one word of progress and the next."""
Ask = tuple[str, EntityRef]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """People who gain or lose one thing; `sensitivity` is None for what is no data. The first circumstance found.

    `when` says in words at which hours or days it is so; None is at any time, as far as rules know the time.
    `teams` are the teams all of whose people are among them; `columns` those of a column group, where they are known.
    """

    direction: Direction
    subject: Subject
    columns: tuple[str, ...]
    before: Access
    after: Access
    sensitivity: int | None
    tier: str | None
    purpose: str | None
    when: str | None
    people: tuple[EntityRef, ...]
    teams: tuple[EntityRef, ...]
    context: Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """All that was found, the most sensitive first, then what concerns most people; and how much was looked at.

    `examined` of `possible` counts questions. What lies outside the changed rules' scopes is no question here.
    """

    found: tuple[Witness, ...]
    left_out: int
    examined: int
    possible: int
    people: int
    resources: int

    @property
    def is_complete(self) -> bool:
        """Whether every question of this directory and these circumstances was asked."""
        return self.examined == self.possible


def witnesses(
    edit: Edit, world: World, *, most: int = 20_000, shown: int = 100, seed: int = 1, progress: Steps = unheard
) -> Witnesses:
    """Ask everything that the changed rules can reach, at the values where they turn, up to `most` questions.

    Beyond that a random sample, the same for the same seed. Invariants are taken into account, contracts not.
    `progress` hears how many questions are asked.
    """
    types = fact_types()
    search = _Search(edit, world, types)
    plans = search.plans()
    possible = sum(len(plan.asks) for plan in plans)
    if possible > most:
        random.Random(seed).shuffle(plans)  # noqa: S311  # a sample, repeatable on purpose
    examined = told = 0
    progress("witnesses", 0, min(possible, most))
    for plan in plans:
        if examined >= most:
            break
        search.ask(plan.principal, plan.context, plan.asks)
        examined += len(plan.asks)
        if examined - told >= _TOLD_EVERY:
            told = examined
            progress("witnesses", examined, max(examined, min(possible, most)))
    progress("witnesses", examined, examined)
    search.look_at_the_clock()
    found = search.found()
    return Witnesses(
        found=found[:shown],
        left_out=len(found[shown:]),
        examined=examined,
        possible=possible,
        people=len({plan.principal for plan in plans if plan.asks}),
        resources=len({resource for plan in plans for _, resource in plan.asks}),
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    principal: EntityRef
    context: Context
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class _Key:
    direction: Direction
    subject: Subject
    before: Access
    after: Access
    tier: str | None
    purpose: str | None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class _Turned:
    """Who was found to gain or lose by some asks in a circumstance, whatever the time."""

    principal: EntityRef
    context: Context
    asks: dict[Ask, None]


def _allowed(engine: Engine, setting: Setting, asks: tuple[Ask, ...]) -> dict[Ask, bool]:
    decisions = engine.decide_in(setting, asks)
    return {ask: decision.allowed for ask, decision in zip(asks, decisions, strict=True)}


class _Search:
    def __init__(self, edit: Edit, world: World, types: FactTypes) -> None:
        self._edit = edit
        self._world = world
        self._types = types
        self._reach = Reach(edit, types.vocabulary)
        self._groups = Groups(world.entities)
        self._known = {entity.ref: entity for entity in world.entities}
        self._people: dict[_Key, set[EntityRef]] = defaultdict(set)
        self._contexts: dict[_Key, Context] = {}
        self._turned: dict[tuple[EntityRef, str], _Turned] = {}
        self._clock: Clock | None = None
        self._is_unclear = False
        try:
            self._clock = clock_of(edit)
        except Unclear:
            self._is_unclear = True

    def plans(self) -> list[_Plan]:
        contexts = self._at_all_times(circumstances(self._world, self._types, self._edit.readings()))
        resources = sorted(self._world.resources, key=lambda ref: (-(self._sensitivity(ref) or 0), str(ref)))
        fitting: dict[str, list[Context]] = {}
        for action in sorted({each for reached in self._reach.actions for each in together(reached)}):
            facts = self._types.contexts[action]
            projected = ({name: each[name] for name in facts if name in each} for each in contexts)
            enough = (each for each in projected if all(name in each or facts[name].is_optional for name in facts))
            fitting[action] = list({repr(sorted(each.items())): each for each in enough}.values())
        plans: dict[tuple[EntityRef, str], tuple[Context, list[Ask]]] = {}
        for principal in self._world.principals:
            for ask in self._reach.asks(principal, resources, self._groups, self._types.vocabulary):
                for context in fitting.get(ask[0]) or ():
                    key = (principal, repr(sorted(context.items())))
                    plans.setdefault(key, (context, []))[1].append(ask)
        return [_Plan(who, context, tuple(asks)) for (who, _), (context, asks) in plans.items()]

    def _at_all_times(self, contexts: Iterable[Context]) -> list[Context]:
        """The circumstances, each between any two turns of the clock where the changed rules read the time."""
        texts = (*self._edit.before.values(), *self._edit.after.values())
        if self._clock is None or not any("now" in text for text in texts):
            return list(contexts)
        found: dict[str, Context] = {}
        for context in contexts:
            now = context.get("now")
            times = [{"now": at} for _, at in self._clock.moments(now)] if isinstance(now, datetime) else [{}]
            for at in times:
                varied = {**context, **at}
                found.setdefault(repr(sorted(varied.items())), varied)
        return list(found.values())

    def ask(self, principal: EntityRef, context: Context, asks: tuple[Ask, ...]) -> None:
        """Keeps who gains or loses by these asks; at which times is found out by `look_at_the_clock`."""
        changed = self._changed(principal, context, asks)
        if self._clock is None or not isinstance(context.get("now"), datetime):
            for key in changed:
                self._keep(key, principal, context)
        elif changed:
            rest = repr(sorted((name, value) for name, value in context.items() if name != "now"))
            turned = self._turned.setdefault((principal, rest), _Turned(principal, context, {}))
            subjects = {key.subject for key in changed}
            turned.asks.update((ask, None) for ask in asks if subject_of(*ask) in subjects)

    def look_at_the_clock(self) -> None:
        """Asks what was found again once between any two times at which a rule turns."""
        if self._clock is None:
            return
        for turned in self._turned.values():
            cells: dict[_Key, dict[Cell, Context]] = defaultdict(dict)
            for cell, now in self._clock.moments(_moment(turned.context)):
                context = {**turned.context, "now": now}
                for key in self._changed(turned.principal, context, tuple(turned.asks)):
                    cells[key][cell] = context
            for key, held in cells.items():
                self._keep(replace(key, when=self._clock.words(held)), turned.principal, next(iter(held.values())))

    def _keep(self, key: _Key, principal: EntityRef, context: Context) -> None:
        self._people[key].add(principal)
        self._contexts.setdefault(key, context)

    def _changed(self, principal: EntityRef, context: Context, asks: tuple[Ask, ...]) -> list[_Key]:
        before: dict[Ask, bool] = {}
        after: dict[Ask, bool] = {}
        for start in range(0, len(asks), _AT_ONCE):
            some = asks[start : start + _AT_ONCE]
            entities = self._around(principal, context, some)
            setting = Setting(principal=principal, context=context, entities=entities)
            possible = tuple(ask for ask, allowed in _allowed(invariants(), setting, some).items() if allowed)
            before |= _allowed(self._edit.old, setting, possible)
            after |= _allowed(self._edit.new, setting, possible)
        had, has = access_in(before), access_in(after)
        tier, purpose = _name(context, "tier"), _name(context, "purpose")
        return [
            _Key(which, subject, had[subject], has[subject], tier, purpose)
            for subject in had
            if (which := direction(had[subject], has[subject])) is not None
        ]

    def found(self) -> tuple[Witness, ...]:
        made = [
            Witness(
                direction=key.direction,
                subject=key.subject,
                columns=self._world.columns.get(key.subject.resource, ()),
                before=key.before,
                after=key.after,
                sensitivity=self._sensitivity(key.subject.resource),
                tier=key.tier,
                purpose=key.purpose,
                when=self._at_least(self._contexts[key]) if self._is_unclear else key.when,
                people=tuple(sorted(people, key=str)),
                teams=self._teams(people),
                context=self._contexts[key],
            )
            for key, people in self._people.items()
        ]
        return tuple(sorted(made, key=_importance))

    def _at_least(self, context: Context) -> str | None:
        """What is known where a rule reads the time in a way that is not followed here."""
        now = context.get("now")
        return f"at least at {now:%Y-%m-%d %H:%M} UTC" if isinstance(now, datetime) else None

    def _around(self, principal: EntityRef, context: Context, asks: tuple[Ask, ...]) -> tuple[Entity, ...]:
        """Everything that a question mentions, however indirectly."""
        waiting = [principal, *_refs(context), *(resource for _, resource in asks)]
        found: dict[EntityRef, Entity] = {}
        while waiting:
            ref = waiting.pop()
            entity = self._known.get(ref)
            if entity is not None and ref not in found:
                found[ref] = entity
                waiting += (*entity.parents, *_refs(entity.attrs))
        return tuple(found.values())

    def _sensitivity(self, ref: EntityRef) -> int | None:
        entity = self._known.get(ref)
        found = entity.attrs.get("sensitivity") if entity and ref.type != "Activity" else None
        return found if isinstance(found, int) else None

    def _teams(self, people: set[EntityRef]) -> tuple[EntityRef, ...]:
        members: dict[EntityRef, set[EntityRef]] = defaultdict(set)
        for person in self._world.principals:
            for team in self._groups.above(person):
                if team.type == "Team":
                    members[team].add(person)
        return tuple(sorted((team for team, all_ in members.items() if all_ <= people), key=str))


def _importance(witness: Witness) -> tuple[int, int, bool, str]:
    """The most sensitive first; what has no sensitivity, a power over the platform, comes right after restricted."""
    rank = 2.5 if witness.sensitivity is None else witness.sensitivity
    return -int(rank * 2), -len(witness.people), witness.direction is Direction.LOSS, str(witness.subject.resource)


def _name(context: Context, fact: str) -> str | None:
    found = context.get(fact)
    return found.id if isinstance(found, EntityRef) else None


def _moment(context: Context) -> datetime:
    now = context["now"]
    if not isinstance(now, datetime):
        raise TypeError("`now` is a moment")
    return now


def _refs(facts: Mapping[str, Value]) -> Iterable[EntityRef]:
    for value in facts.values():
        for each in value if isinstance(value, frozenset) else (value,):
            if isinstance(each, EntityRef):
                yield each
