"""A page of a list, and the cursor that asks for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

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
