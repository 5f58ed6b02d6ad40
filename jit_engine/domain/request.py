"""What is asked: one activity, one environment, one purpose, some sources, for a time."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from jit_engine.domain.approval import Approval
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId
from jit_engine.domain.source import GlueTable, Operation, Source
from jit_engine.domain.spans import in_words
from jit_engine.domain.subject import Subject
from jit_engine.errors import InvalidValue

MAX_SOURCES = 100
"""Sources in one request (issue: the JIT engine); a bound before any work."""
MAX_COLUMNS = 1000
"""Columns of one table in one request; a bound before any work."""
MIN_DURATION = timedelta(seconds=10)
MAX_DURATION = timedelta(hours=12)
"""The longest AWS session (43,200 s, STS AssumeRole); a tier's own maximum is lower."""


class Mode(StrEnum):
    """Whether one refusal refuses everything."""

    ALL = "all"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAsk:
    """One source and what is to be done with it. `columns`: those wanted of a table; None asks for what there is.

    Sources of one `job` are used as a whole: they are had in one session, or not at all.
    """

    source: Source
    operations: frozenset[Operation]
    columns: frozenset[str] | None = None
    job: str | None = None

    def __post_init__(self) -> None:
        if not self.operations:
            raise InvalidValue(field="operations", given="[]", fix="name at least one of describe, select, insert")
        if self.columns is None:
            return
        if not isinstance(self.source, GlueTable):
            fix = "only a table has columns: name one (`sluice data list`), or leave columns out"
            raise InvalidValue(field="columns", given=self.source.uri, fix=fix)
        if not 1 <= len(self.columns) <= MAX_COLUMNS:
            fix = f"name 1 to {MAX_COLUMNS} columns, or leave columns out"
            raise InvalidValue(field="columns", given=str(len(self.columns)), fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class LackingSource:
    """Something in a container whose kind does not offer these of the operations that were asked for."""

    source: str
    operations: frozenset[Operation]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedContainer:
    """A database or data product that was asked for, and what it came to in the catalogue of `generation`.

    `sources` are the URIs of what is asked for of it. What is `lacking` operations is asked for with the others, or
    left out where it lacks all of them.
    """

    uri: str
    operations: frozenset[Operation]
    generation: int
    sources: tuple[str, ...]
    lacking: tuple[LackingSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """One request. `duration` None means the contract's default; `ends_at` is the requester's own latest end.

    `approvals` are those that count, as the flow that gathers them found; nobody who asks can bring any. In an
    emergency (`break_glass`) one release by another person stands for the contract's approvals. `containers` only say
    how some of the `asks` were named: nothing is decided by them.
    """

    id: RequestId
    subject: Subject
    activity: ActivityId
    environment: EnvironmentId
    purpose: str
    duration: timedelta | None
    ends_at: datetime | None
    mode: Mode
    asks: tuple[SourceAsk, ...]
    justification: str
    ticket: str = ""
    starts_at: datetime | None = None
    break_glass: bool = False
    approvals: tuple[Approval, ...] = ()
    renews: GrantId | None = None
    containers: tuple[AskedContainer, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.asks) <= MAX_SOURCES:
            raise InvalidValue(field="sources", given=str(len(self.asks)), fix=f"name 1 to {MAX_SOURCES} sources")
        named = [ask.source for ask in self.asks]
        if len(set(named)) != len(named):
            raise InvalidValue(
                field="sources", given="a source twice", fix="name each source once, with all its operations"
            )
        if self.duration is not None and not MIN_DURATION <= self.duration <= MAX_DURATION:
            raise InvalidValue(
                field="duration",
                given=in_words(self.duration),
                fix="give an ISO 8601 duration from PT10S to PT12H",
            )

    @property
    def fingerprint(self) -> str:
        """The same for two requests of one subject for the same access, however long and for whatever reason."""
        asks = sorted((ask.source.account, ask.source.uri, sorted(ask.operations)) for ask in self.asks)
        start = None if self.starts_at is None else self.starts_at.isoformat()
        ours = [self.subject.id, self.activity, self.environment, self.purpose]
        what = [*ours, self.break_glass, start, self.renews, asks]
        return sha256(json.dumps(what).encode()).hexdigest()
