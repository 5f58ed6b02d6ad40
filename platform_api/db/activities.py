"""The store of activities, environments and reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import InstrumentedAttribute

from jit_engine.domain.activity import STOPPED, ActivityState, EnvironmentState
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Event
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import ActivityId, EnvironmentId, ReviewId, SubjectId
from jit_engine.domain.tier import Tier
from platform_api.db import activity_rows as rows
from platform_api.db.audit import lock_trail, recorded
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.paging import Listing, is_exactly, is_id, is_one_of, page_of
from platform_api.db.revocations import end_giving
from platform_api.db.tables.activities import ActivityRow, EnvironmentRow, MembershipRow, ReviewRow
from platform_api.db.tables.grants import GrantRow, MintedRoleRow
from platform_api.db.waking import wake_grants_of
from platform_api.paging import Page, PageAsk
from platform_api.registry.activity_life import Remains
from platform_api.registry.records import ActivityRecord, EnvironmentRecord, Review, ReviewState

_NOT_APPROVED = (EnvironmentState.SUBMITTED.value, EnvironmentState.REJECTED.value)
_GONE = (EnvironmentState.REJECTED.value, EnvironmentState.RETIRED.value)
_DUE = (
    sa.select(EnvironmentRow.id)
    .where(EnvironmentRow.due_at <= sa.bindparam("now"), EnvironmentRow.state.not_in(_NOT_APPROVED))
    .order_by(EnvironmentRow.due_at)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_SAVE_ACTIVITY = fenced(ActivityRow.table())
_SAVE_ENVIRONMENT = fenced(EnvironmentRow.table())
_SAVE_REVIEW = fenced(ReviewRow.table())
_ACTIVITY_LIST = Listing(
    name="activities",
    keys=(ActivityRow.id,),
    filters={
        "state": is_one_of(ActivityRow.state, ActivityState),
        "classification": is_one_of(ActivityRow.classification, Classification),
        "owner": is_exactly(ActivityRow.owner),
        "name": is_exactly(ActivityRow.name),
    },
)
_ENVIRONMENT_LIST = Listing(
    name="environments",
    keys=(EnvironmentRow.id,),
    filters={
        "state": is_one_of(EnvironmentRow.state, EnvironmentState),
        "tier": is_one_of(EnvironmentRow.tier, Tier),
        "activity": is_id(EnvironmentRow.activity, "ac"),
        "author": is_id(EnvironmentRow.author, "pe", "wl"),
    },
)
_REVIEW_LIST = Listing(
    name="reviews",
    keys=(ReviewRow.id,),
    filters={
        "state": is_one_of(ReviewRow.state, ReviewState),
        "activity": is_id(ReviewRow.activity, "ac"),
        "environment": is_id(ReviewRow.environment, "en"),
        "author": is_id(ReviewRow.author, "pe", "wl"),
    },
)


class SqlActivities:
    """The part of `platform_api.registry.ports.RegistryStore` that is about activities, and their lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def activity(self, id: ActivityId) -> ActivityRecord | None:
        """The activity, or None."""
        with self._database.read() as connection:
            return rows.one_activity(connection, id)

    def activity_named(self, name: str) -> ActivityRecord | None:
        """The activity of that name, or None."""
        with self._database.read() as connection:
            found = connection.execute(rows.ACTIVITIES.where(ActivityRow.name == name)).all()
            return next(iter(rows.activities_in(connection, found)), None)

    def activities(self, ask: PageAsk, visible_to: SubjectId | None) -> Page[ActivityRecord]:
        """Activities, newest first: those that `visible_to` owns or is a member of, or all when that is None.

        Filters: state, classification, owner, name.
        """
        query = rows.ACTIVITIES.where(*_of_theirs(ActivityRow.id, visible_to))
        with self._database.read() as connection:
            return page_of(connection, _ACTIVITY_LIST, query, ask, lambda found: rows.activities_in(connection, found))

    def environment(self, id: EnvironmentId) -> EnvironmentRecord | None:
        """The environment, or None."""
        with self._database.read() as connection:
            return rows.one_environment(connection, id)

    def environments_of(self, activity: ActivityId) -> Sequence[EnvironmentRecord]:
        """Every environment of an activity, the oldest first."""
        query = rows.ENVIRONMENTS.where(EnvironmentRow.activity == activity).order_by(EnvironmentRow.id)
        with self._database.read() as connection:
            return rows.environments_in(connection.execute(query).all())

    def environments(self, ask: PageAsk, visible_to: SubjectId | None) -> Page[EnvironmentRecord]:
        """Environments, newest first, of the activities that `activities` would show.

        Filters: state, tier, activity, author.
        """
        query = rows.ENVIRONMENTS.where(*_of_theirs(EnvironmentRow.activity, visible_to))
        with self._database.read() as connection:
            return page_of(connection, _ENVIRONMENT_LIST, query, ask, rows.environments_in)

    def review(self, id: ReviewId) -> Review | None:
        """The review, or None."""
        with self._database.read() as connection:
            return next(iter(rows.reviews_in(connection.execute(rows.REVIEWS.where(ReviewRow.id == id)).all())), None)

    def review_of(self, environment: EnvironmentId) -> Review | None:
        """The latest review of an environment, or None."""
        query = rows.REVIEWS.where(ReviewRow.environment == environment).order_by(ReviewRow.id.desc()).limit(1)
        with self._database.read() as connection:
            return next(iter(rows.reviews_in(connection.execute(query).all())), None)

    def reviews(self, ask: PageAsk, visible_to: SubjectId | None) -> Page[Review]:
        """Reviews, newest first, of the activities that `activities` would show.

        Filters: state, activity, environment, author.
        """
        query = rows.REVIEWS.where(*_of_theirs(ReviewRow.activity, visible_to))
        with self._database.read() as connection:
            return page_of(connection, _REVIEW_LIST, query, ask, rows.reviews_in)

    def register(self, activity: ActivityRecord, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        """Commits a new activity with its first environment and that one's review; `LostRace` if the name is taken."""
        with recorded(self._database, event) as connection:
            values = {"id": activity.activity.id, **rows.activity_values(activity), "version": activity.version}
            connection.execute(sa.insert(ActivityRow), values)
            _save_members(connection, activity)
            _insert_environment(connection, environment, review)

    def add_environment(self, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        """Commits another environment of an activity with its review."""
        with recorded(self._database, event) as connection:
            _insert_environment(connection, environment, review)

    def save_activity(self, activity: ActivityRecord, event: Event) -> ActivityRecord:
        """Commits the activity and its members, or raises `LostRace`; what it accepted is written by `accept` alone.

        Its live grants are due to be decided anew: who left, or what was suspended, is found at once.
        """
        with recorded(self._database, event) as connection:
            _save_activity(connection, activity)
            wake_grants_of(connection, activity.activity.id, event.at)
        return replace(activity, version=activity.version + 1)

    def move_activity(self, activity: ActivityRecord, reason: str, event: Event) -> ActivityRecord:
        """Commits it in its new state, or raises `LostRace`.

        When it is stopped, every grant of it that gives access is revoked in the same transaction, with `reason`: first
        those that are there, then, behind the lock that every commit takes, one that was opened at that very moment.
        """
        with recorded(self._database, event) as connection:
            _save_activity(connection, activity)
            if activity.activity.state in STOPPED:
                of_it, why = GrantRow.activity == activity.activity.id, f"activity {activity.activity.state}: {reason}"
                revoking = replace(event, action="grant.revoking", details={"reason": why})
                end_giving(connection, of_it, why, revoking)
                lock_trail(connection)
                end_giving(connection, of_it, why, revoking)
        return replace(activity, version=activity.version + 1)

    def remains_of(self, activity: ActivityId) -> Remains:
        """What an activity still has."""
        of_it = GrantRow.activity == activity
        roles = sa.select(MintedRoleRow.grant_id).join(GrantRow, GrantRow.id == MintedRoleRow.grant_id)
        queries = {
            "grants": sa.select(GrantRow.id).where(of_it, GrantRow.state != GrantState.CLOSED.value),
            "roles": roles.where(of_it, MintedRoleRow.deleted.is_(False)),
            "environments": sa.select(EnvironmentRow.id).where(
                EnvironmentRow.activity == activity,
                EnvironmentRow.stack.is_not(None),
                EnvironmentRow.state.not_in(_GONE),
            ),
        }
        with self._database.read() as connection:
            return Remains(**{name: _count(connection, query) for name, query in queries.items()})

    def save_environment(self, environment: EnvironmentRecord, event: Event) -> EnvironmentRecord:
        """Commits the environment, or raises `LostRace`; returns it with its next version."""
        with recorded(self._database, event) as connection:
            _save_environment(connection, environment)
        return replace(environment, version=environment.version + 1)

    def save_review(
        self, review: Review, environment: EnvironmentRecord, activity: ActivityRecord, event: Event
    ) -> None:
        """Commits a decided review with the environment and the activity that it moves; each is fenced."""
        with recorded(self._database, event) as connection:
            update_one(connection, _SAVE_REVIEW, review.id, review.version, rows.review_values(review))
            _save_environment(connection, environment)
            _save_activity(connection, activity)

    def claim_due_environments(self, now: datetime, limit: int, lease: timedelta) -> Sequence[EnvironmentRecord]:
        """Claims what the provisioner has to look at for this caller alone; never what no review has approved.

        No audit record: a claim only says who looks next.
        """
        with self._database.write() as connection:
            due = connection.execute(_DUE, {"now": now, "limit": limit}).scalars().all()
            if not due:
                return ()
            claim = sa.update(EnvironmentRow).where(EnvironmentRow.id.in_(due))
            connection.execute(claim.values(due_at=now + lease, version=EnvironmentRow.version + 1))
            found = connection.execute(rows.ENVIRONMENTS.where(EnvironmentRow.id.in_(due))).all()
            claimed = {record.environment.id: record for record in rows.environments_in(found)}
        return [claimed[EnvironmentId(environment)] for environment in due]


def _count(connection: Connection, query: sa.Select[str]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


def _of_theirs(
    activity: InstrumentedAttribute[str], visible_to: SubjectId | None
) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that `activity` is one that `visible_to` owns or is a member of."""
    if visible_to is None:
        return ()
    owned = sa.select(ActivityRow.id).where(ActivityRow.owner == visible_to)
    joined = sa.select(MembershipRow.activity).where(MembershipRow.subject == visible_to)
    return (activity.in_(owned.union(joined)),)


def _insert_environment(connection: Connection, environment: EnvironmentRecord, review: Review) -> None:
    values = {"id": environment.environment.id, **rows.environment_values(environment), "version": environment.version}
    connection.execute(sa.insert(EnvironmentRow), values)
    values = {"id": review.id, **rows.review_values(review), "version": review.version}
    connection.execute(sa.insert(ReviewRow), values)


def _save_environment(connection: Connection, record: EnvironmentRecord) -> None:
    values = rows.environment_values(record)
    update_one(connection, _SAVE_ENVIRONMENT, record.environment.id, record.version, values)


def _save_activity(connection: Connection, record: ActivityRecord) -> None:
    update_one(connection, _SAVE_ACTIVITY, record.activity.id, record.version, rows.activity_values(record))
    _save_members(connection, record)


def _save_members(connection: Connection, record: ActivityRecord) -> None:
    """Makes the stored members those of the record, whose row the caller has locked."""
    activity, wanted = record.activity.id, record.activity.members
    of_it = MembershipRow.activity == activity
    known = frozenset(connection.execute(sa.select(MembershipRow.subject).where(of_it)).scalars())
    if gone := known - wanted:
        connection.execute(sa.delete(MembershipRow).where(of_it, MembershipRow.subject.in_(sorted(gone))))
    if new := wanted - known:
        members = [{"activity": activity, "subject": subject} for subject in sorted(new)]
        connection.execute(sa.insert(MembershipRow), members)
