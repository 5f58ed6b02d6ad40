"""Every AWS call of the engine: signed as a platform role, throttled, bounded in time, its errors made ours.

botocore's own retries are off for these: each try of an IAM write takes a token, and only what may pass is tried again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, Credentials
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.session import Session as BotocoreSession
from botocore.session import get_session

from jit_engine.aws.own_session import AHEAD, OwnSession
from jit_engine.aws.reach import Reach
from jit_engine.aws.throttle import TokenBucket
from jit_engine.errors import AwsRefused, AwsUnavailable

_THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_PASSING = _THROTTLED | {
    "ConcurrentModification",
    "InternalError",
    "InternalFailure",
    "RequestTimeout",
    "ServiceFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}
"""Errors that trying again at once may mend."""
_PASSING_SLOWLY = frozenset({"LimitExceeded", "LimitExceededException"})
"""Errors that mend in minutes, so the caller is told to come back: the role quota, for roles close all the time."""
TRIES = 3
_FIRST_PAUSE = 0.2
"""Seconds, doubled after each try; half of it is left to chance, so that callers do not come back all at once."""
RETRY_AFTER = timedelta(seconds=15)
LONGEST_WAIT = 10.0
"""Seconds that a call waits for a token before it is given up as throttled by ourselves."""
_USUAL = (3.0, 15.0)
"""Seconds to connect within, and to be answered within."""
_OPENING = (2.0, 5.0)
"""The same for opening a session of the platform's own, which another call waits for."""
_URGENT_STS = (2.0, 3.0)
"""The same for a session that a Deny waits for: with the lane's own second it is written within five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccess:
    """How to reach an AWS: `endpoint_url` None for the real one; keys None to use the machine's own credentials."""

    region: str
    endpoint_url: str | None
    access_key_id: str | None
    secret_access_key: str | None = field(repr=False)
    external_id: str = field(repr=False)


class Calls(Protocol):
    """One AWS operation. `urgent` calls (denying, deleting) may use the whole of the throttle, and are kept from an
    account that did not answer for seconds only. An urgent call of STS is what such a call waits for: it is tried once
    and shortly, and no word on whether the account answers.
    """

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """The response; raises `AwsUnavailable` for what may pass and `AwsRefused` for what will not."""
        ...

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """The same, signed with a session's keys, for the engine's own probes. Kept in memory only."""
        ...


