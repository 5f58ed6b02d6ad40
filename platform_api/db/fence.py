"""The fence of optimistic writes: a row is written only in the version that was read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.ports import LostRace


def update_one(connection: Connection, statement: sa.Update, values: dict[str, Any]) -> None:
    """Runs an UPDATE that names an id and a version; raises `LostRace` unless it met exactly one row."""
    if connection.execute(statement.values(values)).rowcount != 1:
        raise LostRace("the row has another version now, or is gone")
