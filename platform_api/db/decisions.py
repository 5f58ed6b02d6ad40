"""The store of decisions: what was decided, and from what, checked against its digests whenever it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from jit_engine.domain.event import Json
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.errors import NotFound
from jit_engine.ports import DecisionOutcome, Evidence
from platform_api.db.decision_rows import KEPT_AS, RefusedBy, digest
from platform_api.db.engine import Database
from platform_api.db.errors import DecisionAltered, EvidenceUnreadable
from platform_api.db.evidence_text import KnownFacts, evidence_in
from platform_api.db.paging import AnyRow, AnySelect, Filter, Listing, is_exactly, is_id, is_one_of, page_of, within
from platform_api.db.tables.decisions import DecisionRow
from platform_api.db.tables.trail import AuditAboutRow, AuditRecordRow
from platform_api.ids import new_id
from platform_api.paging import Page, PageAsk

_CHUNK = 200
_ID_TIMES = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
_ID_STEP = timedelta(milliseconds=1)
"""Ids tell milliseconds, times tell microseconds."""
_TABLE = DecisionRow.table()
_SHOWN = sa.select(*(column for column in _TABLE.columns if column.name != "evidence"))
_WHOLE = sa.select(_TABLE)
_RECORDED = (
    sa.select(AuditRecordRow.record)
    .join(AuditAboutRow, AuditAboutRow.seq == AuditRecordRow.seq)
    .where(AuditAboutRow.kind == "decision", AuditAboutRow.id == sa.bindparam("id"))
    .order_by(AuditRecordRow.seq)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision; `record` as `rules.record` wrote it. `reason` says why a grant ended, where the record does not."""

    id: str
    request: RequestId
    grant: GrantId | None
    outcome: DecisionOutcome
    reason: str | None
    refused_by: RefusedBy | None
    subject: SubjectId
    activity: ActivityId
    environment: EnvironmentId
    rulebook: str
    decided_at: datetime
    record: Mapping[str, Json]
    evidence_sha256: str
    record_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which decisions: those from `since` until before `until`."""

    since: datetime | None = None
    until: datetime | None = None


_FILTERS: Mapping[str, Filter] = {
    "outcome": is_one_of(DecisionRow.outcome, DecisionOutcome),
    "refused_by": is_one_of(DecisionRow.refused_by, RefusedBy),
    "activity": is_id(DecisionRow.activity, "ac"),
    "subject": is_id(DecisionRow.subject, "pe", "wl"),
    "rulebook": is_exactly(DecisionRow.rulebook),
    "request": is_id(DecisionRow.request, "rq"),
    "grant": is_id(DecisionRow.grant_id, "gr"),
    **within(DecisionRow.decided_at),
}
_LISTING = Listing(name="decisions", keys=(DecisionRow.id,), filters=_FILTERS)


class SqlDecisions:
    """Reading what was decided; the ledger writes it, together with what it led to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, decision: str) -> StoredDecision | None:
        """One decision, or None."""
        with self._database.read() as connection:
            rows = connection.execute(_SHOWN.where(DecisionRow.id == decision)).all()
        return next(iter(_read(rows)), None)

    def page(self, ask: PageAsk, visible_to: SubjectId | None) -> Page[StoredDecision]:
        """Decisions, newest first: those about `visible_to`'s requests, or everybody's when that is None.

        Filters: outcome, refused_by, activity, subject, rulebook, request, grant, since, until.
        """
        query = _SHOWN if visible_to is None else _SHOWN.where(DecisionRow.subject == visible_to)
        with self._database.read() as connection:
            return page_of(connection, _LISTING, query, ask, _read)

    def evidence(self, decision: str) -> Evidence:
        """What it was taken from.

        1. The stored texts are those of the stored digests, and these are the audit trail's; else `DecisionAltered`.
        2. The form is one that this release reads, and nothing in it goes unread; else `EvidenceUnreadable`.
        """
        with self._database.read() as connection:
            row = connection.execute(_WHOLE.where(DecisionRow.id == decision)).one_or_none()
            recorded = connection.execute(_RECORDED, {"id": decision}).scalars().first()
        if row is None:
            raise NotFound(kind="decision", id=decision)
        _check_texts(row)  # 1
        _check_trail(row, recorded)
        return evidence_in(decision, row.evidence)  # 2

    def count(self, span: Span, last: int | None = None) -> int:
        """How many decisions there are in a time span; no more than `last` are counted."""
        query = _in_span(sa.select(DecisionRow.id), span)
        if last is not None:
            query = query.order_by(DecisionRow.id.desc()).limit(last)
        with self._database.read() as connection:
            counted: int = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
        return counted

    def stream(self, span: Span, last: int | None = None) -> Iterator[tuple[StoredDecision, Evidence | None]]:
        """The decisions of a time span with what each was taken from, the newest first; the `last` so many, or all.

        A page and a transaction at a time, so that any number can be read. Each is checked against its own digests.
        One in a form that is not read has no evidence.
        """
        query = _in_span(_WHOLE, span).order_by(DecisionRow.id.desc())
        before, left, known = None, last, KnownFacts()
        while left is None or left > 0:
            size = _CHUNK if left is None else min(_CHUNK, left)
            page = query.limit(size) if before is None else query.where(DecisionRow.id < before).limit(size)
            with self._database.read() as connection:
                rows = connection.execute(page).all()
            for row, stored in zip(rows, _read(rows), strict=True):
                _check_texts(row)
                try:
                    evidence = evidence_in(row.id, row.evidence, known)
                except EvidenceUnreadable:
                    evidence = None
                yield stored, evidence
            if len(rows) < size:
                return
            before = rows[-1].id
            left = None if left is None else left - size