@dataclass(slots=True)
class AwsCalls:
    """Calls as one role of the platform, whose session is opened and refreshed as needed."""

    access: AwsAccess
    role_arn: str
    bucket: TokenBucket = field(default_factory=TokenBucket)
    reach: Reach = field(default_factory=lambda: Reach(account="of its own"))
    sleep: Callable[[float], object] = time.sleep
    _opening: Reach = field(default_factory=lambda: Reach(account="of STS", silent_after=1))
    _own: OwnSession | None = None
    _session: BotocoreSession | None = None
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        if urgent and service == "sts":
            return self._shortly(operation, parameters)
        is_write = service == "iam" and not operation.startswith(("get_", "list_"))
        asks = self.reach.enter(urgent=urgent)
        if not urgent and self._own is not None:
            self._own.renew_ahead()
        for tried in range(1, TRIES + 1):
            if is_write:
                self._wait_for_token(operation, urgent=urgent)
            try:
                response = _answer(self._client(service), service, operation, parameters)
            except (AwsRefused, AwsUnavailable):
                self.reach.answered()
                raise
            except _Passing as passing:
                if passing.answered:
                    self.reach.answered()
                else:
                    self.reach.unanswered()
                if is_write and passing.throttled:
                    self.bucket.slow_down()
                if tried == TRIES or (asks and not passing.answered):
                    raise AwsUnavailable(operation=passing.operation, retry_after=RETRY_AFTER) from passing.__cause__
                self.sleep(_pause(tried))
            else:
                self.reach.answered()
                return response
        raise AssertionError("the last try answers or raises")

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """Calls signed with these keys."""
        self._client("sts")
        if self._session is None:
            raise ValueError("no session")
        keys = Credentials(access_key_id, secret_access_key, session_token)
        return _SessionCalls(client=_new_client(self._session, "s3", self.access, keys))

    def database_token(self, host: str, port: int, user: str) -> str:
        """A token that lets `user` log in at RDS within the next 15 minutes; made here, AWS is not asked."""
        region = self.access.region
        token: str = self._client("rds").generate_db_auth_token(
            DBHostname=host, Port=port, DBUsername=user, Region=region
        )
        return token

    def _shortly(self, operation: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
        self.reach.check()
        self._opening.enter(urgent=True)
        answered = True
        try:
            return _answer(self._client("sts", within=_URGENT_STS), "sts", operation, parameters)
        except _Passing as passing:
            answered = passing.answered
            raise AwsUnavailable(operation=passing.operation, retry_after=RETRY_AFTER) from passing.__cause__
        finally:
            if answered:
                self._opening.answered()
            else:
                self._opening.unanswered()

    def _wait_for_token(self, operation: str, *, urgent: bool) -> None:
        deadline = time.monotonic() + LONGEST_WAIT
        while wait := self.bucket.take(reserve=0.0 if urgent else self.bucket.reserve):
            if time.monotonic() + wait > deadline:
                raise AwsUnavailable(operation=f"iam:{operation}", retry_after=RETRY_AFTER)
            self.sleep(wait)

    def _client(self, service: str, *, within: tuple[float, float] = _USUAL) -> Any:
        name = service if within == _USUAL else f"{service} within {within}"
        with self._lock:
            if name not in self._clients:
                if self._session is None:
                    self._session, self._own = _session_as(self.access, self.role_arn)
                self._clients[name] = _new_client(self._session, service, self.access, None, within=within)
            return self._clients[name]


@dataclass(slots=True)
class _SessionCalls:
    client: Any

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        try:
            return _answer(self.client, service, operation, parameters)
        except _Passing as passing:  # a probe is made again and again anyway
            raise AwsUnavailable(operation=passing.operation, retry_after=RETRY_AFTER) from passing.__cause__

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        raise NotImplementedError("a probe opens no further session")


def client_as(access: AwsAccess, role_arn: str, service: str) -> Any:
    """A boto3 client that acts as `role_arn` and tries again by itself; for the provisioner."""
    session, _ = _session_as(access, role_arn, tries=TRIES)
    return _new_client(session, service, access, None, tries=TRIES)


def _answer(client: Any, service: str, operation: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
    name = f"{service}:{operation}"
    try:
        response: Mapping[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "Unknown"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _PASSING_SLOWLY:
            raise AwsUnavailable(operation=name, retry_after=RETRY_AFTER) from error
        if code in _PASSING or status >= 500:
            raise _Passing(name, throttled=code in _THROTTLED) from error
        raise AwsRefused(operation=name, aws_code=code) from error
    except BotoCoreError as error:
        silent = isinstance(error, HTTPClientError | NoConnection)
        raise _Passing(name, throttled=False, answered=not silent) from error
    return response


class _Passing(Exception):
    """What may be over by the next try."""

    def __init__(self, operation: str, *, throttled: bool, answered: bool = True) -> None:
        super().__init__(operation)
        self.operation = operation
        self.throttled = throttled
        self.answered = answered


def _pause(tried: int) -> float:
    whole: float = _FIRST_PAUSE * 2 ** (tried - 1)
    return whole / 2 + random.uniform(0, whole / 2)  # noqa: S311 - it spreads callers, it hides nothing


def _session_as(access: AwsAccess, role_arn: str, tries: int = 1) -> tuple[BotocoreSession, OwnSession]:
    source = get_session()
    if access.access_key_id is not None and access.secret_access_key is not None:
        source.set_credentials(access.access_key_id, access.secret_access_key)
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=lambda service, **keys: _new_client(
            source, service, access, None, tries=tries, within=_OPENING, **keys
        ),
        source_credentials=source.get_credentials(),
        role_arn=role_arn,
        extra_args={
            "RoleSessionName": "sluicegate-platform",
            "ExternalId": access.external_id,
            "DurationSeconds": 3600,
        },
        expiry_window_seconds=AHEAD,  # else it answers with the session that it has kept
    )
    session, own = get_session(), OwnSession(fetcher.fetch_credentials)
    setattr(session, "_credentials", own)  # noqa: B010 - botocore has a setter for static keys only
    return session, own


def _new_client(
    session: BotocoreSession,
    service: str,
    access: AwsAccess,
    keys: Credentials | None,
    tries: int = 1,
    within: tuple[float, float] = _USUAL,
    **given: Any,
) -> Any:
    config = Config(
        connect_timeout=within[0],
        read_timeout=within[1],
        retries={"mode": "standard", "total_max_attempts": tries},
        s3={"addressing_style": "path"} if access.endpoint_url else {},
    )
    if keys is not None:
        given = {
            "aws_access_key_id": keys.access_key,
            "aws_secret_access_key": keys.secret_key,
            "aws_session_token": keys.token or "",
        }
    make: Any = session.create_client  # boto3's own clients inject transfer methods once a session, not twice
    return make(service, region_name=access.region, endpoint_url=access.endpoint_url, config=config, **given)
