"""The store of what workspaces hold: labels with their history, declassifications, legal holds, purges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import ENDED
from jit_engine.domain.ids import ActivityId, EnvironmentId, SubjectId
from jit_engine.domain.label import EMPTY, Label
from jit_engine.flows.purge import LabelledWorkspace, Manifest
from jit_engine.ports import LostRace
from platform_api.db.audit import append, lock_trail, recorded
from platform_api.db.engine import Database
from platform_api.db.label_rows import LABELS, keep_change, wake_beside
from platform_api.db.paging import AnyRow
from platform_api.db.tables.grants import GrantRow
from platform_api.db.tables.labels import DeclassificationRow, LabelChangeRow, LabelRow, LegalHoldRow
from platform_api.registry.workspaces import Declassification, DeclassificationState, LabelChange, LegalHold

_MOST_CHANGES = 100
_DECLASSIFICATIONS = sa.select(DeclassificationRow.table())
_STANDING = sa.select(LegalHoldRow.table()).where(LegalHoldRow.released_at.is_(None))


class SqlWorkspaces:
    """`jit_engine.flows.purge.Workspaces` and `platform_api.registry.workspaces.WorkspaceStore` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def labelled(self) -> Sequence[LabelledWorkspace]:
        """Every workspace whose label is not empty."""
        with self._database.read() as connection:
            found = [_workspace(row) for row in connection.execute(LABELS.order_by(LabelRow.environment))]
        return [one for one in found if one.label != EMPTY]

    def workspace(self, environment: EnvironmentId) -> LabelledWorkspace | None:
        """The environment's workspace; None where nothing was ever delivered there."""
        with self._database.read() as connection:
            row = connection.execute(LABELS.where(LabelRow.environment == environment)).one_or_none()
        return None if row is None else _workspace(row)

    def changes(self, environment: EnvironmentId) -> Sequence[LabelChange]:
        """The label's history, the newest hundred, the newest first."""
        query = sa.select(LabelChangeRow.table()).where(LabelChangeRow.environment == environment)
        newest = query.order_by(LabelChangeRow.version.desc()).limit(_MOST_CHANGES)
        with self._database.read() as connection:
            return [
                LabelChange(at=row.at, actor=row.actor, what=row.what, label=row.label, details=row.details)
                for row in connection.execute(newest)
            ]

    def quarantine(self, workspace: LabelledWorkspace, reason: str, purge_at: datetime, event: Event) -> None:
        """Marks it, and makes every active grant of the environment due."""
        marked = {"quarantined_at": event.at, "quarantined_for": reason, "purge_at": purge_at}
        with recorded(self._database, event) as connection:
            _save(connection, workspace, marked)
            _kept(connection, workspace, "quarantined", workspace.label, event, {"reason": reason})
            wake_beside(connection, workspace.environment, event.at)

    def release(self, workspace: LabelledWorkspace, event: Event) -> None:
        """Takes it out of quarantine."""
        with recorded(self._database, event) as connection:
            _save(connection, workspace, _FREE)
            _kept(connection, workspace, "released", workspace.label, event, {})

    def begin_purge(self, workspace: LabelledWorkspace, manifest: Manifest, event: Event) -> LabelledWorkspace | None:
        """Commits what is about to be deleted; None where a legal hold or a grant that is not closed forbids it."""
        with self._database.write() as connection:
            lock_trail(connection)  # no hold is placed and no grant is opened between the look and the commit
            if self._stands(connection, workspace):
                return None
            _save(connection, workspace, {})
            _kept(connection, workspace, "purge-begun", workspace.label, event, _evidence(manifest))
            append(connection, event)
        return replace(workspace, version=workspace.version + 1)

    def purged(self, workspace: LabelledWorkspace, manifest: Manifest, event: Event) -> None:
        """Empties the label; what the environment's earlier grants have held is not held any more."""
        with recorded(self._database, event) as connection:
            _save(connection, workspace, {**_FREE, "label": EMPTY, "purged_at": event.at})
            _kept(connection, workspace, "purged", EMPTY, event, _evidence(manifest))

    def legal_hold(self, activity: ActivityId) -> LegalHold | None:
        """The hold that stands on the activity, or None."""
        with self._database.read() as connection:
            row = connection.execute(_STANDING.where(LegalHoldRow.activity == activity)).one_or_none()
        return None if row is None else _hold(row)

    def place_hold(self, hold: LegalHold, event: Event) -> None:
        """Commits a hold; raises `LostRace` when one stands already."""
        with recorded(self._database, event) as connection:
            lock_trail(connection)
            if connection.execute(_STANDING.where(LegalHoldRow.activity == hold.activity)).first() is not None:
                raise LostRace("a legal hold stands already")
            connection.execute(
                sa.insert(LegalHoldRow.table()),
                {
                    "id": hold.id,
                    "activity": hold.activity,
                    "reason": hold.reason,
                    "placed_by": hold.placed_by,
                    "placed_at": hold.placed_at,
                    "released_by": None,
                    "released_at": None,
                },
            )

    def release_hold(self, hold: LegalHold, by: SubjectId, event: Event) -> None:
        """Commits its end; raises `LostRace` when it does not stand any more."""
        with recorded(self._database, event) as connection:
            mine = sa.update(LegalHoldRow).where(LegalHoldRow.id == hold.id, LegalHoldRow.released_at.is_(None))
            if connection.execute(mine.values(released_by=by, released_at=event.at)).rowcount == 0:
                raise LostRace("the legal hold has been released")

    def declassification(self, id: str) -> Declassification | None:
        """The declassification, or None."""
        with self._database.read() as connection:
            row = connection.execute(_DECLASSIFICATIONS.where(DeclassificationRow.id == id)).one_or_none()
        return None if row is None else _declassification(row)

    def declassifications(self, environment: EnvironmentId) -> Sequence[Declassification]:
        """Those of the environment, the newest first."""
        query = _DECLASSIFICATIONS.where(DeclassificationRow.environment == environment)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(DeclassificationRow.id.desc()).limit(_MOST_CHANGES))
            return [_declassification(row) for row in found]

    def ask_declassification(self, asked: Declassification, event: Event) -> None:
        """Commits a new one."""
        with recorded(self._database, event) as connection:
            values = {"id": asked.id, "version": asked.version, **_declassification_values(asked)}
            connection.execute(sa.insert(DeclassificationRow.table()), values)

    def decide_declassification(
        self, decided: Declassification, lowered: LabelledWorkspace | None, event: Event
    ) -> None:
        """Commits what was said to it and, where it was approved, the workspace as it is then."""
        with recorded(self._database, event) as connection:
            mine = sa.update(DeclassificationRow).where(
                DeclassificationRow.id == decided.id, DeclassificationRow.version == decided.version
            )
            values = {**_declassification_values(decided), "version": decided.version + 1}
            if connection.execute(mine.values(values)).rowcount == 0:
                raise LostRace("it has been decided")
            if lowered is not None:
                _save(connection, lowered, {"label": lowered.label, **_FREE})
                details: dict[str, Json] = {"declassification": decided.id, "reason": decided.reason}
                _kept(connection, lowered, "declassified", lowered.label, event, details)
                wake_beside(connection, lowered.environment, event.at)

    def _stands(self, connection: Connection, workspace: LabelledWorkspace) -> bool:
        held = _STANDING.where(LegalHoldRow.activity == workspace.activity)
        open_ = sa.select(GrantRow.id).where(
            GrantRow.environment == workspace.environment, GrantRow.state.not_in([state.value for state in ENDED])
        )
        return any(connection.execute(query.limit(1)).first() is not None for query in (held, open_))


