"""Requests that wait: what approvers are shown, their word, and taking a request back."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from jit_engine.domain.ids import RequestId
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.errors import NotFound, WrongState
from platform_api.authorize import AGrant
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.finding import request_in_path
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.approvals import (
    ApprovalAsked,
    ApprovalDecision,
    LookedShown,
    ReleaseAsked,
    WaitingShown,
    WithdrawAsked,
)

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["access"])


@routes.get("/access-requests/{request_id}/approvals", summary="What an approver of a waiting request decides about")
def look(caller: CallerDep, found: Annotated[AGrant, permits("viewGrant", request_in_path)]) -> LookedShown:
    """Derived anew from today's facts; an approval has to name the `shown_sha256` of exactly this."""
    waiting = _waiting(caller, found)
    return LookedShown.of(waiting, caller.platform.look(waiting, caller.now))


@routes.post(
    "/access-requests/{request_id}/approvals",
    response_model=WaitingShown,
    summary="Approve or decline a waiting request",
)
def decide(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AGrant, permits("approveAccess", request_in_path)],
    body: ApprovalAsked,
) -> Response:
    """The last approval that is needed makes the request ready; it is decided again and minted at once, or when it
    is to start.
    """
    approve, request = caller.platform.approve, RequestId(found.id)

    def word() -> WaitingShown:
        if body.decision is ApprovalDecision.DECLINE:
            return WaitingShown.of(approve.decline(request, caller.subject, body.comment, caller.now))
        _check_kind(_waiting(caller, found), emergency=False)
        given = (body.shown_sha256, body.longest, body.comment, caller.now)
        return WaitingShown.of(approve.approve(request, caller.subject, *given))

    return once(200, word)


@routes.post(
    "/access-requests/{request_id}/release",
    response_model=WaitingShown,
    summary="Release access in an emergency, as the second person",
)
def release(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AGrant, permits("releaseAccess", request_in_path)],
    body: ReleaseAsked,
) -> Response:
    """Stands for the contract's approvals and for nothing else; it is an alarm in the audit trail."""

    def word() -> WaitingShown:
        _check_kind(_waiting(caller, found), emergency=True)
        given = (body.shown_sha256, body.longest, body.comment, caller.now)
        return WaitingShown.of(caller.platform.approve.approve(RequestId(found.id), caller.subject, *given))

    return once(200, word)


@routes.post("/access-requests/{request_id}/withdraw", summary="Take a waiting request back")
def withdraw(
    caller: CallerDep, found: Annotated[AGrant, permits("revokeGrant", request_in_path)], body: WithdrawAsked
) -> WaitingShown:
    """Who may give a grant back may take its request back."""
    request = RequestId(found.id)
    return WaitingShown.of(caller.platform.approve.withdraw(request, caller.subject, body.reason, caller.now))


def _waiting(caller: Caller, found: AGrant) -> WaitingRequest:
    waiting = caller.platform.waiting.waiting(RequestId(found.id))
    if waiting is None:
        raise NotFound(kind="waiting request", id=found.id)
    return waiting


def _check_kind(waiting: WaitingRequest, *, emergency: bool) -> None:
    if waiting.request.break_glass is not emergency:
        fix = "an emergency is released, not approved" if not emergency else "only an emergency is released; approve it"
        raise WrongState(kind="request", id=waiting.id, state=waiting.state.value, fix=fix)
