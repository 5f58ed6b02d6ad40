"""The one route class: reads a body's bytes within bounds, and takes only JSON that can be read in one way."""

import json
from collections.abc import Callable, Coroutine, Iterator
from types import NoneType, UnionType
from typing import Any, get_args

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from jit_engine.sources.kinds import KINDS
from platform_api.faults import plainly
from platform_api.routes.errors import BodyInvalid, BodyTooLarge, DoorError, FieldsInvalid, NotJson

LARGEST_BODY = 1024 * 1024
DEEPEST = 32
_TAGS = frozenset(kind.name for kind in KINDS)


class StrictRoute(APIRoute):
    """Parses bodies itself; FastAPI gets the finished model.

    FastAPI alone would take duplicate keys, and refuse ISO times under strict models. What is wrong with a body
    or a query is kept until the caller is known (`caller.caller_of` raises it), so that nobody anonymous learns
    anything and every refusal is on record under a name.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, on a request whose body is parsed already."""
        handle = super().get_route_handler()
        model, needed = body_model(self), self.body_field is not None and self.body_field.field_info.is_required()
        names = frozenset(query_names(self.dependant))

        async def strictly(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            try:
                _check_query(request, names)
                strict.raw = await _read(request)
                strict.parsed = _parsed(request, strict.raw, model if needed or strict.raw else None)
            except DoorError as error:
                request.state.malformed = error
            return await handle(strict)

        return strictly


class StrictRequest(Request):
    """A request whose body has been read and parsed."""

    raw: bytes = b""
    parsed: Any = None

    async def body(self) -> bytes:
        """The bytes, at most `LARGEST_BODY`."""
        return self.raw

    async def json(self) -> Any:
        """The finished model; None when it could not be made, which the caller dependency then reports."""
        return self.parsed


def body_model(route: APIRoute) -> type[BaseModel] | None:
    """The model of a route's body, or None when it takes none; `Model | None` is a body that may be left out."""
    if route.body_field is None:
        return None
    annotation: object = route.body_field.field_info.annotation
    parts = [part for part in get_args(annotation) if part is not NoneType]
    model = parts[0] if isinstance(annotation, UnionType) and len(parts) == 1 else annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"{route.path}: a body is one model")
    return model


def query_names(dependant: Dependant) -> Iterator[str]:
    """The name of every query parameter that a route and its dependencies take."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from annotation.model_fields
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from query_names(inner)


def _check_query(request: Request, names: frozenset[str]) -> None:
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(given) - names)
    known = ", ".join(sorted(names)) or "none"
    faults = [(name[:80], "this list has no such parameter", f"use only: {known}") for name in unknown]
    faults += [
        (name[:80], "it is there more than once", "give it once") for name in sorted(names) if given.count(name) > 1
    ]
    if faults:
        raise FieldsInvalid(tuple(faults))


async def _read(request: Request) -> bytes:
    """The body; gives up as soon as there is more than `LARGEST_BODY`."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > LARGEST_BODY:
        raise BodyTooLarge(limit=LARGEST_BODY)
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > LARGEST_BODY:
            raise BodyTooLarge(limit=LARGEST_BODY)
    return raw


def _parsed(request: Request, raw: bytes, model: type[BaseModel] | None) -> BaseModel | None:
    if model is None:
        if raw and (request.method != "POST" or read_json(raw) != {}):
            raise BodyInvalid(why="this takes no body", fix="send none, or {}")
        return None
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json" or parameters.strip().lower() not in ("", "charset=utf-8"):
        raise NotJson
    read_json(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise FieldsInvalid(faults_in(error)) from None


def read_json(raw: bytes) -> object:
    """The value of these bytes; raises `BodyInvalid` when there are two ways to read them, or none."""
    try:
        value: object = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        why = error.args[0] if isinstance(error, _Twice) else "the body is no JSON"
        raise BodyInvalid(why=why, fix="send one JSON object in UTF-8, each key once") from None
    if _is_deeper(value, DEEPEST):
        raise _too_deep()
    return value


class _Twice(ValueError):
    """A key stands twice in one object."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        name = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Twice(f"the key {name[:80]!r} stands twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _too_deep() -> BodyInvalid:
    return BodyInvalid(why=f"the body is nested more than {DEEPEST} deep", fix="send a flatter one")


def _is_deeper(value: object, limit: int) -> bool:
    """Whether `value` holds more than `limit` objects or lists in each other; level by level, for any depth."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(inner, dict | list) for inner in level)


def faults_in(error: ValidationError) -> tuple[tuple[str, str, str], ...]:
    """Every fault as (field, message, fix), the field as people write it: `sources[0].bucket`."""
    return tuple((_field(found["loc"]), *plainly(found)) for found in error.errors(include_url=False)[:50])


def _field(location: tuple[int | str, ...]) -> str:
    field = ""
    for step in location:
        if isinstance(step, int):
            field += f"[{step}]"
        elif step not in _TAGS:
            field += f".{step[:80]}" if field else step[:80]
    return field or "body"
