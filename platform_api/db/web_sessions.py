"""The store of the console's sessions. Signing in and out are on record; that a session was seen is not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from jit_engine.domain.event import Event
from platform_api.db.audit import recorded
from platform_api.db.engine import Database
from platform_api.db.tables.web import SignInRow, WebSessionRow
from platform_api.identity.web_session import LONGEST, OVERLAP, SIGN_IN_WITHIN, SignIn, WebSession

_SEEN_EVERY = timedelta(minutes=1)
"""How exact `seen_at` is: no write for every request."""


class SqlWebSessions:
    """Sessions by the hash of their id, good on any replica."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_sign_in(self, sign_in: SignIn) -> None:
        """Keeps what the answer has to fit to. Nothing has been done yet, so nothing is on record."""
        with self._database.write() as connection:
            connection.execute(sa.insert(SignInRow), asdict(sign_in))
            old = sign_in.began_at - SIGN_IN_WITHIN
            connection.execute(sa.delete(SignInRow).where(SignInRow.began_at < old))

    def take_sign_in(self, state_hash: str, now: datetime) -> SignIn | None:
        """The sign-in of that state, for once: whoever asks again gets None, as after ten minutes."""
        with self._database.write() as connection:
            row = connection.execute(
                sa.delete(SignInRow).where(SignInRow.state_hash == state_hash).returning(*SignInRow.table().columns)
            ).one_or_none()
        if row is None:
            return None
        found = SignIn(**row._mapping)
        return found if now - found.began_at < SIGN_IN_WITHIN else None

    def open(self, session: WebSession, event: Event) -> None:
        """A new session, with its record; those that ended long ago are dropped."""
        with recorded(self._database, event) as connection:
            connection.execute(sa.insert(WebSessionRow), asdict(session))
            connection.execute(sa.delete(WebSessionRow).where(WebSessionRow.ends_at < session.began_at - LONGEST))

    def get(self, id_hash: str, now: datetime, *, is_use: bool = True) -> WebSession | None:
        """The live session of that id, marked as seen where a person asks; None when there is none any more."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(WebSessionRow.table()).where(WebSessionRow.id_hash == id_hash)
            ).one_or_none()
        session = None if row is None else WebSession(**row._mapping)
        if session is None or not session.is_live(now):
            return None
        if not is_use or now - session.seen_at < _SEEN_EVERY:
            return session
        with self._database.write() as connection:
            seen = sa.update(WebSessionRow).where(WebSessionRow.id_hash == id_hash).values(seen_at=now)
            connection.execute(seen)
        return replace(session, seen_at=now)

    def open_among(self, sessions: Collection[WebSession], now: datetime) -> frozenset[WebSession]:
        """Those of `sessions` that have not ended, whatever ids they have had; nothing is marked as seen."""
        rows = sa.select(WebSessionRow.table()).where(
            WebSessionRow.subject.in_(sorted({session.subject for session in sessions})), WebSessionRow.ends_at > now
        )
        with self._database.read() as connection:
            found = [WebSession(**row._mapping) for row in connection.execute(rows).all()]
        live = {_signed_in(session) for session in found if session.is_live(now)}
        return frozenset(session for session in sessions if _signed_in(session) in live)

    def rotate(self, session: WebSession, new_hash: str, now: datetime) -> bool:
        """Gives the session another id; False when that has been done already. The old id ends a minute from now."""
        with self._database.write() as connection:
            ending = (
                sa.update(WebSessionRow)
                .where(WebSessionRow.id_hash == session.id_hash, WebSessionRow.ends_at == session.ends_at)
                .values(ends_at=min(session.ends_at, now + OVERLAP), rotated_at=now)
            )
            if connection.execute(ending).rowcount != 1:
                return False
            again = replace(session, id_hash=new_hash, rotated_at=now)
            connection.execute(sa.insert(WebSessionRow), asdict(again))
            return True

    def close(self, subject: str, began_at: datetime, event: Event) -> None:
        """Signs out: every id of the session that began then."""
        with recorded(self._database, event) as connection:
            connection.execute(
                sa.delete(WebSessionRow).where(WebSessionRow.subject == subject, WebSessionRow.began_at == began_at)
            )


def _signed_in(session: WebSession) -> tuple[str, str, datetime]:
    """What all ids of one session have in common."""
    return session.issuer, session.subject, session.began_at
