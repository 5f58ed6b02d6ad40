"""The audit trail with its tree's head, and the idempotency keys of the door."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from platform_api.db.columns import UtcTime
from platform_api.db.tables.row import Row


class AuditRecordRow(Row):
    """One record. `record` (canonical bytes) is the truth; the columns beside it only find it."""

    __tablename__ = "audit_records"

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(index=True)
    record: Mapped[bytes] = mapped_column(sa.LargeBinary)
    leaf: Mapped[bytes] = mapped_column(sa.LargeBinary)


class AuditAboutRow(Row):
    """One id that a record is about, to find the record by."""

    __tablename__ = "audit_about"

    id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(sa.ForeignKey("audit_records.seq"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)


class AuditTreeRow(Row):
    """The one head of the tree. Its row is the append lock: `seq` is given out only while it is held."""

    __tablename__ = "audit_tree"
    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    frontier: Mapped[bytes] = mapped_column(sa.LargeBinary)
    root: Mapped[bytes] = mapped_column(sa.LargeBinary)


class IdempotencyKeyRow(Row):
    """One key that a caller gave. `status` is NULL while its request is in flight; `name` is the id of its work."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    route: Mapped[str]
    fingerprint: Mapped[str]
    claimed_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    name: Mapped[str | None]
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
