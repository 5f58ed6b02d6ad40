"""Renewing: a new decision and a role of its own, as often as the contract says, and never without a decision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.errors import NotFound
from jit_engine.flows.outcome import AccessRefused, DurationTooLong
from jit_engine.flows.renew import Renew
from jit_engine.ports import LostRace
from jit_engine.rules.renewals import NotRenewable
from tests.fakes import world
from tests.fakes.world import ADA, BEN, FACTS_PREFIX, LOANS, ask, request
from tests.unit.engine.desk import Desk
from tests.unit.engine.waiting_desk import OLGA, WaitingDesk, asking

HOUR = timedelta(hours=1)


@pytest.fixture
def desk() -> WaitingDesk:
    return WaitingDesk(Desk(facts=world.FakeFacts(world.facts(contracts=(world.contract(renewals=2),)))))


def given(desk: WaitingDesk) -> Grant:
    grant = desk.ask(request(ask(FACTS_PREFIX), ask(LOANS)))
    assert isinstance(grant, Grant)
    return grant


def renewed(desk: WaitingDesk, grant: Grant, duration: timedelta | None = HOUR) -> Grant | WaitingRequest:
    number = len(desk.desk.ledger.requests)
    again, renew = RequestId(f"rq_01JABCDEFGHJKMNPQRSTVWX{number:03}"), Renew(ledger=desk.desk.ledger)
    return desk.ask(renew(grant.id, again, ADA, duration, desk.desk.now))


def test_a_renewal_is_a_grant_of_its_own_that_overlaps_the_one_before(desk: WaitingDesk) -> None:
    first = given(desk)
    desk.desk.later(minutes=50)
    second = renewed(desk, first)
    assert isinstance(second, Grant)
    assert (second.renews, second.renewals, second.state) == (first.id, 1, GrantState.ACTIVE)
    assert second.ends_at == desk.desk.now + HOUR
    assert second.principals[0].sources == first.principals[0].sources
    assert second.role.name != first.role.name
    before = desk.desk.grant(first)
    assert (before.state, before.ends_at) == (GrantState.ACTIVE, first.ends_at)


def test_the_contracts_number_is_counted_along_the_chain(desk: WaitingDesk) -> None:
    grant = given(desk)
    for number in (1, 2):
        following = renewed(desk, grant)
        assert isinstance(following, Grant)
        assert following.renewals == number
        grant = following
    with pytest.raises(NotRenewable, match="allows 2 renewals"):
        renewed(desk, grant)
    assert len(desk.desk.ledger.grants) == 3


def test_a_contract_that_says_nothing_allows_none() -> None:
    desk = WaitingDesk(Desk())
    with pytest.raises(NotRenewable):
        renewed(desk, given(desk))


def test_one_grant_is_renewed_by_one_other_at_a_time(desk: WaitingDesk) -> None:
    first = given(desk)
    renewed(desk, first)
    with pytest.raises(LostRace):
        renewed(desk, first)
    assert len(desk.desk.ledger.grants) == 2


def test_what_no_longer_passes_is_not_renewed_and_the_grant_before_stays(desk: WaitingDesk) -> None:
    first = given(desk)
    desk.desk.judges = world.judges(rules='@id("n") @title("n") @owner("n") forbid (principal, action, resource);')
    with pytest.raises(AccessRefused):
        renewed(desk, first)
    assert desk.desk.grant(first).state is GrantState.ACTIVE


def test_no_renewal_is_longer_than_the_contract_allows(desk: WaitingDesk) -> None:
    with pytest.raises(DurationTooLong):
        renewed(desk, given(desk), timedelta(hours=5))


def test_only_the_holder_renews_and_only_what_still_gives_access(desk: WaitingDesk) -> None:
    first = given(desk)
    again, renew = RequestId("rq_x"), Renew(ledger=desk.desk.ledger)
    with pytest.raises(NotFound):
        renew(first.id, again, BEN, None, desk.desk.now)
    with pytest.raises(NotRenewable, match="its end has come"):
        renew(first.id, again, ADA, None, first.ends_at)
    desk.desk.revoke(first.id, ADA, "done", desk.desk.now)
    with pytest.raises(NotRenewable, match="revoking"):
        renew(first.id, again, ADA, None, desk.desk.now)


def test_where_approvals_are_demanded_a_renewal_waits_for_new_ones() -> None:
    known = asking().now_known
    (contract,) = known.contracts
    desk = WaitingDesk(Desk(facts=world.FakeFacts(world.facts(contracts=(world.contract(renewals=2),)))))
    first = given(desk)
    desk.desk.facts.now_known = world.facts(contracts=(world.contract(renewals=2, approvals=contract.approvals),))
    waiting = renewed(desk, first)
    assert isinstance(waiting, WaitingRequest)
    desk.approve(waiting, OLGA)
    desk.step()
    row = desk.row(waiting)
    assert row.grant is not None
    assert desk.desk.ledger.grants[row.grant].renewals == 1
