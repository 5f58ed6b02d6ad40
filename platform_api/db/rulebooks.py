"""The store of rulebooks: every version's text for good, and which one is live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import sqlalchemy as sa

from jit_engine.domain.event import Event
from jit_engine.errors import InvalidValue
from platform_api.db.audit import append
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, raise_generation
from platform_api.db.paging import AnyRow
from platform_api.db.tables.catalogue import RulebookRow


class RulebookState(StrEnum):
    """Whether a version decides."""

    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRulebook:
    """One version of the editable rules. `live_at` is when it last became live."""

    version: str
    text: str
    sha256: str
    state: RulebookState
    live_at: datetime


_RULEBOOKS = sa.select(RulebookRow.table())
_LIVE = _RULEBOOKS.where(RulebookRow.state == RulebookState.LIVE.value)
_LIVE_VERSION = sa.select(RulebookRow.version).where(RulebookRow.state == RulebookState.LIVE.value)


class SqlRulebooks:
    """Which rules decide, and which did."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self) -> StoredRulebook | None:
        """The live version, or None."""
        with self._database.read() as connection:
            row = connection.execute(_LIVE).one_or_none()
        return None if row is None else _rulebook(row)

    def live_version(self) -> str | None:
        """The live version's name alone: what a process asks to see whether the rules it parsed still decide."""
        with self._database.read() as connection:
            return connection.execute(_LIVE_VERSION).scalar_one_or_none()

    def rulebook(self, version: str) -> StoredRulebook | None:
        """That version, live or retired, or None."""
        with self._database.read() as connection:
            row = connection.execute(_RULEBOOKS.where(RulebookRow.version == version)).one_or_none()
        return None if row is None else _rulebook(row)

    def rulebooks(self) -> list[StoredRulebook]:
        """Every version, the latest to become live first."""
        query = _RULEBOOKS.order_by(RulebookRow.live_at.desc(), RulebookRow.version.desc())
        with self._database.read() as connection:
            return [_rulebook(row) for row in connection.execute(query)]

    def put_rulebook(self, version: str, text: str, event: Event) -> bool:
        """Makes this version live and retires the one before; whether that changed anything, and only then is
        there a record. Raises `InvalidValue` when the version is known with another text, for texts never change.
        """
        digest = sha256(text.encode()).hexdigest()
        with self._database.write() as connection:  # recorded below, when there is something to record
            known = connection.execute(_RULEBOOKS.where(RulebookRow.version == version)).one_or_none()
            if known is not None and known.sha256 != digest:
                fix = "give the changed rules a version of their own"
                raise InvalidValue(field="version", given=version, fix=fix)
            if known is not None and known.state == RulebookState.LIVE:
                return False
            connection.execute(
                sa.update(RulebookRow)
                .where(RulebookRow.state == RulebookState.LIVE.value)
                .values(state=RulebookState.RETIRED.value)
            )
            live = {"state": RulebookState.LIVE.value, "live_at": event.at}
            if known is None:
                connection.execute(sa.insert(RulebookRow), {"version": version, "text": text, "sha256": digest, **live})
            else:
                connection.execute(sa.update(RulebookRow).where(RulebookRow.version == version).values(live))
            raise_generation(connection, Changing.RULEBOOKS)
            append(connection, event)
        return True


def _rulebook(row: AnyRow) -> StoredRulebook:
    return StoredRulebook(
        version=row.version,
        text=row.text,
        sha256=row.sha256,
        state=RulebookState(row.state),
        live_at=row.live_at,
    )
