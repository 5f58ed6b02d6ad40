"""Serves the built console: its page with a fresh nonce for every response, its assets for ever.

`built/` is made by `build.py` when the project is installed. Without it the API works as before, and the console's
address says how to build it.
"""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from platform_api.identity.web_session import COOKIE, hashed
from platform_api.routes.caller import platform_of
from platform_api.wiring import Platform

BUILT = Path(__file__).with_name("built")
NONCE = "SLUICEGATE_NONCE"
"""What the built page carries in place of the nonce (vite.config.ts)."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
_FOR_EVER = "public, max-age=31536000, immutable"
SIGNED_OUT = "signed-out"
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Console:
    """The built files of one folder."""

    folder: Path = BUILT

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every file by its path in a URL: what is not in here is not served, whatever a path says."""
        return {f"/{f.relative_to(self.folder).as_posix()}": f for f in self.folder.rglob("*") if f.is_file()}

    def page(self) -> Response:
        """The page itself, never kept."""
        index = self.files.get("/index.html")
        if index is None:
            return PlainTextResponse(
                "The console is not built here: install the project again (`make`), or use `sluice`.\n", status_code=503
            )
        nonce = secrets.token_urlsafe(18)
        headers = {"Content-Security-Policy": _POLICY.format(nonce=nonce), "Cache-Control": "no-store"}
        return HTMLResponse(index.read_text(encoding="utf-8").replace(NONCE, nonce), headers=headers)

    def asset(self, path: str, encodings: str) -> Response:
        """A built file, compressed when the browser takes it so and it was built so; 404 for any other path."""
        file = self.files.get(path)
        if file is None or path == "/index.html" or file.suffix == ".gz":
            raise HTTPException(404)
        headers = {"Cache-Control": _FOR_EVER if path.startswith("/assets/") else "no-cache", "Vary": "Accept-Encoding"}
        if "worker" in file.name:  # only the checker of policies runs WebAssembly
            headers["Content-Security-Policy"] = _WORKER_POLICY
        packed = self.files.get(f"{path}.gz")
        if packed is not None and "gzip" in encodings:
            file, headers["Content-Encoding"] = packed, "gzip"
        kind = _TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Response(file.read_bytes(), media_type=kind, headers=headers)


class _Page(Convertor[str]):
    """A path of the console's own: nothing that the API answers, so that its 404 and 405 stay what they are."""

    regex = r"(?!(?:v1|access|auth|healthz|readyz|assets|\.well-known)(?:/|\Z)).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def pages(console: Console) -> APIRouter:
    """The routes of the console; included last, for they take every path that nothing else took."""
    register_url_convertor("page", _Page())
    routes = APIRouter(include_in_schema=False)

    @routes.get("/assets/{name:path}")
    def asset(request: Request, name: str) -> Response:
        return console.asset(f"/assets/{name}", request.headers.get("accept-encoding", ""))

    @routes.get("/gate.svg")
    def icon(request: Request) -> Response:
        return console.asset("/gate.svg", "")

    @routes.get("/{path:page}")
    def page(request: Request, path: str, platform: Annotated[Platform, Depends(platform_of)]) -> Response:
        """The page, to whom is signed in or has just signed out; everybody else is sent to sign in first."""
        session_id = request.cookies.get(COOKIE, "")
        signed_in = session_id and platform.web_sessions.get(hashed(session_id), platform.clock()) is not None
        if signed_in or path == SIGNED_OUT or platform.code_flow is None:
            return console.page()
        here = f"/{path}?{request.url.query}".rstrip("?")
        return RedirectResponse(f"/auth/sign-in?{urlencode({'to': here})}", status_code=303)

    return routes
