"""The main use case: from a request to an active grant."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jit_engine.accounts import Accounts, ExternalIds, HomeOnly, Minters, accounts_of, minter_in
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import ENFORCING, GIVING, Grant, GrantState, Principal, StepTime, attempt_at
from jit_engine.domain.held import Unless
from jit_engine.domain.ids import GrantId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import WaitingRequest, WaitingState
from jit_engine.errors import AccountNotReady, AwsUnavailable, EngineError, InvalidValue, NotFound, RoleExists
from jit_engine.flows.approved import check_approved
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.enforce import Enforcement
from jit_engine.flows.outcome import AccessRefused, AlreadyHeld, ApprovalNeeded, DurationTooLong, GrantNotUsable
from jit_engine.iam.limits import SHORTEST_SESSION
from jit_engine.iam.plan import PlannedPart, parts_of
from jit_engine.iam.role import probe_session_policy, probes_for, role_plan, session_plan
from jit_engine.ports import Evidence, Facts, Ledger, LostRace, Minter
from jit_engine.rules.clearance import (
    Judges,
    clear,
    refused_only_by_approval,
    refused_only_by_duration,
)
from jit_engine.rules.counter_offer import Offer, OtherPlaces, counter_offers, offer_record
from jit_engine.rules.evidence import evidence_of
from jit_engine.rules.overlaps import Overlap, covering, overlaps
from jit_engine.rules.record import clearance_record, cleared_asks, refusal_record
from jit_engine.rules.renewals import check_renewable
from jit_engine.rules.time_wanted import wanted_of

MINTING_PATIENCE = timedelta(minutes=3)
"""How long the intent may stand before the reconciler takes it for abandoned; a mint gives up after a minute."""
NEVER_FINISHED = "never finished"
"""Why the reconciler gives a mint up."""
ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be cleared, the parts that it would be minted as, and what of it live grants give already.

    `covered_by`: the one that gives all of it, which would be offered instead.
    """

    clearance: Clearance
    parts: tuple[PlannedPart, ...]
    overlaps: tuple[Overlap, ...]
    covered_by: GrantId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAccess:
    """Gather, decide, record the intent, act, record the outcome.

    `token` gives fresh unguessable text for session names; `judges` the rulebook that is live right now.
    """

    facts: OtherPlaces
    ledger: Ledger
    minters: Minters
    bases: BaseRoles
    judges: Callable[[], Judges]
    external_ids: ExternalIds
    new_grant_id: Callable[[datetime], GrantId]
    token: Callable[[], str]
    enforce: Enforcement
    accounts: Accounts = field(default_factory=HomeOnly)

    def preview(self, request: AccessRequest, now: datetime) -> Refusal | Preview:
        """What would be answered, `NoEnforcer` included, and as which principals; nothing is recorded or minted."""
        facts = self.facts.facts_for(request.activity, request.environment)
        verdict = clear(request, facts, self.judges(), now)
        if isinstance(verdict, Refusal):
            return verdict
        _check_emergency(verdict)
        asks, held = [one.ask for one in verdict.verdicts if one.passes], self.ledger.alike(request)
        covered = covering(asks, verdict.ends_at, held, now)
        return Preview(
            clearance=verdict,
            parts=self._planned(verdict, self.new_grant_id(now), facts, now, dry=True),
            overlaps=overlaps(asks, held, now),
            covered_by=None if covered is None else covered.grant.id,
        )

    def overlaps(
        self, grant: Grant, decision: Mapping[str, Json], request: AccessRequest, now: datetime
    ) -> tuple[Overlap, ...]:
        """Which of the sources that were decided on other live grants give, too."""
        return overlaps(cleared_asks(decision), self.ledger.alike(request, grant.id), now)

    def offers(self, refusal: Refusal, now: datetime) -> tuple[Offer, ...]:
        """What would be cleared instead; nothing is recorded."""
        request = refusal.request
        return self._offers(refusal, self.facts.facts_for(request.activity, request.environment), self.judges(), now)

    def advise(self, request: AccessRequest, now: datetime) -> tuple[Clearance | Refusal, Facts, Evidence]:
        """What would be answered, the facts, and what of them it was decided from; nothing is recorded."""
        facts, judges = self.facts.facts_for(request.activity, request.environment), self.judges()
        return clear(request, facts, judges, now), facts, evidence_of(request, facts, judges, now)

    def __call__(
        self, request: AccessRequest, now: datetime, waiting: WaitingRequest | None = None, *, anew: bool = True
    ) -> Grant:
        """An active grant; unless `anew`, raises `AlreadyHeld` where a live one gives all of it, however many ask at
        the same moment. Raises `AccessRefused`, `NotFound`, `InvalidValue`, `PolicyTooLarge` or `NoEnforcer` before
        any AWS call, `ApprovalNeeded` before anything is on record, `AwsUnavailable` when minting did not come about,
        `GrantNotUsable` when somebody ended it meanwhile: what was begun is then the reconciler's to undo. A request
        that has been `waiting` is moved on with what becomes of it.
        """
        parts, grant = self._opened(request, now, waiting, anew=anew)
        try:
            return self._mint(grant, parts, now)  # 4 act, 5 record
        except EngineError as error:
            self._check_still_wanted(grant.id, error)
            self._abandon(grant.id, error, now)
            raise
        except LostRace as overtaken:  # the reconciler has given this mint up; its role is being removed
            self._check_still_wanted(grant.id, overtaken)
            raise AwsUnavailable(operation="minting in time", retry_after=RETRY_AFTER) from overtaken

    def _opened(
        self, request: AccessRequest, now: datetime, waiting: WaitingRequest | None, *, anew: bool
    ) -> tuple[tuple[PlannedPart, ...], Grant]:
        """The first three steps. Decided by other rules than those that are live by then: decided again."""
        for _ in range(ATTEMPTS):
            facts, judges = self.facts.facts_for(request.activity, request.environment), self.judges()  # 1 gather
            verdict = clear(request, facts, judges, now)  # 2 decide
            evidence = evidence_of(request, facts, judges, now)
            if isinstance(verdict, Refusal):
                if refused_only_by_approval(verdict):
                    self._check_held(verdict, now + wanted_of(verdict, facts), now, anew=anew)
                    raise ApprovalNeeded(verdict, evidence)
                offers = self._offers(verdict, facts, judges, now)
                offered: list[Json] = [offer_record(offer) for offer in offers]
                event = _event("access.refused", request, now, {**refusal_record(verdict), "offers": offered})
                self.ledger.refuse(verdict, evidence, event, _refused(waiting))
                refused = DurationTooLong if refused_only_by_duration(verdict) else AccessRefused
                raise refused(verdict, offers)
            _check_emergency(verdict)
            check_approved(verdict, facts, waiting)
            unless = self._check_held(verdict, verdict.ends_at, now, anew=anew)
            grant_id = self.new_grant_id(now)
            parts = self._planned(verdict, grant_id, facts, now)
            intent = self._intent(grant_id, verdict, parts, now)
            intent = replace(intent, renews=request.renews, renewals=self._renewal(verdict, facts, now))
            event = _event("grant.opened", request, now, clearance_record(verdict), grant=intent.id)
            try:
                # 3 record, committed before AWS hears of it
                grant = self.ledger.open(intent, verdict, evidence, event, _taken(waiting, intent), unless)
            except LostRace:
                continue
            return parts, grant
        raise LostRace("the rules changed again and again while this was decided")

    def _offers(self, refusal: Refusal, facts: Facts, judges: Judges, now: datetime) -> tuple[Offer, ...]:
        places = self.facts.elsewhere(refusal.request.activity, refusal.request.environment)
        return counter_offers(refusal, facts, judges, now, places)

    def _check_held(
        self, verdict: Clearance | Refusal, ends_at: datetime, now: datetime, *, anew: bool
    ) -> Unless | None:
        """Raises `AlreadyHeld` where a live grant gives all that passes until `ends_at`; else the same question, to be
        asked once more at the commit.
        """
        if anew:
            return None
        asks = [one.ask for one in verdict.verdicts if one.passes]
        if (found := covering(asks, ends_at, self.ledger.alike(verdict.request), now)) is not None:
            raise AlreadyHeld(found)
        return lambda held: covering(asks, ends_at, held, now) is not None

    def _planned(
        self, clearance: Clearance, grant: GrantId, facts: Facts, now: datetime, *, dry: bool = False
    ) -> tuple[PlannedPart, ...]:
        """How it is minted; what cannot be served or held is refused here, before anything is on record.

        Unless `dry`, a place that the environment lacks in an account is wanted from now on.
        """
        place = clearance.environment.place
        if place is None:
            raise ValueError("an active environment has a place")
        for account in accounts_of(clearance, place):
            minter_in(self.minters, account)
            self.accounts.check_answering(account)
        try:
            parts = parts_of(clearance, place, grant, facts.contracts, elsewhere=facts.elsewhere)
        except AccountNotReady as missing:
            if dry:
                raise AccountNotReady(
                    account=missing.account, retry_after=missing.retry_after, wanted=False
                ) from missing
            self.accounts.want_place(clearance.environment.id, clearance.activity.id, missing.account, now)
            raise
        self.enforce.check(grant, parts, now)
        return parts

    def _renewal(self, clearance: Clearance, facts: Facts, now: datetime) -> int:
        """Which renewal this is, 0 for none; raises `NotRenewable`."""
        renews = clearance.request.renews
        before = None if renews is None else self.ledger.get(renews)
        if renews is None:
            return 0
        if before is None or before.subject != clearance.request.subject.id:
            raise NotFound(kind="grant", id=renews)
        return check_renewable(before, [c for c in facts.contracts if c.key in clearance.contracts], now)

    def _intent(self, grant_id: GrantId, clearance: Clearance, parts: tuple[PlannedPart, ...], now: datetime) -> Grant:
        request = clearance.request
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
            principals=tuple(part.principal(grant_id) for part in parts),
            due_at=now + MINTING_PATIENCE,
        )

    def _mint(self, grant: Grant, parts: tuple[PlannedPart, ...], now: datetime) -> Grant:
        """Every part, a step at a time for all of them: while one waits for AWS, the others have been told to it too.

        A part that fails fails the grant.
        """
        watch = _Stopwatch()
        based: dict[int, str | None] = {}
        for part in parts:
            if part.base is None:
                grant = self._create(grant, part, now)
                watch.lap("create role", part)
            else:
                base = self.bases.ready(grant.environment, grant.activity, part.place, part.base, now)
                based[part.part] = base.arn
                watch.lap("find base role", part)
        for part in parts:
            if part.base is None:
                self._minter(part).put_policy(_principal(grant, part).role.name, part.policy)
                watch.lap("write policy", part)
        denied = 0
        for part in parts:
            denied += self._prove(grant, part, based.get(part.part))
            watch.lap("assume and probe", part)
        beside = self.enforce.put(grant, parts, now)
        if beside.version != grant.version:
            watch.lap(ENFORCING, parts[-1])
        grant = beside
        active = replace(grant.moved(GrantState.ACTIVE), due_at=grant.ends_at, steps=watch.laps())
        minted: list[Json] = [
            {
                "profile": principal.profile,
                "account": principal.account,
                "region": principal.region,
                "way": principal.way.value,
                "role": principal.role.name if principal.roles else None,
                "role_id": principal.role.role_id if principal.roles else None,
            }
            for principal in grant.principals
        ]
        details: dict[str, Json] = {"probes_denied": denied, "principals": minted}
        return self.ledger.save(active, _grant_event("grant.active", grant, now, details))

    def _create(self, grant: Grant, part: PlannedPart, now: datetime) -> Grant:
        """Creates the role; a name that is taken is never adopted: the next attempt gets a name of its own."""
        for _ in range(ATTEMPTS):
            principal = _principal(grant, part)
            plan = role_plan(grant, principal, part.place, self.external_ids[part.seat.account])
            try:
                created = self._minter(part).create(plan)
            except RoleExists as taken:
                # What stands there is looked at by the sweep: ours is deleted, a stranger's is raised as an alarm.
                following = attempt_at(grant.id, part.part, principal.role.attempt + 1)
                event = _grant_event("grant.role-name-taken", grant, now, {"role": taken.role_name})
                grant = self.ledger.save(grant.having(principal.attempting(following)), event)
                continue
            role = replace(principal.role, arn=created.arn, role_id=created.role_id)
            details: dict[str, Json] = {
                "role": role.name,
                "role_id": created.role_id,
                "account": part.seat.account,
                "region": part.seat.region,
            }
            event = _grant_event("grant.role-created", grant, now, details)
            return self.ledger.save(grant.having(principal.attempting(role)), event)
        raise AwsUnavailable(operation="iam:CreateRole", retry_after=RETRY_AFTER)

    def _prove(self, grant: Grant, part: PlannedPart, base_arn: str | None) -> int:
        """Sees the part's role assumed, and its probes answered as decided; how many of them were to be refused.

        The engine's session of a role is cut to the probes. One of a base role is cut as the person's will be: what is
        beside the decision may well lie within the base role, and only the session's own policy refuses it.
        """
        probes = probes_for(part.clearance, part.place)
        session = session_plan(
            grant,
            _principal(grant, part),
            name=f"sluicegate-probe.{self.token()}",
            duration=SHORTEST_SESSION,
            policy=probe_session_policy(probes) if part.base is None else part.policy,
            base_arn=base_arn,
        )
        self._minter(part).prove(session, probes)
        return len(probes.denied)

    def _minter(self, part: PlannedPart) -> Minter:
        return minter_in(self.minters, part.seat.account)

    def _check_still_wanted(self, grant_id: GrantId, error: Exception) -> None:
        """Raises `GrantNotUsable` where somebody has ended the grant meanwhile: then that is why, not the error."""
        left = self.ledger.get(grant_id)
        if left is not None and left.state not in GIVING and left.reason not in (None, NEVER_FINISHED):
            why = f"it was ended while it was minted ({left.reason})"
            raise GrantNotUsable(grant=grant_id, state=left.state.value, why=why) from error

    def _abandon(self, grant_id: GrantId, error: EngineError, now: datetime) -> None:
        """Hands what was begun to the reconciler at once. Should this fail too, the intent's own due time does it."""
        grant = self.ledger.get(grant_id)
        if grant is None or grant.state is not GrantState.MINTING:
            return
        left = replace(grant.moved(GrantState.ABANDONED), due_at=now, reason=error.code, last_error=str(error))
        with suppress(LostRace):
            self.ledger.save(left, _grant_event("grant.abandoned", grant, now, {"reason": error.code}))


