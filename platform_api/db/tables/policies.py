"""The latest reading of each resource's own policies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.resource_policy import PolicyFinding
from platform_api.db.columns import UtcTime, Value
from platform_api.db.tables.row import Row


class PolicyReadingRow(Row):
    """One resource that governs a catalogued source; never read where `checked_at` is empty."""

    __tablename__ = "policy_readings"

    resource: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    checked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    digest: Mapped[str | None]
    findings: Mapped[tuple[PolicyFinding, ...] | None] = mapped_column(Value(tuple[PolicyFinding, ...]))
