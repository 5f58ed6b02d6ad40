"""The times that rules write, as numbers."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_SPAN: Final = re.compile(r"(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?\Z")
_UNITS: Final = (86_400_000, 3_600_000, 60_000, 1_000, 1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_FOUR_CENTURIES: Final = timedelta(days=146_097) // _MS
"""After that long the calendar is the same again."""
FIRST_MS: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MS
LAST_MS: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MS
"""The first and the last millisecond that `moment` knows; rules may write times just before and after."""


def instant_ms(text: str) -> int:
    """`datetime("…")` in milliseconds since 1970; ValueError where it is none."""
    is_year_0 = text.startswith("0000-")
    moment = datetime.fromisoformat(f"0400{text[4:]}" if is_year_0 else text)
    since = ((moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment) - _EPOCH) // _MS
    return since - _FOUR_CENTURIES if is_year_0 else since


def span_ms(text: str) -> int:
    """`duration("…")` in milliseconds; ValueError where it is none."""
    found = _SPAN.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration")
    sign, *parts = found.groups()
    total = sum(int(part or 0) * unit for part, unit in zip(parts, _UNITS, strict=True))
    return -total if sign else total


def moment(ms: int) -> datetime:
    """The moment that many milliseconds after 1970, in UTC; OverflowError outside the years 1 to 9999."""
    return _EPOCH + ms * _MS
