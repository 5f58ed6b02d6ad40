"""The store of the places that environments have in other accounts than their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.activity import Place
from jit_engine.domain.event import Event
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.ports import LostRace
from platform_api.db.audit import recorded
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.paging import AnyRow
from platform_api.db.tables.outposts import OutpostRow
from platform_api.registry.outposts import Outpost, OutpostState

_OUTPOSTS = sa.select(OutpostRow.table())
_NEW = sa.insert(OutpostRow.table())
_KEEP = fenced(OutpostRow.table())
_OF = _OUTPOSTS.where(OutpostRow.environment == sa.bindparam("environment")).order_by(OutpostRow.account)
_PLACES = (
    sa.select(OutpostRow.place)
    .where(OutpostRow.environment == sa.bindparam("environment"), OutpostRow.place.is_not(None))
    .order_by(OutpostRow.account)
)
_DUE = (
    sa.select(OutpostRow.id)
    .where(OutpostRow.due_at <= sa.bindparam("now"))
    .order_by(OutpostRow.due_at, OutpostRow.id)
    .limit(sa.bindparam("limit"))
)


class SqlOutposts:
    """`platform_api.registry.outposts.Outposts` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def want(self, outpost: Outpost, event: Event) -> bool:
        """Commits that it is wanted, unless it is there already; whether it was new."""
        if any(known.account == outpost.account for known in self.of(outpost.environment)):
            return False
        try:
            with recorded(self._database, event) as connection:
                connection.execute(_NEW, {"id": _id(outpost), **_values(outpost)})
        except LostRace:  # somebody else has just wanted it
            return False
        return True

    def keep(self, outpost: Outpost, event: Event) -> Outpost:
        """Commits it as given; `LostRace` when it has another version by now."""
        with recorded(self._database, event) as connection:
            update_one(connection, _KEEP, _id(outpost), outpost.version, _values(outpost))
        return replace(outpost, version=outpost.version + 1)

    def of(self, environment: EnvironmentId) -> Sequence[Outpost]:
        """Those of an environment, by account."""
        with self._database.read() as connection:
            return [_outpost(row) for row in connection.execute(_OF, {"environment": environment})]

    def claim_due_outposts(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Outpost]:
        """Claims what the provisioner has to look at for this caller alone.

        No audit record: a claim only says who looks next.
        """
        asked = {"now": now, "limit": limit}
        with self._database.read() as connection:
            if connection.execute(_DUE, asked).first() is None:
                return ()
        with self._database.write() as connection:
            due = connection.execute(_DUE.with_for_update(skip_locked=True), asked).scalars().all()
            claim = sa.update(OutpostRow).where(OutpostRow.id.in_(due))
            connection.execute(claim.values(due_at=now + lease, version=OutpostRow.version + 1))
            rows = connection.execute(_OUTPOSTS.where(OutpostRow.id.in_(due)).order_by(OutpostRow.id)).all()
        return [_outpost(row) for row in rows]


def read_elsewhere(connection: Connection, environment: EnvironmentId) -> tuple[Place, ...]:
    """The places that the environment has in other accounts, in the transaction at hand."""
    found = connection.execute(_PLACES, {"environment": environment}).scalars()
    return tuple(place for place in found if place is not None)


def _id(outpost: Outpost) -> str:
    return f"{outpost.environment}:{outpost.account}"


def _values(outpost: Outpost) -> dict[str, Any]:
    return {
        "environment": outpost.environment,
        "activity": outpost.activity,
        "account": outpost.account,
        "state": outpost.state.value,
        "place": outpost.place,
        "stack": outpost.stack,
        "template_digest": outpost.template_digest,
        "created_at": outpost.created_at,
        "due_at": outpost.due_at,
        "tries": outpost.tries,
        "last_error": outpost.last_error,
        "version": outpost.version,
    }


def _outpost(row: AnyRow) -> Outpost:
    return Outpost(
        environment=EnvironmentId(row.environment),
        activity=ActivityId(row.activity),
        account=row.account,
        state=OutpostState(row.state),
        place=row.place,
        stack=row.stack,
        template_digest=row.template_digest,
        created_at=row.created_at,
        due_at=row.due_at,
        tries=row.tries,
        last_error=row.last_error,
        version=row.version,
    )
