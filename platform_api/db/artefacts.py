"""The store of what stands beside the roles of grants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from jit_engine.domain.artefact import Artefact, ArtefactState, Mechanism
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId
from platform_api.db.audit import recorded
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.grant_rows import GIVES
from platform_api.db.paging import AnyRow
from platform_api.db.tables.artefacts import STANDING, ArtefactRow
from platform_api.db.tables.grants import GrantRow

_INTEND = sa.insert(ArtefactRow.table())
_KEEP = fenced(ArtefactRow.table())
_GRANT = fenced(GrantRow.table())
_ARTEFACTS = sa.select(ArtefactRow.table())
_OF_GRANT = _ARTEFACTS.where(ArtefactRow.grant_id == sa.bindparam("grant")).order_by(
    ArtefactRow.part, ArtefactRow.mechanism, ArtefactRow.name
)
_LIVE = (
    _ARTEFACTS.join(GrantRow.table(), GrantRow.id == ArtefactRow.grant_id)
    .where(ArtefactRow.mechanism == sa.bindparam("mechanism"), sa.text(f"artefacts.{STANDING}"))
    .where(GIVES)
    .order_by(ArtefactRow.name)
)
_SEEN = sa.select(sa.func.max(sa.func.coalesce(ArtefactRow.ended_at, ArtefactRow.created_at))).where(
    ArtefactRow.mechanism.in_(sa.bindparam("mechanisms", expanding=True)),
    ArtefactRow.state != ArtefactState.INTENDED.value,
)
_OF_NAME = _ARTEFACTS.where(ArtefactRow.id == sa.bindparam("id"))


class SqlArtefacts:
    """`jit_engine.enforcers.ports.ArtefactLedger` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(self, grant: Grant, artefacts: Sequence[Artefact], event: Event) -> Grant:
        """Commits the intents with the grant's next version; `LostRace` when it has another by now."""
        with recorded(self._database, event) as connection:
            update_one(connection, _GRANT, grant.id, grant.version, {})
            connection.execute(
                _INTEND, [{"id": _id(one.mechanism, one.name), "name": one.name, **_values(one)} for one in artefacts]
            )
        return replace(grant, version=grant.version + 1)

    def keep(self, artefact: Artefact, event: Event) -> Artefact:
        """Commits the row as given; `LostRace` when it has another version by now."""
        with recorded(self._database, event) as connection:
            key = _id(artefact.mechanism, artefact.name)
            update_one(connection, _KEEP, key, artefact.version, _values(artefact))
        return replace(artefact, version=artefact.version + 1)

    def of_grant(self, grant: GrantId) -> Sequence[Artefact]:
        """Every artefact that was ever intended for the grant."""
        with self._database.read() as connection:
            return [_artefact(row) for row in connection.execute(_OF_GRANT, {"grant": grant})]

    def live(self, mechanism: Mechanism) -> Sequence[Artefact]:
        """Every artefact of that mechanism that a grant needs."""
        with self._database.read() as connection:
            return [_artefact(row) for row in connection.execute(_LIVE, {"mechanism": mechanism.value})]

    def last_seen(self, mechanisms: Collection[Mechanism]) -> datetime | None:
        """When one of these was last made, or seen to be gone; None when none ever was."""
        with self._database.read() as connection:
            asked = {"mechanisms": [one.value for one in mechanisms]}
            found: datetime | None = connection.execute(_SEEN, asked).scalar_one()
        return found

    def of_name(self, mechanism: Mechanism, name: str) -> Artefact | None:
        """The artefact of that name, or None."""
        with self._database.read() as connection:
            row = connection.execute(_OF_NAME, {"id": _id(mechanism, name)}).one_or_none()
            return None if row is None else _artefact(row)


def _id(mechanism: Mechanism, name: str) -> str:
    return f"{mechanism.value}:{name}"


def _values(artefact: Artefact) -> dict[str, Any]:
    return {
        "grant_id": artefact.grant,
        "part": artefact.part,
        "mechanism": artefact.mechanism.value,
        "account": artefact.account,
        "region": artefact.region,
        "source": artefact.source,
        "plan": artefact.plan,
        "state": artefact.state.value,
        "created_at": artefact.created_at,
        "ended_at": artefact.ended_at,
        "last_error": artefact.last_error,
        "version": artefact.version,
    }


def _artefact(row: AnyRow) -> Artefact:
    plan = {key: value if isinstance(value, str) else tuple(value) for key, value in row.plan.items()}
    return Artefact(
        grant=GrantId(row.grant_id),
        part=row.part,
        mechanism=Mechanism(row.mechanism),
        account=row.account,
        region=row.region,
        source=row.source,
        name=row.name,
        plan=plan,
        state=ArtefactState(row.state),
        created_at=row.created_at,
        ended_at=row.ended_at,
        last_error=row.last_error,
        version=row.version,
    )
