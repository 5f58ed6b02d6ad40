"""What goes wrong, or is tried, between a decision and the end of a role: on a ledger and an AWS that are real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.event import Event
from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.subject import Person
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable
from jit_engine.flows.redecide import Redecide
from jit_engine.ports import LostRace
from platform_api.db.ledger import SqlLedger
from tests.contract.minter.cloud import Cloud
from tests.contract.minter.minting import denied
from tests.crash.stage import HOUR, Setting, Stage
from tests.fakes import world
from tests.fakes.aws_faults import FaultyCalls, When
from tests.unit.engine.desk import Desk

pytestmark = pytest.mark.aws
DATA = "lending/facts/part-0"
Watch = Callable[[When, str], object]


@contextmanager
def staged(setting: Setting, watch: Watch = lambda _when, _what: None) -> Iterator[tuple[Stage, FaultyCalls]]:
    calls = FaultyCalls(Cloud(account=setting.account).broker())
    stage = Stage(setting, watch, calls)
    try:
        yield stage, calls
    finally:
        stage.close()


def state_of(stage: Stage) -> GrantState:
    row = stage.row()
    assert row is not None
    return row.state


def redecide(stage: Stage) -> Redecide:
    return Redecide(
        facts=stage.facts,
        ledger=stage.ledger,
        live=SqlLedger(stage.database),
        judges=lambda: stage.judges,
        subject_of=lambda _: world.ADA,
    )


def roles_of(stage: Stage, cloud: Cloud) -> list[str]:
    """The roles of the stage's own grant, as the AWS has them."""
    return [name for name in cloud.roles() if stage.grant in name]


# ---- what was decided is no longer so


def ending_at(when: When, what: str, stages: list[Stage]) -> Watch:
    """Ends the contract at that boundary of the stage, once, as its owner would."""
    done: list[bool] = []

    def watch(side: When, name: str) -> None:
        if (side, name) == (when, what) and stages and not done:
            done.append(True)
            stage = stages[0]
            stage.facts.now_known = replace(stage.facts.now_known, contracts=())
            redecide(stage).under(world.CONTRACT, stage.setting.began)

    return watch


WHILE_MINTING = [
    (When.AFTER, "ledger:grant.opened"),
    (When.AFTER, "iam:create_role"),
    (When.AFTER, "iam:put_role_policy"),
    (When.AFTER, "sts:assume_role"),
    (When.BEFORE, "ledger:grant.active"),
]


@pytest.mark.case("MINT-139")
@pytest.mark.parametrize(("when", "what"), WHILE_MINTING, ids=[f"{when} {what}" for when, what in WHILE_MINTING])
def test_a_contract_that_ends_while_a_role_is_minted_gives_nothing(
    new_setting: Callable[[], Setting], cloud: Cloud, when: When, what: str
) -> None:
    stages: list[Stage] = []
    with staged(new_setting(), ending_at(when, what, stages)) as (stage, _):
        stages.append(stage)
        with pytest.raises(GrantNotUsable, match="ended while it was minted"):
            stage.mint()
        assert state_of(stage) is GrantState.ABANDONED
        with pytest.raises(GrantNotUsable):
            stage.deliver()
        stage.tend(after=timedelta(seconds=1), times=2)
        stage.sweep(after=timedelta(minutes=6))
        stage.tend(after=timedelta(minutes=6), times=2)
        assert roles_of(stage, cloud) == []
        assert "credentials.delivered" not in stage.trail()


