"""Whether an AWS account answers: what does not is left alone for a while, so that it holds up no other account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from jit_engine.errors import AwsUnavailable

UNANSWERED = 3
"""Tries in a row without an answer until nothing more is sent there: those of one call."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds that an account is left alone, doubled each time that it does not answer again."""
URGENT_PAUSE = 5.0
"""Seconds that a Deny is kept from an account that did not answer: it may be back long before the pause is over."""
ASKING = 20.0
"""Seconds for which one caller alone asks whether it answers again; longer than a call may take."""


@dataclass(slots=True)
class Reach:
    """One account as this process meets it. Errors that AWS itself sends are answers.

    `silent_after` so many tries in a row without one it is left alone.
    """

    account: str
    silent_after: int = UNANSWERED
    monotonic: Callable[[], float] = time.monotonic
    _unanswered: int = field(init=False, default=0)
    _pause: float = field(init=False, default=FIRST_PAUSE)
    _until: float = field(init=False, default=float("-inf"))
    _urgent_until: float = field(init=False, default=float("-inf"))
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def check(self) -> None:
        """Raises `AwsUnavailable` while the account is left alone, so that nothing new is begun there."""
        with self._lock:
            left = self._until - self.monotonic()
        if left > 0:
            raise self._silent(left)

    def enter(self, *, urgent: bool = False) -> bool:
        """The same before a call; when the pause is over one caller asks, and the others wait for what it meets.
        Whether this caller is the one: a single try without an answer is enough to know.
        """
        with self._lock:
            now = self.monotonic()
            left = (self._urgent_until if urgent else self._until) - now
            asks = left <= 0 and self._unanswered >= self.silent_after
            if asks:
                self._urgent_until = now + ASKING
                self._until = max(self._until, self._urgent_until)
        if left > 0:
            raise self._silent(left)
        return asks

    def answered(self) -> None:
        """AWS has answered, whatever it said."""
        if self._unanswered:
            with self._lock:
                self._unanswered, self._pause = 0, FIRST_PAUSE
                self._until = self._urgent_until = float("-inf")

    def unanswered(self) -> None:
        """A try found no connection, or no answer in time."""
        with self._lock:
            self._unanswered += 1
            if self._unanswered >= self.silent_after:
                now = self.monotonic()
                self._until, self._urgent_until = now + self._pause, now + URGENT_PAUSE
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _silent(self, seconds: float) -> AwsUnavailable:
        operation = f"any call in account {self.account}, which does not answer"
        return AwsUnavailable(operation=operation, retry_after=timedelta(seconds=round(seconds) + 1))
