"""One token bucket for all IAM writes of an account, of which revocation keeps a share for itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """`rate` tokens a second up to `burst`. IAM's own limit is not published; 5 and 15 are what we plan with."""

    rate: float = 5.0
    burst: float = 15.0
    monotonic: Callable[[], float] = time.monotonic
    _level: float = field(init=False)
    _at: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._level, self._at = self.burst, self.monotonic()

    def take(self, *, reserve: float) -> float:
        """Takes a token if more than `reserve` are left and answers 0; else the seconds to wait, taking none."""
        with self._lock:
            now = self.monotonic()
            self._level = min(self.burst, self._level + (now - self._at) * self.rate)
            self._at = now
            if self._level - 1 >= reserve:
                self._level -= 1
                return 0.0
            return (reserve + 1 - self._level) / self.rate
