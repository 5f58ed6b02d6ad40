"""Taking a grant back: the row is marked and committed; the reconciler does the rest, and keeps at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from jit_engine.domain.event import Event
from jit_engine.domain.grant import GIVING, Grant, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.domain.subject import Subject
from jit_engine.errors import NotFound, WrongState
from jit_engine.flows.revoke_many import Ending
from jit_engine.ports import Ledger, LostRace

_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """Marks a grant for revocation. Who may is the caller's question; asking twice changes nothing.

    One that is still being minted is given up: whoever mints it loses the row, and the reconciler removes what was made
    by then. The request that waits for it is taken back, also between two attempts at minting.
    """

    ledger: Ledger
    live: Ending

    def __call__(self, grant_id: GrantId, by: Subject, reason: str, now: datetime) -> Grant:
        """The grant, `revoking` or already further, `abandoned` if it was being minted; raises `NotFound`."""
        for _ in range(_TRIES):
            grant = self.ledger.get(grant_id)
            if grant is None:
                raise NotFound(kind="grant", id=grant_id)
            if grant.state not in GIVING and grant.steps:
                return grant
            event = Event(
                action="grant.revoking",
                actor=by.id,
                at=now,
                about={"activity": grant.activity, "environment": grant.environment, "grant": grant.id},
                details={"reason": reason},
            )
            if grant.state is not GrantState.ACTIVE:  # it was never given; nor is it when its request is minted anew
                self.live.end_all((grant_id,), reason, event)
                if grant.state is GrantState.MINTING:
                    continue  # it has ended, by this or by itself
                return grant
            try:
                return self.ledger.save(replace(grant.moved(GrantState.REVOKING), due_at=now, reason=reason), event)
            except LostRace:
                continue
        raise WrongState(kind="grant", id=grant_id, state="changing", fix="it is being changed by others; try again")