_FREE: Mapping[str, Any] = {"quarantined_at": None, "quarantined_for": None, "purge_at": None}


def _save(connection: Connection, workspace: LabelledWorkspace, values: Mapping[str, Any]) -> None:
    mine = sa.update(LabelRow).where(
        LabelRow.environment == workspace.environment, LabelRow.version == workspace.version
    )
    if connection.execute(mine.values({**values, "version": workspace.version + 1})).rowcount == 0:
        raise LostRace("the workspace's label has changed since")


def _kept(
    connection: Connection,
    workspace: LabelledWorkspace,
    what: str,
    label: Label,
    event: Event,
    details: dict[str, Json],
) -> None:
    keep_change(connection, workspace.environment, workspace.version + 1, what, label, event, details)


def _evidence(manifest: Manifest) -> dict[str, Json]:
    return {"objects": manifest.objects, "bytes": manifest.bytes, "manifest_sha256": manifest.sha256}


def _workspace(row: AnyRow) -> LabelledWorkspace:
    return LabelledWorkspace(
        environment=EnvironmentId(row.environment),
        activity=ActivityId(row.activity),
        label=row.label,
        version=row.version,
        quarantined_at=row.quarantined_at,
        quarantined_for=row.quarantined_for,
        purge_at=row.purge_at,
    )


def _hold(row: AnyRow) -> LegalHold:
    return LegalHold(
        id=row.id,
        activity=ActivityId(row.activity),
        reason=row.reason,
        placed_by=SubjectId(row.placed_by),
        placed_at=row.placed_at,
    )


def _declassification(row: AnyRow) -> Declassification:
    return Declassification(
        id=row.id,
        environment=EnvironmentId(row.environment),
        activity=ActivityId(row.activity),
        contracts=row.contracts,
        label=row.label,
        reason=row.reason,
        asked_by=SubjectId(row.asked_by),
        asked_at=row.asked_at,
        state=DeclassificationState(row.state),
        decided_by=None if row.decided_by is None else SubjectId(row.decided_by),
        decided_at=row.decided_at,
        comment=row.comment,
        version=row.version,
    )


def _declassification_values(of: Declassification) -> dict[str, Any]:
    return {
        "environment": of.environment,
        "activity": of.activity,
        "contracts": of.contracts,
        "label": of.label,
        "reason": of.reason,
        "asked_by": of.asked_by,
        "asked_at": of.asked_at,
        "state": of.state.value,
        "decided_by": of.decided_by,
        "decided_at": of.decided_at,
        "comment": of.comment,
    }
