"""Requests that wait for people: who counts, what they are shown, and that everything is decided again at minting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.subject import Subject
from jit_engine.domain.waiting import STILL_WAITING, WAITING_MOVES, WaitingState
from jit_engine.enforcers.database_users import DatabaseUnavailable
from jit_engine.errors import AwsRefused, AwsUnavailable, InvalidValue, Passing, RoleBudgetSpent, WrongState
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable, NotAnApprover, ShownHasChanged
from jit_engine.rules.record import cleared_request
from tests.fakes import world
from tests.fakes.world import ADA, BEN, FACTS_PREFIX, LOANS, NOW, PERSONAL_PREFIX, SCORER, ask, request
from tests.unit.engine.desk import Desk
from tests.unit.engine.waiting_desk import OLGA, OTTO, OWNERS, PRIVACY, PRIYA, WaitingDesk, approver, asking


@pytest.fixture
def desk() -> WaitingDesk:
    return WaitingDesk(Desk(facts=asking()))


def test_a_request_that_only_lacks_approvals_waits_and_aws_hears_nothing(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    assert (waiting.state, waiting.expires_at) == (WaitingState.AWAITING, NOW + timedelta(days=1))
    assert desk.desk.actions() == ["access.awaiting-approval"]
    assert (desk.desk.minter.calls, desk.desk.ledger.grants) == ([], {})
    assert desk.step() == 0


def test_one_that_would_be_refused_anyway_does_not_wait(desk: WaitingDesk) -> None:
    with pytest.raises(AccessRefused):
        desk.ask(request(ask(FACTS_PREFIX), ask(PERSONAL_PREFIX)))
    assert desk.desk.actions() == ["access.refused"]


def test_the_last_approval_makes_it_ready_and_the_loop_mints_it(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    assert desk.approve(waiting, OLGA).state is WaitingState.READY
    assert desk.step() == 1
    row = desk.row(waiting)
    assert (row.state, row.grant, desk.grant().state) == (WaitingState.GRANTED, desk.grant().id, GrantState.ACTIVE)
    assert desk.grant().request == waiting.id
    assert desk.desk.actions() == [
        "access.awaiting-approval", "access.approved", "grant.opened", "grant.role-created", "grant.active",
        "access.granted",
    ]  # fmt: skip


def test_what_was_minted_on_approvals_passes_when_it_is_decided_again(desk: WaitingDesk) -> None:
    desk.approve(desk.waits(), OLGA)
    desk.step()
    grant = desk.desk.deliver(desk.grant().id, ADA, desk.desk.now).grant
    assert grant.sessions == 1
    again = cleared_request(desk.desk.ledger.decision_of(grant.id), ADA)
    assert [approval.approver for approval in again.approvals] == [OLGA.id]


def test_a_grant_on_one_approval_ends_when_the_contract_then_demands_two(desk: WaitingDesk) -> None:
    desk.approve(desk.waits(), OLGA)
    desk.step()
    desk.desk.facts.now_known = asking(at_least=2).now_known
    with pytest.raises(AccessRefused):
        desk.desk.deliver(desk.grant().id, ADA, desk.desk.now)
    assert desk.grant().state is GrantState.REVOKING


# ---- who counts


def test_so_many_different_people_have_to_say_yes() -> None:
    desk = WaitingDesk(Desk(facts=asking(OWNERS, PRIVACY, at_least=2)))
    waiting = desk.waits()
    assert desk.approve(waiting, OLGA).state is WaitingState.AWAITING
    assert desk.approve(waiting, OLGA).state is WaitingState.AWAITING
    assert desk.approve(waiting, OTTO).state is WaitingState.READY


def test_all_means_somebody_else_of_every_team() -> None:
    desk = WaitingDesk(Desk(facts=asking(OWNERS, PRIVACY, of_each=True)))
    both = approver("3", OWNERS, PRIVACY)
    desk.directory.people[both.id] = both
    waiting = desk.waits()
    assert desk.approve(waiting, OLGA).state is WaitingState.AWAITING
    assert desk.approve(waiting, OTTO).state is WaitingState.AWAITING
    assert desk.approve(waiting, both).state is WaitingState.READY


@pytest.mark.parametrize("who", ["in no team that is asked", "the person who asks", "not let by the rules"])
def test_whose_yes_does_not_count_is_told_so_and_nothing_is_kept(desk: WaitingDesk, who: str) -> None:
    by: Subject = PRIYA
    if who == "the person who asks":
        by = replace(OLGA, id=approver("4").id)
        desk.directory.people[by.id] = by
        desk.directory.behind[by.id] = ADA.id  # another login of hers, in the owners' team
    elif who == "not let by the rules":
        by = OLGA
        desk.barred.add(OLGA.id)
    waiting = desk.waits()
    with pytest.raises(NotAnApprover):
        desk.approve(waiting, by)
    assert desk.row(waiting).approvals == ()


def test_two_logins_of_one_person_count_once() -> None:
    desk = WaitingDesk(Desk(facts=asking(at_least=2)))
    desk.directory.behind[OTTO.id] = OLGA.id
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    with pytest.raises(NotAnApprover, match="said so already"):
        desk.approve(waiting, OTTO)


def test_a_pipelines_owner_cannot_approve_for_it() -> None:
    scorer = replace(SCORER, teams=frozenset({"lending-science"}))
    known = asking().now_known
    relaxed = replace(known.contracts[0], trainings=frozenset())
    desk = WaitingDesk(Desk(facts=world.FakeFacts(replace(known, contracts=(relaxed,)))))
    desk.directory.people |= {scorer.id: scorer, BEN.id: replace(BEN, teams=frozenset({OWNERS}))}
    waiting = desk.waits(request(by=scorer))
    with pytest.raises(NotAnApprover, match="the person who asks"):
        desk.approve(waiting, desk.directory.people[BEN.id])
    desk.directory.behind[scorer.id] = OLGA.id
    with pytest.raises(NotAnApprover, match="the person who asks"):
        desk.approve(waiting, OLGA)
    assert desk.approve(waiting, OTTO).state is WaitingState.READY


# ---- what they are shown


def test_the_document_names_who_what_why_and_what_else_they_hold(desk: WaitingDesk) -> None:
    desk.desk.facts = world.FakeFacts()
    held = desk.ask(request(ask(LOANS), id="rq_01JABCDEFGHJKMNPQRSTVWXYZ8"))
    assert isinstance(held, Grant)
    desk.desk.facts = asking()
    shown = desk.looked(desk.waits()).document
    terms: dict[str, Any] = dict(shown.terms)
    assert terms["person"] == {"id": ADA.id, "name": "Ada", "teams": ["lending-science"]}
    assert (terms["purpose"], terms["duration_seconds"]) == (world.RESEARCH_PURPOSE, 3600)
    assert shown.holds == (LOANS.uri,)
    (source,) = terms["sources"]
    assert (source["source"], source["classification"]) == (FACTS_PREFIX.uri, "confidential")


def test_an_approval_names_what_was_looked_at(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    with pytest.raises(ShownHasChanged):
        desk.deeds.approve(waiting.id, OLGA, "0" * 64, None, "yes", desk.desk.now)


def test_changed_facts_have_to_be_approved_again() -> None:
    desk = WaitingDesk(Desk(facts=asking(at_least=2)))
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    known = desk.desk.facts.now_known
    assert known.activity is not None
    desk.desk.facts.now_known = replace(known, activity=replace(known.activity, title="Something else"))
    assert desk.approve(waiting, OTTO).state is WaitingState.AWAITING
    assert dict(desk.looked(waiting).standing.void) == {OLGA.id: "what they approved has changed since"}
    assert desk.approve(waiting, OLGA).state is WaitingState.READY


def test_holding_more_than_was_shown_voids_an_approval_and_holding_less_does_not(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.facts, before = world.FakeFacts(), desk.desk.facts
    desk.ask(request(ask(LOANS), id="rq_01JABCDEFGHJKMNPQRSTVWXYZ8"))
    desk.desk.facts = before
    assert desk.step() == 1
    assert desk.row(waiting).state is WaitingState.AWAITING
    assert "holds more" in str(desk.row(waiting).reason)
    desk.approve(waiting, OLGA)
    desk.desk.revoke(desk.grant().id, ADA, "done", desk.desk.now)
    desk.step()
    assert desk.row(waiting).state is WaitingState.GRANTED


# ---- until it is minted


def test_an_approver_who_leaves_the_team_or_the_company_voids_the_approval(desk: WaitingDesk) -> None:
    for gone in (lambda: desk.directory.people.update({OLGA.id: approver("0", "other")}),
                 lambda: desk.directory.people.pop(OLGA.id),
                 lambda: desk.barred.add(OLGA.id)):  # fmt: skip
        desk.directory.people[OLGA.id] = OLGA
        waiting = desk.waits(
            request(purpose=world.RESEARCH_PURPOSE, id=f"rq_01JABCDEFGHJKMNPQRSTVWXYB{desk.desk.token()[-1]}")
        )
        desk.approve(waiting, OLGA)
        gone()
        desk.step()
        row = desk.row(waiting)
        assert (row.state, row.grant) == (WaitingState.AWAITING, None)
        desk.deeds.withdraw(waiting.id, ADA, "again", desk.desk.now)
    assert desk.desk.minter.calls == []


def test_everything_is_decided_again_at_the_moment_of_minting(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.facts.now_known = world.facts(contracts=())
    desk.step()
    row = desk.row(waiting)
    assert (row.state, desk.desk.minter.calls) == (WaitingState.REFUSED, [])
    assert "refused today" in str(row.reason)


def test_it_expires_when_nobody_answers_in_time() -> None:
    desk = WaitingDesk(Desk(facts=asking(within=timedelta(hours=8))))
    waiting = desk.waits()
    desk.desk.later(hours=7)
    assert desk.step() == 0
    desk.desk.later(hours=1)
    assert desk.step() == 1
    assert desk.row(waiting).state is WaitingState.EXPIRED
    with pytest.raises(WrongState):
        desk.deeds.approve(waiting.id, OLGA, "0" * 64, None, "late", desk.desk.now)


def test_approvals_do_not_stand_for_ever(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.later(days=1)
    desk.step()
    assert (desk.row(waiting).state, desk.desk.ledger.grants) == (WaitingState.EXPIRED, {})


def test_the_shortest_time_that_an_approver_allows_is_what_is_given() -> None:
    desk = WaitingDesk(Desk(facts=asking(at_least=2)))
    waiting = desk.waits()
    desk.approve(waiting, OLGA, timedelta(minutes=45))
    desk.approve(waiting, OTTO, timedelta(minutes=20))
    desk.step()
    assert desk.grant().ends_at == desk.desk.now + timedelta(minutes=20)


@pytest.mark.parametrize("longest", [timedelta(hours=2), timedelta(minutes=1)])
def test_an_approver_only_shortens_and_never_below_a_session(desk: WaitingDesk, longest: timedelta) -> None:
    waiting = desk.waits()
    with pytest.raises(InvalidValue):
        desk.approve(waiting, OLGA, longest)


def test_one_no_of_somebody_who_is_asked_declines_it(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    with pytest.raises(NotAnApprover):
        desk.deeds.decline(waiting.id, PRIYA, "no", desk.desk.now)
    assert desk.deeds.decline(waiting.id, OLGA, "no", desk.desk.now).state is WaitingState.DECLINED
    with pytest.raises(WrongState):
        desk.approve(waiting, OTTO)


def test_one_that_would_be_refused_by_now_is_cleared_away_by_whoever_the_rules_let_approve(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.desk.facts.now_known = world.facts(contracts=())
    with pytest.raises(WrongState):
        desk.looked(waiting)
    desk.barred.add(PRIYA.id)
    with pytest.raises(NotAnApprover):
        desk.deeds.decline(waiting.id, PRIYA, "no", desk.desk.now)
    assert desk.deeds.decline(waiting.id, OLGA, "no contract any more", desk.desk.now).state is WaitingState.DECLINED


def test_the_same_asked_again_is_the_one_that_waits(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    again = desk.waits(request(id="rq_01JABCDEFGHJKMNPQRSTVWXYZ8"))
    assert again == waiting
    assert len(desk.desk.ledger.room) == 1


# ---- faults


def test_a_mint_that_aws_did_not_do_is_tried_again_with_the_same_approvals(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.minter.faults["create"] = [AwsUnavailable(operation="iam:CreateRole", retry_after=timedelta(seconds=5))]
    desk.step()
    row = desk.row(waiting)
    assert (row.state, row.tries) == (WaitingState.READY, 1)
    desk.desk.later(minutes=5)
    desk.step()
    row = desk.row(waiting)
    assert row.state is WaitingState.GRANTED
    active = [grant for grant in desk.desk.ledger.grants.values() if grant.state is GrantState.ACTIVE]
    assert [grant.id for grant in active] == [row.grant]
    assert row.minted_as == active[0].request != waiting.id


@pytest.mark.parametrize(
    "passing",
    [
        DatabaseUnavailable(database="rds://db.example/lending", why="no answer"),
        RoleBudgetSpent(account=world.ACCOUNT, limit=1, retry_after=timedelta(minutes=1)),
    ],
)
def test_what_may_pass_keeps_an_approved_request_waiting(desk: WaitingDesk, passing: Passing) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.minter.faults["create"] = [passing]
    desk.step()
    assert (desk.row(waiting).state, desk.row(waiting).tries) == (WaitingState.READY, 1)
    desk.desk.later(minutes=5)
    desk.step()
    assert desk.row(waiting).state is WaitingState.GRANTED


def test_a_process_that_dies_while_minting_leaves_one_grant(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)

    def die() -> None:
        raise SystemExit

    desk.desk.minter.faults["put_policy"] = [die]
    with pytest.raises(SystemExit):
        desk.step()
    assert desk.step() == 0
    desk.desk.later(minutes=4)
    desk.step()
    desk.desk.step()
    desk.desk.later(minutes=4)
    desk.step()
    states = sorted(grant.state for grant in desk.desk.ledger.grants.values())
    assert states.count(GrantState.ACTIVE) == 1
    assert desk.row(waiting).state is WaitingState.GRANTED


def test_one_that_is_taken_back_while_it_is_minted_is_not_minted_anew(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.minter.faults["put_policy"] = [lambda: desk.desk.revoke(desk.grant().id, BEN, "a mistake", NOW)]
    desk.step()
    desk.desk.later(minutes=10)
    desk.step()
    row = desk.row(waiting)
    assert (row.state, row.reason) == (WaitingState.WITHDRAWN, "a mistake")
    assert desk.desk.actions().count("access.withdrawn") == 1
    desk.desk.step(2)
    assert (desk.grant().state, desk.desk.minter.kept) == (GrantState.CLOSED, {})


@pytest.mark.parametrize("steps", [0, 3], ids=["just then", "after it was cleared away"])
def test_one_that_is_taken_back_between_two_attempts_is_not_minted_anew(desk: WaitingDesk, steps: int) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.minter.faults["create"] = [AwsUnavailable(operation="iam:CreateRole", retry_after=timedelta(seconds=5))]
    desk.step()
    for _ in range(steps):
        desk.desk.later(minutes=6)
        desk.desk.step()
    desk.desk.revoke(desk.grant().id, BEN, "a mistake", desk.desk.now)
    desk.desk.later(minutes=10)
    desk.step()
    row = desk.row(waiting)
    assert (row.state, row.reason) == (WaitingState.WITHDRAWN, "a mistake")
    assert "grant.active" not in desk.desk.actions()


def test_what_aws_refuses_for_good_is_refused(desk: WaitingDesk) -> None:
    waiting = desk.waits()
    desk.approve(waiting, OLGA)
    desk.desk.minter.faults["create"] = [AwsRefused(operation="iam:CreateRole", aws_code="AccessDenied")]
    desk.step()
    assert desk.row(waiting).state is WaitingState.REFUSED


def test_who_is_not_the_holder_has_no_credentials(desk: WaitingDesk) -> None:
    desk.approve(desk.waits(), OLGA)
    desk.step()
    desk.desk.later(hours=2)
    with pytest.raises(GrantNotUsable):
        desk.desk.deliver(desk.grant().id, ADA, desk.desk.now)


def test_the_table_of_states_is_closed() -> None:
    assert set(WAITING_MOVES) == set(WaitingState)
    assert {state for state, moves in WAITING_MOVES.items() if moves} == STILL_WAITING
