"""What the catalogue, the purposes and the rulebooks hold, and how often each has changed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.catalogue import CatalogueItem
from platform_api.db.columns import Document, JsonObject, UtcTime, Value
from platform_api.db.tables.row import Row
from policy.versions import Approval


class GenerationRow(Row):
    """A counter that rises with every change of what it names, so that readers can keep what they parsed."""

    __tablename__ = "generations"

    name: Mapped[str] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(sa.BigInteger)


class PurposeRow(Row):
    """A purpose and its parent (None at a root)."""

    __tablename__ = "purposes"

    name: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]


class CatalogueItemRow(Row):
    """One catalogued prefix or table."""

    __tablename__ = "catalogue_items"

    uri: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[CatalogueItem] = mapped_column(Value(CatalogueItem))


class RulebookRow(Row):
    """One version of the editable rules; at most one is live. `revision` is the fence.

    The columns after `live_at` are empty for the rules that an installation started with.
    """

    __tablename__ = "rulebooks"
    __table_args__ = (
        sa.Index(
            "uq_rulebooks_live",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'live'"),
            postgresql_where=sa.text("state = 'live'"),
        ),
        sa.Index("uq_rulebooks_number", "number", unique=True),
    )

    version: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str]
    state: Mapped[str]
    live_at: Mapped[datetime | None] = mapped_column(UtcTime)
    number: Mapped[int | None] = mapped_column(sa.BigInteger)
    title: Mapped[str | None]
    cases: Mapped[str | None] = mapped_column(sa.Text)
    authors: Mapped[tuple[str, ...] | None] = mapped_column(Value(tuple[str, ...]))
    rollback_of: Mapped[str | None]
    created_at: Mapped[datetime | None] = mapped_column(UtcTime)
    proposal: Mapped[JsonObject | None] = mapped_column(Document)
    approvals: Mapped[tuple[Approval, ...] | None] = mapped_column(Value(tuple[Approval, ...]))
    revision: Mapped[int] = mapped_column(server_default=sa.text("0"))
