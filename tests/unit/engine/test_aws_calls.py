"""Every AWS call: throttled where it is a write, and its errors told apart by whether trying again may help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from jit_engine.aws.calls import AwsAccess, AwsCalls
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
    made: list[str] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Any:
        def call(**_: object) -> dict[str, object]:
            self.made.append(operation)
            if self.error is not None:
                raise self.error
            return {"operation": operation}

        return call


def _calls(client: Client, bucket: TokenBucket | None = None) -> AwsCalls:
    calls = AwsCalls(ACCESS, "arn:aws:iam::000000000000:role/broker", bucket or TokenBucket())
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
