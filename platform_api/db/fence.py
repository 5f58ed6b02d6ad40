"""The fence of optimistic writes: a row is written only in the version that was read."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.ports import LostRace


def fenced(table: sa.Table) -> sa.Update:
    """The UPDATE of one row of `table`, by its id and the version that was read. Made once, at import."""
    return sa.update(table).where(
        table.c.id == sa.bindparam("fence_id"), table.c.version == sa.bindparam("fence_version")
    )


def update_one(
    connection: Connection, statement: sa.Update, id: str, version: int, values: Mapping[str, object]
) -> None:
    """Writes `values` and the next version; raises `LostRace` unless the row is there in that version."""
    fence = {"fence_id": id, "fence_version": version, "version": version + 1}
    if connection.execute(statement, {**values, **fence}).rowcount != 1:
        raise LostRace("the row has another version now, or is gone")
