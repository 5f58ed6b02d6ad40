"""The places of environments in other accounts than their own."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.activity import Place
from platform_api.db.columns import UtcTime, Value
from platform_api.db.tables.row import Row


class OutpostRow(Row):
    """One environment in one account. The provisioner looks at it when `due_at` has come."""

    __tablename__ = "outposts"

    id: Mapped[str] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(sa.ForeignKey("environments.id"), index=True)
    activity: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"))
    account: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    place: Mapped[Place | None] = mapped_column(Value(Place))
    stack: Mapped[str | None]
    template_digest: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    tries: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int]
