"""The database's time as a clock: what the API decides by is what the workers end grants by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from platform_api.clock import Clock
from platform_api.db.errors import ClockAstray, StoreUnavailable

EVERY: Final = timedelta(seconds=30)
"""How long a measurement holds. Between two, the monotonic clock runs on: nobody can set it."""
MOST_OFFSET: Final = timedelta(seconds=60)
"""How far this machine's clock may be from the database's."""
MOST_WAIT: Final = timedelta(seconds=5)
"""How long the database may take to tell its time; half of it is how wrong the clock can be."""


class DatabaseClock:
    """Gives the database's time (aware, UTC). Safe between threads.

    It fails closed: `ClockAstray` where this machine's own clock is far from the database's, `StoreUnavailable`
    where the database's time cannot be had, or comes too late to be worth anything.
    """

    def __init__(self, *, database: Clock, system: Clock, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._system = system
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._measured: tuple[float, datetime] | None = None

    def __call__(self) -> datetime:
        """The time, measured when the last measurement is too old."""
        with self._lock:
            if self._measured is None or self._since(self._measured[0]) >= EVERY:
                self._measured = None  # whatever goes wrong now, the old one is not used again
                self._measured = self._measure()
            at, then = self._measured
            return then + self._since(at)

    def _measure(self) -> tuple[float, datetime]:
        """A monotonic moment and what the database's time was then."""
        before = self._monotonic()
        then = self._database()
        took = self._since(before)
        if took > MOST_WAIT:
            raise StoreUnavailable(why=f"it took {took.total_seconds():.1f} s to tell its time")
        offset = self._system() - (then + took / 2)
        if abs(offset) > MOST_OFFSET:
            raise ClockAstray(offset=offset)
        return before + took.total_seconds() / 2, then

    def _since(self, moment: float) -> timedelta:
        return timedelta(seconds=self._monotonic() - moment)
