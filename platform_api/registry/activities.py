"""Activities and their environments: registered, reviewed by the fast path or by a person, decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from jit_engine.domain.activity import (
    ACTIVITY_MOVES,
    Activity,
    ActivityState,
    Environment,
    EnvironmentState,
)
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, EnvironmentId, ReviewId
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.tier import Tier
from jit_engine.errors import InvalidValue, NotFound, WrongState
from platform_api.ids import NewId
from platform_api.registry.errors import EnvironmentExists, FourEyes, NameTaken, NotTheOwner, PeopleOnly
from platform_api.registry.four_eyes import is_somebody_else
from platform_api.registry.moves import moved
from platform_api.registry.order import ActivityOrder, Surroundings, check_order
from platform_api.registry.ports import RegistryStore
from platform_api.registry.records import ActivityRecord, Criterion, EnvironmentRecord, Review, ReviewState
from platform_api.registry.review import RULE_SET, FastPathLimits, ReviewInputs, fast_path, review_due

_GONE: Final = (EnvironmentState.REJECTED, EnvironmentState.RETIRED)
_COMMENT_LIMIT: Final = 2_000


class ReviewDecision(StrEnum):
    """What a reviewer says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a registration or a request for an environment came to."""

    activity: ActivityRecord
    environment: EnvironmentRecord
    review: Review


class ActivityDesk:
    """Where activities and environments begin. `template_digest` is that of the template as installed."""

    def __init__(self, *, store: RegistryStore, new_id: NewId, limits: FastPathLimits, template_digest: str) -> None:
        self._store = store
        self._new_id = new_id
        self._limits = limits
        self._template_digest = template_digest

    @property
    def limits(self) -> FastPathLimits:
        """What the fast path of the review approves."""
        return self._limits

    def register(self, subject: Subject, order: ActivityOrder, now: datetime) -> Registered:
        """Registers an activity with its research environment; the fast path approves both or a review opens.

        Raises `OrderInvalid` with every problem, `NameTaken`, or `NotTheOwner` when the caller is not of it.
        """
        made, criteria = self.decided(subject, order, now)
        event = _event("activity.registered", _person(subject, "register an activity"), made, now, criteria)
        self._store.register(made.activity, made.environment, made.review, event)
        return made

    def decided(
        self, subject: Subject, order: ActivityOrder, now: datetime
    ) -> tuple[Registered, tuple[Criterion, ...]]:
        """What registering comes to, with every criterion of its review; nothing is stored. Raises as `register`."""
        person = _person(subject, "register an activity")
        people = check_order(order, self._surroundings(order), now)
        if person.id not in people.members:
            raise NotTheOwner(what="register an activity that you are not a member of", owner=order.owner)
        if self._store.activity_named(order.name) is not None:
            raise NameTaken(name=order.name)
        activity = ActivityRecord(
            activity=Activity(
                id=ActivityId(self._new_id("ac", now)),
                name=order.name,
                title=order.title,
                owner=people.owner.id,
                members=people.members,
                purposes=order.purposes,
                classification=order.classification,
                state=ActivityState.SUBMITTED,
                ends_at=order.ends_at.astimezone(UTC),
                accepted=frozenset(),
            ),
            cost_center=order.cost_center,
            contracts=order.contracts,
            template=order.template,
            monthly_budget_usd=order.monthly_budget_usd,
            document=order.as_json(),
            created_at=now,
            version=0,
        )
        return self._reviewed(person, people.owner, activity, Tier.RESEARCH, now)

    def request_environment(self, subject: Subject, activity: ActivityId, tier: Tier, now: datetime) -> Registered:
        """Asks for one more tier of an active activity; the same criteria hold as for the first."""
        person = _person(subject, "ask for an environment")
        record = self._store.activity(activity)
        if record is None:
            raise NotFound(kind="activity", id=activity)
        if person.id not in record.activity.members:
            raise NotTheOwner(what="ask for an environment of this activity", owner=record.activity.owner)
        _check_active(record, now)
        for other in self._store.environments_of(activity):
            if other.environment.tier is tier and other.environment.state not in _GONE:
                raise EnvironmentExists(environment=other.environment.id, tier=tier.value)
        owner = self._store.subject(record.activity.owner)
        if not isinstance(owner, Person):
            fix = "its owner has left the directory: have another owner named"
            raise WrongState(kind="activity", id=activity, state="without an owner", fix=fix)
        made, criteria = self._reviewed(person, owner, record, tier, now)
        event = _event("environment.requested", person, made, now, criteria)
        self._store.add_environment(made.environment, made.review, event)
        return made

    def decide(
        self, subject: Subject, id: ReviewId, decision: ReviewDecision, comment: str, now: datetime
    ) -> Registered:
        """A named reviewer's word on an open review.

        1. A person decides, and says why.
        2. The review is open.
        3. Four eyes: nobody of the activity decides under any login, least of all its author.
        4. Environment and activity move together with the review.
        """
        # 1
        person = _person(subject, "decide a review")
        if not 1 <= len(comment.strip()) <= _COMMENT_LIMIT:
            raise InvalidValue(field="comment", given=comment, fix=f"say why, in 1 to {_COMMENT_LIMIT} characters")
        review, environment, activity = self._of_review(id)
        # 2
        if review.state is not ReviewState.OPEN:
            raise WrongState(kind="review", id=id, state=review.state.value, fix="it has been decided")
        # 3
        if not is_somebody_else(person.id, {review.author, *activity.activity.members}, self._store):
            raise FourEyes(what="you belong to what is reviewed", fix="have somebody else of the board decide")
        # 4
        decided = replace(
            review, decided_at=now, decided_by=person.id, comment=comment.strip(), state=ReviewState.REJECTED
        )
        match decision:
            case ReviewDecision.APPROVE:
                if activity.activity.ends_at <= now:
                    fix = "its end has passed: reject it"
                    raise WrongState(kind="activity", id=activity.activity.id, state="over", fix=fix)
                decided = replace(decided, state=ReviewState.APPROVED)
                environment = moved(replace(environment, due_at=now), EnvironmentState.APPROVED)
                activity = _decided(activity, ActivityState.ACTIVE)
            case ReviewDecision.REJECT:
                environment = moved(environment, EnvironmentState.REJECTED)
                activity = _decided(activity, ActivityState.REJECTED)
        made = Registered(activity=activity, environment=environment, review=decided)
        event = replace(
            _event(f"review.{decided.state.value}", person, made, now, decided.criteria),
            details={
                "comment": decided.comment,
                "ruleSet": decided.rule_set,
                "tier": environment.environment.tier.value,
            },
        )
        self._store.save_review(decided, environment, activity, event)
        return made

    def _surroundings(self, order: ActivityOrder) -> Surroundings:
        known = {one for one in order.contracts[:100] if self._store.contract_versions(one)}
        return Surroundings(
            directory=self._store.directory(), purposes=self._store.purposes(), contracts=frozenset(known)
        )

    def _reviewed(
        self, author: Person, owner: Person, activity: ActivityRecord, tier: Tier, now: datetime
    ) -> tuple[Registered, tuple[Criterion, ...]]:
        """An environment with its review: approved with everything it met, or open with what it did not."""
        inputs = ReviewInputs(
            owner=owner,
            tier=tier,
            purposes=activity.activity.purposes,
            classification=activity.activity.classification,
            template=activity.template,
            template_digest=self._template_digest,
            public_endpoints=_texts(activity, "publicEndpoints"),
            recipients=_texts(activity, "recipients"),
            monthly_budget_usd=activity.monthly_budget_usd,
            starts_at=now,
            ends_at=activity.activity.ends_at,
            standing=self._store.standing_approvals(owner.teams),
            tree=self._store.purposes(),
            limits=self._limits,
        )
        criteria = fast_path(inputs)
        failed = tuple(criterion for criterion in criteria if not criterion.met)
        environment = EnvironmentRecord(
            environment=Environment(
                id=EnvironmentId(self._new_id("en", now)),
                activity=activity.activity.id,
                tier=tier,
                state=EnvironmentState.SUBMITTED if failed else EnvironmentState.APPROVED,
                expires_at=activity.activity.ends_at,
                place=None,
            ),
            author=author.id,
            stack=None,
            template_digest=None,
            resources={},
            tags={},
            events=(),
            created_at=now,
            due_at=None if failed else now,
            tries=0,
            last_error=None,
            version=0,
        )
        review = Review(
            id=ReviewId(self._new_id("rv", now)),
            activity=activity.activity.id,
            environment=environment.environment.id,
            author=author.id,
            state=ReviewState.OPEN if failed else ReviewState.APPROVED,
            rule_set=RULE_SET,
            criteria=failed or criteria,
            inputs=inputs.as_json(),
            created_at=now,
            due_at=review_due(now) if failed else now,
            decided_at=None if failed else now,
            decided_by=None,
            comment=None,
            version=0,
        )
        if not failed:
            activity = _decided(activity, ActivityState.ACTIVE)
        return Registered(activity=activity, environment=environment, review=review), criteria

    def _of_review(self, id: ReviewId) -> tuple[Review, EnvironmentRecord, ActivityRecord]:
        review = self._store.review(id)
        environment = None if review is None else self._store.environment(review.environment)
        activity = None if review is None else self._store.activity(review.activity)
        if review is None or environment is None or activity is None:
            raise NotFound(kind="review", id=id)
        return review, environment, activity


def _person(subject: Subject, what: str) -> Person:
    if not isinstance(subject, Person):
        raise PeopleOnly(what=what)
    return subject


def _check_active(record: ActivityRecord, now: datetime) -> None:
    activity = record.activity
    if activity.state is not ActivityState.ACTIVE or activity.ends_at <= now:
        state = activity.state.value if activity.state is not ActivityState.ACTIVE else "over"
        fix = "only an active activity gets environments"
        raise WrongState(kind="activity", id=activity.id, state=state, fix=fix)


def _decided(record: ActivityRecord, state: ActivityState) -> ActivityRecord:
    """The activity in `state` if it waited for this; one that is decided already keeps its state."""
    if record.activity.state is ActivityState.SUBMITTED and state in ACTIVITY_MOVES[record.activity.state]:
        return replace(record, activity=replace(record.activity, state=state))
    return record


def _texts(record: ActivityRecord, key: str) -> tuple[str, ...]:
    value = record.document.get(key)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(str(one) for one in value)


def _event(action: str, person: Person, made: Registered, now: datetime, criteria: tuple[Criterion, ...]) -> Event:
    details: dict[str, Json] = {
        "name": made.activity.activity.name,
        "tier": made.environment.environment.tier.value,
        "review": made.review.state.value,
        "ruleSet": made.review.rule_set,
        "met": [criterion.id for criterion in criteria if criterion.met],
        "notMet": [criterion.id for criterion in criteria if not criterion.met],
    }
    return Event(
        action=action,
        actor=person.id,
        at=now,
        about={
            "activity": made.activity.activity.id,
            "environment": made.environment.environment.id,
            "review": made.review.id,
        },
        details=details,
    )
