"""Things that no rule can tell apart, so that a question about one of them is answered for all.

What a rule can say of a resource is closed: its type, its attributes, whether it is in something, whether something
is in it, whether it is something. All those other things have to be named: by the rule itself, by the context, by an
attribute, or by being the principal. So two resources answer alike when they have one type and equal attributes, are
in the same named things, are not named themselves, and hold nothing that is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from policy.question import Entity, EntityRef, Value

FEWEST = 24
"""Questions for which looking for likeness is worth its price."""

_Shown = tuple[object, ...]
_NOTHING: frozenset[EntityRef] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """For each resource that was asked about, the one that stands for it; and the entities that are then enough."""

    stands_for: Mapping[EntityRef, EntityRef]
    entities: tuple[Entity, ...]


def alike(
    *,
    principal: EntityRef,
    context: Mapping[str, Value],
    entities: Sequence[Entity],
    resources: Iterable[EntityRef],
    is_named: Callable[[EntityRef], bool],
) -> Alike | None:
    """Who stands for whom; None when the facts are not plainly in order, and everything has to be read as it is.

    `is_named` says of an entity whether some rule that can be reached names it; yes, where it is not known.
    """
    known = {entity.ref: entity for entity in entities}
    if len(known) != len(entities):
        return None
    named = {ref for ref in known if is_named(ref)} | {principal} | _refs(context)
    shown: dict[EntityRef, _Shown] = {}
    attributes: dict[_Shown, set[EntityRef]] = {}
    for ref, entity in known.items():
        if ref.type == "Action" or not entity.parents <= known.keys():
            return None
        plain = _plain(entity.attrs)
        if plain is None:
            named |= _refs(entity.attrs)
            continue
        shown[ref] = plain
        if plain not in attributes:
            attributes[plain] = _refs(entity.attrs)
    named.update(*attributes.values())
    around = _Around(known, frozenset(named))
    holding = around.everything_above(named)  # what is named, and what holds something named
    first: dict[object, EntityRef] = {}
    stands_for: dict[EntityRef, EntityRef] = {}
    for ref in dict.fromkeys(resources):
        plain = shown.get(ref)
        if plain is None or ref in holding or "uid" in known[ref].attrs:
            stands_for[ref] = ref
            continue
        above = around.named_above(ref)
        if above is None:
            return None
        stands_for[ref] = first.setdefault((ref.type, plain, above), ref)
    spared = {ref for ref, other in stands_for.items() if ref != other}
    kept = around.everything_above(ref for ref in known if ref not in spared) | {ref for ref in named if ref in known}
    return Alike(stands_for=stands_for, entities=tuple(entity for entity in entities if entity.ref in kept))


class _Around:
    """What things are in, remembered."""

    def __init__(self, known: Mapping[EntityRef, Entity], named: frozenset[EntityRef]) -> None:
        self._known = known
        self._named = named
        self._found: dict[EntityRef, frozenset[EntityRef] | None] = {}

    def everything_above(self, refs: Iterable[EntityRef]) -> set[EntityRef]:
        """These and all that they are in."""
        above, unread = set[EntityRef](), list(refs)
        while unread:
            ref = unread.pop()
            if ref not in above:
                above.add(ref)
                if ref in self._known:
                    unread += self._known[ref].parents
        return above

    def named_above(self, ref: EntityRef) -> frozenset[EntityRef] | None:
        """All named things that `ref` is in; None where things are in themselves, which Cedar refuses."""
        if ref in self._found:
            return self._found[ref]
        self._found[ref] = None
        found = _NOTHING
        for parent in self._known[ref].parents:
            above = self._found[parent] if parent in self._found else self.named_above(parent)
            if above is None:
                return None
            if above or parent in self._named:
                found = found | above | (self._named & {parent})
        self._found[ref] = found
        return found


def _plain(attrs: Mapping[str, Value]) -> _Shown | None:
    """Attributes so that equal ones compare equal, and only those; None where that is not plain to see."""
    shown: list[object] = []
    for name in sorted(attrs):
        value = attrs[name]
        if isinstance(value, frozenset):
            if not all(isinstance(member, str | EntityRef) for member in value):
                return None
        elif not isinstance(value, bool | int | str | EntityRef | datetime):
            return None
        shown += (name, type(value), value)
    return tuple(shown)


def _refs(value: Value | Mapping[str, Value]) -> set[EntityRef]:
    """Every entity that a value mentions."""
    match value:
        case EntityRef():
            return {value}
        case frozenset():
            return {member for member in value if isinstance(member, EntityRef)}
        case Mapping():
            return set[EntityRef]().union(*(_refs(each) for each in value.values()))
        case _:
            return set()
