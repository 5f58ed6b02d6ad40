"""What every wire value has in common: strict reading, and types that take one spelling only."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from jit_engine.domain.ids import SLUG, check_id
from jit_engine.errors import InvalidValue

T = TypeVar("T")

_DURATION = re.compile(
    r"P(?=.)(?:(?P<days>\d{1,3})D)?(?:T(?=.)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?\Z",
    re.ASCII,
)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)\Z",
    re.ASCII,
)
_DIGITS = re.compile(r"[0-9]{1,9}\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Asked(BaseModel):
    """Something that a caller sends: unknown fields and other types are refused, never converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Shown(BaseModel):
    """Something that the platform answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Listed(Shown, Generic[T]):
    """A page of a list; `next_cursor` asks for the next one and is null on the last."""

    items: list[T]
    next_cursor: str | None


def _duration(given: Any) -> timedelta:
    """Only the ISO 8601 spelling, in whole units: pydantic alone would also take `3600` and `01:00:00`."""
    match = _DURATION.match(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError("give an ISO 8601 duration such as PT8H or PT30M")
    return timedelta(**{unit: int(number) for unit, number in match.groupdict().items() if number})


def _time(given: Any) -> datetime:
    """Only RFC 3339 with its zone: pydantic alone would also take `1732352400` and a bare date."""
    try:
        if isinstance(given, str) and _TIME.match(given):
            return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # none, or beyond the calendar in UTC
        pass
    raise ValueError("give an RFC 3339 time with its zone, such as 2026-11-23T10:00:00Z")


def digits(most: int) -> BeforeValidator:
    """For whole numbers of a query: plain digits only. pydantic alone would also take `1_0` and ` 5 `."""

    def check(given: Any) -> Any:
        if isinstance(given, str) and not _DIGITS.match(given):
            raise ValueError(f"give a whole number from 1 to {most}")
        return given

    return BeforeValidator(check)


def _line(given: str) -> str:
    if not given.strip() or not given.isprintable():
        raise ValueError("give one line of printable characters")
    return given


def _text(given: str) -> str:
    if _CONTROL.search(given):
        raise ValueError("leave out control characters")
    return given


def _slug(given: str) -> str:
    if not SLUG.match(given):
        raise ValueError("use lower-case letters, digits and inner hyphens, 63 at most")
    return given


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "format": "duration", "examples": ["PT1H"]}),
]
"""An ISO 8601 duration (`PT1H`)."""
Time = Annotated[AwareDatetime, BeforeValidator(_time)]
"""An RFC 3339 time with its zone, in UTC."""
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_line)]
"""One line of text."""
Text = Annotated[str, Field(max_length=2000), AfterValidator(_text)]
"""Some lines of text."""
Slug = Annotated[str, Field(min_length=1, max_length=63), AfterValidator(_slug)]
"""A name of lower-case letters, digits and inner hyphens."""
Token = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_line)]
"""A name that the registry checks: a purpose, a cost center, a prefix."""


def _id_check(prefix: str) -> Callable[[str], str]:
    def check(given: str) -> str:
        try:
            return check_id(given, prefix, "id")
        except InvalidValue as invalid:
            raise ValueError(invalid.fix) from invalid

    return check


ActivityRef = Annotated[str, Field(max_length=64), AfterValidator(_id_check("ac"))]
EnvironmentRef = Annotated[str, Field(max_length=64), AfterValidator(_id_check("en"))]
ContractRef = Annotated[str, Field(max_length=64), AfterValidator(_id_check("co"))]
"""Ids, as far as their form goes."""
Moment = datetime
"""A time that the platform answers: UTC, spelled with Z."""
