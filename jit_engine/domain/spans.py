"""Spans of time in words, for messages that people read."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def in_words(span: timedelta) -> str:
    """`8 hours`, `1 day 30 minutes`: to the second, what is finer cut off; of less than nothing `0 seconds`."""
    left, said = max(0, span // timedelta(seconds=1)), list[str]()
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
    return " ".join(said) or "0 seconds"
