"""The base roles that sessions of grants are cut from."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.base_role import DeniedGrant
from platform_api.db.columns import UtcTime, Value
from platform_api.db.tables.row import Row


class BaseRoleRow(Row):
    """One generation of an environment's base role in one account. `version` is the fence of every write."""

    __tablename__ = "base_roles"

    environment: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    activity: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    folded_name: Mapped[str] = mapped_column(unique=True)
    policy: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
    arn: Mapped[str | None]
    role_id: Mapped[str | None]
    denied: Mapped[tuple[DeniedGrant, ...]] = mapped_column(Value(tuple[DeniedGrant, ...]))
    last_end: Mapped[datetime | None] = mapped_column(UtcTime)
    version: Mapped[int]
