"""The one way to the platform: HTTPS (or loopback), patient where that is safe, and plain about what went wrong."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import httpx

from cli import times
from cli.addresses import check_address
from cli.answer import Doc, Json, Part, doc_of, parse
from cli.failure import CommandFailed, Unavailable
from cli.problem import ApiProblem, exit_of

TRIES: Final = 5
MOST_PATIENCE: Final = 120.0
"""Seconds that all waits of one call may take together."""
PAGE: Final = 200
_TIMEOUT: Final = httpx.Timeout(connect=5, read=120, write=30, pool=5)
"""A mint waits until AWS lets the new role be assumed, which can take a minute."""
_LINES: Final = "application/x-ndjson"
_LOOK: Final = "look whether it was done (`sluice requests list`, `sluice grant list`)"
_BUSY = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it is sent, and sent again: `key` makes a repetition harmless."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Json
    key: str | None
    only_reads: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when nobody knows what became of it."""
        return self.method == "GET" or self.key is not None or self.only_reads


class Client:
    """Asks one platform in the name of one token."""

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        progress: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
        new_key: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.api_url = check_address(api_url, "SLUICE_API")
        self._progress = progress
        self._sleep = sleep
        self._new_key = new_key
        # trust_env: no proxy, no CA bundle and no .netrc of the environment comes between.
        self._http = httpx.Client(
            base_url=self.api_url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "sluice"},
            timeout=_TIMEOUT,
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **params: str | None) -> Doc:
        """One thing; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return self._answer(Call(method="GET", path=path, params=given, body=None, key=None))

    def part(self, path: str, *, limit: int | None, cursor: str | None, **params: str | None) -> Part:
        """The items from `cursor` on, `limit` of them at most; without a limit all that follow."""
        found: list[Doc] = []
        while True:
            wanted = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self.get(path, limit=str(wanted), cursor=cursor, **params)
            found += page.records("items")
            following = page.text("next_cursor") or None
            if following is None or (limit is not None and len(found) >= limit):
                return Part(items=found, next_cursor=following)
            if following == cursor:
                raise CommandFailed(f"{path} answered the same page again", next_step="tell whoever runs the platform")
            cursor = following

    def every(self, path: str, **params: str | None) -> Iterator[Doc]:
        """All items of a list."""
        yield from self.part(path, limit=None, cursor=None, **params).items

    def whole(self, path: str, **params: str | None) -> Doc:
        """One thing that tells a list of its own by the page: as its first page has it, with the items of all."""
        first = self.get(path, limit=str(PAGE), **params)
        cursor = first.text("next_cursor") or None
        rest = [] if cursor is None else self.part(path, limit=None, cursor=cursor, **params).items
        items = [item.fields for item in (*first.records("items"), *rest)]
        return Doc({**first.fields, "items": items, "next_cursor": None})

    def create(self, path: str, body: Json) -> Doc:
        """Asks for something new under one idempotency key, however often it has to be sent."""
        return self._answer(Call(method="POST", path=path, params={}, body=body, key=self._new_key()))

    def act(self, path: str, body: Json, **params: str) -> Doc:
        """Asks for a deed that takes no key; it is sent again only when the platform says that it did nothing."""
        return self._answer(Call(method="POST", path=path, params=params, body=body, key=None))

    def stream(self, path: str, **params: str | None) -> Iterator[Doc]:
        """A question whose answer tells its progress, line by line; a `problem` among the lines is raised.

        It changes nothing, so it is asked anew when the connection is lost on the way: the lines begin again then.
        """
        given = {name: value for name, value in params.items() if value is not None}
        call = Call(method="POST", path=path, params=given, body={}, key=None, only_reads=True)
        for attempt in range(1, TRIES + 1):
            try:
                with self._http.stream("POST", path, params=given, json={}, headers={"Accept": _LINES}) as response:
                    if response.is_success:
                        yield from _lines_of(response)
                        return
                    response.read()
                    wait, failure = _wait_after_answer(response, call, attempt), _problem(response)
                    if wait is None or wait > MOST_PATIENCE:
                        raise failure
                    why = failure.what
            except httpx.TransportError as error:
                wait = _wait_after_loss(error, call, attempt)
                if wait is None:
                    raise self._lost(error, call) from error
                why = f"the connection to {self.api_url} was lost"
            self._wait(why, wait, attempt)

    def replace(self, path: str, body: Json) -> Doc:
        """Gives a thing another content; the body says which revision it was, so that nobody's change is lost."""
        return self._answer(Call(method="PUT", path=path, params={}, body=body, key=None))

    def download(self, path: str, into: BinaryIO) -> int:
        """Writes a stream into a file; how many bytes."""
        written = 0
        try:
            with self._http.stream("GET", path, headers={"Accept": "*/*"}) as response:
                if response.status_code != 200:
                    response.read()
                    raise _problem(response)
                for part in response.iter_bytes():
                    written += into.write(part)
        except httpx.TransportError as error:
            raise self._lost(error) from error
        return written

    def _answer(self, call: Call) -> Doc:
        response = self._response(call)
        if response.is_success:
            return _document(response)
        raise _problem(response)

    def _response(self, call: Call) -> httpx.Response:
        patience = MOST_PATIENCE
        for attempt in range(1, TRIES + 1):
            wait: float | None
            try:
                response = self._send(call)
            except httpx.TransportError as error:
                wait = _wait_after_loss(error, call, attempt)
                if wait is None:
                    raise self._lost(error, call) from error
                why = f"{self.api_url} does not answer"
            else:
                wait = _wait_after_answer(response, call, attempt)
                if wait is None or wait > patience:
                    return response
                why = _problem(response).what
            patience -= wait
            self._wait(why, wait, attempt)
        raise Unavailable(f"{call.method} {call.path} was not answered in {TRIES} tries", next_step="try again later")

    def _wait(self, why: str, seconds: float, attempt: int) -> None:
        self._progress(f"{why}; trying again in {seconds:.1f} s ({attempt + 1} of {TRIES})")
        self._sleep(seconds)

    def _send(self, call: Call) -> httpx.Response:
        try:
            return self._sent(call)
        except KeyboardInterrupt:
            if call.method != "GET" and not call.only_reads:
                self._progress(f"stopped; nobody knows whether it was done: {_LOOK}, before you try again")
            raise

    def _sent(self, call: Call) -> httpx.Response:
        headers = {} if call.key is None else {"Idempotency-Key": call.key}
        if call.method == "GET":
            return self._http.get(call.path, params=dict(call.params))
        params = dict(call.params) or None
        return self._http.request(call.method, call.path, params=params, json=call.body, headers=headers)

    def _lost(self, error: httpx.TransportError, call: Call | None = None) -> Unavailable:
        if isinstance(error, httpx.ConnectError):
            here = urlsplit(self.api_url).hostname in ("127.0.0.1", "::1", "localhost")
            return Unavailable(
                f"nothing answers at {self.api_url}: {error}",
                next_step="start it with `sluice up`" if here else "look at SLUICE_API and your network",
            )
        return Unavailable(
            f"{self.api_url} did not answer ({type(error).__name__})",
            next_step="try again: nothing was changed"
            if call is not None and (call.only_reads or call.method == "GET")
            else f"{_LOOK}, then try again",
        )


