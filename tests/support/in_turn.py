"""A balancer without sticky sessions: every request goes to the next replica."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from socket import socket

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from platform_api.embedded.serving import Serving

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@contextmanager
def in_turn(bound: socket, replicas: Sequence[str]) -> Iterator[Counter[str]]:
    """Balances what comes to `bound` over `replicas`; gives how many requests each has answered."""
    answered, following = Counter[str](), cycle(replicas)

    @asynccontextmanager
    async def client(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            app.state.http = http
            yield

    async def passed_on(request: Request) -> Response:
        replica = next(following)
        answered[replica] += 1
        http: httpx.AsyncClient = request.app.state.http
        address = replica + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = http.build_request(request.method, address, headers=request.headers.raw, content=await request.body())
        answer = await http.send(asked, stream=True)
        shown = StreamingResponse(answer.aiter_raw(), status_code=answer.status_code)
        shown.raw_headers = [(name.lower(), value) for name, value in answer.headers.raw]
        return shown

    serving = Serving(
        Starlette(routes=[Route("/{path:path}", passed_on, methods=_METHODS)], lifespan=client), bound, "a balancer"
    )
    serving.start()
    try:
        yield answered
    finally:
        serving.stop()
