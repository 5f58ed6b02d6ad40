"""The questions that were really asked, and those behind the live grants, put to the draft."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from policy.change.access import Access, Reason, Subject, access_in, direction, reason_of, subject_of
from policy.change.edit import Edit
from policy.change.fact_types import fact_types
from policy.change.reach import TREATMENTS, Groups, Reach, together
from policy.change.search import Direction
from policy.change.world import World
from policy.decision import Decision
from policy.engine import Engine
from policy.question import Entity, EntityRef, Question

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision of the editable rules as it was recorded, with the facts of that time in its question."""

    id: str
    question: Question
    was: Reason
    rulebook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverAsked:
    """A decision that never reached the editable rules: an invariant or a contract refused before."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGrant:
    """A grant that is in force, with the questions that must all be allowed for it to stay, on today's facts."""

    id: str
    holder: EntityRef
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDecision:
    """A recorded question whose effective access the draft changes, with both reasons.

    `was` is what the record says; `live` what today's rules say of the recorded facts, which may differ from it.
    """

    id: str
    direction: Direction
    subject: Subject
    principal: EntityRef
    before: Access
    after: Access
    was: Reason
    live: Reason
    draft: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedGrant:
    """A live grant that the draft would end, by the first of its questions that it refuses."""

    id: str
    holder: EntityRef
    subject: Subject
    live: Reason
    draft: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of the known people and things within the changed rules' reach were ever asked about."""

    people: int
    people_asked: int
    resources: int
    resources_asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of it. Of `asked`, only those `in_reach` of a changed rule had to be decided again.

    `unlike_the_record`: within reach, today's rules say otherwise than the record, on the same facts.
    `refused_already`: grants that today's rules would refuse as well, so that the draft does not end them.
    """

    asked: int
    in_reach: int
    never_asked: int
    changed: tuple[ChangedDecision, ...]
    unlike_the_record: tuple[str, ...]
    grants: int
    ended: tuple[EndedGrant, ...]
    refused_already: tuple[str, ...]
    coverage: Coverage | None


Progress = Callable[[int], None]


def replay(
    edit: Edit,
    records: Iterable[Recorded | NeverAsked],
    grants: Iterable[LiveGrant] = (),
    *,
    world: World | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Put every record and every grant to the draft; `progress` hears how many records are done, now and then.

    A question that no changed rule's scope matches is decided as before: scopes cannot fail. Records that follow
    one another and share principal, context and facts are decided together, so hand them over by request.
    """
    run = _Run(edit)
    done = 0
    for batch in _batches(records):
        run.take(batch)
        done += len(batch)
        if progress:
            progress(done)
    live = tuple(grants)
    for grant in live:
        run.take_grant(grant)
    return run.result(len(live), world)


