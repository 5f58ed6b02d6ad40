"""Requests that start later, and requests in an emergency."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.domain.waiting import WaitingState
from jit_engine.errors import InvalidValue
from jit_engine.flows.outcome import AccessRefused, NotAnApprover
from tests.fakes import world
from tests.fakes.world import ADA, NOW, PERSONAL_PREFIX, ask, request
from tests.unit.engine.desk import Desk
from tests.unit.engine.waiting_desk import OLGA, PRIYA, WaitingDesk, asking


@pytest.fixture
def desk() -> WaitingDesk:
    return WaitingDesk(Desk(facts=asking()))


# ---- a start that lies ahead


def test_a_later_start_is_decided_now_as_advice_and_minted_then() -> None:
    desk = WaitingDesk(Desk())
    start = NOW + timedelta(hours=5)
    waiting = desk.waits(request(starts_at=start))
    assert (waiting.state, waiting.due_at) == (WaitingState.READY, start)
    assert desk.step() == 0
    desk.desk.later(hours=5)
    desk.step()
    assert desk.grant().ends_at == start + timedelta(hours=1)
    assert desk.desk.actions()[0] == "access.scheduled"


def test_what_would_be_refused_today_is_not_scheduled() -> None:
    desk = WaitingDesk(Desk())
    with pytest.raises(AccessRefused):
        desk.ask(request(ask(PERSONAL_PREFIX), starts_at=NOW + timedelta(hours=5)))


def test_it_can_be_withdrawn_before_it_starts() -> None:
    desk = WaitingDesk(Desk())
    waiting = desk.waits(request(starts_at=NOW + timedelta(hours=5)))
    assert desk.deeds.withdraw(waiting.id, ADA, "no need", NOW).state is WaitingState.WITHDRAWN
    desk.desk.later(hours=5)
    assert desk.step() == 0


# ---- an emergency


def emergency(**changes: Any) -> dict[str, Any]:
    """What a request has to bring in an emergency."""
    return {"break_glass": True, "ticket": "INC-1", "duration": timedelta(minutes=30), **changes}


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"ticket": ""}, "ticket"),
        ({"justification": " "}, "justification"),
        ({"duration": None}, "duration"),
        ({"duration": timedelta(hours=2)}, "duration"),
        ({"starts_at": NOW + timedelta(hours=1)}, "starts_at"),
    ],
)
def test_an_emergency_says_why_under_which_ticket_and_for_how_short(
    desk: WaitingDesk, lacking: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidValue) as invalid:
        desk.ask(request(**emergency(**lacking)))
    assert invalid.value.field == field
    assert desk.desk.ledger.events == []


@pytest.mark.case("POL-040")
def test_an_emergency_needs_one_other_person_and_raises_an_alarm() -> None:
    desk = WaitingDesk(Desk(facts=asking(at_least=2)))
    waiting = desk.waits(request(**emergency()))
    with pytest.raises(NotAnApprover):
        desk.approve(waiting, ADA)
    assert desk.approve(waiting, PRIYA).state is WaitingState.READY
    desk.step()
    assert desk.grant().ends_at == desk.desk.now + timedelta(minutes=30)
    assert "alarm.break-glass-released" in desk.desk.actions()


@pytest.mark.case("POL-040")
def test_an_emergency_where_nobody_has_to_approve_is_refused_and_nothing_is_minted() -> None:
    desk = WaitingDesk(Desk())
    with pytest.raises(InvalidValue) as invalid:
        desk.ask(request(**emergency()))
    assert invalid.value.field == "break_glass"
    assert (desk.desk.ledger.events, desk.desk.minter.calls) == ([], [])


def test_an_emergency_is_refused_at_minting_when_its_contract_asks_nobody_any_more() -> None:
    desk = WaitingDesk(Desk(facts=asking()))
    waiting = desk.waits(request(**emergency()))
    desk.approve(waiting, PRIYA)
    desk.desk.facts.now_known = replace(desk.desk.facts.now_known, contracts=(world.contract(),))
    desk.step()
    assert (desk.row(waiting).state, desk.desk.minter.calls) == (WaitingState.REFUSED, [])


def test_an_emergency_bypasses_no_rule_and_no_contract(desk: WaitingDesk) -> None:
    with pytest.raises(AccessRefused):
        desk.ask(request(ask(PERSONAL_PREFIX), **emergency()))
    desk.desk.facts.now_known = world.facts(contracts=())
    with pytest.raises(AccessRefused):
        desk.ask(request(id="rq_01JABCDEFGHJKMNPQRSTVWXYZ8", **emergency()))


def test_an_ordinary_approval_is_no_release() -> None:
    desk = WaitingDesk(Desk(facts=asking()))
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    (approval,) = desk.row(waiting).approvals
    assert not approval.release
    # The same yes on an emergency of the same content would not open it.
    row = desk.row(waiting)
    desk.desk.ledger.room[waiting.id] = replace(row, request=replace(row.request, break_glass=True))
    assert not desk.looked(waiting).is_enough
