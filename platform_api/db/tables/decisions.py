"""Decisions, each with what it was taken from."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from platform_api.db.columns import UtcTime
from platform_api.db.tables.row import Row


class DecisionRow(Row):
    """One decision about a request or a live grant. `evidence` and `record` are the very texts of the digests.

    `refused_by` is the record's first gate that refused; None unless the request was refused.
    """

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(sa.ForeignKey("access_requests.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(index=True)
    outcome: Mapped[str]
    reason: Mapped[str | None] = mapped_column(sa.Text)
    refused_by: Mapped[str | None]
    subject: Mapped[str] = mapped_column(index=True)
    activity: Mapped[str] = mapped_column(index=True)
    environment: Mapped[str]
    rulebook: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(UtcTime)
    evidence: Mapped[str] = mapped_column(sa.Text)
    evidence_sha256: Mapped[str]
    record: Mapped[str] = mapped_column(sa.Text)
    record_sha256: Mapped[str]
