"""Data contracts by version, who signed them, and which activities accepted them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from jit_engine.contracts.terms import ClauseHold, Contract
from platform_api.db.columns import Document, JsonObject, UtcTime, Value
from platform_api.db.tables.row import Row


class ContractRow(Row):
    """One version of a contract. `state` is the truth, not the one in `terms`; `version` is the fence."""

    __tablename__ = "contracts"
    __table_args__ = (
        sa.Index(
            "uq_contracts_in_force",
            "id",
            unique=True,
            sqlite_where=sa.text("state = 'in-force'"),
            postgresql_where=sa.text("state = 'in-force'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    contract_version: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_team: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    terms: Mapped[Contract] = mapped_column(Value(Contract))
    document: Mapped[JsonObject] = mapped_column(Document)
    document_sha256: Mapped[str]
    needed: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]))
    holds: Mapped[tuple[ClauseHold, ...]] = mapped_column(Value(tuple[ClauseHold, ...]))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    version: Mapped[int]


class SignatureRow(Row):
    """One signature under one version; one a role."""

    __tablename__ = "signatures"
    __table_args__ = (
        sa.ForeignKeyConstraint(["contract", "contract_version"], ["contracts.id", "contracts.contract_version"]),
    )

    contract: Mapped[str] = mapped_column(primary_key=True)
    contract_version: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]
    signed_by: Mapped[str]
    signed_at: Mapped[datetime] = mapped_column(UtcTime)
    document_sha256: Mapped[str]


class AcceptanceRow(Row):
    """One activity's acceptance of one version."""

    __tablename__ = "acceptances"
    __table_args__ = (
        sa.ForeignKeyConstraint(["contract", "contract_version"], ["contracts.id", "contracts.contract_version"]),
    )

    activity: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), primary_key=True)
    contract: Mapped[str] = mapped_column(primary_key=True)
    contract_version: Mapped[str] = mapped_column(primary_key=True)
    accepted_by: Mapped[str]
    accepted_at: Mapped[datetime] = mapped_column(UtcTime)
    document_sha256: Mapped[str]
