"""A token bucket for the IAM writes of each account, of which revocation keeps a share for itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SLOWEST = 0.5
"""Tokens a second below which a bucket is not slowed down: a revocation has to get through in the end."""
ONE_SLOWING = 1.0
"""Seconds in which several throttled answers count as one: they are of calls that were under way together."""
RECOVERS_WITHIN = 60.0
"""Seconds without a throttled answer until a bucket that was slowed down is back at its full rate."""


@dataclass(slots=True)
class TokenBucket:
    """`rate` tokens a second up to `burst`. IAM's own limit is not published; 5 and 15 are what we plan with.

    Other processes have buckets of their own for the same account. What keeps them together is AWS's answer: each
    throttled one halves the bucket's rate, which then grows back evenly, as TCP shares a line.
    """

    rate: float = 5.0
    burst: float = 15.0
    monotonic: Callable[[], float] = time.monotonic
    _pace: float = field(init=False)
    _level: float = field(init=False)
    _at: float = field(init=False)
    _slowed_at: float = field(init=False, default=float("-inf"))
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._pace, self._level, self._at = self.rate, self.burst, self.monotonic()

    @property
    def reserve(self) -> float:
        """What only revocation may take: half."""
        return self.burst / 2

    def take(self, *, reserve: float) -> float:
        """Takes a token if more than `reserve` are left and answers 0; else the seconds to wait, taking none."""
        with self._lock:
            self._refill()
            if self._level - 1 >= reserve:
                self._level -= 1
                return 0.0
            return (reserve + 1 - self._level) / self._pace

    def has(self, tokens: float, *, reserve: float) -> bool:
        """Whether so many tokens could be taken now; takes none."""
        with self._lock:
            self._refill()
            return self._level - tokens >= reserve

    def slow_down(self) -> None:
        """AWS has throttled a write: half as fast from now on, and nothing of the burst is left."""
        with self._lock:
            self._refill()
            if self._at - self._slowed_at < ONE_SLOWING:
                return
            self._slowed_at = self._at
            self._pace = max(self._pace / 2, min(SLOWEST, self.rate))
            self._level = min(self._level, 0.0)

    def _refill(self) -> None:
        now = self.monotonic()
        passed, self._at = now - self._at, now
        self._level = min(self.burst, self._level + passed * self._pace)
        self._pace = min(self.rate, self._pace + self.rate * passed / RECOVERS_WITHIN)


@dataclass(slots=True)
class Throttle:
    """The buckets of a process, one an account: one account's flood never takes another's tokens."""

    new_bucket: Callable[[], TokenBucket] = TokenBucket
    _buckets: dict[str, TokenBucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, account: str) -> TokenBucket:
        """The account's bucket, always the same one."""
        with self._lock:
            return self._buckets.setdefault(account, self.new_bucket())

    def busy(self, writes: int, *, urgent: bool) -> frozenset[str]:
        """The accounts whose bucket has no room for so many writes right now."""
        with self._lock:
            buckets = dict(self._buckets)
        return frozenset(
            account
            for account, bucket in buckets.items()
            if not bucket.has(writes, reserve=0.0 if urgent else bucket.reserve)
        )
