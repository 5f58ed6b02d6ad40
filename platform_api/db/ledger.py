"""The ledger's store: requests with their decisions, grants, and the roles minted for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import ENDED, Grant, GrantState, MintedRole
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import NotFound
from jit_engine.rules.record import clearance_record, refusal_record
from platform_api.db.audit import recorded
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.paging import AnyRow, Listing, is_exactly, is_one_of, page_of
from platform_api.db.requests import insert_request
from platform_api.db.tables.grants import AccessRequestRow, GrantRow, MintedRoleRow
from platform_api.paging import Page, PageAsk

_GRANTS = sa.select(GrantRow.table())
_GRANT = _GRANTS.where(GrantRow.id == sa.bindparam("id"))
_ROLES = (
    sa.select(MintedRoleRow.table())
    .where(MintedRoleRow.grant_id.in_(sa.bindparam("grants", expanding=True)))
    .order_by(MintedRoleRow.grant_id, MintedRoleRow.attempt)
)
_OPEN = sa.insert(GrantRow.table())
_SAVE = fenced(GrantRow.table())
_NEW_ROLE = sa.insert(MintedRoleRow.table())
_SAVE_ROLE = sa.update(MintedRoleRow.table()).where(
    MintedRoleRow.grant_id == sa.bindparam("of_grant"), MintedRoleRow.attempt == sa.bindparam("of_attempt")
)
_DUE = (
    sa.select(GrantRow.id)
    .where(GrantRow.state.not_in([state.value for state in ENDED]), GrantRow.due_at <= sa.bindparam("now"))
    .order_by(GrantRow.due_at)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_DECISION = (
    sa.select(AccessRequestRow.decision)
    .join(GrantRow, GrantRow.request == AccessRequestRow.id)
    .where(GrantRow.id == sa.bindparam("id"))
)
_LISTING = Listing(
    name="grants",
    keys=(GrantRow.id,),
    filters={
        "state": is_one_of(GrantRow.state, GrantState),
        "tier": is_one_of(GrantRow.tier, Tier),
        "subject": is_exactly(GrantRow.subject),
        "activity": is_exactly(GrantRow.activity),
        "environment": is_exactly(GrantRow.environment),
        "request": is_exactly(GrantRow.request),
        "purpose": is_exactly(GrantRow.purpose),
    },
)


class SqlLedger:
    """`jit_engine.ports.Ledger` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, grant: Grant, clearance: Clearance, event: Event) -> Grant:
        """Commits the request, its decision and the intent to mint."""
        with recorded(self._database, event) as connection:
            insert_request(connection, clearance.request, clearance_record(clearance), clearance.decided_at, grant.id)
            connection.execute(_OPEN, {"id": grant.id, **_values(grant), "version": grant.version})
            _save_roles(connection, grant)
        return grant

    def refuse(self, refusal: Refusal, event: Event) -> None:
        """Commits a refused request with all its reasons."""
        with recorded(self._database, event) as connection:
            insert_request(connection, refusal.request, refusal_record(refusal), refusal.decided_at, None)

    def save(self, grant: Grant, event: Event) -> Grant:
        """Commits the grant as given, or raises `LostRace`; returns it with its next version."""
        with recorded(self._database, event) as connection:
            update_one(connection, _SAVE, grant.id, grant.version, _values(grant))
            _save_roles(connection, grant)
        return replace(grant, version=grant.version + 1)

    def get(self, grant: GrantId) -> Grant | None:
        """The grant, or None."""
        with self._database.read() as connection:
            found = _read(connection, connection.execute(_GRANT, {"id": grant}).all())
        return found[0] if found else None

    def decision_of(self, grant: GrantId) -> Mapping[str, Json]:
        """The recorded decision that opened the grant; raises `NotFound` when there is no such grant."""
        with self._database.read() as connection:
            decision = connection.execute(_DECISION, {"id": grant}).scalar_one_or_none()
        if decision is None:
            raise NotFound(kind="grant", id=grant)
        return decision

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Grant]:
        """Claims what is due for this caller alone.

        No audit record: a claim only says who looks next. What comes of looking is recorded with what it changes.
        """
        with self._database.write() as connection:
            due = connection.execute(_DUE, {"now": now, "limit": limit}).scalars().all()
            if not due:
                return ()
            connection.execute(
                sa.update(GrantRow).where(GrantRow.id.in_(due)).values(due_at=now + lease, version=GrantRow.version + 1)
            )
            rows = connection.execute(_GRANTS.where(GrantRow.id.in_(due))).all()
            claimed = {grant.id: grant for grant in _read(connection, rows)}
        return [claimed[GrantId(grant)] for grant in due]

    def postpone(self, grant: Grant, due_at: datetime) -> None:
        """Sets when to look again; no audit record, for the same reason as a claim."""
        with self._database.write() as connection:
            update_one(connection, _SAVE, grant.id, grant.version, {"due_at": due_at})

    def grant_of_role(self, name: str) -> Grant | None:
        """The grant that a role name belongs to, compared without regard to case."""
        owner = sa.select(MintedRoleRow.grant_id).where(MintedRoleRow.folded_name == name.lower())
        with self._database.read() as connection:
            found = _read(connection, connection.execute(_GRANTS.where(GrantRow.id.in_(owner))).all())
        return found[0] if found else None

    def note(self, event: Event) -> None:
        """Commits an audit record that belongs to no row."""
        with recorded(self._database, event):
            pass

    def grants(self, ask: PageAsk, visible_to: SubjectId | None) -> Page[Grant]:
        """Grants, newest first: those of `visible_to`, or everybody's when that is None.

        Filters: state, tier, subject, activity, environment, request, purpose.
        """
        query = _GRANTS if visible_to is None else _GRANTS.where(GrantRow.subject == visible_to)
        with self._database.read() as connection:
            return page_of(connection, _LISTING, query, ask, lambda rows: _read(connection, rows))

    def live_grants(self, activity: ActivityId | None = None) -> Sequence[Grant]:
        """Every grant that may still have a role (of one activity, when given), the oldest first."""
        query = _GRANTS.where(GrantRow.state.not_in([state.value for state in ENDED])).order_by(GrantRow.id)
        with self._database.read() as connection:
            rows = connection.execute(query if activity is None else query.where(GrantRow.activity == activity)).all()
            return _read(connection, rows)


