"""The ledger in memory, held to the same suite as the database's."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import ENDED, Grant, GrantHead, GrantState, Lane
from jit_engine.domain.held import HeldGrant, Unless
from jit_engine.domain.ids import EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.label import Label, LabelRise
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import STILL_WAITING, WaitingRequest, WaitingState
from jit_engine.errors import NotFound, RoleBudgetSpent
from jit_engine.iam.limits import ROLES_PER_ACCOUNT
from jit_engine.ports import DecidedAnew, Evidence, LostRace, RoleOwner
from jit_engine.rules.record import clearance_record, cleared_asks, held_sources


class MemoryLedger:
    """`jit_engine.ports.Ledger` and `WaitingRoom` in memory. `events` is the audit trail; `refusals` and `requests`
    what was asked, `evidence` what each request was decided from, `decided_anew` the decisions that changed a grant.
    """

    def __init__(self, roles_per_account: int = ROLES_PER_ACCOUNT) -> None:
        self.roles_per_account = roles_per_account
        self.grants: dict[GrantId, Grant] = {}
        self.events: list[Event] = []
        self.requests: dict[str, AccessRequest] = {}
        self.refusals: list[Refusal] = []
        self.evidence: dict[str, Evidence] = {}
        self.decided_anew: list[DecidedAnew] = []
        self.labels: dict[EnvironmentId, Label] = {}
        self.room: dict[RequestId, WaitingRequest] = {}
        self._decisions: dict[GrantId, Mapping[str, Json]] = {}
        self._lock = threading.Lock()

    def open(
        self,
        grant: Grant,
        clearance: Clearance,
        evidence: Evidence,
        event: Event,
        waiting: WaitingRequest | None = None,
        unless: Unless | None = None,
    ) -> Grant:
        """As the port says."""
        with self._lock:
            if unless is not None and unless(self.alike(clearance.request)):
                raise LostRace("the same was granted meanwhile")
            again = waiting is not None and waiting.id == clearance.request.id
            if grant.id in self.grants or (clearance.request.id in self.requests and not again):
                raise LostRace("there already")
            self._check_room(grant)
            giving = (GrantState.MINTING, GrantState.ACTIVE)
            if grant.renews and any(g.renews == grant.renews and g.state in giving for g in self.grants.values()):
                raise LostRace("renewed already")
            if waiting is not None:
                self._keep(waiting)
            self.requests[clearance.request.id] = clearance.request
            self.evidence[clearance.request.id] = evidence
            self.grants[grant.id] = grant
            self._decisions[grant.id] = clearance_record(clearance)
            self.events.append(event)
            return grant

    def refuse(self, refusal: Refusal, evidence: Evidence, event: Event, waiting: WaitingRequest | None = None) -> None:
        """As the port says."""
        with self._lock:
            again = waiting is not None and waiting.id == refusal.request.id
            if refusal.request.id in self.requests and not again:
                raise LostRace("there already")
            if waiting is not None:
                self._keep(waiting)
            self.requests[refusal.request.id] = refusal.request
            self.refusals.append(refusal)
            self.evidence[refusal.request.id] = evidence
            self.events.append(event)

    def save(
        self, grant: Grant, event: Event, decided: DecidedAnew | None = None, rise: LabelRise | None = None
    ) -> Grant:
        """As the port says."""
        with self._lock:
            self._check_version(grant)
            if rise is not None:
                self._raise(grant, rise, event.at)
            saved = replace(grant, version=grant.version + 1)
            self.grants[grant.id] = saved
            self.decided_anew += [] if decided is None else [decided]
            self.events.append(event)
            return saved

    def _raise(self, grant: Grant, rise: LabelRise, now: datetime) -> None:
        if self.labels.get(grant.environment, Label()) != rise.before:
            raise LostRace("the workspace's label has changed")
        if rise.after == rise.before:
            return
        self.labels[grant.environment] = rise.after
        for other in list(self.grants.values()):
            beside = other.environment == grant.environment and other.id != grant.id
            if beside and other.state is GrantState.ACTIVE:
                self.grants[other.id] = replace(other, due_at=now, version=other.version + 1)

    def end_all(self, grants: Sequence[GrantId], reason: str, event: Event) -> Sequence[GrantId]:
        """As `jit_engine.flows.revoke_many.LiveGrantsIn` says."""
        after = {GrantState.ACTIVE: GrantState.REVOKING, GrantState.MINTING: GrantState.ABANDONED}
        with self._lock:
            known = [self.grants[id_] for id_ in grants if id_ in self.grants]
            ended = [grant for grant in known if grant.state in after]
            for grant in ended:
                moved = replace(grant.moved(after[grant.state]), due_at=event.at, reason=reason)
                self.grants[grant.id] = replace(moved, version=grant.version + 1)
                self.events.append(replace(event, about={**event.about, "grant": grant.id}))
            given_up = {grant.id for grant in known if grant.state is not GrantState.ACTIVE and not grant.steps}
            withdrawn = set[GrantId | None]()
            for waiting in list(self.room.values()):
                if waiting.state in STILL_WAITING and waiting.grant in given_up:
                    withdrawn.add(waiting.grant)
                    self._keep(replace(waiting.moved(WaitingState.WITHDRAWN), reason=reason))
                    self.events.append(replace(event, action="access.withdrawn", about={"request": waiting.id}))
            return [grant.id for grant in known if grant in ended or grant.id in withdrawn]

    def get(self, grant: GrantId) -> Grant | None:
        """As the port says."""
        return self.grants.get(grant)

    def head(self, grant: GrantId) -> GrantHead | None:
        """As the port says."""
        found = self.grants.get(grant)
        if found is None:
            return None
        return GrantHead(
            id=found.id, subject=found.subject, activity=found.activity, tier=found.tier, state=found.state
        )

    def alike(self, request: AccessRequest, but: GrantId | None = None) -> Sequence[HeldGrant]:
        """As the port says."""
        wanted = (request.subject.id, request.activity, request.environment, request.purpose)
        return [
            HeldGrant(grant=grant, sources=held_sources(self._decisions[grant.id]))
            for grant in list(self.grants.values())
            if (grant.subject, grant.activity, grant.environment, grant.purpose) == wanted
            and grant.state in (GrantState.MINTING, GrantState.ACTIVE)
            and grant.id != but
        ]

    def decision_of(self, grant: GrantId) -> Mapping[str, Json]:
        """As the port says."""
        if grant not in self._decisions:
            raise NotFound(kind="grant", id=grant)
        return self._decisions[grant]

    def claim_due(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        lane: Lane = Lane.ALL,
        busy: Collection[str] = (),
        each: int | None = None,
    ) -> Sequence[Grant]:
        """As the port says."""
        with self._lock:
            due = [
                grant
                for grant in self.grants.values()
                if grant.state not in ENDED and grant.due_at <= now and (lane is Lane.ALL or _is_urgent(grant))
            ]
            wanted: list[Grant] = []
            turns: Counter[str] = Counter()
            for grant in sorted(due, key=lambda grant: grant.due_at):
                account = grant.principals[0].account
                turns[account] += 1
                if account not in busy and (each is None or turns[account] <= each):
                    wanted.append(grant)
            claimed = [replace(grant, due_at=now + lease, version=grant.version + 1) for grant in wanted[:limit]]
            self.grants.update({grant.id: grant for grant in claimed})
            return claimed

    def postpone(self, grant: Grant, due_at: datetime) -> None:
        """As the port says."""
        with self._lock:
            self._check_version(grant)
            stored = self.grants[grant.id]
            self.grants[grant.id] = replace(stored, due_at=due_at, version=stored.version + 1)

    def role_owners(self, names: Sequence[str]) -> Mapping[str, RoleOwner]:
        """As the port says."""
        wanted = {name.lower() for name in names}
        return {
            owner.name.lower(): owner
            for grant in self.grants.values()
            for owner in _owners(grant)
            if owner.name.lower() in wanted
        }

    def active_roles(self, after: GrantId | None, limit: int) -> Sequence[RoleOwner]:
        """As the port says."""
        active = sorted(
            (grant for grant in self.grants.values() if grant.state is GrantState.ACTIVE and grant.id > (after or "")),
            key=lambda grant: grant.id,
        )
        return [owner for grant in active[:limit] for owner in _owners(grant)]

    def grant_of_role(self, name: str) -> Grant | None:
        """As the port says."""
        wanted = name.lower()
        return next(
            (grant for grant in self.grants.values() if any(role.name.lower() == wanted for role in grant.roles)),
            None,
        )

    def note(self, event: Event) -> None:
        """As the port says."""
        with self._lock:
            self.events.append(event)

    # ---- the waiting room

    def wait(self, waiting: WaitingRequest, record: Mapping[str, Json], evidence: Evidence, event: Event) -> None:
        """As the port says."""
        with self._lock:
            same = [one for one in self.room.values() if one.request.fingerprint == waiting.request.fingerprint]
            if waiting.id in self.requests or any(one.state in STILL_WAITING for one in same):
                raise LostRace("there already")
            self.requests[waiting.id] = waiting.request
            self.evidence[waiting.id] = evidence
            self.room[waiting.id] = waiting
            self.events.append(event)

    def keep(self, waiting: WaitingRequest, event: Event) -> WaitingRequest:
        """As the port says."""
        with self._lock:
            kept = self._keep(waiting)
            self.events.append(event)
            return kept

    def waiting(self, request: RequestId) -> WaitingRequest | None:
        """As the port says."""
        return self.room.get(request)

    def waiting_same(self, fingerprint: str) -> WaitingRequest | None:
        """As the port says."""
        found = [one for one in self.room.values() if one.request.fingerprint == fingerprint]
        return next((one for one in found if one.state in STILL_WAITING), None)

    def claim_waiting(self, now: datetime, limit: int, lease: timedelta) -> Sequence[WaitingRequest]:
        """As the port says."""
        with self._lock:
            due = [one for one in self.room.values() if one.state in STILL_WAITING and one.due_at <= now]
            claimed = [
                replace(one, due_at=now + lease, version=one.version + 1)
                for one in sorted(due, key=lambda one: one.due_at)[:limit]
            ]
            self.room.update({one.id: one for one in claimed})
            return claimed

    def holdings(self, subject: SubjectId) -> Sequence[str]:
        """As the port says."""
        giving = (GrantState.MINTING, GrantState.ACTIVE)
        held = [one for one in self.grants.values() if one.subject == subject and one.state in giving]
        return sorted({ask.source.uri for one in held for ask in cleared_asks(self._decisions[one.id])})

    def _keep(self, waiting: WaitingRequest) -> WaitingRequest:
        stored = self.room.get(waiting.id)
        if stored is None or stored.version != waiting.version:
            raise LostRace("another version")
        kept = replace(waiting, version=waiting.version + 1)
        self.room[waiting.id] = kept
        return kept

    def _check_room(self, grant: Grant) -> None:
        everything = (*self.grants.values(), grant)
        for account in sorted({one.account for one in grant.principals if one.roles}):
            standing = [p for each in everything for p in each.principals if p.account == account]
            if sum(not role.deleted for one in standing for role in one.roles) > self.roles_per_account:
                raise RoleBudgetSpent(account=account, limit=self.roles_per_account, retry_after=timedelta(minutes=1))

    def _check_version(self, grant: Grant) -> None:
        stored = self.grants.get(grant.id)
        if stored is None or stored.version != grant.version:
            raise LostRace("another version")


def _is_urgent(grant: Grant) -> bool:
    return grant.state in (GrantState.REVOKING, GrantState.STUCK) and grant.shut_at is None and grant.sessions > 0


def _owners(grant: Grant) -> list[RoleOwner]:
    return [
        RoleOwner(
            grant=grant.id,
            state=grant.state,
            created_at=grant.created_at,
            account=principal.account,
            name=role.name,
            role_id=role.role_id,
            deleted=role.deleted,
        )
        for principal in grant.principals
        for role in principal.roles
    ]
