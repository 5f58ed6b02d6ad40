"""Activities, environments and reviews on the wire."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from jit_engine.contracts.problems import Problem
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.tier import Tier
from platform_api.registry.activities import Registered, ReviewDecision
from platform_api.registry.order import ActivityOrder
from platform_api.registry.outposts import Outpost
from platform_api.registry.records import ActivityRecord, Criterion, EnvironmentRecord, Review, ReviewState
from platform_api.registry.review import REVIEW_WORKING_DAYS, RULE_SET, FastPathLimits
from platform_api.schemas.wire import Asked, ContractRef, Line, Moment, Shown, Slug, Text, Time, Token

_EXAMPLE: dict[str, Any] = {
    "name": "loan-default-drivers",
    "title": "What drives defaults of consumer loans",
    "purposes": ["lending/credit-risk-research"],
    "members": ["pe_01K00000000648B0TDJGRE29J6"],
    "workloads": ["wl_01K000000008DXTMH6AQ6Q5D31"],
    "contracts": ["co_1Z1GENX2J79C79TF3B3WN7S7GG"],
    "data_classification": "confidential",
    "cost_center": "CC-4711",
    "monthly_budget_usd": 200,
    "ends_at": "2027-06-30T00:00:00Z",
    "template": "standard-research",
}


class ActivityAsked(Asked):
    """An activity to register. People and workloads by id or login; the owner is the caller unless named."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Slug
    title: Line
    owner: Token | None = None
    purposes: Annotated[list[Token], Field(min_length=1, max_length=50)]
    members: Annotated[list[Token], Field(default_factory=list, max_length=100)]
    workloads: Annotated[list[Token], Field(default_factory=list, max_length=100)]
    contracts: Annotated[list[ContractRef], Field(max_length=100)]
    data_classification: Classification
    cost_center: Token
    monthly_budget_usd: Annotated[int, Field(ge=0, le=10_000_000)]
    ends_at: Time
    template: Token
    public_endpoints: Annotated[list[Token], Field(default_factory=list, max_length=100)]
    recipients: Annotated[list[Token], Field(default_factory=list, max_length=100)]

    def order(self, caller: SubjectId) -> ActivityOrder:
        """The order as the registry takes it."""
        return ActivityOrder(
            name=self.name,
            title=self.title,
            owner=self.owner or caller,
            members=(*self.members, *self.workloads),
            purposes=frozenset(self.purposes),
            classification=self.data_classification,
            contracts=tuple(ContractId(contract) for contract in self.contracts),
            cost_center=self.cost_center,
            template=self.template,
            monthly_budget_usd=self.monthly_budget_usd,
            ends_at=self.ends_at,
            public_endpoints=tuple(self.public_endpoints),
            recipients=tuple(self.recipients),
        )


class EnvironmentAsked(Asked):
    """One more tier of an activity."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tier": "validation"}]})

    tier: Tier


class StopAsked(Asked):
    """Why an activity is suspended, resumed or retired."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The project is over."}]})

    reason: Annotated[Text, Field(min_length=1)]


class DecisionAsked(Asked):
    """A reviewer's word."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "approve", "comment": "The write target is in the contract."}]}
    )

    decision: ReviewDecision
    comment: Text


class ActivityBrief(Shown):
    """An activity in a few words."""

    id: str
    name: str
    title: str
    state: str


class MeShown(Shown):
    """Who the token speaks for."""

    id: str
    kind: str
    name: str
    teams: list[str]
    activities: list[ActivityBrief]

    @classmethod
    def of(cls, subject: Subject, activities: list[ActivityRecord]) -> Self:
        """The subject with its activities."""
        return cls(
            id=subject.id,
            kind="person" if isinstance(subject, Person) else "workload",
            name=subject.name,
            teams=sorted(subject.teams),
            activities=[
                ActivityBrief(id=a.id, name=a.name, title=a.title, state=a.state.value)
                for a in (record.activity for record in activities)
            ],
        )


class AcceptedShown(Shown):
    """A contract's version that the activity accepted."""

    contract: str
    version: str


class ActivityShown(Shown):
    """An activity."""

    id: str
    name: str
    title: str
    owner: str
    members: list[str]
    purposes: list[str]
    data_classification: str
    state: str
    ends_at: Moment
    contracts: list[str]
    accepted: list[AcceptedShown]
    cost_center: str
    created_at: Moment

    @classmethod
    def of(cls, record: ActivityRecord) -> Self:
        """The activity of a record."""
        activity = record.activity
        return cls(
            id=activity.id,
            name=activity.name,
            title=activity.title,
            owner=activity.owner,
            members=sorted(activity.members),
            purposes=sorted(activity.purposes),
            data_classification=activity.classification.value,
            state=activity.state.value,
            ends_at=activity.ends_at,
            contracts=list(record.contracts),
            accepted=[AcceptedShown(contract=c, version=v) for c, v in sorted(activity.accepted)],
            cost_center=record.cost_center,
            created_at=record.created_at,
        )


class ProvisioningShown(Shown):
    """One line of what the provisioner saw."""

    at: Moment
    resource: str
    status: str
    reason: str


