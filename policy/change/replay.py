"""The questions that were really asked, and those behind the live grants, put to the draft."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from policy.change.access import access_in, direction, reason_of, subject_of
from policy.change.edit import Edit
from policy.change.fact_types import fact_types
from policy.change.reach import TREATMENTS, Groups, Reach, together
from policy.change.recorded import (
    ChangedDecision,
    Coverage,
    EndedGrant,
    LiveGrant,
    NeverAsked,
    PastDecision,
    Recorded,
    Replay,
    Sample,
    Unreadable,
)
from policy.change.world import World
from policy.decision import Decision
from policy.engine import Setting
from policy.question import Entity, EntityRef, Question

SAMPLE_RATE: Final = 0.02
_EVERY: Final = 100
"""Decisions between one word of progress and the next."""

Progress = Callable[[str, int], None]
Ask = tuple[str, EntityRef]


def unheard(part: str, done: int) -> None:
    """Progress that nobody listens to."""


def replay(
    edit: Edit,
    decisions: Iterable[PastDecision],
    grants: Iterable[LiveGrant] = (),
    *,
    world: World | None = None,
    progress: Progress = unheard,
    shown: int = 1000,
    sample_rate: float = SAMPLE_RATE,
    seed: int = 1,
) -> Replay:
    """Put every decision and every grant to the draft, one after the other; only what came of them is kept.

    A question that no changed rule's scope matches is decided as before: the rules that can match it are the same,
    and scopes cannot fail. It is not decided again, but for those of a random sample, the same for the same seed.
    The first `shown` changes are told one by one, all are counted.
    `progress` hears now and then how many of the `replay` and of the `grants` are done.
    """
    run = _Run(edit, world, shown, sample_rate, seed)
    for done, decision in enumerate(decisions, 1):
        run.take(decision)
        if done % _EVERY == 0:
            progress("replay", done)
    progress("replay", run.decisions)
    for done, grant in enumerate(grants, 1):
        run.take_grant(grant)
        if done % _EVERY == 0:
            progress("grants", done)
    progress("grants", run.grants)
    return run.result()


class _Run:
    def __init__(self, edit: Edit, world: World | None, shown: int, sample_rate: float, seed: int) -> None:
        self._edit = edit
        self._shown = shown
        self._reach = Reach(edit, fact_types().vocabulary)
        self._covered = _Covered(self._reach, world) if world else None
        self._rate, self._seed = sample_rate, seed
        self._random = random.Random(seed)  # noqa: S311  # a sample, repeatable on purpose
        self.decisions = self.grants = 0
        self._asked = self._in_reach = self._never = self._unreadable = self._sampled = 0
        self._changed_count = self._unlike_count = 0
        self._changed: list[ChangedDecision] = []
        self._unlike: list[str] = []
        self._differing: list[str] = []
        self._ended: list[EndedGrant] = []
        self._refused: list[str] = []
        self._facts: tuple[Entity, ...] = ()
        self._groups = Groups(())

    def take(self, decision: PastDecision) -> None:
        self.decisions += 1
        reached: list[Recorded] = []
        others: list[Recorded] = []
        for part in decision:
            match part:
                case Recorded():
                    (reached if self._reaches(part.question) else others).append(part)
                case NeverAsked():
                    self._never += 1
                case Unreadable():
                    self._unreadable += 1
        self._asked += len(reached) + len(others)
        self._in_reach += len(reached)
        for alike in _alike(reached):
            self._compare(alike)
        if others and self._random.random() < self._rate:
            for alike in _alike(others):
                self._check(alike)

    def take_grant(self, grant: LiveGrant) -> None:
        """Whether the draft ends it; a grant within nobody's reach stays."""
        self.grants += 1
        setting: Setting | None = None
        for question in grant.questions:
            if not self._reaches(question):
                continue
            if setting is None or not setting.is_of(question):
                setting = _setting(question)
            ask = (question.action, question.resource)
            (live,) = self._edit.old.decide_in(setting, (ask,))
            if not live.allowed:
                self._refused.append(grant.id)
                return
            (draft,) = self._edit.new.decide_in(setting, (ask,))
            if not draft.allowed:
                self._ended.append(
                    EndedGrant(
                        id=grant.id,
                        holder=grant.holder,
                        subject=subject_of(*ask),
                        live=reason_of(live),
                        draft=reason_of(draft),
                    )
                )
                return

    def result(self) -> Replay:
        return Replay(
            decisions=self.decisions,
            unreadable=self._unreadable,
            asked=self._asked,
            in_reach=self._in_reach,
            never_asked=self._never,
            sample=Sample(rate=self._rate, seed=self._seed, decided=self._sampled, differing=tuple(self._differing)),
            changed=tuple(self._changed),
            changed_count=self._changed_count,
            unlike_the_record=tuple(self._unlike),
            unlike_count=self._unlike_count,
            grants=self.grants,
            ended=tuple(self._ended),
            refused_already=tuple(self._refused),
            coverage=self._covered.coverage() if self._covered else None,
        )

    def _reaches(self, question: Question) -> bool:
        if question.entities is not self._facts:
            self._facts, self._groups = question.entities, Groups(question.entities)
        who, what = question.principal, question.resource
        reaches = any(self._reach.holds(who, action, what, self._groups) for action in together(question.action))
        if reaches and self._covered:
            self._covered.note(who, what)
        return reaches

    def _compare(self, records: tuple[Recorded, ...]) -> None:
        """Decide questions with the same facts; those that do not stand by that are asked of both sides, whole."""
        setting = _setting(records[0].question)
        own = list(dict.fromkeys((record.question.action, record.question.resource) for record in records))
        draft = dict(zip(own, self._edit.new.decide_in(setting, own), strict=True))
        open_ = [record for record in records if not self._stands(record, draft)]
        if not open_:
            return
        asks = _asks(open_)
        more = [ask for ask in asks if ask not in draft]
        draft |= zip(more, self._edit.new.decide_in(setting, more), strict=True)
        live = dict(zip(asks, self._edit.old.decide_in(setting, asks), strict=True))
        for record in open_:
            self._judge(record, live, draft)

    def _stands(self, record: Recorded, draft: dict[Ask, Decision]) -> bool:
        """Whether the record is of these very rules and the draft says the same: about all there is of the thing."""
        asked, was = record.question, record.was.allowed
        if record.rulebook != self._edit.old.version or draft[asked.action, asked.resource].allowed is not was:
            return False
        return asked.action not in TREATMENTS or (was and asked.action == TREATMENTS[0])

    def _judge(self, record: Recorded, live: dict[Ask, Decision], draft: dict[Ask, Decision]) -> None:
        ask = (record.question.action, record.question.resource)
        now = reason_of(live[ask])
        if now.allowed is not record.was.allowed:
            self._unlike_count += 1
            if len(self._unlike) < self._shown:
                self._unlike.append(record.id)
        asks = [(action, ask[1]) for action in together(ask[0])]
        ((subject, had),) = access_in({each: live[each].allowed for each in asks}).items()
        has = access_in({each: draft[each].allowed for each in asks})[subject]
        which = direction(had, has)
        if which is None:
            return
        self._changed_count += 1
        if len(self._changed) < self._shown:
            self._changed.append(
                ChangedDecision(
                    id=record.id,
                    direction=which,
                    subject=subject,
                    principal=record.question.principal,
                    before=had,
                    after=has,
                    was=record.was,
                    live=now,
                    draft=reason_of(draft[ask]),
                )
            )

    def _check(self, records: tuple[Recorded, ...]) -> None:
        """Decide questions out of reach on both sides; one that comes out otherwise is judged like any other."""
        setting = _setting(records[0].question)
        asks = _asks(records)
        live = dict(zip(asks, self._edit.old.decide_in(setting, asks), strict=True))
        draft = dict(zip(asks, self._edit.new.decide_in(setting, asks), strict=True))
        self._sampled += len(records)
        for record in records:
            mine = [(action, record.question.resource) for action in together(record.question.action)]
            if any(reason_of(live[ask]) != reason_of(draft[ask]) for ask in mine):
                self._differing.append(record.id)
                self._judge(record, live, draft)


