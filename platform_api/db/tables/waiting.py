"""Requests that wait: for approvals, or for their start."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.approval import Approval
from jit_engine.domain.request import AccessRequest
from platform_api.db.columns import UtcTime, Value
from platform_api.db.tables.row import Row

_STILL = sa.text("state IN ('awaiting-approval', 'ready')")


class WaitingRequestRow(Row):
    """One request that waits, or has waited; `version` is the fence of every write.

    Of several requests for the same (`fingerprint`) only one waits at a time.
    """

    __tablename__ = "waiting_requests"
    __table_args__ = (
        sa.Index("ix_waiting_requests_due", "due_at", sqlite_where=_STILL, postgresql_where=_STILL),
        sa.Index(
            "uq_waiting_requests_fingerprint", "fingerprint", unique=True, sqlite_where=_STILL, postgresql_where=_STILL
        ),
    )

    id: Mapped[str] = mapped_column(sa.ForeignKey("access_requests.id"), primary_key=True)
    fingerprint: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    request: Mapped[AccessRequest] = mapped_column(Value(AccessRequest))
    state: Mapped[str]
    approvals: Mapped[tuple[Approval, ...]] = mapped_column(Value(tuple[Approval, ...]))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    grant_id: Mapped[str | None]
    minted_as: Mapped[str | None]
    reason: Mapped[str | None] = mapped_column(sa.Text)
    tries: Mapped[int]
    version: Mapped[int]