def _wait_after_loss(error: httpx.TransportError, call: Call, attempt: int) -> float | None:
    """How long to wait before sending again; None when that may do it twice, or is hopeless."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return 0.3 * attempt if attempt <= 2 else None  # it was never sent
    return 1.0 * attempt if call.repeatable and attempt < TRIES else None


def _wait_after_answer(response: httpx.Response, call: Call, attempt: int) -> float | None:
    """How long to wait before sending again; None when this is the answer."""
    if attempt == TRIES:
        return None
    said = _retry_after(response, times.now())
    if response.status_code in _BUSY:
        if said is not None:
            return said  # the platform's word that nothing was done and that it is worth it
        return 1.0 * attempt if call.repeatable else None
    if response.status_code == 409 and said is not None and call.key is not None:
        problem = _problem(response)
        in_flight = isinstance(problem, ApiProblem) and problem.document.text("code") == "idempotency-in-flight"
        return said if in_flight else None
    return None


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110: a number or a date); None without a usable one."""
    said = response.headers.get("Retry-After", "")
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _document(response: httpx.Response) -> Doc:
    try:
        return doc_of(parse(response.content))
    except ValueError as error:
        raise CommandFailed(
            f"{response.request.url} answered {response.status_code} with something that is not the API's",
            next_step="look at SLUICE_API: is it the platform's address?",
        ) from error


def _lines_of(response: httpx.Response) -> Iterator[Doc]:
    for each in response.iter_lines():
        said = _said(each, response)
        if said.has("problem"):
            problem = said.record("problem")
            raise ApiProblem(problem.whole("status"), problem)
        yield said


def _said(text: str, response: httpx.Response) -> Doc:
    try:
        return doc_of(parse(text))
    except ValueError as error:
        raise CommandFailed(
            f"{response.request.url} answered something that is not the API's",
            next_step="look at SLUICE_API: is it the platform's address?",
        ) from error


def _problem(response: httpx.Response) -> ApiProblem | CommandFailed:
    kind = response.headers.get("Content-Type", "")
    if "json" in kind:
        return ApiProblem(response.status_code, _document(response))
    failure = CommandFailed(
        f"{response.request.url} answered {response.status_code} with something that is not the API's",
        next_step="look at SLUICE_API: is it the platform's address?",
    )
    failure.exit_code = exit_of(response.status_code)
    return failure
