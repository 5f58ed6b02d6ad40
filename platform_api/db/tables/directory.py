"""Who there is, and what their teams may do without a named review."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from platform_api.db.columns import Value
from platform_api.db.tables.row import Row


class SubjectRow(Row):
    """A person or a workload; found by the (issuer, login) that its tokens carry. `person` is the human behind it."""

    __tablename__ = "subjects"
    __table_args__ = (sa.UniqueConstraint("issuer", "login"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    issuer: Mapped[str]
    login: Mapped[str]
    name: Mapped[str]
    title: Mapped[str]
    teams: Mapped[frozenset[str]] = mapped_column(Value(frozenset[str]))
    trainings: Mapped[frozenset[str]] = mapped_column(Value(frozenset[str]))
    person: Mapped[str | None]


class StandingApprovalRow(Row):
    """One standing approval of a team, in the order in which they were given."""

    __tablename__ = "standing_approvals"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    team: Mapped[str] = mapped_column(index=True)
    max_classification: Mapped[str]
    purposes: Mapped[frozenset[str]] = mapped_column(Value(frozenset[str]))
