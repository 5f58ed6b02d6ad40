"""How a thing is in what a case says it is in: directly where the schema has it so, else through something between."""

from collections import deque
from collections.abc import Mapping

from policy.question import EntityRef
from policy.vocabulary import vocabulary


def can_be_in(kind: str, container: str) -> bool:
    """Whether things of the type `kind` can be in things of the type `container`."""
    return _way(kind, container) is not None


def containment(thing: EntityRef, within: tuple[EntityRef, ...]) -> Mapping[EntityRef, frozenset[EntityRef]]:
    """The direct containers of the thing and of each container, so that the thing is in all of `within`.

    What is between is invented where the case does not name it: a table is in a data product by a database.
    """
    above = {kind.name: kind.above for kind in vocabulary().entities.values()}
    direct: dict[EntityRef, set[EntityRef]] = {
        each: {other for other in within if other.type in above[each.type] and other.type != each.type}
        for each in within
    }
    direct[thing] = {other for other in within if other.type in above[thing.type] and other != thing}
    for container in within:
        if container in _around(thing, direct):
            continue
        inner = thing
        for kind in (_way(thing.type, container.type) or ())[:-1]:
            between = EntityRef(type=kind, id=f"between-{thing.id}-and-{container.id}")
            direct.setdefault(inner, set()).add(between)
            inner = between
        direct.setdefault(inner, set()).add(container)
    return {each: frozenset(others) for each, others in direct.items()}


def _around(thing: EntityRef, direct: Mapping[EntityRef, set[EntityRef]]) -> set[EntityRef]:
    found: set[EntityRef] = set()
    waiting = [thing]
    while waiting:
        for each in direct.get(waiting.pop(), set()) - found:
            found.add(each)
            waiting.append(each)
    return found


def _way(kind: str, container: str) -> tuple[str, ...] | None:
    """The shortest way up from a type to a container's, the latter last; None where there is none."""
    waiting: deque[tuple[str, ...]] = deque([(kind,)])
    seen: set[str] = set()
    while waiting:
        way = waiting.popleft()
        for above in sorted(vocabulary().entities[way[-1]].above - seen):
            if above == container:
                return (*way[1:], above)
            seen.add(above)
            waiting.append((*way, above))
    return None
