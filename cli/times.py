"""Times and durations between RFC 3339, ISO 8601 and people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cli.failure import InputInvalid

_DURATION = re.compile(
    r"P(?!\Z)(?:(?P<days>[0-9]{1,5})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,5})H)?(?:(?P<minutes>[0-9]{1,5})M)?(?:(?P<seconds>[0-9]{1,7})S)?)?\Z",
    re.ASCII,
)
_DURATION_WITHIN = re.compile(r"(?<![\w-])P(?=[0-9T])[0-9DTHMS]+(?![\w-])", re.ASCII)


def now() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


def instant(text: str) -> datetime | None:
    """The moment that an RFC 3339 time names; None when it is none or lacks its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment


def local(text: str) -> str:
    """A time of the API in the zone of this machine, to the second; what is no time stays as it is."""
    moment = instant(text)
    return text if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def clock(text: str) -> str:
    """The time of day alone, with thousandths, for lines that follow each other."""
    moment = instant(text)
    return text if moment is None else f"{moment.astimezone():%H:%M:%S.%f}"[:-3]


def until(text: str, at: datetime) -> str:
    """A time of the API with how far away it is from `at`."""
    moment = instant(text)
    if moment is None:
        return text
    away = moment - at
    return f"{local(text)} ({f'in {spoken(away)}' if away > timedelta() else f'{spoken(-away)} ago'})"


def spoken(length: timedelta) -> str:
    """`1 h 20 min`, `4.2 s`: two units at most."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if seconds >= size:
            rest = int(seconds % size // part)
            return f"{int(seconds // size)} {unit}" + (f" {rest} {smaller}" if rest else "")
    rest = int(seconds % 60)
    return f"{int(seconds // 60)} min" + (f" {rest} s" if rest else "")


def in_words(text: str) -> str:
    """`text` with every ISO 8601 duration of the API in words: `reviewed every 180 days`."""
    return _DURATION_WITHIN.sub(lambda found: _said(found[0]), text)


def _said(iso: str) -> str:
    match = _DURATION.match(iso)
    if match is None:
        return iso
    parts = [(int(count), unit) for unit, count in match.groupdict().items() if count]
    return " ".join(f"{count} {unit.removesuffix('s') if count == 1 else unit}" for count, unit in parts)


def duration(text: str, option: str) -> timedelta:
    """The length that an ISO 8601 duration of days or less names; raises `InputInvalid` naming `option`."""
    match = _DURATION.match(text)
    if match is None:
        raise InputInvalid(f"{option}: {text} is not an ISO 8601 duration", next_step="write PT1H, PT90M or PT20S")
    return timedelta(**{unit: int(number) for unit, number in match.groupdict(default="0").items()})


def zoned(text: str, option: str) -> str:
    """`text` when it is a time with its zone; raises `InputInvalid` naming `option`."""
    if instant(text) is None or "T" not in text:
        raise InputInvalid(
            f"{option}: {text} is not a time with its zone", next_step="write it as 2030-01-31T17:00:00Z"
        )
    return text
