"""The store of what was read of the sources' own policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event
from jit_engine.domain.resource_policy import DuePolicies, PolicyReading, Safeguards
from jit_engine.rules.safeguards import policing
from platform_api.db.audit import append
from platform_api.db.catalogue import read_catalogue
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, generations, raise_generation
from platform_api.db.tables.policies import PolicyReadingRow
from platform_api.db.waking import wake_every_grant

_ROWS = sa.select(PolicyReadingRow.table())
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Due at once."""


class SqlPolicyReadings:
    """`jit_engine.flows.read_policies.PolicyReadings` in the database."""

    def __init__(self, database: Database, demanded: Safeguards) -> None:
        """`demanded`: what has to hold, without readings."""
        self._database = database
        self._demanded = demanded
        self._followed: int | None = None

    def safeguards(self) -> Safeguards:
        """What has to hold, with the latest reading of each resource by name."""
        with self._database.read() as connection:
            return replace(self._demanded, readings=read_policy_readings(connection))

    def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[DuePolicies]:
        """Follows the catalogue first: after a change of it all is due, and what it names no longer is forgotten."""
        due = _ROWS.where(PolicyReadingRow.due_at <= now).order_by(PolicyReadingRow.due_at, PolicyReadingRow.resource)
        with self._database.read() as connection:
            generation = generations(connection)[Changing.CATALOGUE]
            if generation == self._followed and connection.execute(due.limit(1)).first() is None:
                return ()
        with self._database.write() as connection:  # when to look is no change of what holds: no record
            if generation != self._followed:
                self._follow(connection)
                connection.execute(sa.update(PolicyReadingRow).values(due_at=_NEVER))
            claimed = connection.execute(due.limit(limit)).all()
            if claimed:
                names = [row.resource for row in claimed]
                chosen = sa.update(PolicyReadingRow).where(PolicyReadingRow.resource.in_(names))
                connection.execute(chosen.values(due_at=now + lease))
        self._followed = generation
        return tuple(DuePolicies(resource=row.resource, account=row.account) for row in claimed)

    def keep(self, reading: PolicyReading, due_at: datetime, event: Event) -> bool:
        """Of a resource that the catalogue names no longer, nothing is kept."""
        with self._database.write() as connection:  # recorded below, when it says something else
            row = connection.execute(_ROWS.where(PolicyReadingRow.resource == reading.resource)).one_or_none()
            if row is None:
                return False
            chosen = sa.update(PolicyReadingRow).where(PolicyReadingRow.resource == reading.resource)
            connection.execute(
                chosen.values(
                    checked_at=reading.checked_at, digest=reading.digest, findings=reading.findings, due_at=due_at
                )
            )
            raise_generation(connection, Changing.POLICY_READINGS)
            if row.findings != reading.findings and (row.findings or reading.findings):
                wake_every_grant(connection, event.at)
            if (row.digest, row.findings) == (reading.digest, reading.findings):
                return False
            append(connection, event)
        return True

    def _follow(self, connection: Connection) -> None:
        catalogue = read_catalogue(connection, 0)
        wanted = dict(place for item in catalogue.items for place in policing(item.source, item))
        known = {row.resource: row.account for row in connection.execute(_ROWS)}
        gone = [name for name, account in known.items() if wanted.get(name) != account]
        if gone:
            connection.execute(sa.delete(PolicyReadingRow).where(PolicyReadingRow.resource.in_(gone)))
            raise_generation(connection, Changing.POLICY_READINGS)
        new = [
            {"resource": name, "account": account, "due_at": _NEVER}
            for name, account in wanted.items()
            if known.get(name) != account
        ]
        if new:
            connection.execute(sa.insert(PolicyReadingRow), new)


def read_policy_readings(connection: Connection) -> tuple[PolicyReading, ...]:
    """Every reading there is, in the transaction at hand."""
    rows = connection.execute(_ROWS.where(PolicyReadingRow.checked_at.is_not(None)).order_by(PolicyReadingRow.resource))
    return tuple(
        PolicyReading(
            resource=row.resource,
            account=row.account,
            checked_at=row.checked_at,
            digest=row.digest,
            findings=row.findings,
        )
        for row in rows
    )
