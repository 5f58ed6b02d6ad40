"""A page of a list, and the cursor that asks for the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from jit_engine.errors import InvalidValue

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """`items`, newest first, and the opaque cursor of the next page; None on the last."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsk:
    """Which page: `limit` 1 to 200, after `cursor`, with the filters that the list knows (column → exact value)."""

    limit: int = 50
    cursor: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


def check_one_of(field: str, given: str | None, values: Iterable[str]) -> None:
    """Raises `InvalidValue` for a filter's value that is none of `values`; None filters by nothing."""
    known = list(values)
    if given is not None and given not in known:
        raise InvalidValue(field=field, given=given, fix=f"use one of {', '.join(known)}")
