"""Doing something once, however often it is asked with one Idempotency-Key."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from jit_engine.errors import InvalidValue
from jit_engine.flows.outcome import AccessRefused
from jit_engine.ports import LostRace
from platform_api.db.idempotency import Fresh, InFlight, Mismatch, Replay
from platform_api.problems import problem_of, rendered_bytes
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.errors import KeyInFlight, KeyMismatch
from platform_api.routes.strict import StrictRequest, read_json

_KEY = re.compile(r"[A-Za-z0-9._:-]{8,128}\Z", re.ASCII)
Status = int | Callable[[BaseModel], int]
"""Of the answer, or how it follows from the answer."""
KEPT_HEADERS = {"Idempotency-Replayed": "true"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Runs a piece of work under the caller's key; the first answer is every answer."""

    caller: Caller
    key: str | None
    route: str
    fingerprint: str

    def __call__(self, status: Status, work: Callable[[], BaseModel]) -> Response:
        """The answer of `work`, or the one that it gave before; `status` may depend on it.

        Kept are answers that left something behind: what was made, and a refusal, which is on record. Any other
        error gives the key back, for the same request may then well succeed.
        """
        claim = self._claim(None)
        return self._answer(claim, status, work) if isinstance(claim, Fresh) else _replayed(claim)

    def named(
        self, status: Status, name: str, work: Callable[[str], BaseModel], left: Callable[[str], BaseModel | None]
    ) -> Response:
        """The same for work that is done under an id, at first `name`.

        When a process died over it, `left` says what is there under the id that it had used, or None; so a caller who
        asks again after a crash is told of what was made and never has it made twice.
        """
        claim = self._claim(name)
        if isinstance(claim, Replay):
            return _replayed(claim)
        if claim.again and claim.name is not None:
            found = left(claim.name)
            if found is not None:
                return self._answer(claim, status, lambda: found)
            claim = self.caller.platform.keys.rename(claim, name)
        return self._answer(claim, status, lambda: work(name))

    def _answer(self, claim: Fresh, status: Status, work: Callable[[], BaseModel]) -> Response:
        keys = self.caller.platform.keys
        try:
            made = work()
            done, body = status if isinstance(status, int) else status(made), made.model_dump_json().encode()
        except AccessRefused as refused:
            refusal, _, said = rendered_bytes(problem_of(refused), self.caller.request_id)
            keys.complete(claim, refusal, said)
            raise
        except BaseException:
            keys.release(claim)
            raise
        keys.complete(claim, done, body)
        return _response(done, body, {})

    def _claim(self, name: str | None) -> Fresh | Replay:
        if self.key is None or not _KEY.match(self.key):
            raise InvalidValue(
                field="Idempotency-Key",
                given=self.key or "",
                fix="send a header Idempotency-Key of 8 to 128 characters of A-Z a-z 0-9 . _ : -, new for each request",
            )
        caller = self.caller
        try:
            claim = caller.platform.keys.claim(
                self.key, caller.subject.id, self.route, self.fingerprint, caller.now, name
            )
        except LostRace:  # the same new key twice at once
            raise KeyInFlight from None
        match claim:
            case Mismatch():
                raise KeyMismatch
            case InFlight():
                raise KeyInFlight
        return claim


def once_of(
    request: Request,
    caller: CallerDep,
    idempotency_key: Annotated[
        str | None, Header(description="8 to 128 characters, new for each request; required to create something")
    ] = None,
) -> Once:
    """The work of this request, named by its route and its body, however that is spaced."""
    raw = request.raw if isinstance(request, StrictRequest) else b""
    canonical = json.dumps(read_json(raw) if raw else None, sort_keys=True, separators=(",", ":"))
    given = request.headers.getlist("idempotency-key")
    return Once(
        caller=caller,
        key=idempotency_key if len(given) == 1 else None,
        route=f"{request.method} {request.scope['path']}",
        fingerprint=hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest(),
    )


OnceDep = Annotated[Once, Depends(once_of)]


def _replayed(claim: Replay) -> Response:
    return _response(claim.status, claim.body, KEPT_HEADERS)


def _response(status: int, body: bytes, headers: dict[str, str]) -> Response:
    media_type = "application/json" if status < 400 else "application/problem+json"
    return Response(body, status, headers, media_type)
