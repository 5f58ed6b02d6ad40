"""Credentials for a live grant: decided anew each time, recorded before AWS is asked, never stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.accounts import Minters, minter_in
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantState, MintWay, Principal
from jit_engine.domain.ids import GrantId
from jit_engine.domain.label import LabelRise
from jit_engine.domain.subject import Subject
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import NotFound
from jit_engine.flows.anew import Changed, decide_anew, recorded_anew
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable, ProfileNeeded
from jit_engine.iam.limits import LONGEST_CHAINED_SESSION, SHORTEST_SESSION
from jit_engine.iam.role import session_plan
from jit_engine.ports import (
    Credentials,
    DecidedAnew,
    DecisionOutcome,
    FactSource,
    Ledger,
    LostRace,
    SessionPlan,
)
from jit_engine.rules.clearance import Judges
from jit_engine.rules.evidence import plain
from jit_engine.rules.labels import raised_by

TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Credentials with the grant as it is now and the principal that they are of."""

    grant: Grant
    principal: Principal
    credentials: Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """One delivery: hold, decide, record, act."""

    facts: FactSource
    ledger: Ledger
    minters: Minters
    bases: BaseRoles
    judges: Callable[[], Judges]
    token: Callable[[], str]

    def __call__(self, grant_id: GrantId, subject: Subject, now: datetime, profile: str | None = None) -> Delivered:
        """A session for the grant's own holder, with its own name and audit record.

        `profile` names one of the grant's principals; it may be left out where there is but one.

        1. Only the holder: anybody else meets `NotFound`. Only a profile that the grant has; else `ProfileNeeded`.
        2. Only while the grant is active, its end has not come and a session fits before all ends; else
           `GrantNotUsable`.
        3. Decided anew from today's facts and rules; a grant that no longer passes is revoked and `AccessRefused`
           (or `GrantNotUsable`, when the same sources would now need another policy).
        4. Recorded, with the session's name, its latest end and what it makes of the workspace's label, and committed.
        5. Only then AWS is asked. A crash in between leaves a record of a session that nobody holds, never the reverse.
        6. Handed out only while the grant and the rules that decided are still in force; else decided by the new ones.
        """
        for _ in range(TRIES):
            grant = self.ledger.get(grant_id)
            if grant is None or grant.subject != subject.id:  # 1
                raise NotFound(kind="grant", id=grant_id)
            if grant.state is not GrantState.ACTIVE or now >= grant.ends_at:  # 2
                why = f"it is {grant.state.value}" if grant.state is not GrantState.ACTIVE else "its end has come"
                raise GrantNotUsable(grant=grant.id, state=grant.state.value, why=why)
            principal = _principal(grant, profile)
            _duration(grant, now)
            name = f"{subject.id}.{grant.sessions + 1}.{self.token()}"
            try:
                clearance, rise = self._decide_anew(grant, subject, now)  # 3
                last = min(grant.sessions_end_by, clearance.sessions_end_by)
                grant = replace(grant, contracts=clearance.contracts, sessions_end_by=last)
                duration = _duration(grant, now)
                plan = self._plan(grant, principal, clearance, name, duration, now)
                grant = self._record(grant, principal, name, now + duration, rise, now)  # 4
            except LostRace:
                continue
            credentials = minter_in(self.minters, principal.account).assume(plan)  # 5
            if self._holds(grant.id, clearance.rulebook):  # 6
                return Delivered(grant=grant, principal=principal, credentials=credentials)
        raise GrantNotUsable(grant=grant_id, state="changing", why="it is being changed by others; try again")

    def _plan(
        self, grant: Grant, principal: Principal, clearance: Clearance, name: str, duration: timedelta, now: datetime
    ) -> SessionPlan:
        """A session of the principal's own role, or one of the base role that is cut to what was decided."""
        if principal.way is MintWay.ROLE:
            return session_plan(grant, principal, name=name, duration=duration, policy=None)
        place = clearance.environment.place
        if place is None:
            raise GrantNotUsable(grant=grant.id, state=grant.state.value, why="its environment is gone")
        base = self.bases.serving(grant.environment, grant.activity, place, now)
        return session_plan(grant, principal, name=name, duration=duration, policy=principal.policy, base_arn=base.arn)

    def _holds(self, grant_id: GrantId, rulebook: str) -> bool:
        grant = self.ledger.head(grant_id)
        active = grant is not None and grant.state is GrantState.ACTIVE
        return active and self.judges().rulebook.version == rulebook

    def _decide_anew(self, grant: Grant, subject: Subject, now: datetime) -> tuple[Clearance, LabelRise]:
        """What still permits it, and what it makes of the workspace's label; else the grant is revoked: this raises."""
        facts, judges = self.facts.facts_for(grant.activity, grant.environment), self.judges()
        decision = self.ledger.decision_of(grant.id)
        verdict = decide_anew(grant, decision, subject, facts, judges, now)
        if not isinstance(verdict, Refusal | Changed):
            return verdict, LabelRise(before=facts.label, after=raised_by(verdict, facts))
        reason = verdict.why if isinstance(verdict, Changed) else "no longer permitted"
        ended = recorded_anew(DecisionOutcome.ENDED, decision, subject, facts, judges, now, reason)
        self._revoke(grant, ended, now)
        if isinstance(verdict, Refusal):
            raise AccessRefused(verdict)
        raise GrantNotUsable(grant=grant.id, state=grant.state.value, why=verdict.why)

    def _revoke(self, grant: Grant, ended: DecidedAnew, now: datetime) -> None:
        event = _event("grant.no-longer-passes", grant, now, {"reason": ended.reason, "decision": ended.record})
        self.ledger.save(replace(grant.moved(GrantState.REVOKING), due_at=now, reason=ended.reason), event, ended)

    def _record(
        self, grant: Grant, principal: Principal, name: str, session_end: datetime, rise: LabelRise, now: datetime
    ) -> Grant:
        latest = max(session_end, grant.last_session_end or session_end)
        delivered = replace(grant, sessions=grant.sessions + 1, last_session_end=latest)
        details: dict[str, Json] = {
            "session": name,
            "session_ends_at": session_end.isoformat(),
            "profile": principal.profile,
            "account": principal.account,
            "region": principal.region,
            "way": principal.way.value,
        }
        if rise.after != rise.before:
            details["workspace_label"] = plain(rise.after)
        return self.ledger.save(delivered, _event("credentials.delivered", grant, now, details), rise=rise)


def _principal(grant: Grant, profile: str | None) -> Principal:
    if profile is None and len(grant.principals) == 1:
        return grant.sole
    for principal in grant.principals:
        if principal.profile == profile:
            return principal
    raise ProfileNeeded(grant=grant.id, given=profile, principals=grant.principals)


def _duration(grant: Grant, now: datetime) -> timedelta:
    """As long as the grant lasts, within what STS offers and what no session may outlive."""
    until_end = timedelta(seconds=int((grant.ends_at - now).total_seconds()))
    duration = min(max(until_end, SHORTEST_SESSION), LONGEST_CHAINED_SESSION)
    if now + duration > grant.sessions_end_by:
        if grant.sessions_end_by - now < SHORTEST_SESSION:
            raise GrantNotUsable(
                grant=grant.id, state=grant.state.value, why="less than 900 s are left, the shortest AWS session"
            )
        duration = timedelta(seconds=int((grant.sessions_end_by - now).total_seconds()))
    return duration


def _event(action: str, grant: Grant, now: datetime, details: dict[str, Json]) -> Event:
    about = {"activity": grant.activity, "environment": grant.environment, "grant": grant.id}
    return Event(action=action, actor=grant.subject, at=now, about=about, details=details)
