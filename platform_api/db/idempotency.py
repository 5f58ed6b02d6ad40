"""The store of idempotency keys: the same request twice has one effect and gets the same answer.

Keys are global: a key that somebody else used, or used for something else, is refused and never replayed. The
answers of routes that hand out credentials must not come here: nothing of a credential is ever stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from jit_engine.ports import LostRace
from platform_api.db.engine import Database
from platform_api.db.tables.trail import IdempotencyKeyRow

IN_FLIGHT = timedelta(minutes=4)
"""How long a claim holds without an answer; then its process is taken for dead and the key may be claimed anew.

Longer than a mint may take (`MINTING_PATIENCE`), so that a patient retry never mints twice.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The key is this caller's: do the work, then `complete` or `release` it. `claimed_at` is the claim's fence.

    `name` is the id under which the work is done, where it was given one. `again`: somebody began it under that name
    and died before the answer, so what was made may be there.
    """

    key: str
    claimed_at: datetime
    name: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The work was done: answer this."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The key was used by another person, for another route, or with another body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """The same request is being worked on right now."""


Claim = Fresh | Replay | Mismatch | InFlight
_KEY = sa.select(IdempotencyKeyRow.table()).with_for_update()


class SqlIdempotencyKeys:
    """Claims on keys, each its own commit. They belong to the transport, so the audit trail does not hold them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, key: str, subject: str, route: str, fingerprint: str, now: datetime, name: str | None = None
    ) -> Claim:
        """Claims `key` or says why not. `fingerprint`: the SHA-256 (hex) of the canonical body; `name`: see `Fresh`."""
        try:
            return self._claim(key, subject, route, fingerprint, now, name)
        except LostRace:  # PostgreSQL: two claims on a new key at once; the row is there now
            return self._claim(key, subject, route, fingerprint, now, name)

    def _claim(self, key: str, subject: str, route: str, fingerprint: str, now: datetime, name: str | None) -> Claim:
        values = {
            "key": key,
            "subject": subject,
            "route": route,
            "fingerprint": fingerprint,
            "claimed_at": now,
            "name": name,
        }
        with self._database.write() as connection:
            known = connection.execute(_KEY.where(IdempotencyKeyRow.key == key)).one_or_none()
            if known is None:
                connection.execute(sa.insert(IdempotencyKeyRow), values)
                return Fresh(key=key, claimed_at=now, name=name)
            if (known.subject, known.route, known.fingerprint) != (subject, route, fingerprint):
                return Mismatch()
            if known.status is not None:
                return Replay(status=known.status, body=known.body)
            if now - known.claimed_at <= IN_FLIGHT:
                return InFlight()
            connection.execute(sa.update(IdempotencyKeyRow).where(IdempotencyKeyRow.key == key).values(claimed_at=now))
            return Fresh(key=key, claimed_at=now, name=known.name, again=True)

    def rename(self, claim: Fresh, name: str) -> Fresh:
        """The claim under another name: what was done under the old one has come to nothing.

        Raises `LostRace` when the claim is another's by now.
        """
        with self._database.write() as connection:
            renamed = sa.update(IdempotencyKeyRow).where(*_held(claim)).values(name=name)
            if connection.execute(renamed).rowcount != 1:
                raise LostRace("the key was claimed by another request meanwhile")
        return Fresh(key=claim.key, claimed_at=claim.claimed_at, name=name)

    def complete(self, claim: Fresh, status: int, body: bytes) -> None:
        """Keeps the answer for whoever asks again; nothing happens when the claim is another's by now."""
        with self._database.write() as connection:
            connection.execute(sa.update(IdempotencyKeyRow).where(*_held(claim)).values(status=status, body=body))

    def release(self, claim: Fresh) -> None:
        """Gives the key back after an error, so that the mended request may use it again."""
        with self._database.write() as connection:
            connection.execute(sa.delete(IdempotencyKeyRow).where(*_held(claim)))

    def forget(self, before: datetime) -> int:
        """Drops the keys that were claimed before then; how many."""
        with self._database.write() as connection:
            old = sa.delete(IdempotencyKeyRow).where(IdempotencyKeyRow.claimed_at < before)
            return connection.execute(old).rowcount


def _held(claim: Fresh) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        IdempotencyKeyRow.key == claim.key,
        IdempotencyKeyRow.claimed_at == claim.claimed_at,
        IdempotencyKeyRow.status.is_(None),
    )
