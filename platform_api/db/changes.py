"""Following the trail: how far it is, and what its newest records say has changed."""

from __future__ import annotations

import sqlalchemy as sa

from platform_api.changes.kinds import SIGNED_OUT, Changed, changed_by
from platform_api.changes.news import News
from platform_api.db.engine import Database
from platform_api.db.tables.trail import AuditAboutRow, AuditRecordRow, AuditTreeRow

_SIZE = sa.select(AuditTreeRow.size)
_NAMED = (
    sa.select(AuditRecordRow.seq, AuditRecordRow.action, AuditAboutRow.kind, AuditAboutRow.id)
    .join(AuditAboutRow, AuditAboutRow.seq == AuditRecordRow.seq)
    .where(AuditRecordRow.seq > sa.bindparam("after"), AuditRecordRow.seq <= sa.bindparam("upto"))
    .order_by(AuditRecordRow.seq)
)


class SqlChanges:
    """Reading the end of the trail. Numbers are given out under the append lock, so that none comes late."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> int:
        """The number of the newest record; one row is read."""
        with self._database.read() as connection:
            return int(connection.execute(_SIZE).scalar_one())

    def between(self, after: int, upto: int) -> News:
        """What the records after one and up to another say."""
        with self._database.read() as connection:
            rows = connection.execute(_NAMED, {"after": after, "upto": upto}).all()
        found: dict[Changed, int] = {}
        for row in rows:
            changed = changed_by(row.action, row.kind, row.id)
            if changed is not None:
                found[changed] = row.seq
        return News(
            changed=[(seq, changed) for changed, seq in found.items()],
            signed_out=any(row.action == SIGNED_OUT for row in rows),
        )
