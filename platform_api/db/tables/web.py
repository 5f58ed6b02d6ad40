"""The console's sessions and the sign-ins under way: hashes only, never an id or a token."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from platform_api.db.columns import UtcTime
from platform_api.db.tables.row import Row


class WebSessionRow(Row):
    """One session id. A rotation makes a new row and lets the old one end soon."""

    __tablename__ = "web_sessions"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    began_at: Mapped[datetime] = mapped_column(UtcTime)
    rotated_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    authenticated_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignInRow(Row):
    """One sign-in that waits for the identity provider's answer."""

    __tablename__ = "sign_ins"

    state_hash: Mapped[str] = mapped_column(primary_key=True)
    browser_hash: Mapped[str]
    verifier: Mapped[str]
    nonce: Mapped[str]
    return_to: Mapped[str] = mapped_column(sa.Text)
    began_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
