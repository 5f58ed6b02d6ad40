"""The loop that moves waiting requests on: expires them, or decides them again and mints them when they are due."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.waiting import WaitingRequest, WaitingState
from jit_engine.errors import EngineError, Passing, WrongState
from jit_engine.flows.approve import LookAtWaiting
from jit_engine.flows.outcome import AccessRefused, ApprovalNeeded, GrantNotUsable, ShownHasChanged
from jit_engine.flows.request_access import MINTING_PATIENCE, RequestAccess
from jit_engine.ports import Ledger, LostRace, WaitingRoom

LEASE = MINTING_PATIENCE
BATCH = 5
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MintWaiting:
    """Tends every waiting request whose time has come. Any number of processes may run one.

    1. What has waited too long expires.
    2. An attempt that was begun is followed to its end; one that came to nothing is tried anew, under an id of its own.
    3. The approvals are looked at again: with today's document, teams and rights. Too few left: it waits again.
    4. Everything is decided again by the one flow that mints.
    """

    request_access: RequestAccess
    ledger: Ledger
    room: WaitingRoom
    look: LookAtWaiting
    new_request_id: Callable[[datetime], RequestId]

    def step(self, now: datetime) -> int:
        """Tends what is due at `now`; how many. Never raises for one request."""
        claimed = self.room.claim_waiting(now, BATCH, LEASE)
        for waiting in claimed:
            try:
                self._tend(waiting, now)
            except LostRace:
                continue  # somebody moved it on
            except Exception as error:  # noqa: BLE001 - one poisoned request must not hold up the others
                self._again(waiting.id, error, now)
        return len(claimed)

    def _tend(self, waiting: WaitingRequest, now: datetime) -> None:
        if waiting.grant is not None and not self._came_to_nothing(waiting, now):  # 2
            return
        if now >= waiting.expires_at:  # 1
            self._leave(waiting, WaitingState.EXPIRED, "it waited too long", now)
        elif waiting.state is WaitingState.AWAITING:
            self.room.keep(replace(waiting, due_at=waiting.expires_at), _event("access.looked-at", waiting, now, {}))
        else:
            self._mint(waiting, now)

    def _came_to_nothing(self, waiting: WaitingRequest, now: datetime) -> bool:
        grant = None if waiting.grant is None else self.ledger.get(waiting.grant)
        if grant is None or (grant.state is not GrantState.MINTING and not grant.steps):
            return True
        if grant.state is GrantState.MINTING:
            self.room.keep(replace(waiting, due_at=grant.due_at), _event("access.looked-at", waiting, now, {}))
        else:
            self._leave(waiting, WaitingState.GRANTED, None, now)
        return False

    def _mint(self, waiting: WaitingRequest, now: datetime) -> None:
        try:
            looked = self.look(waiting, now)  # 3
        except WrongState as hopeless:
            self._leave(waiting, WaitingState.REFUSED, hopeless.fix, now)
            return
        if not looked.is_enough:
            self._wait_again(waiting, tuple(why for _, why in looked.standing.void), now)
            return
        again = waiting.grant is not None
        request = replace(looked.counted, id=self.new_request_id(now)) if again else looked.counted
        try:
            self.request_access(request, now, waiting)  # 4
        except (ApprovalNeeded, ShownHasChanged):
            self._wait_again(waiting, ("what has to be approved changed just now",), now)
        except AccessRefused:
            return  # recorded with the refusal
        except (Passing, GrantNotUsable) as unavailable:
            self._again(waiting.id, unavailable, now)
        except EngineError as refused:
            left = self.room.waiting(waiting.id)
            if left is not None and left.state is WaitingState.READY:
                self._leave(left, WaitingState.REFUSED, str(refused), now)
        else:
            minted = self.room.waiting(waiting.id)
            if minted is not None:
                self._leave(minted, WaitingState.GRANTED, None, now)

    def _wait_again(self, waiting: WaitingRequest, why: tuple[str, ...], now: datetime) -> None:
        reason = "approve it again: " + ("; ".join(dict.fromkeys(why)) or "more approvals are needed now")
        awaiting = replace(waiting.moved(WaitingState.AWAITING), due_at=waiting.expires_at, reason=reason)
        self.room.keep(awaiting, _event("access.approval-void", waiting, now, {"reason": reason}))

    def _leave(self, waiting: WaitingRequest, state: WaitingState, reason: str | None, now: datetime) -> None:
        details: dict[str, Json] = {"reason": reason, "grant": waiting.grant}
        left = replace(waiting.moved(state), reason=reason)
        self.room.keep(left, _event(f"access.{state.value}", waiting, now, details))

    def _again(self, request: RequestId, error: Exception, now: datetime) -> None:
        waiting = self.room.waiting(request)
        if waiting is None or waiting.state is not WaitingState.READY:
            return
        tries = waiting.tries + 1
        pause = min(timedelta(seconds=5 * 2 ** min(tries, 8)), LONGEST_PAUSE)
        code = getattr(error, "code", type(error).__name__)
        details: dict[str, Json] = {"error": str(code), "tries": tries}
        with suppress(LostRace):
            put_off = replace(waiting, tries=tries, due_at=now + pause)
            self.room.keep(put_off, _event("access.not-minted", waiting, now, details))


def _event(action: str, waiting: WaitingRequest, now: datetime, details: dict[str, Json]) -> Event:
    request = waiting.request
    about = {"activity": request.activity, "environment": request.environment, "request": request.id}
    if waiting.grant is not None:
        about["grant"] = waiting.grant
    return Event(action=action, actor="system:waiting", at=now, about=about, details=details)
