"""Requests that wait, to store."""

from dataclasses import replace

from jit_engine.domain.approval import Approval
from jit_engine.domain.waiting import WaitingRequest, WaitingState
from tests.contract.db.samples import HOUR, NOW, person_id, request


def waiting(n: int = 1, state: WaitingState = WaitingState.AWAITING) -> WaitingRequest:
    """A request that waits, for something of its own, with one approval."""
    approval = Approval(
        approver=person_id(9),
        groups=frozenset({"lending"}),
        at=NOW,
        shown_sha256="ab" * 32,
        terms_sha256="cd" * 32,
        holds=frozenset({"s3://corp-lake/loans/"}),
        longest=HOUR,
        comment="fine",
    )
    return WaitingRequest(
        request=replace(request(n), purpose=f"purpose-{n}", ticket="CHG-1", starts_at=NOW + HOUR),
        state=state,
        approvals=(approval,),
        created_at=NOW,
        expires_at=NOW + 8 * HOUR,
        due_at=NOW + 8 * HOUR,
    )
