"""ISO 8601 durations as contracts write them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_DURATION: Final = re.compile(
    r"P(?:(?P<days>[0-9]{1,5})D)?(?:T(?:(?P<hours>[0-9]{1,5})H)?(?:(?P<minutes>[0-9]{1,5})M)?)?\Z", re.ASCII
)


def read_duration(text: str) -> timedelta | None:
    """A duration of days, hours and minutes; None for what is none, or too long to be meant."""
    match = _DURATION.match(text)
    if match is None:
        return None
    return timedelta(**{unit: int(count) for unit, count in match.groupdict().items() if count})
