"""Counts refusals by caller, so that nobody can probe the rules at speed. In this process's memory only."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from platform_api.routes.errors import TooManyRefusals

MOST = 300
"""Refusals a minute of one caller, after which it has to wait: far more than people and scripts make by mistake."""
_MINUTE = 60.0
_MOST_CALLERS = 10_000


class RefusalMeter:
    """The refusals of the last minute. Safe for threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, caller: str) -> None:
        """One more refusal of `caller`."""
        with self._lock:
            seen = self._seen.setdefault(caller, deque(maxlen=MOST))
            self._seen.move_to_end(caller)
            seen.append(self._monotonic())
            if len(self._seen) > _MOST_CALLERS:
                self._seen.popitem(last=False)

    def check(self, caller: str) -> None:
        """Raises `TooManyRefusals` while the caller has had `MOST` of them within a minute."""
        with self._lock:
            seen = self._seen.get(caller)
            if seen is not None and len(seen) == MOST and self._monotonic() - seen[0] < _MINUTE:
                raise TooManyRefusals(most=MOST)
