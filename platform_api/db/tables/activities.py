"""Activities, who belongs to them, their environments and the reviews of these."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.activity import Place
from platform_api.db.columns import Document, JsonObject, UtcTime, Value
from platform_api.db.tables.row import Row
from platform_api.registry.records import Criterion, ProvisioningEvent


class ActivityRow(Row):
    """One activity; `version` is the fence of every write."""

    __tablename__ = "activities"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    purposes: Mapped[frozenset[str]] = mapped_column(Value(frozenset[str]))
    classification: Mapped[str]
    state: Mapped[str]
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
    cost_center: Mapped[str]
    contracts: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]))
    template: Mapped[str]
    monthly_budget_usd: Mapped[int] = mapped_column(sa.BigInteger)
    document: Mapped[JsonObject] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    version: Mapped[int]


class MembershipRow(Row):
    """One member of one activity."""

    __tablename__ = "memberships"

    activity: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True, index=True)


class EnvironmentRow(Row):
    """One environment. The provisioner looks at it when `due_at` has come; never when that is NULL."""

    __tablename__ = "environments"

    id: Mapped[str] = mapped_column(primary_key=True)
    activity: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), index=True)
    tier: Mapped[str]
    state: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    place: Mapped[Place | None] = mapped_column(Value(Place))
    author: Mapped[str]
    stack: Mapped[str | None]
    template_digest: Mapped[str | None]
    resources: Mapped[dict[str, str]] = mapped_column(Value(dict[str, str]))
    tags: Mapped[dict[str, str]] = mapped_column(Value(dict[str, str]))
    events: Mapped[tuple[ProvisioningEvent, ...]] = mapped_column(Value(tuple[ProvisioningEvent, ...]))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    tries: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int]


class ReviewRow(Row):
    """The architecture review of one environment."""

    __tablename__ = "reviews"

    id: Mapped[str] = mapped_column(primary_key=True)
    activity: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), index=True)
    environment: Mapped[str] = mapped_column(sa.ForeignKey("environments.id"), index=True)
    author: Mapped[str]
    state: Mapped[str]
    rule_set: Mapped[str]
    criteria: Mapped[tuple[Criterion, ...]] = mapped_column(Value(tuple[Criterion, ...]))
    inputs: Mapped[JsonObject] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by: Mapped[str | None]
    comment: Mapped[str | None] = mapped_column(sa.Text)
    version: Mapped[int]
