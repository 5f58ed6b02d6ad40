"""Who one is, activities, their environments and the reviews of these."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from jit_engine.contracts.problems import Problem
from jit_engine.domain.ids import ReviewId
from jit_engine.errors import NotFound
from platform_api.authorize import AnActivity, AnEnvironment, AReview, ThePlatform
from platform_api.paging import PageAsk
from platform_api.registry.activity_life import ActivityLife
from platform_api.registry.errors import NameTaken, NotTheOwner, OrderInvalid
from platform_api.registry.records import ActivityRecord, EnvironmentRecord
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.finding import Lookup, activity_in_path, environment_in_path, review_in_path
from platform_api.routes.lists import Filter, Paged, shown
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits, shows, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.activities import (
    ActivityAsked,
    ActivityShown,
    DecisionAsked,
    EnvironmentAsked,
    EnvironmentRequestedShown,
    EnvironmentShown,
    MeShown,
    RegisteredShown,
    RegistrationPreviewShown,
    RegistrationShown,
    ReviewShown,
    StopAsked,
)
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["registry"])


class ActivityFilters(Paged):
    """Filters of the activities."""

    state: Filter = None
    classification: Filter = None
    owner: Filter = None
    name: Filter = None


class EnvironmentFilters(Paged):
    """Filters of the environments."""

    activity: Filter = None
    tier: Filter = None
    state: Filter = None


class ReviewFilters(Paged):
    """Filters of the reviews."""

    state: Filter = None
    activity: Filter = None


@routes.get("/me", summary="Who the token speaks for", dependencies=[shows("viewActivity")])
def me(caller: CallerDep) -> MeShown:
    """The caller with its own activities."""
    page = caller.platform.registry.activities(PageAsk(limit=200), caller.subject.id)
    things = [AnActivity(activity=record.activity) for record in page.items]
    visible = caller.platform.authorizer.visible(caller.subject, "viewActivity", things, caller.now)
    return MeShown.of(caller.subject, [record for record, may in zip(page.items, visible, strict=True) if may])


@routes.post("/activities", status_code=201, response_model=RegisteredShown, summary="Register an activity")
def register(
    caller: CallerDep,
    once: OnceDep,
    _: Annotated[ThePlatform, permits("registerActivity", the_platform)],
    body: ActivityAsked,
) -> Response:
    """Registers an activity with its research environment; the fast path approves both, or a review opens."""
    return once(
        201,
        lambda: RegisteredShown.of(
            caller.platform.activities.register(caller.subject, body.order(caller.subject.id), caller.now)
        ),
    )


@routes.get("/registration", summary="What an activity is registered with, and what its review approves by itself")
def registration(
    caller: CallerDep, _: Annotated[ThePlatform, permits("viewRegistry", the_platform)]
) -> RegistrationShown:
    """For who fills in the form."""
    return RegistrationShown.of(caller.platform.activities.limits)


@routes.post("/activities/preview", summary="What registering an activity would come to")
def preview(
    caller: CallerDep, _: Annotated[ThePlatform, permits("registerActivity", the_platform)], body: ActivityAsked
) -> RegistrationPreviewShown:
    """Decided as the registration itself, and nothing stored. What cannot be registered says so at each field."""
    desk, order = caller.platform.activities, body.order(caller.subject.id)
    try:
        made, criteria = desk.decided(caller.subject, order, caller.now)
    except OrderInvalid as invalid:
        return RegistrationPreviewShown.invalid(invalid.problems)
    except NameTaken as taken:
        fix = "names are never used twice: choose another"
        return RegistrationPreviewShown.invalid([_problem("name", f"{taken.name} exists", fix)])
    except NotTheOwner:
        return RegistrationPreviewShown.invalid([_problem("members", "you are none of them", "add yourself")])
    return RegistrationPreviewShown.of(made.review, criteria)


@routes.get("/activities", summary="The activities that you may see", dependencies=[shows("viewActivity")])
def activities(caller: CallerDep, query: Annotated[ActivityFilters, Query()]) -> Listed[ActivityShown]:
    """The newest first."""
    return shown(
        caller,
        "viewActivity",
        AnActivity,
        query.ask(),
        caller.platform.registry.activities,
        lambda record: AnActivity(activity=record.activity),
        ActivityShown.of,
    )


@routes.get("/activities/{activity_id}", summary="One activity")
def activity(
    caller: CallerDep, found: Annotated[AnActivity, permits("viewActivity", activity_in_path)]
) -> ActivityShown:
    """The activity."""
    return ActivityShown.of(_activity(caller, found))


@routes.post(
    "/activities/{activity_id}/environments",
    status_code=201,
    response_model=EnvironmentRequestedShown,
    summary="Ask for one more environment of an activity",
)
def request_environment(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnActivity, permits("requestEnvironment", activity_in_path)],
    body: EnvironmentAsked,
) -> Response:
    """The same review holds as for the first."""
    desk = caller.platform.activities
    return once(
        201,
        lambda: EnvironmentRequestedShown.of(
            desk.request_environment(caller.subject, found.activity.id, body.tier, caller.now)
        ),
    )


@routes.post("/activities/{activity_id}/suspend", response_model=ActivityShown, summary="Suspend an activity")
def suspend(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnActivity, permits("suspendActivity", activity_in_path)],
    body: StopAsked,
) -> Response:
    """Its grants are revoked in the same commit; none is given until it is resumed."""
    life, given = ActivityLife(store=caller.platform.registry), (caller.subject, body.reason, caller.now)
    return once(200, lambda: ActivityShown.of(life.suspend(found.activity.id, *given)))


@routes.post("/activities/{activity_id}/resume", response_model=ActivityShown, summary="Resume a suspended activity")
def resume(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnActivity, permits("resumeActivity", activity_in_path)],
    body: StopAsked,
) -> Response:
    """What was revoked stays revoked: ask anew."""
    life, given = ActivityLife(store=caller.platform.registry), (caller.subject, body.reason, caller.now)
    return once(200, lambda: ActivityShown.of(life.resume(found.activity.id, *given)))


@routes.post("/activities/{activity_id}/retire", response_model=ActivityShown, summary="Retire an activity")
def retire(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnActivity, permits("retireActivity", activity_in_path)],
    body: StopAsked,
) -> Response:
    """At first retiring, with its grants revoked in the same commit; asked again, retired once nothing is left."""
    life, given = ActivityLife(store=caller.platform.registry), (caller.subject, body.reason, caller.now)
    return once(200, lambda: ActivityShown.of(life.retire(found.activity.id, *given)))


@routes.get("/environments", summary="The environments that you may see", dependencies=[shows("viewEnvironment")])
def environments(caller: CallerDep, query: Annotated[EnvironmentFilters, Query()]) -> Listed[EnvironmentShown]:
    """The newest first."""
    lookup = Lookup(caller.platform)
    return shown(
        caller,
        "viewEnvironment",
        AnEnvironment,
        query.ask(),
        caller.platform.registry.environments,
        lambda record: lookup.environment_thing(record.environment),
        lambda record: _environment(caller, record),
    )


@routes.get("/environments/{environment_id}", summary="One environment, with its provisioning")
def environment(
    caller: CallerDep, found: Annotated[AnEnvironment, permits("viewEnvironment", environment_in_path)]
) -> EnvironmentShown:
    """The environment."""
    record = caller.platform.registry.environment(found.environment.id)
    if record is None:
        raise NotFound(kind="environment", id=found.environment.id)
    return _environment(caller, record)


@routes.get("/reviews", summary="The reviews that you may see", dependencies=[shows("viewReview")])
def reviews(caller: CallerDep, query: Annotated[ReviewFilters, Query()]) -> Listed[ReviewShown]:
    """The newest first."""
    return shown(
        caller,
        "viewReview",
        AReview,
        query.ask(),
        caller.platform.registry.reviews,
        Lookup(caller.platform).review_thing,
        ReviewShown.of,
    )


@routes.get("/reviews/{review_id}", summary="One review, with its criteria")
def review(caller: CallerDep, found: Annotated[AReview, permits("viewReview", review_in_path)]) -> ReviewShown:
    """The review."""
    return _review(caller, found)


@routes.post(
    "/reviews/{review_id}/decision",
    response_model=ReviewShown,
    summary="Decide a review",
)
def decide(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AReview, permits("approveReview", review_in_path)],
    body: DecisionAsked,
) -> Response:
    """A named reviewer's word, with a comment; environment and activity move with it."""

    desk = caller.platform.activities
    return once(
        200,
        lambda: ReviewShown.of(
            desk.decide(caller.subject, ReviewId(found.id), body.decision, body.comment, caller.now).review
        ),
    )


def _problem(field: str, message: str, fix: str) -> Problem:
    return Problem(path=f"$.{field}", line=None, message=message, fix=fix)


def _activity(caller: Caller, found: AnActivity) -> ActivityRecord:
    record = caller.platform.registry.activity(found.activity.id)
    if record is None:
        raise NotFound(kind="activity", id=found.activity.id)
    return record


def _environment(caller: Caller, record: EnvironmentRecord) -> EnvironmentShown:
    review = caller.platform.registry.review_of(record.environment.id)
    return EnvironmentShown.of(record, review, caller.platform.outposts.store.of(record.environment.id))


def _review(caller: Caller, found: AReview) -> ReviewShown:
    record = caller.platform.registry.review(ReviewId(found.id))
    if record is None:
        raise NotFound(kind="review", id=found.id)
    return ReviewShown.of(record)
