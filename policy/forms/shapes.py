"""The parts of a form: who, which data, and the circumstances."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from policy.forms.words import ConditionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Everyone:
    """Whoever acts; of one kind (`person`, `pipeline`) where that is given."""

    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One person or pipeline by id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTeams:
    """Whoever is in one of the teams; of one kind where that is given."""

    teams: tuple[str, ...]
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything:
    """Whatever the actions apply to; of one kind (`table`, `prefix`, `activity`…) where that is given."""

    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """One thing by id, and nothing inside it."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Whatever is inside one of these things, or is one of them; of the kind `only` where that is given."""

    kind: str
    ids: tuple[str, ...]
    only: str | None = None


class Match(StrEnum):
    """How many of several classes have to be there."""

    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Data that has any, or all, of these classes."""

    match: Match
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From one time of day up to, and without, another, to the minute, in UTC; past midnight if `end` is earlier."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A circumstance; `value` is the training, team, activity or zone where its kind takes one."""

    kind: ConditionKind
    value: str | None = None