class OutpostShown(Shown):
    """The environment's place in another account than its own, where some of its data lies."""

    account: str
    state: str
    region: str | None
    stack: str | None
    last_error: str | None

    @classmethod
    def of(cls, outpost: Outpost) -> Self:
        """The place; its region is known once it is ready."""
        return cls(
            account=outpost.account,
            state=outpost.state.value,
            region=None if outpost.place is None else outpost.place.region,
            stack=outpost.stack,
            last_error=outpost.last_error,
        )


class EnvironmentShown(Shown):
    """An environment with all that provisioning knows of it."""

    id: str
    activity: str
    tier: str
    state: str
    expires_at: Moment
    review: str | None
    stack: str | None
    resources: dict[str, str]
    tags: dict[str, str]
    events: list[ProvisioningShown]
    last_error: str | None
    created_at: Moment
    elsewhere: list[OutpostShown]

    @classmethod
    def of(cls, record: EnvironmentRecord, review: Review | None, outposts: Sequence[Outpost] = ()) -> Self:
        """The environment of a record, with its latest review and its places in other accounts."""
        environment = record.environment
        return cls(
            id=environment.id,
            activity=environment.activity,
            tier=environment.tier.value,
            state=environment.state.value,
            expires_at=environment.expires_at,
            review=None if review is None else review.id,
            stack=record.stack,
            resources=dict(record.resources),
            tags=dict(record.tags),
            events=[
                ProvisioningShown(at=e.at, resource=e.resource, status=e.status, reason=e.reason) for e in record.events
            ],
            last_error=record.last_error,
            created_at=record.created_at,
            elsewhere=[OutpostShown.of(one) for one in outposts],
        )


class CriterionShown(Shown):
    """A criterion of the review."""

    id: str
    title: str
    met: bool
    found: str


class ReviewShown(Shown):
    """An architecture review. An approved one that nobody decided was decided by the `fast path`."""

    id: str
    activity: str
    environment: str
    author: str
    state: str
    rule_set: str
    criteria: list[CriterionShown]
    inputs: dict[str, Any]
    created_at: Moment
    due_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    comment: str | None

    @classmethod
    def of(cls, review: Review) -> Self:
        """The review of a record."""
        fast = "fast path" if review.state is ReviewState.APPROVED else None
        return cls(
            id=review.id,
            activity=review.activity,
            environment=review.environment,
            author=review.author,
            state=review.state.value,
            rule_set=review.rule_set,
            criteria=[CriterionShown(id=c.id, title=c.title, met=c.met, found=c.found) for c in review.criteria],
            inputs=_plain(review.inputs),
            created_at=review.created_at,
            due_at=review.due_at,
            decided_at=review.decided_at,
            decided_by=review.decided_by or fast,
            comment=review.comment,
        )


class RegisteredShown(Shown):
    """What a registration came to."""

    activity: ActivityShown
    environment: EnvironmentShown
    review: ReviewShown

    @classmethod
    def of(cls, made: Registered) -> Self:
        """All three."""
        return cls(
            activity=ActivityShown.of(made.activity),
            environment=EnvironmentShown.of(made.environment, made.review),
            review=ReviewShown.of(made.review),
        )


class EnvironmentRequestedShown(Shown):
    """What a request for an environment came to."""

    environment: EnvironmentShown
    review: ReviewShown

    @classmethod
    def of(cls, made: Registered) -> Self:
        """Both."""
        return cls(environment=EnvironmentShown.of(made.environment, made.review), review=ReviewShown.of(made.review))


class OrderProblemShown(Shown):
    """One thing that keeps an order from being registered: at which field, what, and how to mend it."""

    field: str
    message: str
    fix: str


class RegistrationPreviewShown(Shown):
    """What registering would come to now. `outcome`: `approved`, `review`, or `invalid` with `problems`.

    `criteria` are all of the review's, the met ones too; `due_at` is when a person has to have decided.
    """

    outcome: Literal["approved", "review", "invalid"]
    problems: list[OrderProblemShown]
    rule_set: str
    criteria: list[CriterionShown]
    due_at: Moment | None

    @classmethod
    def of(cls, review: Review, criteria: Iterable[Criterion]) -> Self:
        """Of an order that can be registered."""
        is_approved = review.state is ReviewState.APPROVED
        return cls(
            outcome="approved" if is_approved else "review",
            problems=[],
            rule_set=review.rule_set,
            criteria=[CriterionShown(id=c.id, title=c.title, met=c.met, found=c.found) for c in criteria],
            due_at=None if is_approved else review.due_at,
        )

    @classmethod
    def invalid(cls, problems: Iterable[Problem]) -> Self:
        """Of an order that cannot."""
        shown = [OrderProblemShown(field=p.path.removeprefix("$."), message=p.message, fix=p.fix) for p in problems]
        return cls(outcome="invalid", problems=shown, rule_set=RULE_SET, criteria=[], due_at=None)


class RegistrationShown(Shown):
    """What an order can name, and what the review approves without a person."""

    templates: list[str]
    max_monthly_budget_usd: int
    max_duration_days: int
    trainings: list[str]
    review_working_days: int

    @classmethod
    def of(cls, limits: FastPathLimits) -> Self:
        """The limits of the fast path."""
        return cls(
            templates=sorted(limits.templates),
            max_monthly_budget_usd=limits.max_monthly_budget_usd,
            max_duration_days=limits.max_duration.days,
            trainings=sorted(limits.trainings),
            review_working_days=REVIEW_WORKING_DAYS,
        )


def _plain(inputs: Any) -> dict[str, Json]:
    return dict(inputs)
