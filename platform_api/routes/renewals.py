"""Giving a grant its time once more."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from jit_engine.domain.ids import GrantId, RequestId
from platform_api.authorize import AGrant
from platform_api.ids import new_id
from platform_api.routes.access import asked, left_of, status_of
from platform_api.routes.caller import CallerDep
from platform_api.routes.finding import grant_in_path
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.access import GrantedShown, HeldShown
from platform_api.schemas.requests import RenewalAsked, RequestedShown

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["grants"])


@routes.post(
    "/grants/{grant_id}/renew",
    status_code=201,
    response_model=GrantedShown,
    responses={202: {"model": RequestedShown, "description": "It waits for approvals"}},
    summary="Give a grant its time once more",
)
def renew(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AGrant, permits("renewGrant", grant_in_path)],
    body: RenewalAsked,
) -> Response:
    """A new decision on the same sources and a grant of its own; the one before lives on to its own end. As often as
    the contracts' `duration.renewals` says.
    """

    def again(name: str) -> GrantedShown | RequestedShown | HeldShown:
        renew, before = caller.platform.renew, GrantId(found.id)
        return asked(caller, renew(before, RequestId(name), caller.subject, body.duration, caller.now))

    return once.named(status_of, new_id("rq", caller.now), again, lambda name: left_of(caller, RequestId(name)))
