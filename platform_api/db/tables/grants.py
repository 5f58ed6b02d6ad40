"""Requests with their decisions, grants, and the roles that were minted for them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.domain.grant import Denial, Lane, StatementNote, StepTime
from platform_api.db.columns import Document, JsonObject, UtcTime, Value
from platform_api.db.tables.row import Row

_STANDING = sa.text("NOT deleted")
LANES = {
    Lane.ALL: "state <> 'closed'",
    Lane.URGENT: "state in ('revoking', 'stuck') and shut_at is null and sessions > 0",
}
"""Which grants are in a lane. Indexes and queries say it with the same words: else no index of a part is used."""
ContractKeys = frozenset[tuple[str, str]]


class AccessRequestRow(Row):
    """One request and what was decided of it. Kept for refused ones too, whose activity need not exist."""

    __tablename__ = "access_requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(index=True)
    activity: Mapped[str] = mapped_column(index=True)
    environment: Mapped[str]
    purpose: Mapped[str]
    body: Mapped[JsonObject] = mapped_column(Document)
    decision: Mapped[JsonObject] = mapped_column(Document)
    outcome: Mapped[str]
    grant_id: Mapped[str | None]
    decided_at: Mapped[datetime] = mapped_column(UtcTime)


class GrantRow(Row):
    """One grant; `version` is the fence of every write. The reconciler has the indexes of parts.

    `account` is that of the grant's first principal: what its IAM takes decides when the grant can be tended.
    """

    __tablename__ = "grants"
    __table_args__ = (
        sa.Index(
            "uq_grants_renews",
            "renews",
            unique=True,
            sqlite_where=sa.text("state IN ('minting', 'active')"),
            postgresql_where=sa.text("state IN ('minting', 'active')"),
        ),
        sa.Index(
            "ix_grants_due",
            "account",
            "due_at",
            sqlite_where=sa.text(LANES[Lane.ALL]),
            postgresql_where=sa.text(LANES[Lane.ALL]),
        ),
        sa.Index(
            "ix_grants_urgent",
            "account",
            "due_at",
            sqlite_where=sa.text(LANES[Lane.URGENT]),
            postgresql_where=sa.text(LANES[Lane.URGENT]),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(sa.ForeignKey("access_requests.id"), unique=True)
    subject: Mapped[str] = mapped_column(index=True)
    activity: Mapped[str] = mapped_column(index=True)
    environment: Mapped[str] = mapped_column(index=True)
    tier: Mapped[str]
    purpose: Mapped[str]
    contracts: Mapped[ContractKeys] = mapped_column(Value(ContractKeys))
    account: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
    sessions_end_by: Mapped[datetime] = mapped_column(UtcTime)
    shortened: Mapped[str | None] = mapped_column(sa.Text)
    rulebook: Mapped[str]
    catalogue_generation: Mapped[int] = mapped_column(sa.BigInteger)
    sessions: Mapped[int]
    last_session_end: Mapped[datetime | None] = mapped_column(UtcTime)
    shut_at: Mapped[datetime | None] = mapped_column(UtcTime)
    denial: Mapped[Denial | None] = mapped_column(Value(Denial))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    tries: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    steps: Mapped[tuple[StepTime, ...]] = mapped_column(Value(tuple[StepTime, ...]))
    renews: Mapped[str | None]
    renewals: Mapped[int] = mapped_column(server_default=sa.text("0"))
    version: Mapped[int]


class PrincipalRow(Row):
    """One principal of a grant, written with it and never changed; its roles are in `minted_roles`."""

    __tablename__ = "principals"

    grant_id: Mapped[str] = mapped_column(sa.ForeignKey("grants.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped[str]
    account: Mapped[str] = mapped_column(index=True)
    region: Mapped[str]
    way: Mapped[str]
    why: Mapped[str] = mapped_column(sa.Text)
    sources: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]))
    policy: Mapped[str] = mapped_column(sa.Text)
    notes: Mapped[tuple[StatementNote, ...]] = mapped_column(Value(tuple[StatementNote, ...]))


class MintedRoleRow(Row):
    """One attempt at a principal's role. AWS compares role names without regard to case: `folded_name` is unique.

    What stands in an account is counted by the partial index: an attempt counts until its role is known to be gone.
    """

    __tablename__ = "minted_roles"
    __table_args__ = (
        sa.Index("ix_minted_roles_standing", "account", sqlite_where=_STANDING, postgresql_where=_STANDING),
    )

    grant_id: Mapped[str] = mapped_column(sa.ForeignKey("grants.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    name: Mapped[str]
    folded_name: Mapped[str] = mapped_column(unique=True)
    arn: Mapped[str | None]
    role_id: Mapped[str | None]
    deleted: Mapped[bool]
