"""Asking for what a live grant gives already: it is offered instead, for one person's same work and enough time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.source import Operation
from jit_engine.flows.outcome import AlreadyHeld
from jit_engine.flows.request_access import Preview
from tests.fakes import world
from tests.fakes.world import BEN, FACTS_PREFIX, LOANS, NOW, REPORT_PREFIX, ask, prefix, request
from tests.unit.engine.desk import Desk
from tests.unit.engine.waiting_desk import OLGA, WaitingDesk, asking


@pytest.fixture
def desk() -> WaitingDesk:
    return WaitingDesk(Desk())


def again(number: int = 1, *asks: Any, **changes: Any) -> AccessRequest:
    """A request of its own id for the same as `request`, with these changes."""
    return request(*asks, id=RequestId(f"rq_01JABCDEFGHJKMNPQRST{number:06}"), **changes)


def granted(desk: WaitingDesk, wanted: AccessRequest | None = None) -> Grant:
    made = desk.ask(wanted)
    assert isinstance(made, Grant)
    return made


def offered(desk: WaitingDesk, wanted: AccessRequest) -> str:
    with pytest.raises(AlreadyHeld) as already:
        desk.ask(wanted)
    return already.value.held.grant.id


def test_the_same_again_is_offered_the_grant_and_nothing_is_minted_or_recorded(desk: WaitingDesk) -> None:
    first = granted(desk)
    calls, events = list(desk.desk.minter.calls), len(desk.desk.ledger.events)
    assert offered(desk, again()) == first.id
    assert (desk.desk.minter.calls, len(desk.desk.ledger.events)) == (calls, events)


def test_a_part_of_it_is_given_already_too(desk: WaitingDesk) -> None:
    first = granted(desk, request(ask(FACTS_PREFIX), ask(LOANS)))
    assert offered(desk, again(1, ask(LOANS))) == first.id
    assert offered(desk, again(2, ask(prefix("lending/facts/2025/")))) == first.id


def test_whoever_wants_another_one_says_so(desk: WaitingDesk) -> None:
    first = granted(desk)
    second = desk.ask(again(), anew=True)
    assert isinstance(second, Grant)
    assert second.id != first.id


OTHERS: dict[str, AccessRequest] = {
    "another person": again(subject=BEN),
    "another purpose": again(purpose="lending/credit-risk-research/thin-files"),
    "more than is given": again(1, ask(FACTS_PREFIX), ask(LOANS)),
    "what lies around it": again(1, ask(LOANS)),
    "a much longer time": again(duration=timedelta(hours=4)),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_another_request_is_minted(desk: WaitingDesk, other: AccessRequest) -> None:
    granted(desk)
    assert granted(desk, other).id in desk.desk.ledger.grants
    assert len(desk.desk.ledger.grants) == 2


def test_a_grant_with_little_time_left_is_not_offered(desk: WaitingDesk) -> None:
    granted(desk)
    desk.desk.later(minutes=5)
    assert offered(desk, again(1))
    desk.desk.later(minutes=5)
    granted(desk, again(2))


def test_a_grant_that_is_taken_back_is_not_offered(desk: WaitingDesk) -> None:
    first = granted(desk)
    desk.desk.revoke(first.id, world.ADA, "returned", NOW)
    granted(desk, again())


def test_one_that_is_being_minted_is_offered_as_long_as_it_may_take(desk: WaitingDesk) -> None:
    first = granted(desk)
    stored = desk.desk.ledger.grants[first.id]
    minting = replace(stored, state=GrantState.MINTING, due_at=NOW + timedelta(minutes=3))
    desk.desk.ledger.grants[first.id] = minting
    assert offered(desk, again(1)) == first.id
    desk.desk.later(minutes=3)
    granted(desk, again(2))


def test_what_people_have_approved_is_offered_instead_of_asking_them_again() -> None:
    desk = WaitingDesk(Desk(facts=asking()))
    desk.approve(desk.waits(), OLGA)
    desk.step()
    assert offered(desk, again()) == desk.grant().id


def test_a_job_that_needs_one_session_is_not_offered_two() -> None:
    desk = WaitingDesk(Desk())
    first = granted(desk, request(ask(FACTS_PREFIX), ask(LOANS)))
    one, _ = ask(FACTS_PREFIX), ask(LOANS)
    job = [replace(one, job="train"), replace(ask(LOANS), job="train")]
    assert offered(desk, again(1, *job)) == first.id
    stored = desk.desk.ledger.grants[first.id]
    (part,) = stored.principals
    split = tuple(replace(part, part=n, sources=(uri,)) for n, uri in enumerate(part.sources, start=1))
    desk.desk.ledger.grants[first.id] = replace(stored, principals=split)
    granted(desk, again(2, *job))


def test_a_preview_says_what_is_held_and_by_which_grant(desk: WaitingDesk) -> None:
    first = granted(desk)
    preview = desk.desk.request_access.preview(again(1, ask(FACTS_PREFIX), ask(LOANS)), NOW)
    assert isinstance(preview, Preview)
    assert [(one.ask.source, one.by.grant.id) for one in preview.overlaps] == [(FACTS_PREFIX, first.id)]
    assert preview.covered_by is None
    whole = desk.desk.request_access.preview(again(), NOW)
    assert isinstance(whole, Preview)
    assert whole.covered_by == first.id


def test_other_operations_on_the_same_source_are_not_given(desk: WaitingDesk) -> None:
    granted(desk, request(ask(FACTS_PREFIX, Operation.DESCRIBE)))
    granted(desk, again(1, ask(FACTS_PREFIX, Operation.SELECT)))
    assert REPORT_PREFIX not in {each.source for each in request().asks}


def test_a_hundred_who_ask_for_the_same_at_once_get_one_role(desk: WaitingDesk) -> None:
    def once(number: int) -> str:
        try:
            return granted(desk, again(number)).id
        except AlreadyHeld as already:
            return already.held.grant.id

    with ThreadPoolExecutor(20) as pool:
        told = set(pool.map(once, range(100)))
    assert len(told) == 1
    assert [call for call in desk.desk.minter.calls if call[0] == "create"] == [("create", desk.grant().role.name)]
