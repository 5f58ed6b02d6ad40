"""Which rules can match a question, found by their scopes alone.

A rule whose scope does not match is false, and matching a scope cannot fail. So leaving such rules out changes
neither the decision, nor the rules that determine it, nor the errors: only how long the answer takes.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

# An entity (`== e`, `in e`, `is T in e`) as (type, id), a type (`is T`), or None: anything.
Key: TypeAlias = tuple[str, str] | str | None
Number: TypeAlias = int

_Pair: TypeAlias = tuple[Key, Key]
_Bucket: TypeAlias = dict[_Pair, tuple[Number, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a rule can match: each part has to be one of the keys of what is asked about.

    A key may promise more than the rule's scope does (`is T in e` is under `e` alone), never less.
    """

    principal: Key
    actions: tuple[Key, ...]
    resource: Key


@dataclass(slots=True)
class _Change:
    """What happens to the rules of one bucket and pair."""

    added: list[Number] = field(default_factory=list)
    removed: set[Number] = field(default_factory=set)


class ScopeIndex:
    """Rules, known by numbers, under their scopes. It never changes; an edit gives another that shares the rest."""

    __slots__ = ("_by_resource",)

    def __init__(self, rules: Iterable[tuple[Number, Scope]] = ()) -> None:
        self._by_resource: dict[Key, _Bucket] = {}
        self._apply(added=rules, removed=())

    def edited(self, *, added: Iterable[tuple[Number, Scope]], removed: Iterable[tuple[Number, Scope]]) -> "ScopeIndex":
        """The index with some rules more and some fewer; what is removed has to be there under that scope."""
        edited = ScopeIndex()
        edited._by_resource = self._by_resource.copy()
        edited._apply(added=added, removed=removed)
        return edited

    def matching(
        self, *, principal: frozenset[Key], action: frozenset[Key], resource: frozenset[Key]
    ) -> tuple[Number, ...]:
        """The rules that can match, in the order of their numbers.

        Each argument holds every key of one thing: itself, all that it is in, its type, and None.
        """
        found: set[Number] = set()
        pairs = tuple(product(principal, action))
        for key in resource:
            bucket = self._by_resource.get(key)
            if bucket is None:
                continue
            if len(bucket) < len(pairs):
                for (who, what), numbers in bucket.items():
                    if who in principal and what in action:
                        found.update(numbers)
            else:
                for pair in pairs:
                    found.update(bucket.get(pair, ()))
        return tuple(sorted(found))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScopeIndex) and self._by_resource == other._by_resource

    __hash__ = None  # type: ignore[assignment]  # compared by content, which is large

    def _apply(self, *, added: Iterable[tuple[Number, Scope]], removed: Iterable[tuple[Number, Scope]]) -> None:
        """Only for an index that nobody else has yet; buckets may be shared and are copied before they change."""
        changes: dict[Key, dict[_Pair, _Change]] = defaultdict(lambda: defaultdict(_Change))
        for number, scope in removed:
            for action in scope.actions:
                changes[scope.resource][scope.principal, action].removed.add(number)
        for number, scope in added:
            for action in scope.actions:
                changes[scope.resource][scope.principal, action].added.append(number)
        for key, pairs in changes.items():
            bucket = self._by_resource.get(key, {}).copy()
            for pair, change in pairs.items():
                before = bucket.get(pair, ())
                if not change.removed <= set(before):
                    raise KeyError(f"rules {sorted(change.removed - set(before))} are not under {key}, {pair}")
                now = {*before, *change.added} - change.removed
                if now:
                    bucket[pair] = tuple(sorted(now))
                else:
                    bucket.pop(pair, None)
            if bucket:
                self._by_resource[key] = bucket
            else:
                self._by_resource.pop(key, None)
