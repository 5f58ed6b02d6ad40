"""The front door of a request: minted at once, or kept waiting for people or for its start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.spans import in_words
from jit_engine.domain.verdict import Refusal
from jit_engine.domain.waiting import WaitingRequest, WaitingState
from jit_engine.errors import InvalidValue
from jit_engine.flows.outcome import AccessRefused, ApprovalNeeded, DurationTooLong
from jit_engine.flows.request_access import RequestAccess
from jit_engine.ports import Evidence, Facts, Ledger, LostRace, WaitingRoom
from jit_engine.rules.approvals import BREAK_GLASS_LONGEST, expires, needs_of, within_of
from jit_engine.rules.clearance import refused_only_by_approval, refused_only_by_duration
from jit_engine.rules.record import clearance_record, refusal_record


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRules:
    """What the company demands of every request. `ticket` is the pattern of a whole ticket reference.

    `emergency` is the longest time of break-glass access, `ahead` how far ahead a start may lie.
    """

    ticket: re.Pattern[str] | None = None
    justify: bool = False
    emergency: timedelta = BREAK_GLASS_LONGEST
    ahead: timedelta = timedelta(days=30)

    def check(self, request: AccessRequest, now: datetime) -> None:
        """Raises `InvalidValue` for a request that lacks what is demanded."""
        urgent = request.break_glass
        if (self.justify or urgent) and not request.justification.strip():
            raise InvalidValue(field="justification", given="", fix="say why the access is needed")
        if urgent and not request.ticket:
            raise InvalidValue(field="ticket", given="", fix="name the ticket of the emergency")
        if self.ticket is not None and not self.ticket.fullmatch(request.ticket) and (request.ticket or not urgent):
            fix = f"name a ticket that fits {self.ticket.pattern}"
            raise InvalidValue(field="ticket", given=request.ticket, fix=fix)
        if urgent and (request.duration is None or request.duration > self.emergency):
            fix = f"say for how long, {in_words(self.emergency)} at most in an emergency"
            given = "none" if request.duration is None else in_words(request.duration)
            raise InvalidValue(field="duration", given=given, fix=fix)
        start = request.starts_at
        if start is None:
            return
        if urgent:
            raise InvalidValue(field="starts_at", given=start.isoformat(), fix="an emergency starts now: leave it out")
        if not now < start <= now + self.ahead:
            fix = f"name a time ahead, {self.ahead.days} days at most; leave it out to start now"
            raise InvalidValue(field="starts_at", given=start.isoformat(), fix=fix)
        if request.ends_at is not None and request.ends_at <= start:
            raise InvalidValue(field="ends_at", given=request.ends_at.isoformat(), fix="name a time after starts_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Decides now what can be decided now.

    1. A request that lacks what is demanded is not even decided.
    2. One that starts later is decided as advice: what would be refused today is refused today.
    3. One that needs approvals, or starts later, is committed as waiting, with the decision that said so.
    4. Everything else is minted at once, unless a live grant gives all of it already.
    """

    request_access: RequestAccess
    ledger: Ledger
    room: WaitingRoom
    rules: RequestRules

    def __call__(self, request: AccessRequest, now: datetime, *, anew: bool = False) -> Grant | WaitingRequest:
        """A grant, or the request as it waits. Raises what `RequestAccess` raises, except `ApprovalNeeded`.

        `anew` has it minted although a live grant gives all of it; a renewal always is.
        """
        self.rules.check(request, now)  # 1
        if request.starts_at is not None:
            return self._later(request, now)  # 2
        try:
            return self.request_access(request, now, anew=anew or request.renews is not None)  # 4
        except ApprovalNeeded as needed:
            return self._wait(needed.refusal, needed.evidence.facts, needed.evidence, now)  # 3

    def _later(self, request: AccessRequest, now: datetime) -> WaitingRequest:
        verdict, facts, evidence = self.request_access.advise(request, now)
        if isinstance(verdict, Refusal) and not refused_only_by_approval(verdict):
            event = _event("access.refused", request, now, refusal_record(verdict))
            self.ledger.refuse(verdict, evidence, event)
            refused = DurationTooLong if refused_only_by_duration(verdict) else AccessRefused
            raise refused(verdict, self.request_access.offers(verdict, now))
        if isinstance(verdict, Refusal):
            return self._wait(verdict, facts, evidence, now)
        start = request.starts_at or now
        waiting = WaitingRequest(
            request=request,
            state=WaitingState.READY,
            approvals=(),
            created_at=now,
            expires_at=expires(now, start, ()),
            due_at=start,
        )
        record = clearance_record(verdict)
        return self._commit(waiting, record, evidence, _event("access.scheduled", request, now, record))

    def _wait(self, refusal: Refusal, facts: Facts, evidence: Evidence, now: datetime) -> WaitingRequest:
        request = refusal.request
        needs = needs_of([verdict for verdict in refusal.verdicts if verdict.passes], facts.contracts)
        until = now + within_of(needs)
        waiting = WaitingRequest(
            request=request,
            state=WaitingState.AWAITING,
            approvals=(),
            created_at=now,
            expires_at=until,
            due_at=until,
        )
        record = refusal_record(refusal) | {"outcome": WaitingState.AWAITING.value}
        action = "access.emergency-asked" if request.break_glass else "access.awaiting-approval"
        return self._commit(waiting, record, evidence, _event(action, request, now, record))

    def _commit(
        self, waiting: WaitingRequest, record: dict[str, Json], evidence: Evidence, event: Event
    ) -> WaitingRequest:
        """The request as it waits; who asks for the same again is told of the one that waits already."""
        try:
            self.room.wait(waiting, record, evidence, event)
        except LostRace:
            same = self.room.waiting_same(waiting.request.fingerprint)
            if same is None:
                raise
            return same
        return waiting


def _event(action: str, request: AccessRequest, now: datetime, details: dict[str, Json]) -> Event:
    about = {"activity": request.activity, "environment": request.environment, "request": request.id}
    return Event(action=action, actor=request.subject.id, at=now, about=about, details=details)
