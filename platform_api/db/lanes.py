"""Which grants are due, by lane and by account; and whose a role is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.grant import GrantState, Lane
from jit_engine.domain.ids import GrantId
from jit_engine.ports import RoleOwner
from platform_api.db.tables.grants import LANES, GrantRow, MintedRoleRow, PrincipalRow

_STATES = {state.value: state for state in GrantState}
_OWNERS = sa.select(
    GrantRow.id,
    GrantRow.state,
    GrantRow.created_at,
    PrincipalRow.account,
    MintedRoleRow.name,
    MintedRoleRow.role_id,
    MintedRoleRow.deleted,
).select_from(
    sa.join(MintedRoleRow, GrantRow, MintedRoleRow.grant_id == GrantRow.id).join(
        PrincipalRow, sa.and_(PrincipalRow.grant_id == GrantRow.id, PrincipalRow.part == MintedRoleRow.part)
    )
)

OWNERS_BY_NAME = _OWNERS.where(MintedRoleRow.folded_name.in_(sa.bindparam("names", expanding=True)))
_ACTIVE_IDS = (
    sa.select(GrantRow.id)
    .where(GrantRow.state == GrantState.ACTIVE.value, GrantRow.id > sa.bindparam("after"))
    .order_by(GrantRow.id)
    .limit(sa.bindparam("limit"))
)
OWNERS_IN_ORDER = _OWNERS.where(GrantRow.id.in_(_ACTIVE_IDS)).order_by(GrantRow.id)
"""Of active grants, a whole grant at a time."""


def _accounts(lane: Lane) -> sa.Select[str]:
    """The accounts with something due, the most overdue first: a step in the index for each account, not each grant."""
    live = sa.text(LANES[lane])
    accounts = sa.select(sa.func.min(GrantRow.account).label("account")).where(live).cte("accounts", recursive=True)
    following = sa.select(sa.func.min(GrantRow.account)).where(live, GrantRow.account > accounts.c.account)
    accounts = accounts.union_all(sa.select(following.scalar_subquery()).where(accounts.c.account.is_not(None)))
    first = sa.select(sa.func.min(GrantRow.due_at)).where(live, GrantRow.account == accounts.c.account)
    due = sa.select(accounts.c.account, first.scalar_subquery().label("first")).subquery()
    return sa.select(due.c.account).where(due.c.first <= sa.bindparam("now")).order_by(due.c.first)


def _of_account(lane: Lane) -> sa.Select[str, datetime]:
    """What is due of one account and claimed by nobody at this moment, the most overdue first."""
    due = sa.and_(sa.text(LANES[lane]), GrantRow.account == sa.bindparam("of"), GrantRow.due_at <= sa.bindparam("now"))
    query = sa.select(GrantRow.id, GrantRow.due_at).where(due).order_by(GrantRow.due_at)
    return query.limit(sa.bindparam("each")).with_for_update(skip_locked=True)


_DUE_ACCOUNTS = {lane: _accounts(lane) for lane in Lane}
_DUE_OF_ACCOUNT = {lane: _of_account(lane) for lane in Lane}


def due_accounts(connection: Connection, now: datetime, lane: Lane, busy: Collection[str]) -> list[str]:
    """The accounts with something due but the busy ones, the most overdue first."""
    found = connection.execute(_DUE_ACCOUNTS[lane], {"now": now}).scalars()
    return [account for account in found if account not in busy]


def due_ids(
    connection: Connection, accounts: Sequence[str], now: datetime, lane: Lane, limit: int, each: int
) -> list[str]:
    """The ids of what is due in these accounts, at most `each` of one, the most overdue first; locked until the end."""
    query = _DUE_OF_ACCOUNT[lane]
    found = [row for of in accounts for row in connection.execute(query, {"of": of, "now": now, "each": each})]
    return [row.id for row in sorted(found, key=lambda row: row.due_at)[:limit]]


def owners_of(connection: Connection, query: sa.Executable, parameters: Mapping[str, object]) -> list[RoleOwner]:
    """The rows of `OWNERS_BY_NAME` or `OWNERS_IN_ORDER`; little is done for each, for a sweep reads all."""
    return [
        RoleOwner(
            grant=GrantId(grant),
            state=_STATES[state],
            created_at=created_at,
            account=account,
            name=name,
            role_id=role_id,
            deleted=deleted,
        )
        for grant, state, created_at, account, name, role_id, deleted in connection.execute(query, parameters).all()
    ]
