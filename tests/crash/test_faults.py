"""AWS down, slow or forgetful: a clean answer, nothing half-made that is not ended, no revocation lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from jit_engine.domain.grant import GrantState
from jit_engine.errors import AwsRefused, AwsUnavailable
from tests.contract.minter.cloud import Cloud
from tests.crash.stage import HOUR, Setting, Stage
from tests.fakes.aws_faults import Fault, FaultyCalls, When, refused, throttled, timed_out

pytestmark = pytest.mark.aws


def _nothing(_when: object, _what: str) -> None:
    return


@contextmanager
def _stage(setting: Setting, *faults: Fault) -> Iterator[tuple[Stage, FaultyCalls]]:
    calls = FaultyCalls(Cloud(account=setting.account).broker(), list(faults))
    stage = Stage(setting, _nothing, calls)
    try:
        yield stage, calls
    finally:
        stage.close()


def _state(stage: Stage) -> GrantState:
    row = stage.row()
    assert row is not None
    return row.state


FAULTS: dict[str, Callable[[], Fault]] = {
    "every IAM call is throttled": lambda: throttled("iam:*", times=20),
    "CreateRole is throttled": lambda: throttled("iam:create_role", times=3),
    "CreateRole does its work and its answer is lost": lambda: timed_out("iam:create_role"),
    "the role quota is reached": lambda: throttled("iam:create_role"),
    "PutRolePolicy is throttled": lambda: throttled("iam:put_role_policy", times=1),
    "PutRolePolicy does its work and its answer is lost": lambda: timed_out("iam:put_role_policy"),
    "AssumeRole is throttled": lambda: throttled("sts:assume_role", times=1),
    "AssumeRole does its work and its answer is lost": lambda: timed_out("sts:assume_role"),
}


@pytest.mark.parametrize("case", FAULTS)
@pytest.mark.case("MINT-154", "MINT-155")
def test_a_mint_that_aws_fails_is_a_clean_answer_and_leaves_nothing(
    case: str, new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    with _stage(new_setting(), FAULTS[case]()) as (stage, calls):
        with pytest.raises(AwsUnavailable) as answer:
            stage.mint()
        assert answer.value.retry_after > timedelta(0)
        assert _state(stage) is GrantState.ABANDONED
        calls.faults.clear()
        stage.tend(after=timedelta(seconds=1))
        assert cloud.roles() == []
        stage.tend(after=timedelta(minutes=6), times=2)
        assert _state(stage) is GrantState.CLOSED
        assert stage.trail()[-1] == "grant.closed"


def test_a_create_whose_answer_was_lost_and_whose_repeat_finds_the_name_taken_is_recovered(
    new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    """What the SDK's own retry makes of it: the role is ours, and yet it is not adopted."""

    def taken() -> None:
        raise AwsRefused(operation="iam:create_role", aws_code="EntityAlreadyExists")

    with _stage(new_setting(), Fault(call="iam:create_role", when=When.AFTER, act=taken)) as (stage, _):
        grant = stage.mint()
        assert [role.attempt for role in grant.roles] == [1, 2]
        assert grant.roles[0].role_id is None
        assert len(cloud.roles()) == 2
        assert stage.sweep(after=timedelta(minutes=6)) == 1
        assert cloud.roles() == [grant.role.name]
        stage.revoke()
        stage.tend(after=timedelta(minutes=6), times=2)
        assert cloud.roles() == []
        assert _state(stage) is GrantState.CLOSED


@pytest.mark.case("MINT-155")
def test_a_revocation_outlives_ten_minutes_of_throttling(new_setting: Callable[[], Setting], cloud: Cloud) -> None:
    with _stage(new_setting()) as (stage, calls):
        stage.mint()
        stage.deliver()
        stage.revoke()
        calls.faults[:] = [throttled("iam:*"), throttled("sts:*")]
        for minute in range(10):
            stage.tend(after=timedelta(minutes=minute), times=2)
        assert _state(stage) is GrantState.STUCK
        calls.faults.clear()
        stage.tend(after=timedelta(minutes=12), times=5)
        assert _state(stage) is GrantState.DENIED
        stage.tend(after=HOUR + timedelta(minutes=1))
        assert _state(stage) is GrantState.CLOSED
        assert cloud.roles() == []


def test_a_role_that_does_not_become_usable_leaves_nothing(new_setting: Callable[[], Setting], cloud: Cloud) -> None:
    with _stage(new_setting(), refused("sts:assume_role", "InvalidParameter")) as (stage, _):
        with pytest.raises(AwsUnavailable):
            stage.mint()
        stage.tend(after=timedelta(seconds=1))
        assert cloud.roles() == []


@pytest.mark.case("MINT-151")
def test_a_foreign_role_is_quarantined_and_one_that_cannot_be_does_not_end_the_sweep(
    new_setting: Callable[[], Setting], cloud: Cloud
) -> None:
    """The broker may not write a policy to a role without our boundary; its trust it can close."""
    iam = cloud.root("iam")
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    )
    iam.create_role(RoleName="sg-aaa-lookalike", Path="/jit/", AssumeRolePolicyDocument=trust)
    try:
        with _stage(new_setting(), timed_out("iam:create_role")) as (stage, _):
            with pytest.raises(AwsUnavailable):
                stage.mint()
            assert stage.sweep(after=timedelta(minutes=6)) == 1
            assert cloud.roles() == ["sg-aaa-lookalike"]
            closed = iam.get_role(RoleName="sg-aaa-lookalike")["Role"]["AssumeRolePolicyDocument"]
            assert [statement["Effect"] for statement in closed["Statement"]] == ["Deny"]
            assert "alarm.role-not-swept" in stage.trail()
    finally:
        iam.delete_role(RoleName="sg-aaa-lookalike")
