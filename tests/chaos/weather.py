"""AWS as it can be: calls that fail on either side of their effect, and writes that show only after a while."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.errors import AwsRefused, AwsUnavailable
from jit_engine.iam.role import DENY_EVERYTHING
from tests.chaos.part import AwsFault, CallFault, Part
from tests.chaos.tripwire import Tripwire
from tests.fakes.aws_faults import When

_AFTER = frozenset({AwsFault.TIMED_OUT_AFTER, AwsFault.FAILED_AFTER})
_READS = ("get_", "list_", "batch_get_")
_WRITTEN = frozenset({"iam", "lakeformation", "athena"})
_RETRY_AFTER = timedelta(seconds=15)
_RESTED = 60.0
"""Seconds since anything was asked of AWS: the throttle is full when a part begins."""
BASE = "sg-base-"


@dataclass(slots=True)
class Sky:
    """The weather of one process: fair until its part begins. The engine's waits for AWS pass at once, simulated."""

    wire: Tripwire
    ahead: timedelta = timedelta()
    lag: float = 0.0
    faults: list[_Due] = field(default_factory=list)
    passed: float = 0.0
    usable_at: dict[str, float] = field(default_factory=dict)
    denied_from: list[float] = field(default_factory=list)

    def begin(self, part: Part) -> None:
        """From here on, what that part says."""
        self.ahead, self.lag = timedelta(seconds=part.ahead), part.lag
        self.passed = _RESTED
        self.faults = [_Due(rule=rule, spared=rule.spared, times=rule.times) for rule in part.faults]

    def now(self) -> datetime:
        """The platform's clock."""
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        """Lets the time pass."""
        self.passed += seconds

    def monotonic(self) -> float:
        """The time that has passed, real and simulated."""
        return time.monotonic() + self.passed

    def still_allows(self) -> bool:
        """Whether a Deny was written that does not show yet."""
        return bool(self.denied_from) and self.monotonic() < self.denied_from[-1]

    def strike(self, name: str) -> AwsFault | None:
        """The fault that this call meets."""
        for due in self.faults:
            if fnmatch.fnmatchcase(name, due.rule.call) and due.times > 0:
                if due.spared > 0:
                    due.spared -= 1
                    continue
                due.times -= 1
                self.wire.note(f"fault {due.rule.fault} at {name}")
                return due.rule.fault
        return None


@dataclass(slots=True)
class _Due:
    rule: CallFault
    spared: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """`Calls` under that sky; both sides of every write are boundaries."""

    calls: Calls
    sky: Sky

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """As the port says, in that weather."""
        name = f"{service}:{operation}"
        written = (service in _WRITTEN and not operation.startswith(_READS)) or name == "sts:assume_role"
        role = str(parameters.get("RoleName") or str(parameters.get("RoleArn", "")).rpartition("/")[2])
        step = f"{name} of a base role" if role.startswith(BASE) else name
        if written:
            self.sky.wire(When.BEFORE, step)
        fault = self.sky.strike(name)
        if fault is not None and fault not in _AFTER:
            raise AwsUnavailable(operation=name, retry_after=_RETRY_AFTER)
        answer = self._seen(name, role, parameters, urgent=urgent)
        if fault is not None:  # to the engine all faults look alike: it cannot know whether there was an effect
            raise AwsUnavailable(operation=name, retry_after=_RETRY_AFTER)
        if written:
            self.sky.wire(When.AFTER, step)
        return answer

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """The session's calls, which an old policy may still let through."""
        return _Session(calls=self.calls.as_session(access_key_id, secret_access_key, session_token), sky=self.sky)

    def _seen(self, name: str, role: str, parameters: Mapping[str, object], *, urgent: bool) -> Mapping[str, Any]:
        sky, now = self.sky, self.sky.monotonic()
        if name == "sts:assume_role" and now < sky.usable_at.get(role, 0.0):
            raise AwsRefused(operation=name, aws_code="AccessDenied")
        service, _, operation = name.partition(":")
        answer = self.calls(service, operation, parameters, urgent=urgent)
        if name == "iam:create_role":
            sky.usable_at[role] = now + sky.lag
        if name == "iam:put_role_policy" and parameters.get("PolicyDocument") == DENY_EVERYTHING:
            sky.denied_from.append(now + sky.lag)
        if name == "iam:get_role" and sky.lag:
            age = sky.now() + timedelta(seconds=sky.passed - _RESTED) - answer["Role"]["CreateDate"]
            if age < timedelta(seconds=sky.lag):
                raise AwsRefused(operation=name, aws_code="NoSuchEntity")
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    calls: Calls
    sky: Sky

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        try:
            return self.calls(service, operation, parameters, urgent=urgent)
        except AwsRefused:
            if operation == "get_object" and self.sky.still_allows():
                return {}
            raise

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        raise NotImplementedError("a probe opens no further session")
