"""The ledger's store: requests with their decisions, grants, their principals and the roles minted for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.contracts.terms import ContractState
from jit_engine.domain.activity import STOPPED
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import ENDED, Grant, GrantHead, GrantState, Lane
from jit_engine.domain.held import HeldGrant, Unless
from jit_engine.domain.ids import ActivityId, ContractId, GrantId, RequestId, SubjectId
from jit_engine.domain.label import LabelRise
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.errors import NotFound
from jit_engine.iam.limits import ROLES_PER_ACCOUNT
from jit_engine.ports import DecidedAnew, DecisionOutcome, Evidence, LostRace, RoleOwner
from jit_engine.rules.record import clearance_record, held_sources, refusal_record
from platform_api.db.audit import recorded
from platform_api.db.decision_rows import decision_anew, insert_decision, new_decision
from platform_api.db.engine import Database
from platform_api.db.fence import fenced, update_one
from platform_api.db.grant_rows import GIVES, changing_values, given_values, head_of, read_grants
from platform_api.db.label_rows import raise_label
from platform_api.db.lanes import OWNERS_BY_NAME, OWNERS_IN_ORDER, due_accounts, due_ids, owners_of
from platform_api.db.paging import Listing, is_before, is_exactly, is_id, is_one_of, page_of
from platform_api.db.principals import RoleBudget, check_room, insert_principals, insert_roles, save_roles
from platform_api.db.requests import Outcome, decide_request, insert_request
from platform_api.db.rulebooks import check_live
from platform_api.db.tables.activities import ActivityRow
from platform_api.db.tables.contracts import ContractRow
from platform_api.db.tables.grants import AccessRequestRow, GrantRow, MintedRoleRow
from platform_api.db.tables.labels import LabelRow
from platform_api.db.waiting import keep_waiting
from platform_api.db.waking import is_under, wake
from platform_api.paging import Page, PageAsk

_GRANTS = sa.select(GrantRow.table())
_GRANT = _GRANTS.where(GrantRow.id == sa.bindparam("id"))
_HEAD = sa.select(GrantRow.id, GrantRow.subject, GrantRow.activity, GrantRow.tier, GrantRow.state).where(
    GrantRow.id == sa.bindparam("id")
)
_OPEN = sa.insert(GrantRow.table())
_SAVE = fenced(GrantRow.table())
_DECISION = (
    sa.select(AccessRequestRow.decision)
    .join(GrantRow, GrantRow.request == AccessRequestRow.id)
    .where(GrantRow.id == sa.bindparam("id"))
)
_ALIKE = (
    sa.select(GrantRow.table(), AccessRequestRow.decision)
    .join(AccessRequestRow, GrantRow.request == AccessRequestRow.id)
    .where(
        GrantRow.subject == sa.bindparam("subject"),
        GrantRow.activity == sa.bindparam("activity"),
        GrantRow.environment == sa.bindparam("environment"),
        GrantRow.purpose == sa.bindparam("purpose"),
        GIVES,
        GrantRow.id != sa.bindparam("but"),
    )
    .order_by(GrantRow.id)
)
_ACTIVITY_STATE = sa.select(ActivityRow.state).where(ActivityRow.id == sa.bindparam("id"))
_HELD = (
    sa.select(GrantRow.contracts)
    .outerjoin(LabelRow, LabelRow.environment == GrantRow.environment)
    .where(
        GrantRow.activity == sa.bindparam("activity"),
        sa.or_(GrantRow.sessions > 0, GIVES),
        # A purge takes place only once no session of the environment is left that could have kept anything.
        sa.or_(LabelRow.purged_at.is_(None), GrantRow.created_at > LabelRow.purged_at),
    )
    .distinct()
)
_LISTING = Listing(
    name="grants",
    keys=(GrantRow.id,),
    filters={
        "state": is_one_of(GrantRow.state, GrantState),
        "tier": is_one_of(GrantRow.tier, Tier),
        "subject": is_id(GrantRow.subject, "pe", "wl"),
        "activity": is_id(GrantRow.activity, "ac"),
        "environment": is_id(GrantRow.environment, "en"),
        "request": is_id(GrantRow.request, "rq"),
        "purpose": is_exactly(GrantRow.purpose),
        "ends_before": is_before("ends_before", GrantRow.ends_at),
    },
)


class SqlLedger:
    """`jit_engine.ports.Ledger` in the database."""

    def __init__(
        self, database: Database, roles_per_account: int = ROLES_PER_ACCOUNT, roles_in: Mapping[str, int] | None = None
    ) -> None:
        """`roles_in`: the accounts with a budget of their own."""
        self._database = database
        self._room = RoleBudget(usual=roles_per_account, of=dict(roles_in or {}))

    def open(
        self,
        grant: Grant,
        clearance: Clearance,
        evidence: Evidence,
        event: Event,
        waiting: WaitingRequest | None = None,
        unless: Unless | None = None,
    ) -> Grant:
        """Commits the request, its decision and the intent to mint; `LostRace` when another rulebook is live now, the
        activity was stopped, or a grant alike makes it needless.
        """
        record = clearance_record(clearance)
        decision = new_decision(DecisionOutcome.GRANTED, evidence, record, grant=grant.id)
        with recorded(self._database, decision.named_in(event)) as connection:
            check_live(connection, clearance.rulebook)
            if waiting is not None:
                keep_waiting(connection, waiting)
            decided = (clearance.request, record, clearance.decided_at, grant.id)
            if waiting is not None and waiting.id == clearance.request.id:  # granted once its grant is active
                decide_request(connection, *decided, Outcome(waiting.state.value))
            else:
                insert_request(connection, *decided, Outcome.GRANTED)
            connection.execute(_OPEN, {**given_values(grant), **changing_values(grant), "version": grant.version})
            insert_principals(connection, grant)
            insert_roles(connection, grant)
            insert_decision(connection, decision)
            check_room(connection, grant, self._room)
            _check_still_wanted(connection, grant.id, clearance.request, unless)
        return grant

    def refuse(self, refusal: Refusal, evidence: Evidence, event: Event, waiting: WaitingRequest | None = None) -> None:
        """Commits a refused request with all its reasons."""
        record = refusal_record(refusal)
        decision = new_decision(DecisionOutcome.REFUSED, evidence, record, grant=None)
        with recorded(self._database, decision.named_in(event)) as connection:
            if waiting is not None:
                keep_waiting(connection, waiting)
            write = decide_request if waiting is not None and waiting.id == refusal.request.id else insert_request
            write(connection, refusal.request, record, refusal.decided_at, None, Outcome.REFUSED)
            insert_decision(connection, decision)

    def save(
        self, grant: Grant, event: Event, decided: DecidedAnew | None = None, rise: LabelRise | None = None
    ) -> Grant:
        """Commits the grant as given, or raises `LostRace`; returns it with its next version."""
        decision = None if decided is None else decision_anew(decided, grant.id)
        with recorded(self._database, event if decision is None else decision.named_in(event)) as connection:
            update_one(connection, _SAVE, grant.id, grant.version, changing_values(grant))
            save_roles(connection, grant)
            if decision is not None:
                insert_decision(connection, decision)
            if rise is not None:
                raise_label(connection, grant, rise, event)
        return replace(grant, version=grant.version + 1)

    def get(self, grant: GrantId) -> Grant | None:
        """The grant, or None."""
        with self._database.read() as connection:
            found = read_grants(connection, connection.execute(_GRANT, {"id": grant}).all())
        return found[0] if found else None

    def head(self, grant: GrantId) -> GrantHead | None:
        """Whose it is, what for and in which state, or None."""
        with self._database.read() as connection:
            row = connection.execute(_HEAD, {"id": grant}).one_or_none()
        return None if row is None else head_of(row)

    def alike(self, request: AccessRequest, but: GrantId | None = None) -> Sequence[HeldGrant]:
        """The grants that give its subject access for its activity, environment and purpose, or are about to."""
        with self._database.read() as connection:
            return _alike(connection, request, but)

    def decision_of(self, grant: GrantId) -> Mapping[str, Json]:
        """The recorded decision that opened the grant; raises `NotFound` when there is no such grant."""
        with self._database.read() as connection:
            decision = connection.execute(_DECISION, {"id": grant}).scalar_one_or_none()
        if decision is None:
            raise NotFound(kind="grant", id=grant)
        return decision

    def claim_due(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        lane: Lane = Lane.ALL,
        busy: Collection[str] = (),
        each: int | None = None,
    ) -> Sequence[Grant]:
        """Claims what is due for this caller alone.

        No audit record: a claim only says who looks next. What comes of looking is recorded with what it changes.
        """
        with self._database.read() as connection:  # most looks find nothing: they need no turn among the writers
            accounts = due_accounts(connection, now, lane, busy)[:limit]
        if not accounts:
            return ()
        with self._database.write() as connection:
            due = due_ids(connection, accounts, now, lane, limit, limit if each is None else each)
            if not due:
                return ()
            connection.execute(
                sa.update(GrantRow).where(GrantRow.id.in_(due)).values(due_at=now + lease, version=GrantRow.version + 1)
            )
            rows = connection.execute(_GRANTS.where(GrantRow.id.in_(due))).all()
            claimed = {grant.id: grant for grant in read_grants(connection, rows)}
        return [claimed[GrantId(grant)] for grant in due]

    def postpone(self, grant: Grant, due_at: datetime) -> None:
        """Sets when to look again; no audit record, for the same reason as a claim."""
        with self._database.write() as connection:
            update_one(connection, _SAVE, grant.id, grant.version, {"due_at": due_at})

    def role_owners(self, names: Sequence[str]) -> Mapping[str, RoleOwner]:
        """Who owns the roles of these names, by the name in lower case."""
        with self._database.read() as connection:
            found = owners_of(connection, OWNERS_BY_NAME, {"names": [name.lower() for name in names]})
        return {owner.name.lower(): owner for owner in found}

    def active_roles(self, after: GrantId | None, limit: int) -> Sequence[RoleOwner]:
        """The roles of active grants, those after that grant's in the order of ids, a whole grant at a time."""
        with self._database.read() as connection:
            return owners_of(connection, OWNERS_IN_ORDER, {"after": after or "", "limit": limit})

    def grant_of_role(self, name: str) -> Grant | None:
        """The grant that a role name belongs to, compared without regard to case."""
        owner = sa.select(MintedRoleRow.grant_id).where(MintedRoleRow.folded_name == name.lower())
        with self._database.read() as connection:
            found = read_grants(connection, connection.execute(_GRANTS.where(GrantRow.id.in_(owner))).all())
        return found[0] if found else None

    def grant_of_request(self, request: RequestId) -> Grant | None:
        """The grant that the request came to, if any."""
        with self._database.read() as connection:
            found = read_grants(connection, connection.execute(_GRANTS.where(GrantRow.request == request)).all())
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
            return page_of(connection, _LISTING, query, ask, lambda rows: read_grants(connection, rows))

    def live_grants(self, activity: ActivityId | None = None) -> Sequence[Grant]:
        """Every grant that may still have a role (of one activity, when given), the oldest first."""
        query = _GRANTS.where(GrantRow.state.not_in([state.value for state in ENDED])).order_by(GrantRow.id)
        with self._database.read() as connection:
            rows = connection.execute(query if activity is None else query.where(GrantRow.activity == activity)).all()
            return read_grants(connection, rows)

    def giving(self) -> Sequence[Grant]:
        """Every grant that gives access or is about to, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_GRANTS.where(GIVES).order_by(GrantRow.id)).all()
            return read_grants(connection, rows)

    def live_under(self, contract: ContractId) -> Sequence[Grant]:
        """Every grant under any version of the contract that gives access or is about to, the oldest first."""
        query = _GRANTS.where(GIVES, is_under(contract)).order_by(GrantRow.id)
        with self._database.read() as connection:
            return read_grants(connection, connection.execute(query).all())

    def wake_outdated(self, now: datetime) -> int:
        """Makes due every active grant under a version that is no longer in force; how many.

        What a commit of a contract makes due at once, it finds for a grant that was opened at that very moment.
        No audit record, for the same reason as a claim.
        """
        active = sa.and_(GrantRow.state == GrantState.ACTIVE.value, GrantRow.due_at > now)
        under = sa.select(GrantRow.contracts).where(active).distinct()
        in_force = sa.select(ContractRow.id, ContractRow.contract_version).where(
            ContractRow.state == ContractState.IN_FORCE.value
        )
        with self._database.write() as connection:
            keys = {(row.id, row.contract_version) for row in connection.execute(in_force)}
            outdated = [held for held in connection.execute(under).scalars() if not held <= keys]
            if not outdated:
                return 0
            return wake(connection, sa.and_(active, GrantRow.contracts.in_(outdated)), now)


def held_keys(connection: Connection, activity: ActivityId) -> frozenset[tuple[ContractId, str]]:
    """The contract versions of every grant of the activity that gave credentials or can, and was not purged since."""
    found = connection.execute(_HELD, {"activity": activity}).scalars()
    return frozenset((ContractId(key[0]), key[1]) for contracts in found for key in contracts)


def _check_still_wanted(connection: Connection, grant: GrantId, request: AccessRequest, unless: Unless | None) -> None:
    """Raises `LostRace` when the activity was stopped or `unless` holds by now.

    Looked at behind the lock that every commit takes and `check_room` holds: of those who open the same at once, the
    later see the first's.
    """
    state = connection.execute(_ACTIVITY_STATE, {"id": request.activity}).scalar_one_or_none()
    if state in STOPPED:
        raise LostRace("the activity was stopped meanwhile")
    if unless is not None and unless(_alike(connection, request, grant)):
        raise LostRace("the same was granted meanwhile")


def _alike(connection: Connection, request: AccessRequest, but: GrantId | None) -> list[HeldGrant]:
    what = {"activity": request.activity, "environment": request.environment, "purpose": request.purpose}
    rows = connection.execute(_ALIKE, {**what, "subject": request.subject.id, "but": but or ""}).all()
    grants = zip(read_grants(connection, rows), rows, strict=True)
    return [HeldGrant(grant=grant, sources=held_sources(row.decision)) for grant, row in grants]
