"""What has changed, as it happens: a stream of server-sent events that holds no thread while it is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import StreamingResponse

from platform_api.changes.line import Line
from platform_api.changes.watch import Watch
from platform_api.routes.caller import CallerDep
from platform_api.routes.permits import shows
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.events import ChangedTold

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["session"])
KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent, so that nothing between us takes the connection for dead."""
_HEADERS = {"X-Accel-Buffering": "no"}
"""A reverse proxy is to pass on what there is and not to collect it."""


@routes.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "model": ChangedTold,
            "content": {"text/event-stream": {}},
            "description": "Events hello, changed (whose data is this), reset and end",
        }
    },
    summary="What has changed of what you may see, as it happens",
    dependencies=[shows("viewGrant")],
)
def events(
    request: Request, caller: CallerDep, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """Kinds and ids only (`changed`), each asked of the rules for you; `reset` says to read everything anew, `end`
    that nothing more will come. With Last-Event-ID nothing is missed in between. Ends with your session or token.
    """
    watch: Watch = request.app.state.watch
    after = None if last_event_id is None else _number(last_event_id)
    session = caller.session
    line = watch.open(caller.subject.id, session, caller.until, after)
    return StreamingResponse(_written(watch, line), media_type="text/event-stream", headers=_HEADERS)


def _number(given: str) -> int:
    """The record that an id names; what is no id of ours names none, and everything is read anew."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else -1


async def _written(watch: Watch, line: Line) -> AsyncIterator[bytes]:
    """The events of one connection, until it ends. Runs on the server's own loop and calls nothing that blocks."""
    loop, bell = asyncio.get_running_loop(), asyncio.Event()

    def ring() -> None:
        try:
            loop.call_soon_threadsafe(bell.set)
        except RuntimeError:
            return  # the server has stopped: nobody reads any more

    line.ring = ring
    try:
        yield line.greeting()
        while True:
            for said in watch.take(line):
                yield said
            if line.ended is not None:
                return
            try:
                await asyncio.wait_for(bell.wait(), KEEP_ALIVE)
            except TimeoutError:
                yield b": still here\n\n"
            bell.clear()
    finally:
        watch.leave(line)
