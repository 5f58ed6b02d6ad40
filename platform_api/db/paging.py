"""Lists by the page: newest first, by key and not by offset, so that a page never repeats or skips a row."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute

from jit_engine.domain.ids import check_id
from jit_engine.errors import InvalidValue
from platform_api.paging import Page, PageAsk, check_one_of

T = TypeVar("T")
AnyRow = sa.Row[*tuple[Any, ...]]
AnySelect = sa.Select[*tuple[Any, ...]]
MAX_LIMIT = 200
_MAX_TEXT = 200
Filter = Callable[[str], sa.ColumnElement[bool]]
"""The condition for a filter's value; raises `InvalidValue` when the value cannot be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one list is ordered (by `keys`, which sort by age and name one row), and its filters."""

    name: str
    keys: tuple[InstrumentedAttribute[Any], ...]
    filters: Mapping[str, Filter]


def is_exactly(column: InstrumentedAttribute[Any]) -> Filter:
    """Rows whose `column` is the value."""
    return lambda value: column == value


def is_id(column: InstrumentedAttribute[Any], *prefixes: str) -> Filter:
    """Rows whose `column` is the value, which must be an id that starts with one of `prefixes`."""

    def condition(value: str) -> sa.ColumnElement[bool]:
        return column == id_of(column.key.removesuffix("_id"), value, *prefixes)

    return condition


def id_of(field: str, value: str, *prefixes: str) -> str:
    """`value` when it is an id that starts with one of `prefixes`; raises `InvalidValue` naming `field`."""
    given = value.partition("_")[0]
    return check_id(value, given if given in prefixes else prefixes[0], field)


def is_one_of(column: InstrumentedAttribute[Any], values: type[StrEnum]) -> Filter:
    """Rows whose `column` is the value, which must be one of `values`."""

    def condition(value: str) -> sa.ColumnElement[bool]:
        check_one_of(column.key, value, values)
        return column == value

    return condition


def within(column: InstrumentedAttribute[datetime]) -> dict[str, Filter]:
    """The filters `since` and `until` (exclusive) of a time, each given in RFC 3339 with its zone."""
    return {
        "since": lambda value: column >= _moment("since", value),
        "until": lambda value: column < _moment("until", value),
    }


def is_before(field: str, column: InstrumentedAttribute[datetime]) -> Filter:
    """Rows whose `column` is before the value, which is given in RFC 3339 with its zone."""
    return lambda value: column < _moment(field, value)


def _moment(field: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # none, or beyond the calendar in UTC
        pass
    raise InvalidValue(field=field, given=text, fix="give a time with its zone, such as 2026-11-23T10:00:00Z")


def _check_span(filters: Mapping[str, str]) -> None:
    """Refuses a span that nothing can lie in: more often than not its ends were exchanged."""
    if "since" in filters and "until" in filters:
        since, until = (_moment(name, filters[name]) for name in ("since", "until"))
        if until <= since:
            raise InvalidValue(
                field="until", given=filters["until"], fix="give an end that is after `since`, or leave it out"
            )


def page_of(
    connection: Connection,
    listing: Listing,
    query: AnySelect,
    ask: PageAsk,
    read: Callable[[Sequence[AnyRow]], Sequence[T]],
) -> Page[T]:
    """The page of `query` that `ask` wants; `read` makes its rows into values.

    Raises `InvalidValue` for a limit outside 1 to 200, an unknown filter, or a cursor not of this list.
    """
    if not 1 <= ask.limit <= MAX_LIMIT:
        raise InvalidValue(field="limit", given=str(ask.limit), fix=f"ask for 1 to {MAX_LIMIT} at a time")
    _check_span(ask.filters)
    for name, value in ask.filters.items():
        query = query.where(_condition(listing, name, value))
    if ask.cursor is not None:
        query = query.where(sa.tuple_(*listing.keys) < sa.tuple_(*_key_in(ask.cursor, listing)))
    query = query.order_by(*(key.desc() for key in listing.keys)).limit(ask.limit + 1)
    rows = connection.execute(query).all()
    shown = rows[: ask.limit]
    more = len(rows) > ask.limit
    cursor = _cursor(listing, [getattr(shown[-1], key.key) for key in listing.keys]) if more else None
    return Page(items=read(shown), next_cursor=cursor)


def _condition(listing: Listing, name: str, value: str) -> sa.ColumnElement[bool]:
    condition = listing.filters.get(name)
    if condition is None:
        known = ", ".join(sorted(listing.filters))
        raise InvalidValue(field=name, given=value, fix=f"filter by one of {known}")
    if not value.isprintable() or len(value) > _MAX_TEXT:
        raise InvalidValue(field=name, given=value, fix=f"give at most {_MAX_TEXT} printable characters")
    return condition(value)


def _cursor(listing: Listing, key: list[str | int]) -> str:
    packed = json.dumps([listing.name, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _key_in(cursor: str, listing: Listing) -> list[str | int]:
    """The key in a cursor that `_cursor` made for this very list."""
    fix = "pass on the cursor that the page before gave, or leave it out to start anew"
    refusal = InvalidValue(field="cursor", given=cursor, fix=fix)
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts: object = json.loads(packed)
    except (ValueError, binascii.Error, RecursionError):
        raise refusal from None
    if not isinstance(parts, list) or len(parts) != len(listing.keys) + 1 or parts[0] != listing.name:
        raise refusal
    for part, key in zip(parts[1:], listing.keys, strict=True):
        wanted = key.type.python_type
        if type(part) is not wanted or not str(part).isprintable() or len(str(part)) > _MAX_TEXT:
            raise refusal
        if isinstance(part, int) and not 0 <= part < 2**63:
            raise refusal
    return parts[1:]
