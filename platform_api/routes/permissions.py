"""What the caller may do, asked ahead of doing it: so that nothing is offered that would be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter

from jit_engine.errors import EngineError
from platform_api.authorize import AuthorizeError, ThePlatform, Thing
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.finding import (
    activity_in_path,
    contract_in_path,
    environment_in_path,
    grant_in_path,
    request_in_path,
    review_in_path,
)
from platform_api.routes.rulebooks import live_rulebook, rulebook_in_path
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.permissions import PermissionAsked, PermissionsAsked, PermissionShown, PermissionsShown
from policy import PolicyError

routes = APIRouter(prefix="/v1/permissions", tags=["session"], route_class=StrictRoute)


def _contract(id: str, caller: Caller) -> Thing:
    key, _, version = id.partition("/")
    return contract_in_path(key, version, caller)


def _rulebook(id: str, caller: Caller) -> Thing:
    return rulebook_in_path(id, caller) if id else live_rulebook(caller)


_FINDERS: Mapping[str, Callable[[str, Caller], Thing]] = {
    "platform": lambda _, __: ThePlatform(),
    "activity": activity_in_path,
    "environment": environment_in_path,
    "review": review_in_path,
    "contract": _contract,
    "grant": grant_in_path,
    "request": request_in_path,
    "rulebook": _rulebook,
}


@routes.post("", summary="May I? An answer to each question about the caller's own doing")
def permissions(asked: PermissionsAsked, caller: CallerDep) -> PermissionsShown:
    """The rules' answers, in order. Nothing is done and nothing recorded; doing it is decided again."""
    return PermissionsShown(answers=[_answer(ask, caller) for ask in asked.asks])


def _answer(ask: PermissionAsked, caller: Caller) -> PermissionShown:
    """A thing that is not there, or not for the caller, may not be used; an action it has not, neither."""
    try:
        thing = _FINDERS[ask.kind](ask.id, caller)
        caller.platform.authorizer.check(caller.subject, ask.action, thing, caller.now)
    except (AuthorizeError, EngineError, PolicyError) as refusal:
        return PermissionShown(action=ask.action, allowed=False, why=str(refusal))
    return PermissionShown(action=ask.action, allowed=True, why=None)
