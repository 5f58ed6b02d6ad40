"""The store of requests that wait. What is known of a request in lists, its outcome, moves with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import GrantId, RequestId, SubjectId
from jit_engine.domain.waiting import STILL_WAITING, WaitingRequest, WaitingState
from jit_engine.ports import DecisionOutcome, Evidence
from jit_engine.rules.record import cleared_asks
from platform_api.db.audit import recorded
from platform_api.db.decision_rows import insert_decision, new_decision
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.grant_rows import GIVES
from platform_api.db.paging import AnyRow
from platform_api.db.requests import Outcome, insert_request, set_outcome
from platform_api.db.tables.grants import AccessRequestRow, GrantRow
from platform_api.db.tables.waiting import WaitingRequestRow

_WAITING = sa.select(WaitingRequestRow.table())
_NEW = sa.insert(WaitingRequestRow.table())
_SAVE = fenced(WaitingRequestRow.table())
STILL = WaitingRequestRow.state.in_([state.value for state in STILL_WAITING])
_GRANTS_OF = sa.select(sa.func.count()).where(
    GrantRow.subject == sa.bindparam("subject"), GrantRow.state == GrantState.ACTIVE.value
)
_WAITING_OF = sa.select(sa.func.count()).where(WaitingRequestRow.subject == sa.bindparam("subject"), STILL)
_LOAD = sa.select(_GRANTS_OF.scalar_subquery(), _WAITING_OF.scalar_subquery())
_DUE = (
    sa.select(WaitingRequestRow.id)
    .where(STILL, WaitingRequestRow.due_at <= sa.bindparam("now"))
    .order_by(WaitingRequestRow.due_at)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_DECISIONS = (
    sa.select(AccessRequestRow.decision)
    .join(GrantRow, GrantRow.request == AccessRequestRow.id)
    .where(GrantRow.subject == sa.bindparam("subject"), GIVES)
)


class SqlWaiting:
    """`jit_engine.ports.WaitingRoom` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait(self, waiting: WaitingRequest, record: Mapping[str, Json], evidence: Evidence, event: Event) -> None:
        """Commits a new request that waits; `LostRace` when the same waits already."""
        decision = new_decision(DecisionOutcome.WAITING, evidence, record, grant=None)
        with recorded(self._database, decision.named_in(event)) as connection:
            outcome = Outcome(waiting.state.value)
            insert_request(connection, waiting.request, record, evidence.now, None, outcome)
            fixed = {"id": waiting.id, "subject": waiting.request.subject.id, "version": waiting.version}
            fixed |= {"fingerprint": waiting.request.fingerprint, "created_at": waiting.created_at}
            connection.execute(_NEW, {**fixed, **_values(waiting)})
            insert_decision(connection, decision)

    def keep(self, waiting: WaitingRequest, event: Event) -> WaitingRequest:
        """Commits the row as given, or raises `LostRace`; returns it with its next version."""
        with recorded(self._database, event) as connection:
            return keep_waiting(connection, waiting)

    def waiting(self, request: RequestId) -> WaitingRequest | None:
        """The request with what it waits for, or None."""
        with self._database.read() as connection:
            rows = connection.execute(_WAITING.where(WaitingRequestRow.id == request)).all()
        return next(iter(_read(rows)), None)

    def waiting_same(self, fingerprint: str) -> WaitingRequest | None:
        """The one that waits for the same, or None."""
        query = _WAITING.where(WaitingRequestRow.fingerprint == fingerprint, STILL)
        with self._database.read() as connection:
            return next(iter(_read(connection.execute(query).all())), None)

    def waiting_among(self, requests: Sequence[RequestId]) -> Mapping[RequestId, WaitingRequest]:
        """Those of `requests` that wait, or have waited."""
        with self._database.read() as connection:
            found = _read(connection.execute(_WAITING.where(WaitingRequestRow.id.in_(requests))).all())
        return {waiting.id: waiting for waiting in found}

    def load(self, subject: SubjectId) -> tuple[int, int]:
        """How many active grants the subject holds, and how many of its requests wait."""
        with self._database.read() as connection:
            active, waiting = connection.execute(_LOAD, {"subject": subject}).one()
        return int(active), int(waiting)

    def claim_waiting(self, now: datetime, limit: int, lease: timedelta) -> Sequence[WaitingRequest]:
        """Claims what is due for this caller alone; no audit record, for a claim only says who looks next."""
        with self._database.write() as connection:
            due = connection.execute(_DUE, {"now": now, "limit": limit}).scalars().all()
            if not due:
                return ()
            mine = WaitingRequestRow.id.in_(due)
            claim = sa.update(WaitingRequestRow).where(mine)
            connection.execute(claim.values(due_at=now + lease, version=WaitingRequestRow.version + 1))
            claimed = {waiting.id: waiting for waiting in _read(connection.execute(_WAITING.where(mine)).all())}
        return [claimed[RequestId(id_)] for id_ in due]

    def holdings(self, subject: SubjectId) -> Sequence[str]:
        """The sources of every grant that gives the subject access now, each once."""
        with self._database.read() as connection:
            decisions = connection.execute(_DECISIONS, {"subject": subject}).scalars().all()
        return sorted({ask.source.uri for decision in decisions for ask in cleared_asks(decision)})


def waiting_for(connection: Connection, grants: Sequence[GrantId]) -> list[WaitingRequest]:
    """Those that wait for one of these to be minted, for the transaction at hand to write."""
    those = _WAITING.where(WaitingRequestRow.grant_id.in_(grants), STILL).order_by(WaitingRequestRow.id)
    return _read(connection.execute(those.with_for_update()).all())


def keep_waiting(connection: Connection, waiting: WaitingRequest) -> WaitingRequest:
    """Writes the row into the transaction at hand, or raises `LostRace`; as it is then."""
    update_one(connection, _SAVE, waiting.id, waiting.version, _values(waiting))
    grant = waiting.grant if waiting.state is WaitingState.GRANTED else None
    set_outcome(connection, waiting.id, Outcome(waiting.state.value), grant)
    return replace(waiting, version=waiting.version + 1)


def _values(waiting: WaitingRequest) -> dict[str, Any]:
    return {
        "request": waiting.request,
        "state": waiting.state.value,
        "approvals": waiting.approvals,
        "expires_at": waiting.expires_at,
        "due_at": waiting.due_at,
        "grant_id": waiting.grant,
        "minted_as": waiting.minted_as,
        "reason": waiting.reason,
        "tries": waiting.tries,
    }


def _read(rows: Sequence[AnyRow]) -> list[WaitingRequest]:
    return [
        WaitingRequest(
            request=row.request,
            state=WaitingState(row.state),
            approvals=row.approvals,
            created_at=row.created_at,
            expires_at=row.expires_at,
            due_at=row.due_at,
            grant=None if row.grant_id is None else GrantId(row.grant_id),
            minted_as=None if row.minted_as is None else RequestId(row.minted_as),
            reason=row.reason,
            tries=row.tries,
            version=row.version,
        )
        for row in rows
    ]
