"""Who calls: the first dependency of every route under /v1."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from jit_engine.domain.subject import Subject
from platform_api.routes.errors import NotSignedIn, UnknownSubject
from platform_api.routes.meter import RefusalMeter
from platform_api.wiring import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, when, under which request id, and the platform that is asked."""

    platform: Platform
    subject: Subject
    request_id: str
    now: datetime


def platform_of(request: Request) -> Platform:
    """The platform that this application serves."""
    platform: Platform = request.app.state.platform
    return platform


def caller_of(request: Request, platform: Annotated[Platform, Depends(platform_of)]) -> Caller:
    """1. The token proves issuer and subject. 2. The directory knows them, and they were not refused too often.
    3. Only then the request's form counts.
    """
    verified = platform.verifier.verify(_token(request))  # 1
    subject = platform.registry.subject_of(verified.issuer, verified.subject)  # 2
    if subject is None:
        raise UnknownSubject
    meter: RefusalMeter = request.app.state.refusals
    meter.check(subject.id)
    request.state.subject = subject.id
    malformed = getattr(request.state, "malformed", None)  # 3
    if isinstance(malformed, Exception):
        raise malformed
    return Caller(platform=platform, subject=subject, request_id=request.state.request_id, now=platform.clock())


CallerDep = Annotated[Caller, Depends(caller_of)]


def _token(request: Request) -> str:
    """The one Bearer token: a header that stands twice could mean either."""
    given = request.headers.getlist("authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token or token != token.strip():
        raise NotSignedIn
    return token
