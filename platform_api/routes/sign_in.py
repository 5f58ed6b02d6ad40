"""Signing in to the console and out of it: the browser gets an opaque session id and never a token."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from jit_engine.domain.event import Event
from jit_engine.domain.subject import Subject
from platform_api.console.web import SIGNED_OUT
from platform_api.identity.code_flow import CodeFlow
from platform_api.identity.errors import SignInFailed
from platform_api.identity.web_session import (
    COOKIE,
    LONGEST,
    SIGN_IN_COOKIE,
    SIGN_IN_WITHIN,
    WebSession,
    csrf_token,
    fresh_secret,
    hashed,
    safe_return,
)
from platform_api.routes.caller import CallerDep, platform_of
from platform_api.routes.errors import UnknownSubject
from platform_api.routes.permits import shows
from platform_api.routes.refusals import OURS, problem_in, refuse_with
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.session import SessionShown
from platform_api.wiring import Platform


class _Door(APIRoute):
    """Tells a person's browser on a page of the console why signing in did not work, and anybody else as ever."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, with what it refuses told so."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except OURS as error:
                problem = problem_in(error)
                answer = refuse_with(problem, request, error)
                if "text/html" not in request.headers.get("accept", ""):
                    return answer
                why = urlencode({"why": problem.code})
                return RedirectResponse(f"/{SIGNED_OUT}?{why}", status_code=303)

        return told


doors = APIRouter(prefix="/auth", tags=["session"], include_in_schema=False, route_class=_Door)
routes = APIRouter(prefix="/v1/session", tags=["session"], route_class=StrictRoute)

PlatformDep = Annotated[Platform, Depends(platform_of)]


@doors.get("/sign-in")
def sign_in(platform: PlatformDep, to: Annotated[str, Query(max_length=512)] = "/", again: bool = False) -> Response:
    """Sends the browser to the identity provider, which with `again` asks the person anew."""
    flow, now = _flow(platform), platform.clock()
    started = flow.start(safe_return(to), now, again=again)
    platform.web_sessions.begin_sign_in(started.kept)
    answer = RedirectResponse(started.url, status_code=303)
    _set(answer, SIGN_IN_COOKIE, started.browser, int(SIGN_IN_WITHIN.total_seconds()))
    return answer


@doors.get("/callback")
def callback(
    request: Request,
    platform: PlatformDep,
    state: Annotated[str, Query(max_length=256)] = "",
    code: Annotated[str, Query(max_length=2048)] = "",
) -> Response:
    """1. The answer fits to a sign-in of this very browser, which then is used up. 2. The code is exchanged and the ID
    token verified. 3. The directory knows the person. 4. A session with a new id begins, the browser's former one
    ends, and both are on record.
    """
    flow, now = _flow(platform), platform.clock()
    browser = request.cookies.get(SIGN_IN_COOKIE, "")
    kept = platform.web_sessions.take_sign_in(hashed(state), now)  # 1
    if kept is None or not browser or hashed(browser) != kept.browser_hash:
        raise SignInFailed(why="it was not begun in this browser, or more than ten minutes ago: start again")
    if not code:
        raise SignInFailed(why="the identity provider sent no code: it was cancelled there")
    verified = flow.finish(code, kept, now)  # 2
    subject = platform.registry.subject_of(verified.issuer, verified.subject)  # 3
    if subject is None:
        raise UnknownSubject
    session_id = fresh_secret()  # 4
    session = WebSession(
        id_hash=hashed(session_id),
        issuer=verified.issuer,
        subject=verified.subject,
        began_at=now,
        rotated_at=now,
        seen_at=now,
        ends_at=now + LONGEST,
        authenticated_at=verified.authenticated_at,
    )
    _end_before(request, platform, subject, now)
    about = {"session": session.id_hash[:16]}
    event = Event(action="session.signed-in", actor=subject.id, at=now, about=about)
    platform.web_sessions.open(session, event)
    answer = RedirectResponse(kept.return_to, status_code=303)
    _set(answer, COOKIE, session_id, int(LONGEST.total_seconds()))
    _drop(answer, SIGN_IN_COOKIE)
    return answer


@routes.get(
    "",
    summary="The console's session: who is signed in, until when, and the token for changes",
    response_model=SessionShown,
    dependencies=[shows("viewActivity")],
)
def session(caller: CallerDep) -> Response:
    """The session of the cookie; a caller with an access token has none. Its id is rotated here, when it is time."""
    found, session_id = caller.session, caller.session_id
    fresh: str | None = None
    if found is not None and found.is_to_be_rotated(caller.now):
        candidate = fresh_secret()
        fresh = candidate if caller.platform.web_sessions.rotate(found, hashed(candidate), caller.now) else None
    shown = SessionShown.of(caller.subject, found, csrf_token(fresh or session_id) if session_id else None)
    answer = JSONResponse(shown.model_dump(mode="json"))
    if fresh is not None and found is not None:
        _set(answer, COOKIE, fresh, int((found.ends_at - caller.now).total_seconds()))
    return answer


@routes.delete(
    "",
    status_code=204,
    summary="Sign out",
)
def sign_out(caller: CallerDep) -> Response:
    """Ends the session on every replica at once."""
    if caller.session is not None:
        _close(caller.platform, caller.session, caller.subject, caller.now)
    answer = Response(status_code=204)
    _drop(answer, COOKIE)
    return answer


def _end_before(request: Request, platform: Platform, subject: Subject, now: datetime) -> None:
    """Ends the session that this browser had until now: nobody keeps two, and none is left without an owner."""
    former = platform.web_sessions.get(hashed(request.cookies.get(COOKIE, "")), now)
    if former is not None:
        _close(platform, former, subject, now)


def _close(platform: Platform, session: WebSession, subject: Subject, now: datetime) -> None:
    about = {"session": session.id_hash[:16]}
    event = Event(action="session.signed-out", actor=subject.id, at=now, about=about)
    platform.web_sessions.close(session.subject, session.began_at, event)


def _flow(platform: Platform) -> CodeFlow:
    if platform.code_flow is None:
        raise SignInFailed(why="no console client is set up here: an operator sets console.client_id")
    return platform.code_flow


def _set(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def _drop(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
