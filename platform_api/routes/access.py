"""Asking for access."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from jit_engine.domain.event import Json
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId, SubjectId
from jit_engine.domain.request import MAX_SOURCES, AccessRequest
from jit_engine.domain.verdict import Refusal
from jit_engine.domain.waiting import STILL_WAITING, WaitingRequest
from jit_engine.errors import NotFound
from jit_engine.flows.outcome import AlreadyHeld
from jit_engine.rules.overlaps import Overlap
from platform_api.authorize import AGrant, AnActivity, ThePlatform
from platform_api.db.requests import StoredRequest
from platform_api.ids import new_id
from platform_api.paging import Page, PageAsk
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.errors import KeyInFlight, TooManyGrants, TooManyWaiting
from platform_api.routes.finding import Lookup, activity_by, request_in_path
from platform_api.routes.grants import grant_shown
from platform_api.routes.lists import Filter, Paged, shown
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits, shows
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.access import AccessAsked, GrantedShown, HeldShown
from platform_api.schemas.overlaps import OverlapShown
from platform_api.schemas.requests import PreviewShown, RequestedShown, RequestShown
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["access"])


class RequestFilters(Paged):
    """Filters of the requests."""

    outcome: Filter = None
    activity: Filter = None
    subject: Filter = None
    waiting: Filter = None


def activity_in_body(body: AccessAsked, caller: CallerDep) -> AnActivity:
    """The activity in whose name access is asked for."""
    return activity_by(body.activity, caller)


@routes.post(
    "/access-requests",
    status_code=201,
    response_model=GrantedShown,
    responses={
        200: {
            "model": PreviewShown | HeldShown,
            "description": "What would be answered (dry_run), or the live grant that gives all of it already",
        },
        202: {"model": RequestedShown, "description": "It waits, for approvals or for its start"},
    },
    summary="Ask for access to data for one purpose",
)
def ask(
    caller: CallerDep,
    once: OnceDep,
    _: Annotated[AnActivity, permits("requestAccess", activity_in_body)],
    body: AccessAsked,
) -> Response:
    """Granted with one role for all sources, kept waiting, or refused with every reason of every source."""
    first = RequestId(new_id("rq", caller.now))
    if body.dry_run:
        request = read_request(caller, body, first)
        caller.platform.ask.rules.check(request, caller.now)
        asking = caller.platform.request_access
        verdict = asking.preview(request, caller.now)
        offers = asking.offers(verdict, caller.now) if isinstance(verdict, Refusal) else ()
        preview = PreviewShown.of(verdict, offers)
        return Response(preview.model_dump_json(), 200, media_type="application/json")
    return once.named(
        status_of,
        first,
        # Read within: who asks again is told what came of it, whatever a container has come to hold since.
        lambda name: asked(caller, read_request(caller, body, RequestId(name)), anew=body.anew),
        lambda name: left_of(caller, RequestId(name)),
    )


def read_request(caller: Caller, body: AccessAsked, id: RequestId) -> AccessRequest:
    """The request in the engine's terms, from one reading of the catalogue; who may not see that names no containers.

    Raises `InvalidValue`, or `Forbidden`.
    """
    aws, most = caller.platform.settings.aws, min(MAX_SOURCES, caller.platform.settings.limits.max_sources)
    if body.names_containers():
        caller.platform.authorizer.check(caller.subject, "viewSources", ThePlatform(), caller.now)
    catalogue = caller.platform.registry.catalogue() if body.needs_catalogue() else None
    return body.request(id, caller.subject, aws.account_id, aws.region, catalogue, most)


def status_of(body: BaseModel) -> int:
    """202 for what waits, 201 for what was granted, 200 for what is held already."""
    return 202 if isinstance(body, RequestedShown) else 200 if isinstance(body, HeldShown) else 201


def asked(caller: Caller, request: AccessRequest, *, anew: bool = False) -> GrantedShown | RequestedShown | HeldShown:
    """What comes of a request; raises what the flow raises, and when the caller holds or awaits too many."""
    most = caller.platform.settings.limits.max_live_grants_per_person
    active, waiting = caller.platform.waiting.load(caller.subject.id)
    if active >= most:
        raise TooManyGrants(most=most)
    if waiting >= most:
        raise TooManyWaiting(most=most)
    try:
        made = caller.platform.ask(request, caller.now, anew=anew)
    except AlreadyHeld as already:
        return _held(caller, already.held.grant)
    if isinstance(made, WaitingRequest):
        return RequestedShown.of(made)
    decision = caller.platform.ledger.decision_of(made.id)
    overlaps = caller.platform.request_access.overlaps(made, decision, request, caller.now)
    return _shown(caller, made, decision, overlaps)


def _held(caller: Caller, grant: Grant) -> HeldShown:
    ready = grant.state is GrantState.ACTIVE
    use = f"use grant {grant.id}" if ready else f"grant {grant.id} is being minted: look at it in a moment"
    shown_grant = grant_shown(Lookup(caller.platform), grant)
    return HeldShown(grant=shown_grant, next_step=f"{use}; to have another one all the same, ask with anew")


def left_of(caller: Caller, request: RequestId) -> GrantedShown | RequestedShown | None:
    """What came of a request whose process died before it could say so: it waits, or its grant, if that stands."""
    waiting = caller.platform.waiting.waiting(request)
    if waiting is not None:
        return RequestedShown.of(waiting) if waiting.state in STILL_WAITING else None
    grant = caller.platform.ledger.grant_of_request(request)
    if grant is not None and grant.state is GrantState.MINTING:
        raise KeyInFlight  # its end is not known yet: the reconciler is about to settle it
    if grant is None or grant.state is not GrantState.ACTIVE:
        return None
    return _shown(caller, grant, caller.platform.ledger.decision_of(grant.id))


def _shown(
    caller: Caller, grant: Grant, decision: Mapping[str, Json], overlaps: tuple[Overlap, ...] = ()
) -> GrantedShown:
    shown_grant = grant_shown(Lookup(caller.platform), grant, decision)
    sources = decision["sources"]
    return GrantedShown.model_validate(
        {
            "request_id": grant.request,
            "grant": shown_grant,
            "sources": sources,
            "shortened": grant.shortened,
            "held": [OverlapShown.of(overlap) for overlap in overlaps],
        }
    )


@routes.get("/access-requests", summary="The requests that you may see", dependencies=[shows("viewGrant")])
def requests(caller: CallerDep, query: Annotated[RequestFilters, Query()]) -> Listed[RequestShown]:
    """The newest first, each with what it waits for."""
    store, room = caller.platform.requests, caller.platform.waiting
    waiting: dict[RequestId, WaitingRequest] = {}

    def page(ask: PageAsk, visible_to: SubjectId | None) -> Page[StoredRequest]:
        found = store.page(ask, visible_to)
        waiting.update(room.waiting_among([one.id for one in found.items]))
        return found

    return shown(
        caller,
        "viewGrant",
        AGrant,
        query.ask(),
        page,
        Lookup(caller.platform).request_thing,
        lambda request: RequestShown.of(request, waiting.get(request.id)),
    )


@routes.get("/access-requests/{request_id}", summary="One request with its recorded decision")
def request(caller: CallerDep, found: Annotated[AGrant, permits("viewGrant", request_in_path)]) -> RequestShown:
    """The request."""
    stored = caller.platform.requests.get(RequestId(found.id))
    if stored is None:
        raise NotFound(kind="request", id=found.id)
    return RequestShown.of(stored, caller.platform.waiting.waiting(stored.id))
