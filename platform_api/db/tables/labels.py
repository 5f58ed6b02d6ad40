"""What the workspaces of environments may hold, every change of it, and what keeps it: legal holds."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.ids import ContractId
from jit_engine.domain.label import Label
from platform_api.db.columns import Document, JsonObject, UtcTime, Value
from platform_api.db.tables.row import Row


class LabelRow(Row):
    """The label of one environment's workspace and query results; `version` is the fence of every write.

    `purge_at` is set while it is quarantined. What was held before `purged_at` is gone.
    """

    __tablename__ = "labels"

    environment: Mapped[str] = mapped_column(primary_key=True)
    activity: Mapped[str] = mapped_column(index=True)
    label: Mapped[Label] = mapped_column(Value(Label))
    quarantined_at: Mapped[datetime | None] = mapped_column(UtcTime)
    quarantined_for: Mapped[str | None] = mapped_column(sa.Text)
    purge_at: Mapped[datetime | None] = mapped_column(UtcTime)
    purged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    version: Mapped[int]


class LabelChangeRow(Row):
    """One change of a label: what it was made by and what it is since. Never changed, never removed."""

    __tablename__ = "label_changes"

    environment: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str]
    what: Mapped[str]
    label: Mapped[Label] = mapped_column(Value(Label))
    details: Mapped[JsonObject] = mapped_column(Document)


class LegalHoldRow(Row):
    """A legal hold on everything that an activity has; one at a time stands."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        sa.Index(
            "uq_legal_holds_standing",
            "activity",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    activity: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    placed_by: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(UtcTime)
    released_by: Mapped[str | None]
    released_at: Mapped[datetime | None] = mapped_column(UtcTime)


class DeclassificationRow(Row):
    """Somebody's wish to have contracts taken out of a label, and what another person said to it."""

    __tablename__ = "declassifications"

    id: Mapped[str] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(index=True)
    activity: Mapped[str] = mapped_column(index=True)
    contracts: Mapped[tuple[ContractId, ...]] = mapped_column(Value(tuple[ContractId, ...]))
    label: Mapped[Label] = mapped_column(Value(Label))
    reason: Mapped[str] = mapped_column(sa.Text)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    comment: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int]
