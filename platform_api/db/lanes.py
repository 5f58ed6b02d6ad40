"""Which grants are due, by lane and by account; and whose a role is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.grant import ENDED, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.ports import Lane, RoleOwner
from platform_api.db.tables.grants import GrantRow, MintedRoleRow, PrincipalRow

_DUE = {
    Lane.ALL: GrantRow.state.not_in([state.value for state in ENDED]),
    Lane.URGENT: sa.and_(
        GrantRow.state.in_([GrantState.REVOKING.value, GrantState.STUCK.value]),
        GrantRow.shut_at.is_(None),
        GrantRow.sessions > 0,
    ),
}
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


def due_ids(now: datetime, lane: Lane, busy: Collection[str], each: int | None) -> sa.Select[str]:
    """The ids of what is due, the most overdue first, as `claim_due` asks for it."""
    is_due = sa.and_(_DUE[lane], GrantRow.due_at <= now)
    wanted = sa.and_(is_due, GrantRow.account.not_in(busy)) if busy else is_due
    query = sa.select(GrantRow.id).order_by(GrantRow.due_at)
    if each is None:
        return query.where(wanted)
    turn = sa.func.row_number().over(partition_by=GrantRow.account, order_by=GrantRow.due_at).label("turn")
    ranked = sa.select(GrantRow.id, turn).where(wanted).subquery()
    return query.where(is_due, GrantRow.id.in_(sa.select(ranked.c.id).where(ranked.c.turn <= each)))


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
