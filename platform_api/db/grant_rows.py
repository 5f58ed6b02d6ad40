"""Rows of grants ↔ the grants, with the rows of their principals and roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from jit_engine.domain.grant import GIVING, Grant, GrantHead, GrantState, Principal
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.tier import Tier
from platform_api.db.paging import AnyRow
from platform_api.db.principals import principals_of
from platform_api.db.tables.grants import GrantRow

GIVES = GrantRow.state.in_(sorted(state.value for state in GIVING))
"""Grants that give access or are about to."""


def read_grants(connection: Connection, rows: Sequence[AnyRow]) -> list[Grant]:
    """The grants of these rows with their principals and roles."""
    principals = principals_of(connection, [row.id for row in rows])
    return [_grant(row, principals[row.id]) for row in rows]


def _grant(row: AnyRow, principals: tuple[Principal, ...]) -> Grant:
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
        principals=principals,
        sessions=row.sessions,
        last_session_end=row.last_session_end,
        shut_at=row.shut_at,
        denial=row.denial,
        reason=row.reason,
        due_at=row.due_at,
        tries=row.tries,
        last_error=row.last_error,
        steps=row.steps,
        renews=None if row.renews is None else GrantId(row.renews),
        renewals=row.renewals,
        version=row.version,
    )


def head_of(row: AnyRow) -> GrantHead:
    """The head alone."""
    return GrantHead(
        id=GrantId(row.id),
        subject=SubjectId(row.subject),
        activity=ActivityId(row.activity),
        tier=Tier(row.tier),
        state=GrantState(row.state),
    )


def given_values(grant: Grant) -> dict[str, Any]:
    """The columns that a grant is opened with and that never change."""
    return {
        "id": grant.id,
        "request": grant.request,
        "subject": grant.subject,
        "activity": grant.activity,
        "environment": grant.environment,
        "tier": grant.tier.value,
        "purpose": grant.purpose,
        "account": grant.principals[0].account,
        "created_at": grant.created_at,
        "shortened": grant.shortened,
        "rulebook": grant.rulebook,
        "catalogue_generation": grant.catalogue_generation,
        "renews": grant.renews,
        "renewals": grant.renewals,
    }


def changing_values(grant: Grant) -> dict[str, Any]:
    """The columns that every save writes, but the version."""
    return {
        "contracts": grant.contracts,
        "state": grant.state.value,
        "ends_at": grant.ends_at,
        "sessions_end_by": grant.sessions_end_by,
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
