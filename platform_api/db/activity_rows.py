"""Rows of activities, environments and reviews ↔ the records they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.activity import Activity, ActivityState, Environment, EnvironmentState
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, ReviewId, SubjectId
from jit_engine.domain.tier import Tier
from platform_api.db.paging import AnyRow
from platform_api.db.tables.activities import ActivityRow, EnvironmentRow, MembershipRow, ReviewRow
from platform_api.db.tables.contracts import AcceptanceRow
from platform_api.registry.records import ActivityRecord, EnvironmentRecord, Review, ReviewState

ACTIVITIES = sa.select(ActivityRow.table())
ENVIRONMENTS = sa.select(EnvironmentRow.table())
REVIEWS = sa.select(ReviewRow.table())
_THESE: sa.BindParameter[list[str]] = sa.bindparam("activities", expanding=True)
_MEMBERS = sa.select(MembershipRow.activity, MembershipRow.subject).where(MembershipRow.activity.in_(_THESE))
_ACCEPTED = sa.select(AcceptanceRow.activity, AcceptanceRow.contract, AcceptanceRow.contract_version).where(
    AcceptanceRow.activity.in_(_THESE)
)
_ACTIVITY = ACTIVITIES.where(ActivityRow.id == sa.bindparam("id"))
_ENVIRONMENT = ENVIRONMENTS.where(EnvironmentRow.id == sa.bindparam("id"))


def one_activity(connection: Connection, id: ActivityId) -> ActivityRecord | None:
    """The activity, or None."""
    return next(iter(activities_in(connection, connection.execute(_ACTIVITY, {"id": id}).all())), None)


def one_environment(connection: Connection, id: EnvironmentId) -> EnvironmentRecord | None:
    """The environment, or None."""
    return next(iter(environments_in(connection.execute(_ENVIRONMENT, {"id": id}).all())), None)


def activities_in(connection: Connection, rows: Sequence[AnyRow]) -> list[ActivityRecord]:
    """The activities of these rows, with their members and what they accepted."""
    if not rows:
        return []
    these = {"activities": [row.id for row in rows]}
    members: defaultdict[str, set[SubjectId]] = defaultdict(set)
    for member in connection.execute(_MEMBERS, these):
        members[member.activity].add(SubjectId(member.subject))
    accepted: defaultdict[str, set[tuple[ContractId, str]]] = defaultdict(set)
    for one in connection.execute(_ACCEPTED, these):
        accepted[one.activity].add((ContractId(one.contract), one.contract_version))
    return [_activity(row, frozenset(members[row.id]), frozenset(accepted[row.id])) for row in rows]


def _activity(
    row: AnyRow, members: frozenset[SubjectId], accepted: frozenset[tuple[ContractId, str]]
) -> ActivityRecord:
    return ActivityRecord(
        activity=Activity(
            id=ActivityId(row.id),
            name=row.name,
            title=row.title,
            owner=SubjectId(row.owner),
            members=members,
            purposes=row.purposes,
            classification=Classification(row.classification),
            state=ActivityState(row.state),
            ends_at=row.ends_at,
            accepted=accepted,
        ),
        cost_center=row.cost_center,
        contracts=tuple(ContractId(contract) for contract in row.contracts),
        template=row.template,
        monthly_budget_usd=row.monthly_budget_usd,
        document=row.document,
        created_at=row.created_at,
        version=row.version,
    )


def activity_values(record: ActivityRecord) -> dict[str, Any]:
    """The columns of an activity but its id and its version."""
    activity = record.activity
    return {
        "name": activity.name,
        "title": activity.title,
        "owner": activity.owner,
        "purposes": activity.purposes,
        "classification": activity.classification.value,
        "state": activity.state.value,
        "ends_at": activity.ends_at,
        "cost_center": record.cost_center,
        "contracts": record.contracts,
        "template": record.template,
        "monthly_budget_usd": record.monthly_budget_usd,
        "document": record.document,
        "created_at": record.created_at,
    }


def environments_in(rows: Sequence[AnyRow]) -> list[EnvironmentRecord]:
    """The environments of these rows."""
    return [_environment(row) for row in rows]


def _environment(row: AnyRow) -> EnvironmentRecord:
    return EnvironmentRecord(
        environment=Environment(
            id=EnvironmentId(row.id),
            activity=ActivityId(row.activity),
            tier=Tier(row.tier),
            state=EnvironmentState(row.state),
            expires_at=row.expires_at,
            place=row.place,
        ),
        author=SubjectId(row.author),
        stack=row.stack,
        template_digest=row.template_digest,
        resources=row.resources,
        tags=row.tags,
        events=row.events,
        created_at=row.created_at,
        due_at=row.due_at,
        tries=row.tries,
        last_error=row.last_error,
        version=row.version,
    )


def environment_values(record: EnvironmentRecord) -> dict[str, Any]:
    """The columns of an environment but its id and its version."""
    environment = record.environment
    return {
        "activity": environment.activity,
        "tier": environment.tier.value,
        "state": environment.state.value,
        "expires_at": environment.expires_at,
        "place": environment.place,
        "author": record.author,
        "stack": record.stack,
        "template_digest": record.template_digest,
        "resources": dict(record.resources),
        "tags": dict(record.tags),
        "events": record.events,
        "created_at": record.created_at,
        "due_at": record.due_at,
        "tries": record.tries,
        "last_error": record.last_error,
    }


def reviews_in(rows: Sequence[AnyRow]) -> list[Review]:
    """The reviews of these rows."""
    return [_review(row) for row in rows]


def _review(row: AnyRow) -> Review:
    return Review(
        id=ReviewId(row.id),
        activity=ActivityId(row.activity),
        environment=EnvironmentId(row.environment),
        author=SubjectId(row.author),
        state=ReviewState(row.state),
        rule_set=row.rule_set,
        criteria=row.criteria,
        inputs=row.inputs,
        created_at=row.created_at,
        due_at=row.due_at,
        decided_at=row.decided_at,
        decided_by=None if row.decided_by is None else SubjectId(row.decided_by),
        comment=row.comment,
        version=row.version,
    )


def review_values(review: Review) -> dict[str, Any]:
    """The columns of a review but its id and its version."""
    return {
        "activity": review.activity,
        "environment": review.environment,
        "author": review.author,
        "state": review.state.value,
        "rule_set": review.rule_set,
        "criteria": review.criteria,
        "inputs": review.inputs,
        "created_at": review.created_at,
        "due_at": review.due_at,
        "decided_at": review.decided_at,
        "decided_by": review.decided_by,
        "comment": review.comment,
    }
