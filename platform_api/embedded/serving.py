"""Runs an ASGI application on loopback in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp

from platform_api.changes.watch import Watch
from platform_api.embedded.errors import EmbeddedUnavailable
from platform_api.embedded.loopback import is_loopback_host
from platform_api.serving import Server

HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 15.0


def listening(port: int | None = None) -> socket.socket:
    """A socket bound on loopback, at `port` when it is free, else at any: nothing can take it before it serves."""
    # asyncio turns Nagle's algorithm off only where the protocol is named: else each answer waits some 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port or 0))
    except OSError:
        bound.bind((HOST, 0))
    return bound


def port_of(bound: socket.socket) -> int:
    """The port of a bound socket."""
    return int(bound.getsockname()[1])


class Serving:
    """One application, served until `stop`."""

    def __init__(self, app: ASGIApp, bound: socket.socket, name: str, watch: Watch | None = None) -> None:
        if not is_loopback_host(bound.getsockname()[0]):
            raise ValueError("the embedded platform listens on loopback only")
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._name = name
        self._bound = bound
        self._server = Server(config, watch)
        self._thread = threading.Thread(target=self._server.run, args=([bound],), name=name, daemon=True)

    def start(self) -> None:
        """Serves; returns once it does."""
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise EmbeddedUnavailable(part=self._name, reason="did not start", fix="see the log")
            time.sleep(0.01)

    def stop(self) -> None:
        """Finishes what is being answered, for a few seconds, and closes. Safe to repeat."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        self._bound.close()
