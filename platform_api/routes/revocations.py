"""Taking many grants back at once."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from platform_api.authorize import ThePlatform
from platform_api.routes.caller import CallerDep
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.revocations import RevocationAsked, RevocationShown

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["grants"])


@routes.post(
    "/revocations",
    status_code=202,
    response_model=RevocationShown,
    responses={200: {"model": RevocationShown, "description": "What would be taken back (dry_run)"}},
    summary="Take back every live grant of a person, activity, contract, dataset or account, or all",
)
def revoke_many(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("revokeGrants", the_platform)],
    body: RevocationAsked,
) -> Response:
    """Marked at once, in the reconciler's first lane; asking twice is fine."""
    scope, revoke = body.scope(), caller.platform.revoke_many
    if body.dry_run:
        found, status = revoke.find(scope), 200
    else:
        found, status = revoke(scope, caller.subject, body.reason, caller.now), 202
    shown = RevocationShown.of(scope, found, dry_run=body.dry_run)
    return Response(shown.model_dump_json(), status, media_type="application/json")