class _Covered:
    """Who and what of a known directory the changed rules reach, and of these, who and what was asked about."""

    def __init__(self, reach: Reach, world: World) -> None:
        vocabulary, groups = fact_types().vocabulary, Groups(world.entities)
        self._people: dict[EntityRef, bool] = {}
        self._resources: dict[EntityRef, bool] = {}
        for principal in world.principals:
            found = {what for _, what in reach.asks(principal, world.resources, groups, vocabulary)}
            if found:
                self._people[principal] = False
                self._resources |= dict.fromkeys(found, False)

    def note(self, who: EntityRef, what: EntityRef) -> None:
        """They were asked about."""
        if who in self._people:
            self._people[who] = True
        if what in self._resources:
            self._resources[what] = True

    def coverage(self) -> Coverage:
        """The counts."""
        return Coverage(
            people=len(self._people),
            people_asked=sum(self._people.values()),
            resources=len(self._resources),
            resources_asked=sum(self._resources.values()),
        )


def _setting(question: Question) -> Setting:
    return Setting(principal=question.principal, context=question.context, entities=question.entities)


def _asks(records: Iterable[Recorded]) -> list[Ask]:
    """What has to be asked to know what the records come to, each once."""
    found = ((action, record.question.resource) for record in records for action in together(record.question.action))
    return list(dict.fromkeys(found))


def _alike(records: Sequence[Recorded]) -> Iterator[tuple[Recorded, ...]]:
    """Runs of records with the same principal, context and facts, which are decided together."""
    for _, alike in groupby(records, key=_Alike):
        yield tuple(alike)


class _Alike:
    """Questions with this key are decided together: the same principal, context and facts."""

    __slots__ = ("_question",)

    def __init__(self, record: Recorded) -> None:
        self._question = record.question

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Alike):
            return NotImplemented
        one, two = self._question, other._question
        same = one.entities is two.entities or one.entities == two.entities
        return same and one.principal == two.principal and one.context == two.context

    __hash__ = None  # type: ignore[assignment]  # only compared with its neighbour
