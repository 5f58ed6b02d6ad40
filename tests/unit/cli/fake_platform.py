"""A platform that answers what a test prepared and remembers what it was asked, over real HTTP on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to give."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False


@dataclass(slots=True)
class FakePlatform:
    """Answers by method and path, in the order in which replies were added; the last one stays."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _replies: dict[tuple[str, str], list[Reply]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answers(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        cut: bool = False,
    ) -> None:
        """Adds one reply; where it is `cut`, the connection is lost after the body."""
        reply = Reply(status=status, body=body, headers=headers or {}, raw=raw, cut=cut)
        self._replies.setdefault((method, path), []).append(reply)

    def refuses(self, method: str, path: str, status: int, code: str, **more: Any) -> None:
        """Adds a problem document."""
        headers = {"Content-Type": "application/problem+json", **more.pop("headers", {})}
        body = {"type": f"https://sluicegate.example/problems/{code}", "title": f"Title of {code}", "status": status}
        body |= {"detail": f"Detail of {code}", "code": code, "request_id": "req-12345678", **more}
        self.answers(method, path, body, status=status, headers=headers)

    def take(self, asked: Asked) -> Reply:
        """Remembers a request and gives its answer."""
        with self._lock:
            self.asked.append(asked)
            replies = self._replies.get((asked.method, asked.path))
            if not replies:
                return Reply(status=404, body={"title": "Not found", "status": 404, "code": "not-found"})
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{one.method} {one.path}" for one in self.asked]


@contextmanager
def serving() -> Iterator[FakePlatform]:
    """A fake platform on a free port, gone with the block."""
    platform = FakePlatform()

    class Handler(BaseHTTPRequestHandler):
        """Hands each request to the fake."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = platform.take(
                Asked(
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query)),
                    headers=dict(self.headers.items()),
                    body=json.loads(content) if content else None,
                )
            )
            payload = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload) + reply.cut))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the names of the standard library

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
