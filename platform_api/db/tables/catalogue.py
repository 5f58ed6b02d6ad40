"""What the catalogue, the purposes and the rulebooks hold, and how often each has changed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.catalogue import CatalogueItem
from platform_api.db.columns import UtcTime, Value
from platform_api.db.tables.row import Row


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
    """One version of the editable rules; at most one is live."""

    __tablename__ = "rulebooks"
    __table_args__ = (
        sa.Index(
            "uq_rulebooks_live",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'live'"),
            postgresql_where=sa.text("state = 'live'"),
        ),
    )

    version: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str]
    state: Mapped[str]
    live_at: Mapped[datetime] = mapped_column(UtcTime)
