"""Saying yes or no to a request that waits: what is shown, who counts, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.domain.approval import Approval
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import RequestId, SubjectId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.spans import in_words
from jit_engine.domain.subject import Subject, Workload
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import STILL_WAITING, WaitingRequest, WaitingState
from jit_engine.errors import InvalidValue, NotFound, WrongState
from jit_engine.flows.approved import shown_of
from jit_engine.flows.outcome import NotAnApprover, ShownHasChanged
from jit_engine.ports import Directory, Facts, FactSource, LostRace, WaitingRoom
from jit_engine.rules.approvals import (
    ApprovalNeed,
    ApproverToday,
    Shown,
    Standing,
    expires,
    latest,
    needs_of,
    standing,
    unmet,
)
from jit_engine.rules.clearance import Judges, clear, refused_only_by_approval
from jit_engine.rules.contract_gate import contracts_of

TRIES = 4
SHORTEST = timedelta(minutes=15)
"""The shortest AWS session (STS AssumeRole, DurationSeconds); an approver cannot leave less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A waiting request as it looks today: what an approver is shown, what is demanded, what counts so far."""

    request: AccessRequest
    document: Shown
    needs: tuple[ApprovalNeed, ...]
    standing: Standing
    requesters: frozenset[str]
    facts: Facts
    is_enough: bool

    @property
    def counted(self) -> AccessRequest:
        """The request with the approvals that count."""
        return replace(self.request, approvals=self.standing.approvals)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtWaiting:
    """Derives all of that from the stores, at the moment when it is asked; nothing that a client sent is believed.

    `may` asks the rules whether a subject may approve (or, in an emergency, release) the request now.
    """

    facts: FactSource
    room: WaitingRoom
    directory: Directory
    judges: Callable[[], Judges]
    may: Callable[[Subject, WaitingRequest, datetime], bool]

    def __call__(self, waiting: WaitingRequest, now: datetime) -> Looked:
        """How it looks today. Raises `WrongState` when it would be refused by now, whoever approves it."""
        asked = waiting.request
        subject = self.directory.subject(asked.subject.id)
        if subject is None:
            raise _hopeless(waiting, "the directory no longer knows who asked")
        request = replace(asked, subject=subject, approvals=())
        facts = self.facts.facts_for(request.activity, request.environment)
        try:
            verdict = clear(request, facts, self.judges(), now)
        except (InvalidValue, NotFound) as gone:
            raise _hopeless(waiting, f"what it rests on is gone ({gone})") from gone
        if isinstance(verdict, Refusal) and not refused_only_by_approval(verdict):
            raise _hopeless(waiting, "it would be refused today, whoever approves it; ask anew to see why")
        return self._looked(waiting, verdict, facts, now)

    def _looked(self, waiting: WaitingRequest, verdict: Clearance | Refusal, facts: Facts, now: datetime) -> Looked:
        request = verdict.request
        if facts.environment is None:
            raise _hopeless(waiting, "its environment is gone")
        passed = [one for one in verdict.verdicts if one.passes]
        needs = needs_of(passed, facts.contracts)
        contracts = contracts_of(passed, facts)
        document = shown_of(verdict, facts, self.room.holdings(request.subject.id))
        requesters = self._requesters(request.subject, facts)
        approvers = {one.approver: self._today(one.approver, waiting, now) for one in waiting.approvals}
        stands = standing(waiting.approvals, document, needs, approvers, requesters)
        return Looked(
            request=request,
            document=document,
            needs=needs,
            standing=stands,
            requesters=requesters,
            facts=facts,
            is_enough=not unmet(passed, contracts, replace(request, approvals=stands.approvals)),
        )

    def _today(self, approver: SubjectId, waiting: WaitingRequest, now: datetime) -> ApproverToday | None:
        subject = self.directory.subject(approver)
        if subject is None:
            return None
        return ApproverToday(
            people=self.directory.people_behind(approver),
            groups=subject.teams,
            permitted=self.may(subject, waiting, now),
        )

    def _requesters(self, subject: Subject, facts: Facts) -> frozenset[str]:
        """The humans who ask: behind a pipeline stand its owners and everybody of its activity."""
        behind = self.directory.people_behind(subject.id)
        if isinstance(subject, Workload) and facts.activity is not None:
            for member in {facts.activity.owner, *facts.activity.members}:
                behind |= self.directory.people_behind(member)
        return behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """The deeds of approvers, and of who asked. Whether the rules permit the deed at all is asked before."""

    room: WaitingRoom
    look: LookAtWaiting

    def approve(
        self,
        request_id: RequestId,
        by: Subject,
        shown_sha256: str,
        longest: timedelta | None,
        comment: str,
        now: datetime,
    ) -> WaitingRequest:
        """The request with this yes; `ready` when it was the last that was needed.

        Raises `ShownHasChanged` unless the document that is shown now is the one of that SHA-256, `NotAnApprover`
        when this person's yes does not count, `WrongState` when the request does not wait for it.
        """

        def yes(waiting: WaitingRequest) -> tuple[WaitingRequest, Event]:
            looked = self.look(waiting, now)
            if looked.document.sha256 != shown_sha256:
                raise ShownHasChanged(request=request_id, sha256=looked.document.sha256)
            _check_longest(longest, looked)
            approval = Approval(
                approver=by.id,
                groups=by.teams,
                at=now,
                shown_sha256=shown_sha256,
                terms_sha256=looked.document.terms_sha256,
                holds=frozenset(looked.document.holds),
                longest=longest,
                comment=comment,
                release=waiting.request.break_glass,
            )
            given = replace(waiting, approvals=latest((*waiting.approvals, approval)))
            after = self.look(given, now)
            if why := dict(after.standing.void).get(by.id):
                raise NotAnApprover(request=request_id, why=why)
            details: dict[str, Json] = {
                "shown_sha256": shown_sha256,
                "comment": comment,
                "longest_seconds": None if longest is None else int(longest.total_seconds()),
                "enough": after.is_enough,
            }
            if not after.is_enough:
                return given, _event("access.approved", waiting, by.id, now, details)
            start = waiting.request.starts_at
            ready = replace(
                given.moved(WaitingState.READY),
                due_at=max(now, start or now),
                expires_at=expires(now, start, after.needs),
                reason=None,
            )
            action = "alarm.break-glass-released" if waiting.request.break_glass else "access.approved"
            return ready, _event(action, waiting, by.id, now, details)

        return self._change(request_id, frozenset({WaitingState.AWAITING}), yes)

    def decline(self, request_id: RequestId, by: Subject, comment: str, now: datetime) -> WaitingRequest:
        """The request, declined: one no by somebody who could have approved it is enough.

        Of one that would be refused by now nobody is asked any more: whom the rules let approve it may clear it away.
        """

        def no(waiting: WaitingRequest) -> tuple[WaitingRequest, Event]:
            try:
                asked = {group for need in self.look(waiting, now).needs for group in need.rule.groups}
            except WrongState:
                asked = set(by.teams) if self.look.may(by, waiting, now) else set()
            if not waiting.request.break_glass and not by.teams & asked:
                raise NotAnApprover(request=request_id, why="you are in no team that is asked")
            return self._ended(waiting, WaitingState.DECLINED, by.id, comment, now)

        return self._change(request_id, STILL_WAITING, no)

    def withdraw(self, request_id: RequestId, by: Subject, reason: str, now: datetime) -> WaitingRequest:
        """The request, withdrawn; once its minting has begun, the grant has to be returned instead."""

        def back(waiting: WaitingRequest) -> tuple[WaitingRequest, Event]:
            if waiting.grant is not None:
                fix = f"it is being minted: return the grant, {waiting.grant}"
                raise WrongState(kind="request", id=request_id, state=waiting.state.value, fix=fix)
            return self._ended(waiting, WaitingState.WITHDRAWN, by.id, reason, now)

        return self._change(request_id, STILL_WAITING, back)

    def _ended(
        self, waiting: WaitingRequest, state: WaitingState, by: SubjectId, reason: str, now: datetime
    ) -> tuple[WaitingRequest, Event]:
        ended = replace(waiting.moved(state), reason=reason)
        return ended, _event(f"access.{state.value}", waiting, by, now, {"reason": reason})

    def _change(
        self,
        request_id: RequestId,
        states: frozenset[WaitingState],
        change: Callable[[WaitingRequest], tuple[WaitingRequest, Event]],
    ) -> WaitingRequest:
        for _ in range(TRIES):
            waiting = self.room.waiting(request_id)
            if waiting is None:
                raise NotFound(kind="request", id=request_id)
            if waiting.state not in states:
                fix = "it does not wait for that"
                raise WrongState(kind="request", id=request_id, state=waiting.state.value, fix=fix)
            try:
                return self.room.keep(*change(waiting))
            except LostRace:
                continue
        raise WrongState(kind="request", id=request_id, state="changing", fix="others change it; try again")


def _check_longest(longest: timedelta | None, looked: Looked) -> None:
    asked = looked.document.terms["duration_seconds"]
    if longest is None or not isinstance(asked, int):
        return
    if not SHORTEST <= longest <= timedelta(seconds=asked):
        fix = f"give between PT15M and what is asked, {in_words(timedelta(seconds=asked))}; an approver only shortens"
        raise InvalidValue(field="longest", given=in_words(longest), fix=fix)


def _hopeless(waiting: WaitingRequest, why: str) -> WrongState:
    return WrongState(kind="request", id=waiting.id, state=waiting.state.value, fix=why)


def _event(action: str, waiting: WaitingRequest, by: SubjectId, now: datetime, details: dict[str, Json]) -> Event:
    request = waiting.request
    about = {"activity": request.activity, "environment": request.environment, "request": request.id}
    return Event(action=action, actor=by, at=now, about=about, details=details)
