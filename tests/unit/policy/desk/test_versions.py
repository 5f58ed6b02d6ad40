"""The one table of a version's life, and the deeds that follow it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from policy.desk import RulebookDesk
from policy.ports import Deed
from policy.refusals import (
    WrongRulebookState,
)
from policy.versions import RULEBOOK_MOVES, RulebookState
from tests.unit.policy.desk.office import GUS, NOW, PRIYA, Office, rule

DEEDS: dict[str, Callable[[RulebookDesk, str], object]] = {
    "propose": lambda desk, version: desk.propose(GUS, version, NOW, revision=1),
    "approve": lambda desk, version: desk.approve(PRIYA, version, digest="", against="", now=NOW),
    "reject": lambda desk, version: desk.reject(PRIYA, version, "no", NOW, revision=1),
    "withdraw": lambda desk, version: desk.withdraw(GUS, version, "no", NOW, revision=1),
    "activate": lambda desk, version: desk.activate(GUS, version, NOW, revision=1),
}
LEADS_TO = {
    "propose": RulebookState.PROPOSED,
    "approve": RulebookState.APPROVED,
    "reject": RulebookState.REJECTED,
    "withdraw": RulebookState.WITHDRAWN,
    "activate": RulebookState.LIVE,
}


@pytest.mark.parametrize("state", RulebookState)
@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_that_the_table_does_not_allow_is_refused(office: Office, state: RulebookState, deed: str) -> None:
    draft = office.drafted()
    office.store.save(replace(draft, state=state), Deed(action="test", actor=GUS, at=NOW, about={}))
    if LEADS_TO[deed] in RULEBOOK_MOVES[state]:
        return
    with pytest.raises(WrongRulebookState):
        DEEDS[deed](office.desk, draft.version)
    assert office.desk.get(draft.version).state is state


def test_what_is_over_or_live_is_not_edited(office: Office) -> None:
    for state in set(RulebookState) - {RulebookState.DRAFT, RulebookState.PROPOSED, RulebookState.APPROVED}:
        draft = office.drafted()
        saved = office.store.save(replace(draft, state=state), Deed(action="test", actor=GUS, at=NOW, about={}))
        with pytest.raises(WrongRulebookState):
            office.desk.edit(GUS, draft.version, revision=saved.revision, title="t", text=rule("x"), cases="", now=NOW)


def test_nothing_leads_out_of_what_is_over() -> None:
    for state in (RulebookState.RETIRED, RulebookState.REJECTED, RulebookState.WITHDRAWN):
        assert RULEBOOK_MOVES[state] == frozenset()
    assert RULEBOOK_MOVES.keys() == set(RulebookState)
    before_live = {state for state, moves in RULEBOOK_MOVES.items() if RulebookState.LIVE in moves}
    assert before_live == {RulebookState.APPROVED}
