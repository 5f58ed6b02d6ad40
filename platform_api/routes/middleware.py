"""Around every answer, as pure ASGI: the request id, the headers that protect it, and what nobody expected."""

import re
import secrets

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_api.problems import Problem, rendered_bytes, unexpected

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z", re.ASCII)
_AUTHZEN = "/access/"
_ANY_ID = re.compile(rb"[!-~](?:[ -~]{0,510}[!-~])?\Z")
"""To AuthZEN a request id is any string (10.1.3): one line of visible characters is given back as it came."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
log = structlog.get_logger(__name__)


class Doorway:
    """Gives each request its id, each answer its headers, and turns an unexpected error into a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                echoed = _echoed(scope, request_id)
                own = message.get("headers", [])
                named = {name for name, _ in own}
                more = [header for header in _headers(scope["path"], echoed) if header[0] not in named]
                message["headers"] = [*own, *more]
            await send(message)

        if not scope["path"].startswith("/"):  # such as `GET @host/path`, in which others read another authority
            await _send(answer, *rendered_bytes(Problem(code="bad-request", detail="name a path"), request_id))
            return
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            # Only the kind and the place, no trace: a message may hold what a driver was given.
            log.critical("unexpected", request_id=request_id, error=type(error).__name__, where=_where(error))
            if started:
                raise
            await _send(answer, *rendered_bytes(unexpected(), request_id))


def _request_id(scope: Scope) -> str:
    """The caller's own, when it is a fit one; else a new one."""
    given = [value for name, value in scope["headers"] if name == b"x-request-id"]
    text = given[0].decode("latin-1") if len(given) == 1 else ""
    return text if _REQUEST_ID.match(text) else secrets.token_hex(16)


def _echoed(scope: Scope, request_id: str) -> bytes:
    """The id that the answer carries. It may differ from ours, which logs and records go by."""
    given = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if scope["path"].startswith(_AUTHZEN) and len(given) == 1 and _ANY_ID.match(given[0]):
        return bytes(given[0])
    return request_id.encode()


def _headers(path: str, request_id: bytes) -> list[tuple[bytes, bytes]]:
    no_store = [(b"cache-control", b"no-store")] if path.startswith(("/v1", _AUTHZEN)) else []
    return [(b"x-request-id", request_id), *_HEADERS, *no_store]


def _where(error: BaseException) -> str:
    """File and line where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
