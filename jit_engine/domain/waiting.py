"""A request that waits: for people who have to approve it, or for the time that it is to start at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from jit_engine.domain.approval import Approval
from jit_engine.domain.ids import GrantId, RequestId
from jit_engine.domain.request import AccessRequest
from jit_engine.errors import WrongState


class WaitingState(StrEnum):
    """Where a waiting request is. `ready` has all that it needs; it is decided again and minted when it is due."""

    AWAITING = "awaiting-approval"
    READY = "ready"
    GRANTED = "granted"
    REFUSED = "refused"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


WAITING_MOVES: Mapping[WaitingState, frozenset[WaitingState]] = {
    WaitingState.AWAITING: frozenset(
        {
            WaitingState.READY,
            WaitingState.REFUSED,
            WaitingState.DECLINED,
            WaitingState.EXPIRED,
            WaitingState.WITHDRAWN,
        }
    ),
    WaitingState.READY: frozenset(
        {
            WaitingState.AWAITING,
            WaitingState.GRANTED,
            WaitingState.REFUSED,
            WaitingState.DECLINED,
            WaitingState.EXPIRED,
            WaitingState.WITHDRAWN,
        }
    ),
    WaitingState.GRANTED: frozenset(),
    WaitingState.REFUSED: frozenset(),
    WaitingState.DECLINED: frozenset(),
    WaitingState.EXPIRED: frozenset(),
    WaitingState.WITHDRAWN: frozenset(),
}
STILL_WAITING = frozenset({WaitingState.AWAITING, WaitingState.READY})


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """The row of a request that waits. `version` is its fence.

    `request` is what was asked, without approvals; `approvals` are those given so far. It ends by itself at
    `expires_at`. `due_at` is when to look next. `grant` is the latest attempt at minting it, `minted_as` the request's
    id of that attempt.
    """

    request: AccessRequest
    state: WaitingState
    approvals: tuple[Approval, ...]
    created_at: datetime
    expires_at: datetime
    due_at: datetime
    grant: GrantId | None = None
    minted_as: RequestId | None = None
    reason: str | None = None
    tries: int = 0
    version: int = 0

    @property
    def id(self) -> RequestId:
        """The request's own id."""
        return self.request.id

    def moved(self, state: WaitingState) -> "WaitingRequest":
        """This request in another state; raises `WrongState` when the table has no such move."""
        if state not in WAITING_MOVES[self.state]:
            fix = f"it cannot become {state.value}"
            raise WrongState(kind="request", id=self.id, state=self.state.value, fix=fix)
        return replace(self, state=state)