def _in_span(query: AnySelect, span: Span) -> AnySelect:
    """Also by id, which sorts by the moment of deciding: so only the rows of the span are looked at."""
    if span.since is not None:
        query = query.where(DecisionRow.id >= _bound(span.since), DecisionRow.decided_at >= span.since)
    if span.until is not None:
        query = query.where(DecisionRow.id < _bound(span.until, _ID_STEP), DecisionRow.decided_at < span.until)
    return query


def _bound(moment: datetime, later: timedelta = timedelta(0)) -> str:
    """The first id that a decision of that moment can have."""
    return new_id("de", min(max(moment, _ID_TIMES[0]), _ID_TIMES[1]) + later, bytes)


def _check_texts(row: AnyRow) -> None:
    for name in ("evidence", "record"):
        if digest(getattr(row, name)) != getattr(row, f"{name}_sha256"):
            raise DecisionAltered(decision=row.id, what=f"its {name} has another SHA-256 than the one beside it")


def _check_trail(row: AnyRow, recorded: bytes | None) -> None:
    if recorded is None:
        raise DecisionAltered(decision=row.id, what="the audit trail does not know it")
    kept = json.loads(recorded)["details"].get(KEPT_AS, {})
    for name in ("evidence_sha256", "record_sha256"):
        if kept.get(name) != getattr(row, name):
            raise DecisionAltered(decision=row.id, what=f"its {name} is not the one in the audit trail")


def _read(rows: Sequence[AnyRow]) -> list[StoredDecision]:
    return [
        StoredDecision(
            id=row.id,
            request=RequestId(row.request),
            grant=None if row.grant_id is None else GrantId(row.grant_id),
            outcome=DecisionOutcome(row.outcome),
            reason=row.reason,
            refused_by=None if row.refused_by is None else RefusedBy(row.refused_by),
            subject=SubjectId(row.subject),
            activity=ActivityId(row.activity),
            environment=EnvironmentId(row.environment),
            rulebook=row.rulebook,
            decided_at=row.decided_at,
            record=json.loads(row.record),
            evidence_sha256=row.evidence_sha256,
            record_sha256=row.record_sha256,
        )
        for row in rows
    ]