@pytest.mark.case("MINT-139")
def test_a_contract_that_ended_between_decision_and_record_gives_no_credentials(
    new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    """The grant may come about on what was read before; its first use is decided anew, and ends it."""
    stages: list[Stage] = []
    with staged(new_setting(), ending_at(When.BEFORE, "ledger:grant.opened", stages)) as (stage, _):
        stages.append(stage)
        stage.mint()
        with pytest.raises(AccessRefused):
            stage.deliver()
        assert state_of(stage) is GrantState.REVOKING
        stage.tend(after=timedelta(seconds=1), times=2)
        assert roles_of(stage, cloud) == []
        assert "credentials.delivered" not in stage.trail()


DELIVERING = [
    (When.BEFORE, "ledger:credentials.delivered"),
    (When.AFTER, "ledger:credentials.delivered"),
    (When.BEFORE, "sts:assume_role"),
    (When.AFTER, "sts:assume_role"),
]


@pytest.mark.case("MINT-139")
@pytest.mark.parametrize(("when", "what"), DELIVERING, ids=[f"{when} {what}" for when, what in DELIVERING])
def test_a_contract_that_ends_while_a_session_is_opened_hands_none_out(
    new_setting: Callable[[], Setting], cloud: Cloud, when: When, what: str
) -> None:
    stages: list[Stage] = []
    with staged(new_setting(), ending_at(when, what, stages)) as (stage, _):
        stage.mint()
        stages.append(stage)
        with pytest.raises((AccessRefused, GrantNotUsable)):
            stage.deliver()
        assert state_of(stage) is GrantState.REVOKING
        stage.tend(after=timedelta(seconds=1), times=5)
        stage.tend(after=HOUR + timedelta(minutes=1), times=2)
        assert (state_of(stage), roles_of(stage, cloud)) == (GrantState.CLOSED, [])


@pytest.mark.case("MINT-140")
def test_an_activity_that_is_retired_ends_its_live_sessions_and_gets_no_new_one(
    new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    with staged(new_setting()) as (stage, _):
        stage.mint()
        sessions = [cloud.holder(stage.deliver()) for _ in range(3)]
        for session in sessions:
            assert session.get_object(Bucket=world.LAKE, Key=DATA)
        stage.facts.now_known = replace(stage.facts.now_known, activity=None, owner=None)
        (ended,) = redecide(stage).every(stage.setting.began)
        assert ended.state is GrantState.REVOKING
        stage.tend(after=timedelta(seconds=1))
        assert all(denied(session.get_object, Bucket=world.LAKE, Key=DATA) for session in sessions)
        with pytest.raises(GrantNotUsable):
            stage.deliver()
        stage.tend(after=timedelta(seconds=2), times=4)
        assert state_of(stage) is GrantState.DENIED
        stage.tend(after=HOUR - timedelta(minutes=1))
        assert state_of(stage) is GrantState.DENIED  # closed only when the last session can no longer live
        stage.tend(after=HOUR + timedelta(minutes=1))
        assert (state_of(stage), roles_of(stage, cloud)) == (GrantState.CLOSED, [])


# ---- names and roles that are not ours to take


@pytest.mark.case("MINT-160")
def test_a_grant_that_was_closed_is_never_minted_again(new_setting: Callable[[], Setting], cloud: Cloud) -> None:
    with staged(new_setting()) as (stage, calls):
        stage.mint()
        stage.revoke()
        stage.tend(after=timedelta(seconds=1), times=3)
        assert state_of(stage) is GrantState.CLOSED
        made = calls.made.count("iam:create_role")
        with pytest.raises(LostRace):
            stage.mint()
        assert calls.made.count("iam:create_role") == made
        assert roles_of(stage, cloud) == []


@pytest.mark.case("MINT-100")
def test_the_ledger_takes_no_second_grant_whose_role_differs_by_case_alone(
    new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    with staged(new_setting()) as (stage, _):
        grant = stage.mint()
        twin = grant.role.name.upper()
        owner = stage.ledger.grant_of_role(twin)
        assert owner is not None
        assert owner.id == grant.id
        shouted = grant.having(grant.sole.attempting(replace(grant.role, attempt=2, name=twin)))
        event = Event(action="test.twin", actor="system:test", at=stage.setting.began, about={})
        with pytest.raises(LostRace):
            stage.ledger.save(shouted, event)
        stage.revoke()
        stage.tend(after=timedelta(seconds=1), times=3)
        assert roles_of(stage, cloud) == []


@pytest.mark.case("MINT-149")
def test_the_policy_stands_before_anybody_can_become_the_role(new_setting: Callable[[], Setting], cloud: Cloud) -> None:
    """The role is made with a trust in the broker alone; nothing is assumed before the policy is there, and nothing
    handed out before a session of the engine's own saw what must be refused refused.
    """
    with staged(new_setting()) as (stage, calls):
        stage.mint()
        made = calls.made
        first_use = made.index("sts:assume_role")
        assert made.index("iam:create_role") < made.index("iam:put_role_policy") < first_use
        assert {"s3:list_objects_v2", "s3:create_multipart_upload"} & set(made[first_use:])
        assert "credentials.delivered" not in stage.trail()
        stage.revoke()
        stage.tend(after=timedelta(seconds=1), times=3)
        assert roles_of(stage, cloud) == []


# ---- one role for one grant


def granted(desk: Desk, person: Person, number: int) -> str:
    request = world.request(by=person, id=RequestId(f"rq_01JABCDEFGHJKMNPQRSTVWXY{number:02}"))
    return desk.ask(request).role.name


@pytest.mark.case("MINT-157")
def test_two_people_never_share_a_role_and_neither_do_two_grants_of_one() -> None:
    desk = Desk()
    names = [granted(desk, world.ADA, 1), granted(desk, world.BEN, 2), granted(desk, world.ADA, 3)]
    assert len(set(names)) == 3
    assert [operation for operation in desk.minter.operations() if operation == "create"] == ["create"] * 3
    theirs = desk.ledger.grant_of_role(names[1])
    assert theirs is not None
    with pytest.raises(Exception, match="grant"):
        desk.deliver(theirs.id, world.ADA, desk.now)
    assert desk.minter.sessions == []