def _check_emergency(clearance: Clearance) -> None:
    """An emergency that nobody has released is one where nobody has to approve anything: it is asked for without."""
    request = clearance.request
    if request.break_glass and not any(approval.release for approval in request.approvals):
        fix = "nobody has to approve this: ask for it without break_glass"
        raise InvalidValue(field="break_glass", given="true", fix=fix)


def _refused(waiting: WaitingRequest | None) -> WaitingRequest | None:
    return None if waiting is None else replace(waiting.moved(WaitingState.REFUSED), reason="refused at minting")


def _taken(waiting: WaitingRequest | None, grant: Grant) -> WaitingRequest | None:
    """The row with this attempt; whether it came about is looked at when the mint cannot be under way any more."""
    if waiting is None:
        return None
    return replace(waiting, grant=grant.id, minted_as=grant.request, due_at=grant.due_at)


class _Stopwatch:
    """Laps in milliseconds, by the monotonic clock: durations only, never a time of day."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._laps: list[StepTime] = []

    def lap(self, step: str, part: PlannedPart) -> None:
        now = time.monotonic()
        self._laps.append(StepTime(step=step, milliseconds=round((now - self._last) * 1000), part=part.part))
        self._last = now

    def laps(self) -> tuple[StepTime, ...]:
        return tuple(self._laps)


def _principal(grant: Grant, part: PlannedPart) -> Principal:
    return next(principal for principal in grant.principals if principal.part == part.part)


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
