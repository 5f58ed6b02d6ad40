"""The store of access requests: what was asked, what was decided and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Json
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.request import AccessRequest
from jit_engine.errors import InvalidValue
from jit_engine.rules.record import request_record
from platform_api.db.engine import Database
from platform_api.db.paging import AnyRow, Listing, is_exactly, is_id, is_one_of, page_of
from platform_api.db.tables.grants import AccessRequestRow
from platform_api.paging import Page, PageAsk


class Outcome(StrEnum):
    """What came of a request, or what it waits for. A granted one in mode `partial` may hold refused sources: its
    decision says which.
    """

    GRANTED = "granted"
    REFUSED = "refused"
    AWAITING = "awaiting-approval"
    READY = "ready"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """A request: `body` as `rules.record.request_record` wrote it, its latest `decision` as its siblings there did."""

    id: RequestId
    subject: SubjectId
    activity: ActivityId
    environment: EnvironmentId
    purpose: str
    body: Mapping[str, Json]
    decision: Mapping[str, Json]
    outcome: Outcome
    grant: GrantId | None
    decided_at: datetime


_WAITING = (Outcome.AWAITING.value, Outcome.READY.value)


def _is_waiting(given: str) -> sa.ColumnElement[bool]:
    if given not in ("true", "false"):
        raise InvalidValue(field="waiting", given=given, fix="use true or false")
    waits = AccessRequestRow.outcome.in_(_WAITING)
    return waits if given == "true" else sa.not_(waits)


_REQUESTS = sa.select(AccessRequestRow.table())
_NEW = sa.insert(AccessRequestRow.table())
_DECIDED = sa.update(AccessRequestRow.table()).where(AccessRequestRow.id == sa.bindparam("of"))
_LISTING = Listing(
    name="requests",
    keys=(AccessRequestRow.id,),
    filters={
        "outcome": is_one_of(AccessRequestRow.outcome, Outcome),
        "waiting": _is_waiting,
        "subject": is_id(AccessRequestRow.subject, "pe", "wl"),
        "activity": is_id(AccessRequestRow.activity, "ac"),
        "environment": is_id(AccessRequestRow.environment, "en"),
        "purpose": is_exactly(AccessRequestRow.purpose),
    },
)


class SqlRequests:
    """Reading what was asked; the ledger writes it, together with what it led to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, request: RequestId) -> StoredRequest | None:
        """One request, or None."""
        with self._database.read() as connection:
            rows = connection.execute(_REQUESTS.where(AccessRequestRow.id == request)).all()
        return next(iter(_read(rows)), None)

    def page(self, ask: PageAsk, visible_to: SubjectId | None) -> Page[StoredRequest]:
        """Requests, newest first: those of `visible_to`, or everybody's when that is None.

        Filters: outcome, waiting, subject, activity, environment, purpose.
        """
        query = _REQUESTS if visible_to is None else _REQUESTS.where(AccessRequestRow.subject == visible_to)
        with self._database.read() as connection:
            return page_of(connection, _LISTING, query, ask, _read)


def insert_request(
    connection: Connection,
    request: AccessRequest,
    decision: Mapping[str, Json],
    decided_at: datetime,
    grant: GrantId | None,
    outcome: Outcome,
) -> None:
    """Writes a request with its latest decision into the transaction at hand."""
    values = {
        "id": request.id,
        "subject": request.subject.id,
        "activity": request.activity,
        "environment": request.environment,
        "purpose": request.purpose,
        **_decided(request, decision, decided_at, grant, outcome),
    }
    connection.execute(_NEW, values)


def decide_request(
    connection: Connection,
    request: AccessRequest,
    decision: Mapping[str, Json],
    decided_at: datetime,
    grant: GrantId | None,
    outcome: Outcome,
) -> None:
    """Gives a request that waited the decision that was taken when it was minted."""
    connection.execute(_DECIDED, {**_decided(request, decision, decided_at, grant, outcome), "of": request.id})


def _decided(
    request: AccessRequest,
    decision: Mapping[str, Json],
    decided_at: datetime,
    grant: GrantId | None,
    outcome: Outcome,
) -> dict[str, Any]:
    """The columns that a decision fills in."""
    return {
        "body": request_record(request),
        "decision": decision,
        "outcome": outcome.value,
        "grant_id": grant,
        "decided_at": decided_at,
    }


def set_outcome(connection: Connection, request: RequestId, outcome: Outcome, grant: GrantId | None) -> None:
    """What has become of a request that waits; a grant, once named, stays."""
    values: dict[str, str] = {"outcome": outcome.value} | ({} if grant is None else {"grant_id": grant})
    connection.execute(sa.update(AccessRequestRow).where(AccessRequestRow.id == request).values(**values))


def _read(rows: Sequence[AnyRow]) -> list[StoredRequest]:
    return [
        StoredRequest(
            id=RequestId(row.id),
            subject=SubjectId(row.subject),
            activity=ActivityId(row.activity),
            environment=EnvironmentId(row.environment),
            purpose=row.purpose,
            body=row.body,
            decision=row.decision,
            outcome=Outcome(row.outcome),
            grant=None if row.grant_id is None else GrantId(row.grant_id),
            decided_at=row.decided_at,
        )
        for row in rows
    ]
