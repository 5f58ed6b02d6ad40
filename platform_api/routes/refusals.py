"""Every error on its way out: told as a problem, and put on record when a known caller tried to change something."""

import re

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jit_engine.domain.event import Event, Json
from jit_engine.errors import EngineError
from jit_engine.ports import LostRace
from platform_api.authorize import AuthorizeError
from platform_api.db.errors import StoreError
from platform_api.faults import plainly
from platform_api.identity.errors import IdentityError
from platform_api.problems import Problem, problem_of, rendered_bytes
from platform_api.provisioning.errors import ProvisioningError
from platform_api.registry.errors import RegistryError
from platform_api.routes.errors import DoorError, FieldsInvalid
from platform_api.wiring import Platform
from policy import PolicyError

OURS: tuple[type[Exception], ...] = (
    AuthorizeError,
    DoorError,
    EngineError,
    HTTPException,
    IdentityError,
    LostRace,
    PolicyError,
    ProvisioningError,
    RegistryError,
    RequestValidationError,
    StoreError,
)
"""What has a problem document; anything else is a plain 500."""

_ID = re.compile(r"(?P<prefix>[a-z]{2})_[0-9A-Z]{26}\Z", re.ASCII)
_KINDS = {"ac": "activity", "en": "environment", "co": "contract", "gr": "grant", "rq": "request", "rv": "review"}
log = structlog.get_logger(__name__)


def problem_in(error: Exception) -> Problem:
    """What is told of an error, the framework's own of values that do not fit included."""
    ours = FieldsInvalid(tuple(_faults(error))) if isinstance(error, RequestValidationError) else error
    return problem_of(ours)


def refuse(request: Request, error: Exception) -> Response:
    """The problem document of `error`, which is on record from now on."""
    return refuse_with(problem_in(error), request, error)


def refuse_with(problem: Problem, request: Request, error: Exception) -> Response:
    """`refuse` with what `problem_in` says of `error`."""
    request_id: str = request.state.request_id
    subject = getattr(request.state, "subject", None)
    told = log.error if problem.status >= 500 else log.info
    told(
        "refused",
        request_id=request_id,
        method=request.method,
        route=_route(request),
        status=problem.status,
        code=problem.code,
        subject=subject,
        error=type(error).__name__,
        reason=getattr(error, "reason", None),
    )
    if isinstance(subject, str) and problem.status < 500:
        request.app.state.refusals.count(subject)
        if request.method in ("POST", "PUT"):
            _record(request, problem, subject, request_id)
    status, headers, body = rendered_bytes(problem, request_id)
    response = Response(body, status)
    response.raw_headers.extend(headers)
    return response


def _record(request: Request, problem: Problem, subject: str, request_id: str) -> None:
    """One audit record; should even that fail, the refusal still stands and the failure is logged."""
    platform: Platform = request.app.state.platform
    details: dict[str, Json] = {
        "code": problem.code,
        "status": problem.status,
        "route": _route(request),
        "request_id": request_id,
    }
    about = {
        _KINDS[match["prefix"]]: value
        for value in request.path_params.values()
        if isinstance(value, str) and (match := _ID.match(value)) and match["prefix"] in _KINDS
    }
    try:
        now = platform.clock()
        platform.ledger.note(Event(action="request.rejected", actor=subject, at=now, about=about, details=details))
    except Exception as failure:  # noqa: BLE001 - a refusal never turns into anything else
        log.critical("refusal not recorded", request_id=request_id, error=type(failure).__name__)


def _route(request: Request) -> str:
    """The route's own path where one matched, so that records can be counted by it."""
    route = request.scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else "(none)"


def _faults(error: RequestValidationError) -> list[tuple[str, str, str]]:
    faults = []
    for found in error.errors()[:50]:
        where = ".".join(str(step) for step in found["loc"][1:]) or str(found["loc"][-1])
        faults.append((where[:80], *plainly(found)))
    return faults
