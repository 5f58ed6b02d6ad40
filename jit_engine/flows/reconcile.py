"""The loop that ends what is due: deny, observe the denial, wait out the last session, delete."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jit_engine.accounts import Minters, minter_in
from jit_engine.domain.activity import Place
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Denial, Grant, GrantState, Lane, MintedRole, MintWay, Principal
from jit_engine.domain.ids import EnvironmentId, GrantId
from jit_engine.errors import EngineError
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.enforce import Enforcement
from jit_engine.flows.request_access import NEVER_FINISHED
from jit_engine.iam.limits import SHORTEST_SESSION
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY, marker, probe_session_policy, session_plan
from jit_engine.ports import (
    Budget,
    Ledger,
    LostRace,
    Observer,
    Probe,
    Probes,
)

LEASE = timedelta(seconds=60)
BATCH = 20
EACH = 2
"""Grants of one account in a batch, so that no account's flood holds up the others'."""
WRITES = 2
"""IAM writes of one step of one grant: trust and policy when it is shut, policy and role when it is deleted."""
DENIALS_NEEDED = 3
"""Refusals in a row before a grant is `denied`: one alone proves one cache."""
LOOK_AGAIN = timedelta(milliseconds=300)
MAX_TRIES = 6
"""Failures before a grant is stuck (as OpenBao's maxRevokeAttempts)."""
STUCK_AGAIN = timedelta(days=1)
LONGEST_PAUSE = timedelta(minutes=1)
"""Between two tries while sessions may still be used: a day is for cleaning up behind a Deny, never for the Deny."""
ABSENCE_PROVEN = timedelta(minutes=5)
"""NoSuchEntity for a role that was just created may be a lagging replica (Vault waits as long)."""

_SPENT = frozenset(
    {GrantState.ABANDONED, GrantState.EXPIRING, GrantState.REVOKING, GrantState.DENIED, GrantState.STUCK}
)


class Unbounded:
    """A budget without an end."""

    def busy(self, writes: int, *, urgent: bool) -> Collection[str]:
        """None."""
        return ()


@dataclass(slots=True)
class _Watch:
    """What this process saw of one grant since it told AWS to refuse. Memory only: it holds a session of each part.

    `opened_at`: when those sessions were opened, which last for `SHORTEST_SESSION`.
    """

    observers: tuple[Observer, ...]
    opened_at: datetime
    denials: int = 0
    first_at: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Whether its sessions have ended by themselves: what they meet then proves nothing."""
        return now - self.opened_at >= SHORTEST_SESSION


@dataclass(slots=True, kw_only=True)
class Reconcile:
    """Tends every grant whose time has come. Any number of processes may run one; each grant is claimed by one."""

    ledger: Ledger
    minters: Minters
    bases: BaseRoles
    place_of: Callable[[EnvironmentId, str], Place | None]
    token: Callable[[], str]
    where: str
    enforce: Enforcement
    redecide: Callable[[Grant, datetime], Grant | None] | None = None
    budget: Budget = field(default_factory=Unbounded)
    _watches: dict[GrantId, _Watch] = field(default_factory=dict)
    _standing: dict[GrantId, bool] = field(default_factory=dict)
    """Of grants that are shut: whether something of theirs stands beside the roles still."""

    def step(self, now: datetime) -> int:
        """Claims what is due at `now` and takes each a step further; answers how many. Never raises for one grant.

        Revocations whose Deny is not written yet come first. Of the others, none is claimed whose account has no
        room for its writes now: it would only wait here, and others with it.
        """
        urgent = self.urgent(now)
        busy = self.budget.busy(EACH * WRITES, urgent=False)
        return urgent + self._tend_each(self.ledger.claim_due(now, BATCH, LEASE, busy=busy, each=EACH), now)

    def urgent(self, now: datetime) -> int:
        """The priority lane alone; it may use what each account's throttle keeps for it."""
        busy = self.budget.busy(WRITES, urgent=True)
        claimed = self.ledger.claim_due(now, BATCH, LEASE, lane=Lane.URGENT, busy=busy, each=EACH)
        return self._tend_each(claimed, now)

    def _tend_each(self, claimed: Sequence[Grant], now: datetime) -> int:
        for grant in claimed:
            try:
                self._tend(grant, now)
            except LostRace:
                continue  # somebody moved it on; it is theirs, or due again
            except Exception as error:  # noqa: BLE001 - one poisoned grant must not hold up the others
                self._failed(grant, error, now)
        return len(claimed)

    def _tend(self, grant: Grant, now: datetime) -> None:
        match grant.state:
            case GrantState.MINTING:
                self._save(
                    replace(grant.moved(GrantState.ABANDONED), due_at=now, reason=NEVER_FINISHED), "abandoned", now
                )
            case GrantState.ACTIVE if now >= grant.ends_at:
                self._end(self._save(grant.moved(GrantState.EXPIRING), "expiring", now), now)  # its lease still holds
            case GrantState.ACTIVE if self.redecide is not None:
                self.redecide(grant, now)  # woken early: a contract that it rests on has changed
            case GrantState.ACTIVE:
                self._save(replace(grant, due_at=grant.ends_at), "not-yet-due", now)
            case state if state in _SPENT:
                self._end(grant, now)

    def _end(self, grant: Grant, now: datetime) -> None:
        if grant.shut_at is None and grant.sessions > 0:
            self._shut(grant, now)
            return
        self._lift(grant, now)
        if grant.last_session_end is not None and now < grant.last_session_end:
            self._observe(grant, now)
        else:
            self._delete(grant, now)

    def _shut(self, grant: Grant, now: datetime) -> None:
        """Opens the engine's own sessions, for afterwards nobody can; then blocks sessions and denies everything.

        An account at a time, the environment's own first: one that does not answer holds up none before it. Every other
        try opens no session: what keeps it from being opened never keeps the Deny back.
        """
        observers: list[Observer] = []

        def watch(account: str) -> None:
            for principal in grant.principals:
                if principal.account == account and (one := self._observer(grant, principal)) is not None:
                    observers.append(one)

        first = grant.tries == 0
        last = self._watches.get(grant.id)
        watching = grant.tries % 2 == 0 and (last is None or last.has_ended(now))
        try:
            self._of_each(grant, self._deny if first else self._deny_if_open, now, watch if watching else None)
        finally:
            if watching and len(observers) == len(grant.principals):
                self._watches[grant.id] = _Watch(observers=tuple(observers), opened_at=now)
        self._save(replace(grant, shut_at=now, due_at=now + LOOK_AGAIN, tries=0), "shut", now)

    def _lift(self, grant: Grant, now: datetime) -> None:
        """What stands beside the roles is taken back behind their Deny, and before anything is called denied."""
        if self._standing.get(grant.id, True):
            self._standing[grant.id] = True
            self.enforce.lift(grant, now)
            self._standing[grant.id] = False

    def _deny(self, principal: Principal, role: MintedRole) -> None:
        minter_in(self.minters, principal.account).shut(role.name, TRUST_NOBODY, DENY_EVERYTHING)

    def _deny_if_open(self, principal: Principal, role: MintedRole) -> None:
        minter = minter_in(self.minters, principal.account)
        if not minter.is_shut(role.name, DENY_EVERYTHING):
            minter.shut(role.name, TRUST_NOBODY, DENY_EVERYTHING)

    def _of_each(
        self,
        grant: Grant,
        act: Callable[[Principal, MintedRole], None],
        now: datetime,
        before: Callable[[str], None] | None = None,
    ) -> None:
        """Acts on every role, and has base roles refuse what is a session of them; one that fails keeps no other
        waiting, and its error is raised at the end. `before` is called ahead of each account; how it ends is nothing.
        """
        failed: EngineError | None = None
        for account in dict.fromkeys(principal.account for principal in grant.principals):
            if before is not None:
                with suppress(EngineError):  # whether it can be watched comes second: the Deny never waits for it
                    before(account)
            if any(p.account == account and p.way is MintWay.SESSION for p in grant.principals):
                try:
                    self.bases.deny(grant.environment, account, grant.id, grant.last_session_end or now, now)
                except EngineError as error:
                    failed = error
            for principal, role in _existing(grant, account):
                try:
                    act(principal, role)
                except EngineError as error:
                    failed = error
        if failed is not None:
            raise failed

    def _observer(self, grant: Grant, principal: Principal) -> Observer | None:
        place = self.place_of(grant.environment, principal.account)
        if place is None:
            return None
        of_base = principal.way is MintWay.SESSION
        base_arn = self.bases.arn(grant.environment, principal.account) if of_base else None
        if (base_arn if of_base else principal.role.arn) is None:
            return None
        probes = Probes(allowed=marker(place), denied=())
        plan = session_plan(
            grant,
            principal,
            name=f"sluicegate-observer.{self.token()}",
            duration=SHORTEST_SESSION,
            policy=probe_session_policy(probes),
            base_arn=base_arn,
        )
        return minter_in(self.minters, principal.account).observer(plan, probes)

    def _observe(self, grant: Grant, now: datetime) -> None:
        if grant.state is GrantState.DENIED or grant.last_session_end is None:
            self._save(replace(grant, due_at=grant.last_session_end or now), "not-yet-due", now)
            return
        watch = self._watches.get(grant.id)
        if watch is None or watch.has_ended(now):
            self._watches.pop(grant.id, None)
            self._read_back(grant, now)
            return
        if all(observer.look() is Probe.DENIED for observer in watch.observers):
            watch.denials += 1
            watch.first_at = watch.first_at or now
        else:
            watch.denials, watch.first_at = 0, None
        if watch.denials < DENIALS_NEEDED:
            self.ledger.postpone(grant, now + LOOK_AGAIN)
            return
        denial = Denial(count=watch.denials, first_at=watch.first_at, where=self.where)
        denied = replace(grant.moved(GrantState.DENIED), denial=denial, due_at=grant.last_session_end, tries=0)
        details: dict[str, Json] = {"denials": denial.count, "where": denial.where}
        self._save(denied, "denied", now, details)

    def _read_back(self, grant: Grant, now: datetime) -> None:
        """After a crash no session is left to look with: the Deny is read back, the last session's end is the bound."""
        self._of_each(grant, self._deny_if_open, now)
        denial = Denial(count=0, first_at=None, where="the Deny read back; no session of the engine's own was open")
        self._save(replace(grant, denial=denial, due_at=grant.last_session_end or now, tries=0), "deny-read-back", now)

    def _delete(self, grant: Grant, now: datetime) -> None:
        """Every role of every account; one that fails keeps no other from being deleted, and the grant from closing."""
        left, failed = grant, None
        for principal in grant.principals:
            kept = principal
            for role in principal.roles:
                try:
                    kept = kept.attempting(self._gone(grant, principal, role, now))
                except EngineError as error:
                    failed = error
            left = left.having(kept)
        if failed is not None:
            self._failed(left, failed, now)
            return
        if any(not role.deleted for role in left.roles):
            again = grant.created_at + ABSENCE_PROVEN
            self._save(replace(left, due_at=max(again, now + LOOK_AGAIN)), "absence-not-proven", now)
            return
        self._watches.pop(grant.id, None)
        self._standing.pop(grant.id, None)
        self._save(replace(left.moved(GrantState.CLOSED), last_error=None), "closed", now)

    def _gone(self, grant: Grant, principal: Principal, role: MintedRole, now: datetime) -> MintedRole:
        """The role, deleted if that is proven; one whose id we never learned is the sweep's to judge."""
        if role.deleted:
            return role
        minter = minter_in(self.minters, principal.account)
        if role.role_id is not None:
            minter.delete(role.name, role.role_id)
            return replace(role, deleted=True)
        found = minter.find(role.name)
        if found is not None and found.tags.get("sluicegate:grant") == grant.id and found.boundary_arn is not None:
            minter.delete(role.name, found.role_id)
            return replace(role, role_id=found.role_id, deleted=True)
        return replace(role, deleted=now - grant.created_at >= ABSENCE_PROVEN)

    def _failed(self, grant: Grant, error: Exception, now: datetime) -> None:
        tries = grant.tries + 1
        stuck = tries >= MAX_TRIES and grant.state in _SPENT
        open_still = (grant.shut_at is None and grant.sessions > 0) or self._standing.get(grant.id, False)
        due = now + (
            STUCK_AGAIN if stuck and not open_still else min(timedelta(seconds=2 ** min(tries, 9)), LONGEST_PAUSE)
        )
        left = replace(grant, tries=tries, last_error=f"{type(error).__name__}: {error}"[:500], due_at=due)
        if stuck and grant.state is not GrantState.STUCK:
            left = left.moved(GrantState.STUCK)
        try:
            self._save(left, "stuck" if stuck else "failed", now, {"error": left.last_error, "tries": tries})
        except LostRace:
            return

    def _save(self, grant: Grant, what: str, now: datetime, details: Mapping[str, Json] | None = None) -> Grant:
        about = {"activity": grant.activity, "environment": grant.environment, "grant": grant.id}
        event = Event(action=f"grant.{what}", actor="system:reconciler", at=now, about=about, details=details or {})
        return self.ledger.save(grant, event)


def _existing(grant: Grant, account: str) -> list[tuple[Principal, MintedRole]]:
    """Every role there that AWS said it made and that was not seen to be gone, with whose it is."""
    return [
        (principal, role)
        for principal in grant.principals
        for role in principal.roles
        if principal.account == account and role.role_id is not None and not role.deleted
    ]
