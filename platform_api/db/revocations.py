"""Finding and ending many live grants at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import ContractId, GrantId
from jit_engine.domain.waiting import WaitingState
from jit_engine.flows.revoke_many import Scope, Wide
from platform_api.db.audit import append
from platform_api.db.engine import Database
from platform_api.db.grant_rows import GIVES, read_grants
from platform_api.db.tables.grants import GrantRow, PrincipalRow
from platform_api.db.tables.waiting import WaitingRequestRow
from platform_api.db.waiting import STILL, keep_waiting, waiting_for
from platform_api.db.waking import is_under

_AFTER = {GrantState.ACTIVE: GrantState.REVOKING, GrantState.MINTING: GrantState.ABANDONED}
"""What becomes of a grant that is taken back; one that is still being minted is given up."""
_ENDABLE = sa.or_(
    GIVES,
    GrantRow.id.in_(sa.select(WaitingRequestRow.grant_id).where(STILL, WaitingRequestRow.grant_id.is_not(None))),
)
"""What gives access or is about to. An attempt at minting that came to nothing is made anew while its request waits."""


class SqlRevocations:
    """`jit_engine.flows.revoke_many.LiveGrantsIn` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def giving_in(self, scope: Scope) -> Sequence[Grant]:
        """Every grant in the scope that gives access or is about to, the oldest first; all of them for a dataset."""
        query = sa.select(GrantRow.table()).where(_ENDABLE, _condition(scope)).order_by(GrantRow.id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            return read_grants(connection, [row for row in rows if row.state in _AFTER or not row.steps])

    def end_all(self, grants: Sequence[GrantId], reason: str, event: Event) -> Sequence[GrantId]:
        """Ends those that still give access, each with a record of its own; all in one transaction.

        Whoever read such a grant before cannot write it any more.
        """
        with self._database.write() as connection:  # recorded grant by grant
            return end_giving(connection, GrantRow.id.in_(grants), reason, event)


def end_giving(connection: Connection, which: sa.ColumnElement[bool], reason: str, event: Event) -> list[GrantId]:
    """Ends those that still give access, in the transaction at hand, each with a record of its own.

    A request that waits for one that is still being minted, or will be minted anew, is taken back, on a record of its
    own, too.
    """
    those = sa.select(GrantRow.id, GrantRow.state, GrantRow.activity, GrantRow.environment, GrantRow.steps)
    found = connection.execute(those.where(which, _ENDABLE).order_by(GrantRow.id).with_for_update()).all()
    rows = [row for row in found if row.state in _AFTER]
    for before, after in _AFTER.items():
        ids = [row.id for row in rows if row.state == before.value]
        if ids:
            ended = {"state": after.value, "due_at": event.at, "reason": reason}
            change = sa.update(GrantRow).where(GrantRow.id.in_(ids))
            connection.execute(change.values(**ended, version=GrantRow.version + 1))
    given_up = [GrantId(row.id) for row in found if row.state != GrantState.ACTIVE.value and not row.steps]
    for waiting in waiting_for(connection, given_up) if given_up else ():
        keep_waiting(connection, replace(waiting.moved(WaitingState.WITHDRAWN), reason=reason))
        asked = waiting.request
        about = {"activity": asked.activity, "environment": asked.environment, "request": asked.id}
        append(connection, replace(event, action="access.withdrawn", about=about, details={"reason": reason}))
    for row in rows:
        about = {"activity": row.activity, "environment": row.environment, "grant": row.id}
        append(connection, replace(event, about={**event.about, **about}))
    return [GrantId(row.id) for row in found if row in rows or row.id in given_up]


def _condition(scope: Scope) -> sa.ColumnElement[bool]:
    match scope.kind:
        case Wide.PERSON:
            return GrantRow.subject == scope.value
        case Wide.ACTIVITY:
            return GrantRow.activity == scope.value
        case Wide.CONTRACT:
            return is_under(ContractId(scope.value))
        case Wide.ACCOUNT:
            return GrantRow.id.in_(sa.select(PrincipalRow.grant_id).where(PrincipalRow.account == scope.value))
        case Wide.DATASET | Wide.EVERYTHING:
            return sa.true()
        case _:
            assert_never(scope.kind)
