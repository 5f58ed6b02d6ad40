"""AWS as it can be: calls that fail on either side of their effect, and writes that show only after a while."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.errors import AwsRefused, AwsUnavailable
from jit_engine.iam.role import DENY_EVERYTHING
from tests.chaos.part import AwsFault, CallFault
from tests.fakes.aws_faults import When

_AFTER = frozenset({AwsFault.TIMED_OUT_AFTER, AwsFault.FAILED_AFTER})
WRITES_OF_STS = frozenset({"sts:assume_role"})


@dataclass(slots=True)
class Waits:
    """The engine's waits for AWS, in simulated seconds: they pass at once."""

    passed: float = 0.0

    def sleep(self, seconds: float) -> None:
        """Lets the time pass."""
        self.passed += seconds

    def monotonic(self) -> float:
        """The time that has passed, real and simulated."""
        return time.monotonic() + self.passed


@dataclass(slots=True, kw_only=True)
class Weather:
    """`Calls` in that weather; `watch` is told of both sides of every write, `struck` of every fault."""

    calls: Calls
    waits: Waits
    lag: float
    faults: list[list[Any]]
    watch: Callable[[When, str], object]
    struck: Callable[[str], object]
    now: Callable[[], datetime]
    _usable_at: dict[str, float] = field(default_factory=dict)
    _denied_from: list[float] = field(default_factory=list)

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """As the port says, in that weather."""
        name = f"{service}:{operation}"
        written = (service == "iam" and not operation.startswith(("get_", "list_"))) or name in WRITES_OF_STS
        if written:
            self.watch(When.BEFORE, name)
        fault = self._fault(name)
        if fault is not None and fault not in _AFTER:
            raise _failure(name, fault)
        answer = self._seen(name, parameters, urgent=urgent)
        if fault is not None:
            raise _failure(name, fault)
        if written:
            self.watch(When.AFTER, name)
        return answer

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """The session's calls, which an old policy may still let through."""
        return _Session(calls=self.calls.as_session(access_key_id, secret_access_key, session_token), weather=self)

    def still_allows(self) -> bool:
        """Whether a Deny was written that does not show yet."""
        return bool(self._denied_from) and self.waits.monotonic() < self._denied_from[-1]

    def _seen(self, name: str, parameters: Mapping[str, object], *, urgent: bool) -> Mapping[str, Any]:
        role = str(parameters.get("RoleName") or str(parameters.get("RoleArn", "")).rpartition("/")[2])
        now = self.waits.monotonic()
        if name == "sts:assume_role" and now < self._usable_at.get(role, 0.0):
            raise AwsRefused(operation=name, aws_code="AccessDenied")
        service, _, operation = name.partition(":")
        answer = self.calls(service, operation, parameters, urgent=urgent)
        if name == "iam:create_role":
            self._usable_at[role] = now + self.lag
        if name == "iam:put_role_policy" and parameters.get("PolicyDocument") == DENY_EVERYTHING:
            self._denied_from.append(now + self.lag)
        if name == "iam:get_role" and self.lag:
            age = self.now() + timedelta(seconds=self.waits.passed) - answer["Role"]["CreateDate"]
            if age < timedelta(seconds=self.lag):
                raise AwsRefused(operation=name, aws_code="NoSuchEntity")
        return answer

    def _fault(self, name: str) -> AwsFault | None:
        for state in self.faults:
            rule: CallFault = state[0]
            if fnmatch.fnmatchcase(name, rule.call) and state[2] > 0:
                if state[1] > 0:
                    state[1] -= 1
                    continue
                state[2] -= 1
                self.struck(f"fault {rule.fault} at {name}")
                return rule.fault
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    calls: Calls
    weather: Weather

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        try:
            return self.calls(service, operation, parameters, urgent=urgent)
        except AwsRefused:
            if operation == "get_object" and self.weather.still_allows():
                return {}
            raise

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        raise NotImplementedError("a probe opens no further session")


def counters(faults: tuple[CallFault, ...]) -> list[list[Any]]:
    """Each fault with how many calls it still spares and how many it still strikes."""
    return [[fault, fault.spared, fault.times] for fault in faults]


def _failure(name: str, fault: AwsFault) -> Exception:
    del fault  # to the engine all of them look alike: it cannot know whether there was an effect
    return AwsUnavailable(operation=name, retry_after=timedelta(seconds=15))
