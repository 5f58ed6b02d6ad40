"""Fewer statements that say exactly the same: two Allows become one only where neither side gains anything.

1. The same actions under the same conditions: the resources are put together.
2. The same actions on the same resources, under conditions that differ in the values of one `StringLike` alone: the
   values are put together. Only a positive operator of one key is ever touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from jit_engine.iam.statement import Allow, Conditions, Statement

S = TypeVar("S", bound=Statement)
_LIKE = "StringLike"


def merged(allows: Iterable[Allow]) -> tuple[Allow, ...]:
    """The fewest of them by the two rules, in their order, each with a name of its own and all that it is for."""
    by_conditions = _grouped(allows, lambda one: (one.actions, _key(one.conditions)), _resources_together)
    by_values = _grouped(by_conditions, _except_values, _values_together)
    return tuple(_worded(one) for one in numbered(by_values))


def numbered(statements: Iterable[S]) -> list[S]:
    """Names are unique in a policy: where several statements have one, each gets its number after it."""
    some = list(statements)
    count = Counter(one.sid for one in some)
    seen: Counter[str] = Counter()
    named = []
    for one in some:
        seen[one.sid] += 1
        named.append(one if count[one.sid] == 1 else replace(one, sid=f"{one.sid}{seen[one.sid]}"))
    return named


def _grouped(
    allows: Iterable[Allow], key: Callable[[Allow], Hashable], together: Callable[[list[Allow]], Allow]
) -> list[Allow]:
    groups: dict[Hashable, list[Allow]] = {}
    for one in allows:
        groups.setdefault(key(one), []).append(one)
    return [together(some) for some in groups.values()]


def _resources_together(some: list[Allow]) -> Allow:
    return replace(some[0], resources=_distinct(r for one in some for r in one.resources), about=_about(some))


def _except_values(one: Allow) -> Hashable:
    like = one.conditions.get(_LIKE)
    rest = {operator: keys for operator, keys in one.conditions.items() if operator != _LIKE}
    if like is None or len(like) != 1:
        return (one.actions, one.resources, _key(one.conditions))
    return (one.actions, one.resources, _key(rest), next(iter(like)))


def _values_together(some: list[Allow]) -> Allow:
    if len(some) == 1:
        return some[0]
    key = next(iter(some[0].conditions[_LIKE]))
    values = _distinct(value for one in some for value in _listed(one.conditions[_LIKE][key]))
    return replace(some[0], conditions={**some[0].conditions, _LIKE: {key: values}}, about=_about(some))


def _worded(one: Allow) -> Allow:
    return replace(one, why=f"{one.why} {', '.join(one.about)}") if one.about else one


def _about(some: list[Allow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in some for name in one.about))


def _key(conditions: Conditions) -> Hashable:
    return tuple(
        sorted((operator, key, _listed(value)) for operator, keys in conditions.items() for key, value in keys.items())
    )


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(sorted(value))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
