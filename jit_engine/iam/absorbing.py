"""Shorter lists that say exactly the same: a pattern that another of its list covers is left out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from jit_engine.iam.statement import Conditions, Deny, Statement

_LIKE = frozenset({"StringLike", "StringNotLike"})


def absorbed(statement: Statement) -> Statement:
    """The statement with no pattern that another of the same list covers; what it matches stays what it was.

    A list is a union for an Allow, and for what a Deny spares: a part of a whole that is there adds nothing to it.
    """
    resources, conditions = widest(statement.resources), _conditions_of(statement.conditions)
    if isinstance(statement, Deny):
        spared = widest(statement.except_resources)
        return replace(statement, resources=resources, conditions=conditions, except_resources=spared)
    return replace(statement, resources=resources, conditions=conditions)


def _conditions_of(conditions: Conditions) -> Conditions:
    return {
        operator: {key: _values(value) for key, value in keys.items()} if operator in _LIKE else keys
        for operator, keys in conditions.items()
    }


def _values(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else widest(value)


def widest(patterns: Iterable[str]) -> tuple[str, ...]:
    """Those that no other covers, in their order. Only a plain beginning with one star at its end covers anything."""
    listed = tuple(dict.fromkeys(patterns))
    if len(listed) < 2:
        return listed
    starts = _outermost(one[:-1] for one in listed if one.endswith("*") and len(one) > 1 and not _expands(one[:-1]))

    def is_covered(one: str) -> bool:
        place = bisect_right(starts, one) - 1  # none begins with another: only the last before it can be its beginning
        return place >= 0 and one.startswith(starts[place]) and one != f"{starts[place]}*"

    return tuple(one for one in listed if not is_covered(one))


def _outermost(starts: Iterable[str]) -> list[str]:
    """Sorted, without those that begin with another."""
    found: list[str] = []
    for start in sorted(starts):
        if not found or not start.startswith(found[-1]):
            found.append(start)
    return found


def _expands(text: str) -> bool:
    return any(sign in text for sign in "*?$")
