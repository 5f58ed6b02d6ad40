"""Column types: aware times, JSON documents, and the core's frozen values by their type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.domain.event import Json

T = TypeVar("T")
JsonObject = Mapping[str, Json]


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; a naive one is refused. SQLite keeps it as text that sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """`value` in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the database takes aware times only")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """`value` as an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Document(TypeDecorator[DocumentJson]):
    """JSON, kept as ASCII text: a NUL or a lone surrogate stays an escape, which any database holds."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: DocumentJson, dialect: Dialect) -> str | None:
        """`value` as text."""
        return None if value is None else json.dumps(value, separators=(",", ":"), default=_plain)

    def process_result_value(self, value: str | None, dialect: Dialect) -> DocumentJson:
        """What was kept."""
        if value is None:
            return None
        document: DocumentJson = json.loads(value)
        return document


def _plain(value: object) -> object:
    """Mappings and sequences of other kinds than JSON's own."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


class Value(TypeDecorator[T], Generic[T]):
    """A frozen value of the core, kept as JSON and checked against its type when it is read."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, of: Any) -> None:
        """`of`: the type, such as `tuple[Criterion, ...]`."""
        super().__init__()
        self.of = of

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self.of)

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:
        """`value` as text; None stays NULL."""
        return None if value is None else self._adapter.dump_json(value, ensure_ascii=True).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:
        """What was kept."""
        return None if value is None else self._adapter.validate_json(value)
