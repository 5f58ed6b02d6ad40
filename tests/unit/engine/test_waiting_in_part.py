"""Requests of which only a part can be given: people approve that part, and no more than it is minted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.contracts.terms import ApprovalRule
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, RequestId
from jit_engine.domain.request import AccessRequest, Mode
from jit_engine.domain.verdict import Refusal
from jit_engine.domain.waiting import WaitingState
from jit_engine.flows.outcome import AccessRefused, DurationTooLong
from jit_engine.ports import Facts
from jit_engine.rules.clearance import refused_only_by_approval
from tests.fakes import world
from tests.fakes.world import FACTS_PREFIX, LOANS, NOW, PERSONAL_PREFIX, ask
from tests.unit.engine.desk import Desk
from tests.unit.engine.waiting_desk import OLGA, OWNERS, WaitingDesk

SCORES = world.prefix("scores/")
SCORES_CONTRACT = ContractId("ct_01JABCDEFGHJKMNPQRSTVWXYZ9")
OWNERS_APPROVE = ApprovalRule(max_classification=None, stage=None, automatic=False, groups=frozenset({OWNERS}))


def known(**scores: Any) -> Facts:
    """A world whose contract has the owners approve everything; scores are under another, of an hour at most."""
    loans = world.contract(approvals=(OWNERS_APPROVE,))
    usual: dict[str, Any] = {"approvals": (OWNERS_APPROVE,), "max_duration": timedelta(hours=1)}
    other = replace(loans, id=SCORES_CONTRACT, name="scores", prefixes=(SCORES,), tables=(), **usual | scores)
    accepted = frozenset({loans.key, other.key})
    return world.facts(
        contracts=(loans, other),
        activity=world.activity(accepted=accepted),
        catalogue=world.catalogue(world.prefix_item(SCORES)),
    )


def partly(*sources: Any, **changes: Any) -> AccessRequest:
    """Facts that pass, with others."""
    asks = [ask(source) for source in (FACTS_PREFIX, *sources)]
    return world.request(*asks, mode=Mode.PARTIAL, **changes)


@pytest.fixture
def desk() -> WaitingDesk:
    return WaitingDesk(Desk(facts=world.FakeFacts(known())))


def shown(document: Any) -> tuple[list[str], list[str]]:
    """The sources that would be given, and those that are left out."""
    return [one["source"] for one in document.terms["sources"]], [one["source"] for one in document.left_out]


@pytest.mark.parametrize(
    ("left_out", "changes", "why"),
    [
        (PERSONAL_PREFIX, {}, ("rules", ["no-personal-attributes-in-research"])),
        (SCORES, {"duration": timedelta(hours=2)}, ("contract", ["duration-too-long"])),
        (PERSONAL_PREFIX, {"ends_at": NOW + timedelta(minutes=30)}, ("rules", ["no-personal-attributes-in-research"])),
        (PERSONAL_PREFIX, {"duration": None}, ("rules", ["no-personal-attributes-in-research"])),
    ],
    ids=["a rule", "its contract's longest time", "an end of its own", "the usual time"],
)
def test_what_passes_waits_for_people_and_they_see_that_part_and_what_is_left_out(
    desk: WaitingDesk, left_out: Any, changes: dict[str, Any], why: tuple[str, list[str]]
) -> None:
    waiting = desk.waits(partly(left_out, **changes))
    document = desk.looked(waiting).document
    assert shown(document) == ([FACTS_PREFIX.uri], [left_out.uri])
    assert [(one["refused_by"], one["reasons"]) for one in document.left_out] == [why]
    assert document.document["left_out"] == list(document.left_out)


def test_a_dry_run_says_that_the_part_would_wait(desk: WaitingDesk) -> None:
    refusal = desk.desk.request_access.preview(partly(PERSONAL_PREFIX), desk.desk.now)
    assert isinstance(refusal, Refusal)
    assert refused_only_by_approval(refusal)


def test_approved_just_the_part_is_minted(desk: WaitingDesk) -> None:
    waiting = desk.waits(partly(PERSONAL_PREFIX, LOANS))
    assert desk.approve(waiting, OLGA).state is WaitingState.READY
    desk.step()
    grant = desk.grant()
    assert grant.state is GrantState.ACTIVE
    assert sorted(uri for principal in grant.principals for uri in principal.sources) == [LOANS.uri, FACTS_PREFIX.uri]
    verdicts: Any = desk.desk.ledger.decision_of(grant.id)["sources"]
    assert {one["source"]: one["refused_by"] for one in verdicts}[PERSONAL_PREFIX.uri] == "rules"


def test_what_was_left_out_and_passes_by_now_has_to_be_approved_with_the_rest(desk: WaitingDesk) -> None:
    waiting = desk.waits(partly(SCORES, duration=timedelta(hours=2)))
    desk.approve(waiting, OLGA)
    desk.desk.facts.now_known = known(max_duration=timedelta(hours=4))
    desk.step()
    assert (desk.row(waiting).state, desk.desk.ledger.grants) == (WaitingState.AWAITING, {})
    assert shown(desk.looked(waiting).document) == ([FACTS_PREFIX.uri, SCORES.uri], [])
    desk.approve(waiting, OLGA)
    desk.step()
    assert {uri for principal in desk.grant().principals for uri in principal.sources} == {FACTS_PREFIX.uri, SCORES.uri}


@dataclass(slots=True)
class Moving(world.FakeFacts):
    """Facts that change once they have been read `reads` times more."""

    then: Facts = field(default_factory=known)
    reads: int = 1

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        self.now_known = self.now_known if self.reads > 0 else self.then
        self.reads -= 1
        return world.FakeFacts.facts_for(self, activity, environment)


def automatic(hours: int) -> Facts:
    """Scores that nobody has to approve, for as many hours."""
    nobody = replace(OWNERS_APPROVE, automatic=True, groups=frozenset())
    return known(approvals=(nobody,), max_duration=timedelta(hours=hours))


def test_what_passes_between_the_last_look_and_the_decision_is_not_minted_unseen() -> None:
    desk = WaitingDesk(Desk(facts=world.FakeFacts(automatic(1))))
    waiting = desk.waits(partly(SCORES, duration=timedelta(hours=2)))
    desk.approve(waiting, OLGA)
    desk.desk.facts = Moving(automatic(1), then=automatic(4))
    desk.step()
    assert (desk.desk.minter.calls, desk.desk.ledger.grants) == ([], {})
    row = desk.row(waiting)
    assert (row.state, row.reason) == (
        WaitingState.AWAITING, "approve it again: what has to be approved changed just now",
    )  # fmt: skip


def test_what_nobody_can_approve_is_refused_though_a_part_passes(desk: WaitingDesk) -> None:
    desk.desk.facts.now_known = replace(known(), environment=world.environment(expires_at=NOW + timedelta(minutes=5)))
    with pytest.raises(AccessRefused):
        desk.ask(partly(PERSONAL_PREFIX))
    desk.desk.facts.now_known = known()
    with pytest.raises(AccessRefused):
        desk.ask(replace(partly(PERSONAL_PREFIX), mode=Mode.ALL, id=RequestId("rq_2")))
    with pytest.raises(DurationTooLong):
        desk.ask(world.request(ask(SCORES), mode=Mode.PARTIAL, duration=timedelta(hours=2), id=RequestId("rq_3")))
    assert desk.desk.ledger.room == {}
