"""What workspaces may hold; declassification by two people; legal holds."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from jit_engine.domain.ids import ContractId
from platform_api.authorize import AnActivity, AnEnvironment
from platform_api.registry.workspaces import DeclassificationState
from platform_api.routes.caller import CallerDep
from platform_api.routes.finding import activity_in_path, environment_in_path
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.workspaces import (
    DeclassificationAsked,
    DeclassificationDecided,
    DeclassificationShown,
    HoldAsked,
    HoldShown,
    WorkspaceShown,
)

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["workspaces"])

_STATES = {"approve": DeclassificationState.APPROVED, "refuse": DeclassificationState.REFUSED}


@routes.get("/environments/{environment_id}/workspace", summary="What an environment's workspace may hold")
def workspace(
    caller: CallerDep, found: Annotated[AnEnvironment, permits("viewEnvironment", environment_in_path)]
) -> WorkspaceShown:
    """Its label with its history, whether it is quarantined, and what was asked about it."""
    store, environment = caller.platform.workspaces, found.environment.id
    return WorkspaceShown.of(
        environment,
        store.workspace(environment),
        store.legal_hold(found.activity.id),
        store.declassifications(environment),
        store.changes(environment),
    )


@routes.post(
    "/environments/{environment_id}/declassifications",
    status_code=201,
    response_model=DeclassificationShown,
    summary="Ask to take contracts out of a workspace's label",
)
def ask_declassification(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnEnvironment, permits("requestDeclassification", environment_in_path)],
    body: DeclassificationAsked,
) -> Response:
    """Nothing changes before another person has agreed."""
    desk, contracts = caller.platform.workspace_desk, [ContractId(one) for one in body.contracts]
    return once(
        201,
        lambda: DeclassificationShown.of(
            desk.ask(caller.subject, found.environment.id, contracts, body.reason, caller.now)
        ),
    )


@routes.post(
    "/environments/{environment_id}/declassifications/{declassification_id}/decision",
    response_model=DeclassificationShown,
    summary="Decide a declassification",
)
def decide_declassification(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnEnvironment, permits("declassify", environment_in_path)],
    declassification_id: Annotated[str, Path(max_length=64)],
    body: DeclassificationDecided,
) -> Response:
    """Another person than who asked; approved, the label is lowered in the same commit."""
    desk, state = caller.platform.workspace_desk, _STATES[body.decision]
    return once(
        200,
        lambda: DeclassificationShown.of(
            desk.decide(caller.subject, declassification_id, found.environment.id, state, body.comment, caller.now)
        ),
    )


@routes.post(
    "/activities/{activity_id}/legal-hold",
    status_code=201,
    response_model=HoldShown,
    summary="Place a legal hold on everything that an activity has",
)
def hold(
    caller: CallerDep, found: Annotated[AnActivity, permits("holdData", activity_in_path)], body: HoldAsked
) -> Response:
    """While it stands, nothing of the activity is purged. It gives nobody access."""
    placed = caller.platform.workspace_desk.hold(caller.subject, found.activity.id, body.reason, caller.now)
    return Response(HoldShown.of(placed).model_dump_json(), 201, media_type="application/json")


@routes.post(
    "/activities/{activity_id}/legal-hold/release",
    response_model=HoldShown,
    summary="Release the legal hold on an activity",
)
def release(
    caller: CallerDep, found: Annotated[AnActivity, permits("holdData", activity_in_path)], body: HoldAsked
) -> Response:
    """What is due to be purged is purged at the worker's next look."""
    released = caller.platform.workspace_desk.release(caller.subject, found.activity.id, body.reason, caller.now)
    return Response(HoldShown.of(released).model_dump_json(), 200, media_type="application/json")
