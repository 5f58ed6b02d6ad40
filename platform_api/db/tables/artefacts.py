"""What stands beside the roles of a grant, in other services than IAM."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from platform_api.db.columns import Document, JsonObject, UtcTime
from platform_api.db.tables.row import Row

STANDING = "state <> 'gone'"
"""Which rows are in the index of what stands. Queries say it with the same words: else it is not used."""


class ArtefactRow(Row):
    """One artefact, for ever: its name never comes back. `version` is the fence of every write."""

    __tablename__ = "artefacts"
    __table_args__ = (
        sa.UniqueConstraint("mechanism", "name", name="uq_artefacts_name"),
        sa.Index(
            "ix_artefacts_standing",
            "mechanism",
            "name",
            sqlite_where=sa.text(STANDING),
            postgresql_where=sa.text(STANDING),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[str] = mapped_column(sa.ForeignKey("grants.id"), index=True)
    part: Mapped[int]
    mechanism: Mapped[str]
    account: Mapped[str]
    region: Mapped[str]
    source: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str]
    plan: Mapped[JsonObject] = mapped_column(Document)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int]