def _batches(records: Iterable[Recorded | NeverAsked]) -> Iterator[list[Recorded | NeverAsked]]:
    batch: list[Recorded | NeverAsked] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Run:
    def __init__(self, edit: Edit) -> None:
        self._edit = edit
        self._vocabulary = fact_types().vocabulary
        self._reach = Reach(edit, self._vocabulary)
        self._asked = self._in_reach = self._never = 0
        self._people: set[EntityRef] = set()
        self._resources: set[EntityRef] = set()
        self._changed: list[ChangedDecision] = []
        self._unlike: list[str] = []
        self._ended: list[EndedGrant] = []
        self._refused: list[str] = []
        self._facts: tuple[Entity, ...] = ()
        self._groups = Groups(())

    def take(self, batch: Sequence[Recorded | NeverAsked]) -> None:
        asked = [record for record in batch if isinstance(record, Recorded)]
        self._asked += len(asked)
        self._never += len(batch) - len(asked)
        reached = [record for record in asked if self._reaches(record.question)]
        self._in_reach += len(reached)
        for _, alike in groupby(reached, key=_Alike):
            self._compare(tuple(alike))

    def take_grant(self, grant: LiveGrant) -> None:
        """Whether the draft ends it; a grant within nobody's reach stays."""
        for question in grant.questions:
            if not self._reaches(question):
                continue
            live, draft = self._edit.old.decide(question), self._edit.new.decide(question)
            if not live.allowed:
                self._refused.append(grant.id)
                return
            if not draft.allowed:
                self._ended.append(
                    EndedGrant(
                        id=grant.id,
                        holder=grant.holder,
                        subject=subject_of(question.action, question.resource),
                        live=reason_of(live),
                        draft=reason_of(draft),
                    )
                )
                return

    def result(self, grants: int, world: World | None) -> Replay:
        return Replay(
            asked=self._asked,
            in_reach=self._in_reach,
            never_asked=self._never,
            changed=tuple(self._changed),
            unlike_the_record=tuple(self._unlike),
            grants=grants,
            ended=tuple(self._ended),
            refused_already=tuple(self._refused),
            coverage=self._coverage(world) if world else None,
        )

    def _reaches(self, question: Question) -> bool:
        if question.entities is not self._facts:
            self._facts, self._groups = question.entities, Groups(question.entities)
        who, what = question.principal, question.resource
        reaches = any(self._reach.holds(who, action, what, self._groups) for action in together(question.action))
        if reaches:
            self._people.add(who)
            self._resources.add(what)
        return reaches

    def _compare(self, records: tuple[Recorded, ...]) -> None:
        """Decide a run of records with the same facts; today's rules are asked only where the record may not do."""
        first = records[0].question
        asks = list(
            dict.fromkeys(
                (action, record.question.resource) for record in records for action in together(record.question.action)
            )
        )
        draft = dict(zip(asks, _decided(self._edit.new, first, asks), strict=True))
        open_ = [ask for ask in asks if ask[0] in TREATMENTS]
        open_ += [(r.question.action, r.question.resource) for r in records if self._must_ask(r, draft)]
        open_ = list(dict.fromkeys(open_))
        live = dict(zip(open_, _decided(self._edit.old, first, open_), strict=True)) if open_ else {}
        for record in records:
            self._judge(record, live, draft)

    def _must_ask(self, record: Recorded, draft: dict[tuple[str, EntityRef], Decision]) -> bool:
        other_rules = record.rulebook != self._edit.old.version
        return other_rules or draft[record.question.action, record.question.resource].allowed is not record.was.allowed

    def _judge(
        self,
        record: Recorded,
        live: dict[tuple[str, EntityRef], Decision],
        draft: dict[tuple[str, EntityRef], Decision],
    ) -> None:
        ask = (record.question.action, record.question.resource)
        if ask not in live:
            return  # the record is of these very rules, and the draft says the same
        now = reason_of(live[ask])
        if now.allowed is not record.was.allowed:
            self._unlike.append(record.id)
        asks = [(action, ask[1]) for action in together(ask[0])]
        ((subject, had),) = access_in({each: live[each].allowed for each in asks}).items()
        has = access_in({each: draft[each].allowed for each in asks})[subject]
        if (which := direction(had, has)) is not None:
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

    def _coverage(self, world: World) -> Coverage:
        groups = Groups(world.entities)
        people: set[EntityRef] = set()
        resources: set[EntityRef] = set()
        for principal in world.principals:
            found = {what for _, what in self._reach.asks(principal, world.resources, groups, self._vocabulary)}
            people |= {principal} if found else set()
            resources |= found
        return Coverage(
            people=len(people),
            people_asked=len(people & self._people),
            resources=len(resources),
            resources_asked=len(resources & self._resources),
        )


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


def _decided(engine: Engine, question: Question, asks: Sequence[tuple[str, EntityRef]]) -> tuple[Decision, ...]:
    return engine.decide_all(
        principal=question.principal, context=question.context, entities=question.entities, asks=asks
    )
