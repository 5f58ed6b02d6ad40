"""Two things measured in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def ratio(subject: Callable[[], float], floor: Callable[[], float], rounds: int) -> float:
    """The median of `subject` over that of `floor`; both answer seconds, and run in turn after one warm-up each."""
    subject(), floor()
    pairs = [(subject(), floor()) for _ in range(rounds)]
    return statistics.median(s for s, _ in pairs) / statistics.median(f for _, f in pairs)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes, by the monotonic clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
