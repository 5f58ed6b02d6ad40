"""The directory's store: people, workloads, and what their teams may do without a named review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Event
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Person, Subject, Workload
from platform_api.db.audit import append
from platform_api.db.engine import Database
from platform_api.db.paging import AnyRow
from platform_api.db.tables.directory import StandingApprovalRow, SubjectRow
from platform_api.db.waking import wake_every_grant
from platform_api.registry.records import DirectoryEntry, StandingApproval

_SUBJECTS = sa.select(SubjectRow.table())
_BY_LOGIN = _SUBJECTS.where(SubjectRow.issuer == sa.bindparam("issuer"), SubjectRow.login == sa.bindparam("login"))
_BY_ID = _SUBJECTS.where(SubjectRow.id == sa.bindparam("id"))
_APPROVALS = sa.select(StandingApprovalRow.table()).order_by(StandingApprovalRow.place)


class SqlDirectory:
    """The directory's part of `platform_api.registry.ports.RegistryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subject_of(self, issuer: str, login: str) -> Subject | None:
        """Whom a token of `issuer` for `login` speaks for, or None."""
        with self._database.read() as connection:
            row = connection.execute(_BY_LOGIN, {"issuer": issuer, "login": login}).one_or_none()
        return None if row is None else _subject(row)

    def subject(self, id: SubjectId) -> Subject | None:
        """The subject, or None."""
        with self._database.read() as connection:
            return read_subject(connection, id)

    def people_behind(self, id: SubjectId) -> frozenset[str]:
        """The humans behind a subject, as `jit_engine.ports.Directory` says."""
        with self._database.read() as connection:
            row = connection.execute(_BY_ID, {"id": id}).one_or_none()
            named = None if row is None or row.person is None else row.person
            other = None if named is None else connection.execute(_BY_ID, {"id": named}).one_or_none()
        if row is None or (named is None and row.kind != "person"):
            return frozenset()
        # A login that names another subject speaks for whoever that one is.
        return frozenset({row.id if named is None else named if other is None else other.person or other.id})

    def directory(self) -> Sequence[DirectoryEntry]:
        """Everybody, by login."""
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(_SUBJECTS.order_by(SubjectRow.login, SubjectRow.id))]

    def standing_approvals(self, teams: frozenset[str]) -> Sequence[StandingApproval]:
        """What any of `teams` may do without a named review, in the order given."""
        with self._database.read() as connection:
            rows = connection.execute(_APPROVALS.where(StandingApprovalRow.team.in_(sorted(teams)))).all()
        return [_approval(row) for row in rows]

    def put_directory(self, entries: Sequence[DirectoryEntry], event: Event) -> bool:
        """Makes `entries` the whole directory; who is not among them has left.

        Whether anything changed; when nothing did, nothing is written and nothing recorded. Live grants are due to be
        decided anew.
        """
        with self._database.write() as connection:  # recorded below, when there is something to record
            known = {row.id: _entry(row) for row in connection.execute(_SUBJECTS)}
            wanted = {entry.subject.id: entry for entry in entries}
            if known == wanted:
                return False
            gone = [key for key, entry in known.items() if wanted.get(SubjectId(key)) != entry]
            connection.execute(sa.delete(SubjectRow).where(SubjectRow.id.in_(gone)))
            new = [_subject_values(entry) for key, entry in wanted.items() if known.get(key) != entry]
            if new:
                connection.execute(sa.insert(SubjectRow), new)
            wake_every_grant(connection, event.at)
            append(connection, event)
        return True

    def put_standing_approvals(self, approvals: Sequence[StandingApproval], event: Event) -> bool:
        """Makes `approvals` all there are; whether anything changed, as `put_directory`."""
        with self._database.write() as connection:  # recorded below, when there is something to record
            if [_approval(row) for row in connection.execute(_APPROVALS)] == list(approvals):
                return False
            connection.execute(sa.delete(StandingApprovalRow))
            if approvals:
                connection.execute(sa.insert(StandingApprovalRow), _approval_values(approvals))
            append(connection, event)
        return True


def read_subject(connection: Connection, id: SubjectId) -> Subject | None:
    """The subject, in the transaction at hand, or None."""
    row = connection.execute(_BY_ID, {"id": id}).one_or_none()
    return None if row is None else _subject(row)


def _subject(row: AnyRow) -> Subject:
    if row.kind == "person":
        return Person(id=SubjectId(row.id), name=row.name, teams=row.teams, trainings=row.trainings)
    return Workload(id=SubjectId(row.id), name=row.name, teams=row.teams)


def _entry(row: AnyRow) -> DirectoryEntry:
    return DirectoryEntry(subject=_subject(row), issuer=row.issuer, login=row.login, title=row.title, person=row.person)


def _subject_values(entry: DirectoryEntry) -> dict[str, Any]:
    subject = entry.subject
    return {
        "id": subject.id,
        "kind": "person" if isinstance(subject, Person) else "workload",
        "issuer": entry.issuer,
        "login": entry.login,
        "name": subject.name,
        "title": entry.title,
        "teams": subject.teams,
        "trainings": subject.trainings if isinstance(subject, Person) else frozenset(),
        "person": entry.person,
    }


def _approval(row: AnyRow) -> StandingApproval:
    return StandingApproval(
        team=row.team, max_classification=Classification(row.max_classification), purposes=row.purposes
    )


def _approval_values(approvals: Sequence[StandingApproval]) -> list[dict[str, Any]]:
    return [
        {
            "place": place,
            "team": approval.team,
            "max_classification": approval.max_classification.value,
            "purposes": approval.purposes,
        }
        for place, approval in enumerate(approvals)
    ]