def _values(grant: Grant) -> dict[str, Any]:
    """The columns of a grant but its id and its version."""
    return {
        "request": grant.request,
        "subject": grant.subject,
        "activity": grant.activity,
        "environment": grant.environment,
        "tier": grant.tier.value,
        "purpose": grant.purpose,
        "contracts": grant.contracts,
        "state": grant.state.value,
        "created_at": grant.created_at,
        "ends_at": grant.ends_at,
        "sessions_end_by": grant.sessions_end_by,
        "shortened": grant.shortened,
        "rulebook": grant.rulebook,
        "catalogue_generation": grant.catalogue_generation,
        "policy": grant.policy,
        "notes": grant.notes,
        "sessions": grant.sessions,
        "last_session_end": grant.last_session_end,
        "shut_at": grant.shut_at,
        "denial": grant.denial,
        "reason": grant.reason,
        "due_at": grant.due_at,
        "tries": grant.tries,
        "last_error": grant.last_error,
        "steps": grant.steps,
    }


def _save_roles(connection: Connection, grant: Grant) -> None:
    """Writes every attempt; none is ever removed, for its name must not come back."""
    for role in grant.roles:
        values = {
            "name": role.name,
            "folded_name": role.name.lower(),
            "arn": role.arn,
            "role_id": role.role_id,
            "deleted": role.deleted,
        }
        of = {"of_grant": grant.id, "of_attempt": role.attempt}
        if connection.execute(_SAVE_ROLE, {**values, **of}).rowcount == 0:
            connection.execute(_NEW_ROLE, {"grant_id": grant.id, "attempt": role.attempt, **values})


def _read(connection: Connection, rows: Sequence[AnyRow]) -> list[Grant]:
    """The grants of these rows with their roles."""
    if not rows:
        return []
    roles: defaultdict[str, list[MintedRole]] = defaultdict(list)
    for role in connection.execute(_ROLES, {"grants": [row.id for row in rows]}):
        roles[role.grant_id].append(
            MintedRole(attempt=role.attempt, name=role.name, arn=role.arn, role_id=role.role_id, deleted=role.deleted)
        )
    return [_grant(row, tuple(roles[row.id])) for row in rows]


def _grant(row: AnyRow, roles: tuple[MintedRole, ...]) -> Grant:
    return Grant(
        id=GrantId(row.id),
        request=RequestId(row.request),
        subject=SubjectId(row.subject),
        activity=ActivityId(row.activity),
        environment=EnvironmentId(row.environment),
        tier=Tier(row.tier),
        purpose=row.purpose,
        contracts=row.contracts,
        state=GrantState(row.state),
        created_at=row.created_at,
        ends_at=row.ends_at,
        sessions_end_by=row.sessions_end_by,
        shortened=row.shortened,
        rulebook=row.rulebook,
        catalogue_generation=row.catalogue_generation,
        policy=row.policy,
        notes=row.notes,
        roles=roles,
        sessions=row.sessions,
        last_session_end=row.last_session_end,
        shut_at=row.shut_at,
        denial=row.denial,
        reason=row.reason,
        due_at=row.due_at,
        tries=row.tries,
        last_error=row.last_error,
        steps=row.steps,
        version=row.version,
    )
