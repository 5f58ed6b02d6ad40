"""Making live grants due, in the transaction that changes what they rest on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import ActivityId, ContractId
from platform_api.db.tables.grants import GrantRow


def wake_grants_under(connection: Connection, contract: ContractId, now: datetime) -> None:
    """Makes every active grant under any version of the contract due, in the transaction that changes the contract.

    Whoever read such a grant before cannot write it any more, so nothing is delivered on what held before.
    """
    wake(connection, is_under(contract), now)


def wake_grants_of(connection: Connection, activity: ActivityId, now: datetime) -> None:
    """Makes every active grant of the activity due, in the transaction that changes it or who belongs to it."""
    wake(connection, GrantRow.activity == activity, now)


def wake_every_grant(connection: Connection, now: datetime) -> None:
    """Makes every active grant due, in the transaction that changes what all decisions read."""
    wake(connection, sa.true(), now)


def wake(connection: Connection, which: sa.ColumnElement[bool], now: datetime) -> int:
    """Makes those active grants due in the transaction at hand; how many."""
    active = sa.update(GrantRow).where(GrantRow.state == GrantState.ACTIVE.value, which)
    return connection.execute(active.values(due_at=now, version=GrantRow.version + 1)).rowcount


def is_under(contract: ContractId) -> sa.ColumnElement[bool]:
    """Whether a grant's keys, which are kept as JSON text, name the contract."""
    return sa.type_coerce(GrantRow.contracts, sa.Text).contains(f'"{contract}"', autoescape=True)
