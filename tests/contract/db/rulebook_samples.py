"""Versions of a rulebook to store."""

from jit_engine.domain.event import Event
from policy.ports import Deed
from policy.versions import RulebookState, RulebookVersion
from tests.contract.db.samples import NOW


def deed(event: Event) -> Deed:
    """The same as the rulebook desk says it."""
    return Deed(action=event.action, actor=event.actor, at=event.at, about=event.about, details=event.details)


def rulebook(number: int, state: RulebookState = RulebookState.DRAFT) -> RulebookVersion:
    return RulebookVersion(
        version=str(number),
        number=number,
        title="A change",
        text=f"permit (principal, action, resource); // {number}",
        cases="cases: []",
        state=state,
        authors=("pe_gus", "pe_priya"),
        rollback_of=None,
        created_at=NOW,
        live_at=None,
        proposal=None,
        approvals=(),
        revision=0,
    )
