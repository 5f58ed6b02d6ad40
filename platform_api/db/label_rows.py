"""Rows of labels in a transaction at hand: read, and raised where it is still the label that was decided on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import EnvironmentId
from jit_engine.domain.label import EMPTY, Label, LabelRise
from jit_engine.ports import LostRace
from platform_api.db.audit import lock_trail
from platform_api.db.tables.grants import GrantRow
from platform_api.db.tables.labels import LabelChangeRow, LabelRow
from platform_api.db.waking import wake

LABELS = sa.select(LabelRow.table())
_LABEL = sa.select(LabelRow.label, LabelRow.version).where(LabelRow.environment == sa.bindparam("of"))
_NEW = sa.insert(LabelRow.table())
_CHANGED = sa.insert(LabelChangeRow.table())


def read_label(connection: Connection, environment: EnvironmentId) -> Label:
    """The label of the environment's workspace; empty where nothing was ever delivered there."""
    row = connection.execute(_LABEL, {"of": environment}).one_or_none()
    return EMPTY if row is None else row.label


def raise_label(connection: Connection, grant: Grant, rise: LabelRise, event: Event) -> None:
    """Writes the label as a delivery makes it, and makes every other active grant of the environment due.

    Raises `LostRace` unless the label is still as it was decided on: read behind the lock that every commit takes.
    """
    lock_trail(connection)
    row = connection.execute(_LABEL, {"of": grant.environment}).one_or_none()
    if (EMPTY if row is None else row.label) != rise.before:
        raise LostRace("the workspace's label has changed since")
    if rise.after == rise.before:
        return
    version = 1 if row is None else row.version + 1
    values: dict[str, Any] = {"label": rise.after, "version": version}
    if row is None:
        connection.execute(_NEW, {"environment": grant.environment, "activity": grant.activity, **values})
    else:
        connection.execute(sa.update(LabelRow).where(LabelRow.environment == grant.environment).values(values))
    keep_change(connection, grant.environment, version, "risen", rise.after, event, {"grant": grant.id})
    wake_beside(connection, grant.environment, event.at, but=grant.id)


def keep_change(
    connection: Connection,
    environment: EnvironmentId,
    version: int,
    what: str,
    label: Label,
    event: Event,
    details: dict[str, Json],
) -> None:
    """Adds a line to the label's history."""
    connection.execute(
        _CHANGED,
        {
            "environment": environment,
            "version": version,
            "at": event.at,
            "actor": event.actor,
            "what": what,
            "label": label,
            "details": details,
        },
    )


def wake_beside(connection: Connection, environment: EnvironmentId, now: datetime, but: str = "") -> None:
    """Makes the active grants of the environment due, but that one."""
    wake(connection, sa.and_(GrantRow.environment == environment, GrantRow.id != but), now)
