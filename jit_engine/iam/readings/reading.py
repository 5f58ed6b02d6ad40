"""What one second reading has to answer, and the small words that all of them read with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import Clearance

EVERYTHING = ["*"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAllow:
    """One Allow of the text. `conditions` are those beside the grant's end, which has been read already."""

    name: str
    actions: list[str]
    resources: list[str]
    conditions: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the text is held against."""

    clearance: Clearance
    place: Place
    grant: GrantId


class Reading(ABC):
    """The reading of all Allows whose actions are among `actions`; an Allow that two readings share is refused."""

    actions: ClassVar[frozenset[str]]

    @abstractmethod
    def __init__(self, decided: Decided) -> None:
        """Works out from the decision what may be there."""

    @abstractmethod
    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Every way in which the Allow says more than was decided."""

    def missing(self, denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow]) -> Iterator[str]:
        """Every Deny of its own kind that the policy has to hold and does not."""
        yield from ()


def condition(allow: ReadAllow, operator: str) -> dict[str, object] | None:
    """What stands under the operator; None when it is no object or is not there."""
    found = allow.conditions.get(operator)
    return dict(found) if isinstance(found, dict) else None


def is_bound(allow: ReadAllow, expected: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether the conditions beside the end are exactly `expected`: no operator, key or value more or fewer."""
    return dict(allow.conditions) == {operator: dict(keys) for operator, keys in expected.items()}


def has_only(statement: Mapping[str, object], *parts: str) -> bool:
    """Whether the statement has these parts beside its name and effect, and no other."""
    return set(statement) == {"Sid", "Effect", *parts}


def spares_only(value: object, allowed: set[str]) -> bool:
    """Whether `value` is a list that names something, and nothing outside of `allowed`."""
    spared = texts(value)
    return bool(spared) and set(spared) <= allowed


def texts(value: object) -> list[str]:
    """The texts of a list of texts; none of anything else, so that it counts as missing."""
    return list(value) if isinstance(value, list) and all(isinstance(text, str) for text in value) else []


def is_beneath(pattern: str, prefixes: Iterable[str]) -> bool:
    """Whether `pattern` is a literal beneath one of `prefixes`: one star at its end, nothing else that IAM expands."""
    literal = pattern[:-1]
    return (
        pattern.endswith("/*")
        and not any(sign in literal for sign in "*?$")
        and any(literal.startswith(prefix) for prefix in prefixes)
    )
