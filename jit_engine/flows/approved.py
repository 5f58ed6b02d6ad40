"""That what is minted is what was approved, and nothing else: not a source, a column or a minute more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.flows.outcome import ShownHasChanged
from jit_engine.ports import Facts
from jit_engine.rules.approvals import Shown, shown
from jit_engine.rules.time_wanted import wanted_of


def shown_of(verdict: Clearance | Refusal, facts: Facts, holds: Sequence[str]) -> Shown:
    """What an approver of a request is shown, by today's verdict on it and the facts that this was taken from."""
    request = replace(verdict.request, approvals=())
    asked = replace(verdict, request=request)
    return shown(request, asked.verdicts, facts, wanted_of(asked, facts), holds)


def check_approved(clearance: Clearance, facts: Facts, waiting: WaitingRequest | None) -> None:
    """Raises `ShownHasChanged` where the decision that is about to be minted is not the one that people said yes to.

    Between the last look at their approvals and this decision anything may have changed: a source that was left out
    may pass now. A request that was tried before has another id by now, and is the same to them.
    """
    if waiting is None or not clearance.request.approvals:
        return
    asked = replace(clearance, request=replace(clearance.request, id=waiting.id))
    today = shown_of(asked, facts, ())
    if any(approval.terms_sha256 != today.terms_sha256 for approval in clearance.request.approvals):
        raise ShownHasChanged(request=waiting.id, sha256=today.sha256)
