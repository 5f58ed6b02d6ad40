"""May this person or workload do this on the platform? The invariants are asked first, then the live rulebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, assert_never

from jit_engine.domain.activity import Activity, ActivityState, Environment, EnvironmentState
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ActivityId, EnvironmentId, SubjectId
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.tier import Tier
from jit_engine.errors import NotFound
from jit_engine.rules.clearance import Judges
from jit_engine.rules.entities import (
    EntitySlice,
    add_activity,
    add_environment,
    add_purposes,
    add_subject,
    ref,
    subject_ref,
)
from policy import Decision, EntityRef, Rule, Value
from policy.forms import spoken


class AuthorizeError(Exception):
    """The base of what the platform's own authorization raises."""

    code: ClassVar[str] = "authorize-error"


class Forbidden(AuthorizeError):
    """The rules say no to something that the caller may see; `rules` names those that said it, if any did."""

    code: ClassVar[str] = "forbidden"

    def __init__(self, *, action: str, rules: tuple[Rule, ...], rulebook: str) -> None:
        self.action = action
        self.rules = rules
        self.rulebook = rulebook
        said = (
            "; ".join(f"{rule.title} ({rule.id})" for rule in rules)
            or "no rule permits it; ask somebody who may, or governance for a rule"
        )
        advice = " ".join(rule.advice for rule in rules if rule.advice)
        super().__init__(f"You may not {spoken(action)}: {said}. {advice}".strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class ThePlatform:
    """The platform itself: its lists, its registers, its audit trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnActivity:
    """An activity."""

    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class AnEnvironment:
    """An environment with its activity."""

    environment: Environment
    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class AReview:
    """A review with its activity."""

    id: str
    author: SubjectId
    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class AContract:
    """A data contract."""

    id: str
    proposer: SubjectId
    owner_team: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AView:
    """A view of the catalogue: the teams that own what it is made of, and who brought it in."""

    uri: str
    owner_teams: frozenset[str]
    imported_by: SubjectId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AGrant:
    """A grant, or the request for one: who asked is who holds it."""

    id: str
    holder: SubjectId
    tier: Tier
    activity: Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class ARulebook:
    """A version of the editable rules; who asks about a draft yet to be made asks about the live one."""

    version: str
    authors: frozenset[str]


Thing = ThePlatform | AnActivity | AnEnvironment | AReview | AContract | AView | AGrant | ARulebook


class People(Protocol):
    """What is needed of the registry's store."""

    def subject(self, id: SubjectId) -> Subject | None:
        """The subject, or None when it has left."""
        ...

    def purposes(self) -> dict[str, str | None]:
        """Every purpose with its parent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """Asks the rules about the platform's own actions, all facts loaded anew for each question."""

    people: People
    judges: Callable[[], Judges]

    def decide(self, subject: Subject, asks: Sequence[tuple[str, Thing]], now: datetime) -> tuple[Decision, ...]:
        """An answer to each (action, thing): the invariants' refusal where there is one, else the rulebook's word."""
        if not asks:
            return ()
        judges = self.judges()
        entities = _slice(subject, [thing for _, thing in asks], self.people, now).entities()
        questions = [(action, _ref(thing)) for action, thing in asks]
        # No step-up authentication yet: nobody is taken to have shown a second factor.
        context: dict[str, Value] = {"now": now, "mfa": False}
        always, today = (
            engine.decide_all(principal=subject_ref(subject), context=context, entities=entities, asks=questions)
            for engine in (judges.invariants, judges.rulebook)
        )
        return tuple(ruled if kept.allowed else kept for kept, ruled in zip(always, today, strict=True))

    def is_allowed(self, subject: Subject, action: str, thing: Thing, now: datetime) -> bool:
        """Whether the rules permit it."""
        return self.decide(subject, [(action, thing)], now)[0].allowed

    def check(self, subject: Subject, action: str, thing: Thing, now: datetime) -> None:
        """Raises `NotFound` for what the caller may not even see, as if it did not exist, else `Forbidden`."""
        see = _seeing(thing)
        allowed, seen = self.decide(subject, [(action, thing), (see or action, thing)], now)
        if allowed.allowed:
            return
        if see is not None and not seen.allowed:
            kind, name = _named(thing)
            raise NotFound(kind=kind, id=name)
        raise Forbidden(action=action, rules=allowed.rules, rulebook=allowed.rulebook)

    def sees_strangers(self, subject: Subject, action: str, kind: type[Thing], now: datetime) -> bool:
        """Whether the rules show the caller things of people that it has nothing to do with.

        Lists read everybody's rows only then; else the caller's own. Each row is decided besides.
        """
        return self.is_allowed(subject, action, _stranger(kind, now), now)

    def visible(self, subject: Subject, action: str, things: Sequence[Thing], now: datetime) -> list[bool]:
        """Which of `things` the caller may see, asked in one go."""
        return [decision.allowed for decision in self.decide(subject, [(action, thing) for thing in things], now)]


def _seeing(thing: Thing) -> str | None:
    """The action that shows such a thing; None for what is no secret."""
    match thing:
        case AnActivity():
            return "viewActivity"
        case AnEnvironment():
            return "viewEnvironment"
        case AReview():
            return "viewReview"
        case AGrant():
            return "viewGrant"
        case ThePlatform() | AContract() | AView() | ARulebook():
            return None
        case _:
            assert_never(thing)


def _named(thing: Thing) -> tuple[str, str]:
    match thing:
        case AnActivity(activity=activity):
            return "activity", activity.id
        case AnEnvironment(environment=environment):
            return "environment", environment.id
        case AReview(id=id):
            return "review", id
        case AContract(id=id):
            return "contract", id
        case AView(uri=uri):
            return "view", uri
        case AGrant(id=id):
            return "request" if id.startswith("rq_") else "grant", id
        case ARulebook(version=version):
            return "rulebook", version
        case ThePlatform():
            return "platform", "sluicegate"
        case _:
            assert_never(thing)


def _ref(thing: Thing) -> EntityRef:
    match thing:
        case AnActivity(activity=activity):
            return ref("Activity", activity.id)
        case AnEnvironment(environment=environment):
            return ref("Environment", environment.id)
        case AReview(id=id):
            return ref("Review", id)
        case AContract(id=id):
            return ref("Contract", id)
        case AView(uri=uri):
            return ref("View", uri)
        case AGrant(id=id):
            return ref("Grant", id)
        case ARulebook(version=version):
            return ref("Rulebook", version)
        case ThePlatform():
            return ref("Platform", "sluicegate")
        case _:
            assert_never(thing)


def _slice(subject: Subject, things: Iterable[Thing], people: People, now: datetime) -> EntitySlice:
    """Everything that questions about `things` mention. The caller comes last, with all its activities."""
    slice_ = EntitySlice()
    activities: dict[ActivityId, Activity] = {}
    known: dict[SubjectId, Subject] = {subject.id: subject}

    def person(id: SubjectId) -> Subject:
        if id not in known:
            known[id] = people.subject(id) or _departed(id)
        return known[id]

    for thing in things:
        match thing:
            case ThePlatform():
                slice_.add(_ref(thing))
            case ARulebook():
                slice_.add(_ref(thing), {"authors": thing.authors})
            case AContract():
                slice_.add(ref("Team", thing.owner_team))
                add_subject(slice_, person(thing.proposer), ())
                proposer, team = ref("Person", thing.proposer), ref("Team", thing.owner_team)
                slice_.add(_ref(thing), {"proposer": proposer, "ownerTeam": team})
            case AView():
                teams = frozenset(ref("Team", team) for team in thing.owner_teams)
                for team in teams:
                    slice_.add(team)
                slice_.add(_ref(thing), {"ownerTeams": teams, "importedBy": thing.imported_by or ""})
            case _:
                activities[thing.activity.id] = thing.activity
        match thing:
            case AnEnvironment(environment=environment):
                add_environment(slice_, environment, now)
            case AReview():
                add_subject(slice_, person(thing.author), ())
                author = ref("Person", thing.author)
                slice_.add(_ref(thing), {"activity": ref("Activity", thing.activity.id), "author": author})
            case AGrant():
                facts: dict[str, Value] = {
                    "activity": ref("Activity", thing.activity.id),
                    "holderId": thing.holder,
                    "tier": ref("Tier", thing.tier.value),
                }
                slice_.add(_ref(thing), facts)
    if activities:
        # A purpose that has left the tree since is still one of the activity's.
        purposes: dict[str, str | None] = {name: None for one in activities.values() for name in one.purposes}
        add_purposes(slice_, purposes | people.purposes())
    for activity in activities.values():
        add_activity(slice_, activity, person(activity.owner), now)
    add_subject(slice_, subject, activities.values())
    return slice_


def _departed(id: SubjectId) -> Person:
    """Somebody whom the directory no longer knows: in no team, so that no rule speaks for them."""
    return Person(id=id, name="", teams=frozenset(), trainings=frozenset())


_NOBODY = SubjectId("pe_00000000000000000000000000")


def _stranger(kind: type[Thing], now: datetime) -> Thing:
    """A plain thing of that kind that belongs to nobody who could ask."""
    activity = Activity(
        id=ActivityId("ac_00000000000000000000000000"),
        name="stranger",
        title="Somebody else's",
        owner=_NOBODY,
        members=frozenset(),
        purposes=frozenset(),
        classification=Classification.INTERNAL,
        state=ActivityState.ACTIVE,
        ends_at=datetime.max.replace(tzinfo=now.tzinfo),
        accepted=frozenset(),
    )
    if kind is AnEnvironment:
        environment = Environment(
            id=EnvironmentId("en_00000000000000000000000000"),
            activity=activity.id,
            tier=Tier.RESEARCH,
            state=EnvironmentState.SUBMITTED,
            expires_at=activity.ends_at,
            place=None,
        )
        return AnEnvironment(environment=environment, activity=activity)
    if kind is AReview:
        return AReview(id="rv_00000000000000000000000000", author=_NOBODY, activity=activity)
    if kind is AGrant:
        return AGrant(id="gr_00000000000000000000000000", holder=_NOBODY, tier=Tier.RESEARCH, activity=activity)
    return AnActivity(activity=activity)
