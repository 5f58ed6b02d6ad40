"""Faults of AWS in front of any `Calls`: throttled, slow, failed before or after the effect, or the process killed."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.errors import AwsRefused, AwsUnavailable

RETRY_AFTER = timedelta(seconds=15)


class When(StrEnum):
    """On which side of the call's effect a fault lies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens at a call, `times` times: `act` raises, sleeps, or ends the process. `call` may hold a `*`."""

    call: str
    when: When
    act: Callable[[], object]
    times: int = 1


@dataclass(slots=True)
class FaultyCalls:
    """`Calls` that meet `faults`; `made` lists every call as `service:operation`, `watch` is told of both its sides."""

    calls: Calls
    faults: list[Fault] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    watch: Callable[[When, str], object] = lambda _when, _name: None

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """As the port says, but for the faults."""
        name = f"{service}:{operation}"
        self.made.append(name)
        self._meet(When.BEFORE, name)
        answer = self.calls(service, operation, parameters, urgent=urgent)
        self._meet(When.AFTER, name)
        return answer

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """The session's calls meet the same faults."""
        session = self.calls.as_session(access_key_id, secret_access_key, session_token)
        return FaultyCalls(session, self.faults, self.made, self.watch)

    def _meet(self, when: When, name: str) -> None:
        self.watch(when, name)
        for fault in self.faults:
            if fault.times > 0 and fault.when is when and fnmatch.fnmatchcase(name, fault.call):
                fault.times -= 1
                fault.act()


def throttled(call: str, times: int = 10**6) -> Fault:
    """AWS asks for patience and does nothing."""
    return Fault(call=call, when=When.BEFORE, act=lambda: _raise_unavailable(call), times=times)


def timed_out(call: str, times: int = 1) -> Fault:
    """AWS does what was asked and its answer is lost."""
    return Fault(call=call, when=When.AFTER, act=lambda: _raise_unavailable(call), times=times)


def refused(call: str, aws_code: str, times: int = 1) -> Fault:
    """AWS says no."""
    return Fault(call=call, when=When.BEFORE, act=lambda: _raise_refused(call, aws_code), times=times)


def _raise_unavailable(call: str) -> None:
    raise AwsUnavailable(operation=call, retry_after=RETRY_AFTER)


def _raise_refused(call: str, aws_code: str) -> None:
    raise AwsRefused(operation=call, aws_code=aws_code)
