"""Every AWS call: throttled where it is a write, and its errors told apart by whether trying again may help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from jit_engine.aws.calls import TRIES, AwsAccess, AwsCalls
from jit_engine.aws.throttle import TokenBucket
from jit_engine.errors import AwsRefused, AwsUnavailable

ACCESS = AwsAccess(
    region="us-east-1",
    endpoint_url="http://127.0.0.1:9",
    access_key_id="AKIAEXAMPLE",
    secret_access_key="a-secret",
    external_id="an-external-id",
)


@dataclass
class Client:
    """A client whose every operation answers or raises what it is given."""

    error: Exception | None = None
    times: int = 10**6
    made: list[str] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Any:
        def call(**_: object) -> dict[str, object]:
            self.made.append(operation)
            if self.error is not None and len(self.made) <= self.times:
                raise self.error
            return {"operation": operation}

        return call


def _calls(client: Client, bucket: TokenBucket | None = None) -> AwsCalls:
    clock = [0.0]
    own = bucket or TokenBucket(monotonic=lambda: clock[0])
    slept = lambda seconds: clock.__setitem__(0, clock[0] + seconds)  # noqa: E731 - the clock of its waits
    calls = AwsCalls(ACCESS, "arn:aws:iam::000000000000:role/broker", own, sleep=slept)
    calls._clients.update(iam=client, sts=client)
    return calls


def _error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Any")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "error",
    [
        _error("Throttling"),
        _error("ThrottlingException"),
        _error("RequestLimitExceeded"),
        _error("SlowDown", 503),
        _error("LimitExceeded", 409),
        _error("ServiceUnavailable", 503),
        _error("SomethingNew", 500),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:9"),
    ],
    ids=str,
)
@pytest.mark.case("MINT-154", "MINT-155")
def test_what_may_pass_is_unavailable_with_a_time_to_come_back(error: Exception) -> None:
    with pytest.raises(AwsUnavailable) as refusal:
        _calls(Client(error))("iam", "create_role", {})
    assert refusal.value.operation == "iam:create_role"
    assert refusal.value.retry_after.total_seconds() > 0
    assert refusal.value.__cause__ is error


@pytest.mark.parametrize(
    "code", ["AccessDenied", "NoSuchEntity", "EntityAlreadyExists", "MalformedPolicyDocument", "New"]
)
def test_what_will_not_pass_is_refused_with_awss_own_code(code: str) -> None:
    with pytest.raises(AwsRefused) as refusal:
        _calls(Client(_error(code)))("iam", "create_role", {})
    assert refusal.value.aws_code == code


def test_what_passed_by_the_next_try_is_answered() -> None:
    client = Client(_error("ServiceUnavailable", 503), times=TRIES - 1)
    assert _calls(client)("iam", "create_role", {}) == {"operation": "create_role"}
    assert client.made == ["create_role"] * TRIES


@pytest.mark.parametrize("code", ["AccessDenied", "EntityAlreadyExists", "LimitExceeded"])
def test_what_will_not_pass_in_a_moment_is_not_tried_again(code: str) -> None:
    client = Client(_error(code))
    with pytest.raises(AwsRefused if code != "LimitExceeded" else AwsUnavailable):
        _calls(client)("iam", "create_role", {})
    assert client.made == ["create_role"]


def test_every_try_of_a_write_takes_a_token() -> None:
    bucket = TokenBucket(rate=0.001, burst=2.0 * TRIES)
    with pytest.raises(AwsUnavailable):
        _calls(Client(_error("ServiceUnavailable", 503)), bucket)("iam", "create_role", {})
    assert not bucket.has(TRIES + 0.5, reserve=0.0)
    assert bucket.has(TRIES, reserve=0.0)


def test_a_throttled_write_slows_its_account_down_and_a_throttled_read_does_not() -> None:
    bucket = TokenBucket()
    calls = _calls(Client(_error("Throttling"), times=1), bucket)
    calls("iam", "get_role", {})
    assert bucket.has(15, reserve=0.0)
    calls = _calls(Client(_error("Throttling"), times=1), bucket)
    calls("iam", "delete_role", {}, urgent=True)
    assert not bucket.has(5, reserve=0.0)


def test_botocore_tries_nothing_by_itself() -> None:
    calls = _calls(Client())
    calls._clients.clear()
    client = calls._client("iam")
    assert client.meta.config.retries["total_max_attempts"] == 1


def test_only_iams_writes_take_a_token() -> None:
    bucket = TokenBucket(rate=0.001, burst=4.0)
    client = Client()
    calls = _calls(client, bucket)
    for service, operation in (
        ("iam", "get_role"),
        ("iam", "list_roles"),
        ("sts", "assume_role"),
    ):
        for _ in range(9):
            calls(service, operation, {})
    for _ in range(2):
        calls("iam", "create_role", {})
    _refused_by_ourselves(calls, "create_role", urgent=False)
    for _ in range(2):
        calls("iam", "put_role_policy", {}, urgent=True)
    _refused_by_ourselves(calls, "put_role_policy", urgent=True)
    assert client.made.count("create_role") == 2


def _refused_by_ourselves(calls: AwsCalls, operation: str, *, urgent: bool) -> None:
    with pytest.raises(AwsUnavailable):
        calls("iam", operation, {}, urgent=urgent)


def test_what_reaches_an_aws_shows_no_secret() -> None:
    shown = repr(ACCESS) + repr(_calls(Client()))
    assert "a-secret" not in shown
    assert "an-external-id" not in shown
