"""The server of the API: it ends the streams of events before it waits for the answers that are under way."""

from __future__ import annotations

import socket

import uvicorn

from platform_api.changes.watch import Watch


class Server(uvicorn.Server):
    """uvicorn, which would wait for a stream that never ends by itself."""

    def __init__(self, config: uvicorn.Config, watch: Watch | None = None) -> None:
        super().__init__(config)
        self._watch = watch

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams first."""
        if self._watch is not None:
            self._watch.stop()
        await super().shutdown(sockets)
