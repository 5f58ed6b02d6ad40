"""An account that does not answer: left alone after three tries, then asked by one caller, till it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from jit_engine.aws.calls import AwsAccess, AwsCalls, Calls
from jit_engine.aws.minter import POLICY_NAME, AwsMinter
from jit_engine.aws.reach import ASKING, FIRST_PAUSE, LONGEST_PAUSE, UNANSWERED, URGENT_PAUSE, Reach
from jit_engine.errors import AwsRefused, AwsUnavailable
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY

ACCESS = AwsAccess(
    region="us-east-1", endpoint_url=None, access_key_id=None, secret_access_key=None, external_id="x" * 16
)
NO_CONNECTION = ConnectTimeoutError(endpoint_url="https://iam.example")
NO_ANSWER = ReadTimeoutError(endpoint_url="https://iam.example")


@dataclass(slots=True)
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def reach_at(clock: Clock) -> Reach:
    return Reach(account="210987654321", monotonic=clock)


def lost(reach: Reach) -> None:
    for _ in range(UNANSWERED):
        reach.unanswered()


def test_it_is_left_alone_after_three_tries_without_an_answer_and_says_for_how_long() -> None:
    reach = reach_at(Clock())
    for _ in range(UNANSWERED - 1):
        reach.unanswered()
    reach.check()
    reach.unanswered()
    with pytest.raises(AwsUnavailable, match="210987654321") as silent:
        reach.check()
    assert silent.value.retry_after.total_seconds() == FIRST_PAUSE + 1
    with pytest.raises(AwsUnavailable):
        reach.enter()


def test_when_the_pause_is_over_one_caller_asks_and_the_others_wait() -> None:
    clock = Clock()
    reach = reach_at(clock)
    lost(reach)
    clock.now += FIRST_PAUSE
    reach.check()
    reach.enter()
    with pytest.raises(AwsUnavailable):
        reach.enter()
    clock.now += ASKING
    reach.enter()


def test_each_time_it_is_silent_again_the_pause_doubles_and_an_answer_forgets_it() -> None:
    clock = Clock()
    reach = reach_at(clock)
    lost(reach)
    pauses = []
    for _ in range(8):
        clock.now += LONGEST_PAUSE
        reach.unanswered()
        with pytest.raises(AwsUnavailable) as silent:
            reach.check()
        pauses.append(silent.value.retry_after.total_seconds() - 1)
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]
    reach.answered()
    reach.check()
    lost(reach)
    with pytest.raises(AwsUnavailable) as silent:
        reach.check()
    assert silent.value.retry_after.total_seconds() == FIRST_PAUSE + 1


def test_a_deny_is_kept_back_for_seconds_only_and_one_caller_asks() -> None:
    clock = Clock()
    reach = reach_at(clock)
    for _ in range(9):
        reach.unanswered()
    with pytest.raises(AwsUnavailable):
        reach.enter(urgent=True)
    clock.now += URGENT_PAUSE
    with pytest.raises(AwsUnavailable):
        reach.enter()
    assert reach.enter(urgent=True)
    with pytest.raises(AwsUnavailable):
        reach.enter(urgent=True)
    reach.answered()
    assert not reach.enter(urgent=True)
    assert not reach.enter()


def test_whoever_asks_a_silent_account_asks_once() -> None:
    clock = Clock()
    reach, service = reach_at(clock), Service(*[NO_ANSWER] * 5)
    lost(reach)
    clock.now += FIRST_PAUSE
    with pytest.raises(AwsUnavailable):
        calls_of(service, reach)("iam", "list_roles", {})
    assert service.asked == 1


def test_whoever_asks_an_account_that_answers_with_an_error_tries_again_like_anybody() -> None:
    told = {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    clock = Clock()
    reach, service = reach_at(clock), Service(ClientError(told, "ListRoles"))  # type: ignore[arg-type]
    lost(reach)
    clock.now += FIRST_PAUSE
    assert calls_of(service, reach)("iam", "list_roles", {}) == {"Roles": []}
    assert service.asked == 2


def test_whether_a_deny_stands_is_asked_as_soon_as_it_may_be_written() -> None:
    clock = Clock()
    reach = reach_at(clock)
    for _ in range(9):
        reach.unanswered()
    clock.now += URGENT_PAUSE
    minter = AwsMinter(calls=calls_of(Service(), reach), external_id=ACCESS.external_id)
    assert minter.is_shut("sg-role", DENY_EVERYTHING)


def test_whether_a_role_that_cannot_be_denied_is_gone_is_asked_as_urgently_as_it_is_denied() -> None:
    AwsMinter(calls=NoSuchRole(), external_id=ACCESS.external_id).shut("sg-role", TRUST_NOBODY, DENY_EVERYTHING)


class NoSuchRole:
    """An account that is left alone, but for urgent calls, where whoever writes to no role is told of no permission."""

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        if not urgent:
            raise AwsUnavailable(operation=operation, retry_after=timedelta(minutes=5))
        raise AwsRefused(operation=operation, aws_code="NoSuchEntity" if operation == "get_role" else "AccessDenied")

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        raise NotImplementedError


class Service:
    """A client whose listing of roles does the next of its script; each of its roles is denied everything."""

    def __init__(self, *script: Exception) -> None:
        self.script = list(script)
        self.asked = 0

    def list_roles(self, **_: object) -> dict[str, Any]:
        self.asked += 1
        if self.script:
            raise self.script.pop(0)
        return {"Roles": []}

    def list_role_policies(self, **_: object) -> dict[str, Any]:
        return {"PolicyNames": [POLICY_NAME]}

    def get_role_policy(self, **_: object) -> dict[str, Any]:
        return {"PolicyDocument": DENY_EVERYTHING}


def calls_of(service: Service, reach: Reach) -> AwsCalls:
    calls = AwsCalls(ACCESS, "arn:aws:iam::210987654321:role/x", reach=reach, sleep=lambda _: None)
    calls._clients["iam"] = service
    return calls


@pytest.mark.parametrize("silence", [NO_CONNECTION, NO_ANSWER])
def test_a_call_that_nobody_answers_spares_the_next_one_its_timeouts(silence: Exception) -> None:
    service = Service(silence, silence, silence)
    calls = calls_of(service, reach_at(Clock()))
    with pytest.raises(AwsUnavailable):
        calls("iam", "list_roles", {})
    with pytest.raises(AwsUnavailable, match="does not answer"):
        calls("iam", "list_roles", {})
    assert service.asked == UNANSWERED


@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [
        ("AccessDenied", 403, AwsRefused),
        ("ServiceUnavailable", 503, AwsUnavailable),
        ("LimitExceeded", 409, AwsUnavailable),
    ],
)
def test_an_error_that_aws_sends_is_an_answer(code: str, status: int, raised: type[Exception]) -> None:
    told = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = ClientError(told, "ListRoles")  # type: ignore[arg-type]
    reach = reach_at(Clock())
    calls = calls_of(Service(NO_CONNECTION, NO_CONNECTION, error, error, error), reach)
    with pytest.raises(raised):
        calls("iam", "list_roles", {})
    reach.check()
    reach.unanswered()
    reach.check()


def test_one_account_is_no_other() -> None:
    clock = Clock()
    silent, well = reach_at(clock), reach_at(clock)
    lost(silent)
    well.check()
    assert calls_of(Service(), well)("iam", "list_roles", {}) == {"Roles": []}
