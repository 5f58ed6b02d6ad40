"""Who calls: the first dependency of every route under /v1. By an access token, or by the console's session cookie."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from jit_engine.domain.subject import Subject
from platform_api.identity.web_session import COOKIE, LONGEST, WebSession, hashed, is_csrf_token
from platform_api.routes.errors import ForgedRequest, NotSignedIn, UnknownSubject
from platform_api.routes.meter import RefusalMeter
from platform_api.wiring import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, when, under which request id, and the platform that is asked. `until`: the end of their proof."""

    platform: Platform
    subject: Subject
    request_id: str
    now: datetime
    until: datetime
    session: WebSession | None = None
    session_id: str | None = None


def platform_of(request: Request) -> Platform:
    """The platform that this application serves."""
    platform: Platform = request.app.state.platform
    return platform


def caller_of(request: Request, platform: Annotated[Platform, Depends(platform_of)]) -> Caller:
    """1. The token, or the session, proves issuer and subject. 2. The directory knows them, and they were not refused
    too often. 3. Only then the request's form counts.
    """
    now = platform.clock()
    session_id = None if "authorization" in request.headers else request.cookies.get(COOKIE)
    session = None if session_id is None else _session(request, platform, session_id, now)  # 1
    proven = session or platform.verifier.verify(_token(request))
    subject = platform.registry.subject_of(proven.issuer, proven.subject)  # 2
    if subject is None:
        raise UnknownSubject
    meter: RefusalMeter = request.app.state.refusals
    meter.check(subject.id)
    request.state.subject = subject.id
    malformed = getattr(request.state, "malformed", None)  # 3
    if isinstance(malformed, Exception):
        raise malformed
    return Caller(
        platform=platform,
        subject=subject,
        request_id=request.state.request_id,
        now=now,
        until=proven.began_at + LONGEST if isinstance(proven, WebSession) else proven.expires_at,
        session=session,
        session_id=session_id,
    )


CallerDep = Annotated[Caller, Depends(caller_of)]


UNATTENDED = "sluicegate-unattended"
"""The header by which the console says that nobody has touched the page for a while: it asks by itself, and so do live
updates (an event stream). Such a request does not keep an idle session alive.
"""


def _session(request: Request, platform: Platform, session_id: str, now: datetime) -> WebSession:
    """The cookie's live session. A cookie comes along whoever made the browser ask, so it counts only for what the
    console's own pages ask: the browser's word for that (Fetch Metadata), and for changes the session's own token.
    """
    if request.headers.get("sec-fetch-site") != "same-origin":
        raise ForgedRequest(why="it came from another site, or from a browser that does not say from where")
    if request.method not in ("GET", "HEAD") and not is_csrf_token(request.headers.get("x-csrf-token", ""), session_id):
        raise ForgedRequest(why="X-CSRF-Token is missing or not this session's")
    is_use = UNATTENDED not in request.headers and request.headers.get("accept") != "text/event-stream"
    found = platform.web_sessions.get(hashed(session_id), now, is_use=is_use)
    if found is None:
        raise NotSignedIn
    return found


def _token(request: Request) -> str:
    """The one Bearer token: a header that stands twice could mean either."""
    given = request.headers.getlist("authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token or token != token.strip():
        raise NotSignedIn
    return token
