"""The main use case: from a request to an active grant."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.domain.activity import Place
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantState, MintedRole, StatementNote, StepTime, role_name
from jit_engine.domain.ids import GrantId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import AwsUnavailable, EngineError, RoleExists
from jit_engine.flows.outcome import AccessRefused, DurationTooLong
from jit_engine.iam.limits import SHORTEST_SESSION
from jit_engine.iam.role import grant_policy, probe_session_policy, probes_for, role_plan, session_plan
from jit_engine.ports import FactSource, Ledger, LostRace, Minter
from jit_engine.rules.clearance import Judges, clear, refused_only_by_duration
from jit_engine.rules.evidence import evidence_of
from jit_engine.rules.record import clearance_record, refusal_record

MINTING_PATIENCE = timedelta(minutes=3)
"""How long the intent may stand before the reconciler takes it for abandoned; a mint gives up after a minute."""
ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAccess:
    """Gather, decide, record the intent, act, record the outcome.

    `token` gives fresh unguessable text for session names; `judges` the rulebook that is live right now.
    """

    facts: FactSource
    ledger: Ledger
    minter: Minter
    judges: Callable[[], Judges]
    external_id: str
    new_grant_id: Callable[[datetime], GrantId]
    token: Callable[[], str]

    def preview(self, request: AccessRequest, now: datetime) -> Clearance | Refusal:
        """What would be answered; nothing is recorded and nothing is minted."""
        return clear(request, self.facts.facts_for(request.activity, request.environment), self.judges(), now)

    def __call__(self, request: AccessRequest, now: datetime) -> Grant:
        """An active grant. Raises `AccessRefused`, `NotFound`, `InvalidValue`, `PolicyTooLarge` before any AWS call,
        `AwsUnavailable` when minting did not come about: what was begun is then the reconciler's to undo.
        """
        verdict, place, grant = self._opened(request, now)
        try:
            return self._mint(grant, verdict, place, now)  # 4 act, 5 record
        except EngineError as error:
            self._abandon(grant.id, error, now)
            raise
        except LostRace as overtaken:  # the reconciler has given this mint up; its role is being removed
            raise AwsUnavailable(operation="minting in time", retry_after=RETRY_AFTER) from overtaken

    def _opened(self, request: AccessRequest, now: datetime) -> tuple[Clearance, Place, Grant]:
        """The first three steps. Decided by other rules than those that are live by then: decided again."""
        for _ in range(ATTEMPTS):
            facts, judges = self.facts.facts_for(request.activity, request.environment), self.judges()  # 1 gather
            verdict = clear(request, facts, judges, now)  # 2 decide
            evidence = evidence_of(request, facts, judges, now)
            if isinstance(verdict, Refusal):
                self.ledger.refuse(verdict, evidence, _event("access.refused", request, now, refusal_record(verdict)))
                raise DurationTooLong(verdict) if refused_only_by_duration(verdict) else AccessRefused(verdict)
            place = verdict.environment.place
            if place is None:
                raise ValueError("an active environment has a place")
            policy, notes = grant_policy(verdict, place)
            intent = self._intent(verdict, policy, notes, now)
            event = _event("grant.opened", request, now, clearance_record(verdict), grant=intent.id)
            try:
                grant = self.ledger.open(intent, verdict, evidence, event)  # 3 record, committed before AWS hears of it
            except LostRace:
                continue
            return verdict, place, grant
        raise LostRace("the rules changed again and again while this was decided")

    def _intent(self, clearance: Clearance, policy: str, notes: tuple[tuple[str, str], ...], now: datetime) -> Grant:
        request = clearance.request
        grant_id = self.new_grant_id(now)
        return Grant(
            id=grant_id,
            request=request.id,
            subject=request.subject.id,
            activity=request.activity,
            environment=request.environment,
            tier=clearance.environment.tier,
            purpose=request.purpose,
            contracts=clearance.contracts,
            state=GrantState.MINTING,
            created_at=now,
            ends_at=clearance.ends_at,
            sessions_end_by=clearance.sessions_end_by,
            shortened=clearance.shortened,
            rulebook=clearance.rulebook,
            catalogue_generation=clearance.catalogue_generation,
            policy=policy,
            notes=tuple(StatementNote(sid=sid, why=why) for sid, why in notes),
            roles=(_attempt(grant_id, 1),),
            due_at=now + MINTING_PATIENCE,
        )

    def _mint(self, grant: Grant, clearance: Clearance, place: Place, now: datetime) -> Grant:
        watch = _Stopwatch()
        grant = self._create(grant, place, now)
        watch.lap("create role")
        self.minter.put_policy(grant.role.name, grant.policy)
        watch.lap("write policy")
        probes = probes_for(clearance, place)
        self.minter.prove(
            session_plan(
                grant,
                name=f"sluicegate-probe.{self.token()}",
                duration=SHORTEST_SESSION,
                policy=probe_session_policy(probes),
            ),
            probes,
        )
        watch.lap("assume and probe")
        active = replace(grant.moved(GrantState.ACTIVE), due_at=grant.ends_at, steps=watch.laps())
        details: dict[str, Json] = {
            "probes_denied": len(probes.denied),
            "role": grant.role.name,
            "role_id": grant.role.role_id,
        }
        return self.ledger.save(active, _event("grant.active", clearance.request, now, details, grant=grant.id))

    def _create(self, grant: Grant, place: Place, now: datetime) -> Grant:
        """Creates the role; a name that is taken is never adopted: the next attempt gets a name of its own."""
        for _ in range(ATTEMPTS):
            try:
                created = self.minter.create(role_plan(grant, place, self.external_id))
            except RoleExists as taken:
                # What stands there is looked at by the sweep: ours is deleted, a stranger's is raised as an alarm.
                following = _attempt(grant.id, grant.role.attempt + 1)
                event = _grant_event("grant.role-name-taken", grant, now, {"role": taken.role_name})
                grant = self.ledger.save(replace(grant, roles=(*grant.roles, following)), event)
                continue
            role = replace(grant.role, arn=created.arn, role_id=created.role_id)
            event = _grant_event("grant.role-created", grant, now, {"role": role.name, "role_id": created.role_id})
            return self.ledger.save(replace(grant, roles=(*grant.roles[:-1], role)), event)
        raise AwsUnavailable(operation="iam:CreateRole", retry_after=RETRY_AFTER)

    def _abandon(self, grant_id: GrantId, error: EngineError, now: datetime) -> None:
        """Hands what was begun to the reconciler at once. Should this fail too, the intent's own due time does it."""
        grant = self.ledger.get(grant_id)
        if grant is None or grant.state is not GrantState.MINTING:
            return
        left = replace(grant.moved(GrantState.ABANDONED), due_at=now, reason=error.code, last_error=str(error))
        with suppress(LostRace):
            self.ledger.save(left, _grant_event("grant.abandoned", grant, now, {"reason": error.code}))


class _Stopwatch:
    """Laps in milliseconds, by the monotonic clock: durations only, never a time of day."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._laps: list[StepTime] = []

    def lap(self, step: str) -> None:
        now = time.monotonic()
        self._laps.append(StepTime(step=step, milliseconds=round((now - self._last) * 1000)))
        self._last = now

    def laps(self) -> tuple[StepTime, ...]:
        return tuple(self._laps)


def _attempt(grant: GrantId, attempt: int) -> MintedRole:
    return MintedRole(attempt=attempt, name=role_name(grant, attempt), arn=None, role_id=None, deleted=False)


def _event(
    action: str, request: AccessRequest, now: datetime, details: Mapping[str, Json], grant: str | None = None
) -> Event:
    about = {"activity": request.activity, "environment": request.environment, "request": request.id}
    if grant is not None:
        about["grant"] = grant
    return Event(action=action, actor=request.subject.id, at=now, about=about, details=details)


def _grant_event(action: str, grant: Grant, now: datetime, details: Mapping[str, Json]) -> Event:
    about = {"activity": grant.activity, "environment": grant.environment, "request": grant.request, "grant": grant.id}
    return Event(action=action, actor=grant.subject, at=now, about=about, details=details)
