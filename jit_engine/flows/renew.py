"""Giving a grant its time once more: a new decision on the same sources, a role of its own, no gap between the two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId, RequestId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.subject import Subject
from jit_engine.errors import NotFound
from jit_engine.ports import Ledger
from jit_engine.rules.record import cleared_request
from jit_engine.rules.renewals import check_renewable


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """Makes the request that renews a grant; it is asked, approved, decided and minted as every other.

    The grant before lives on to its own end, so that whoever works with it has time to change over.
    """

    ledger: Ledger

    def __call__(
        self, grant_id: GrantId, id: RequestId, subject: Subject, duration: timedelta | None, now: datetime
    ) -> AccessRequest:
        """The request, under that id. Raises `NotFound` for anybody but the holder, `NotRenewable` for what has no
        time to renew.

        Approvals are given for one time: where they are demanded they are asked for again.
        """
        grant: Grant | None = self.ledger.get(grant_id)
        if grant is None or grant.subject != subject.id:
            raise NotFound(kind="grant", id=grant_id)
        check_renewable(grant, (), now)
        before = cleared_request(self.ledger.decision_of(grant_id), subject)
        return replace(before, id=id, duration=duration, approvals=(), break_glass=False, renews=grant_id)
