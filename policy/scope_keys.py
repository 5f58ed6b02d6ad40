"""The index keys of rules and actions, read from what Cedar itself writes: a rule as JSON, a schema as text."""

import re
import sys
from collections.abc import Iterator, Mapping

from policy.errors import SchemaBroken
from policy.scope_index import Key, Scope

# An action as Cedar itself writes a schema: each on a line of its own, with all the groups that it is directly in.
_ACTION = re.compile(r'^action "([^"\\]+)"(?: in \[([^\]]*)\])?(?: appliesTo \{|;)$')
_GROUP = re.compile(r'Action::"([^"\\]+)"(?:, |$)')


def scope_of(policy: Mapping[str, object]) -> Scope:
    """The scope of a policy in Cedar's JSON; what is not understood counts as anything, and is asked every time."""
    return Scope(
        principal=_key(policy["principal"]),
        actions=_action_keys(policy["action"]),
        resource=_key(policy["resource"]),
    )


def names_in(policy: Mapping[str, object]) -> frozenset[tuple[str, str]]:
    """Every entity that a policy in Cedar's JSON names, as (type, id), wherever it does; rather one too many."""
    names: set[tuple[str, str]] = set()
    unread: list[object] = [policy]
    while unread:
        match unread.pop():
            case {"type": str(kind), "id": str(name), **rest} if not rest:
                names.add((sys.intern(kind), sys.intern(name)))
            case Mapping() as inside:
                unread += inside.values()
            case list(members):
                unread += members
    return frozenset(names)


def _key(scope: object) -> Key:
    match scope:
        case {"op": "is", "in": {"entity": {"type": str(kind), "id": str(name)}}}:
            return sys.intern(kind), sys.intern(name)
        case {"op": "is", "in": _}:
            return None
        case {"op": "is", "entity_type": str(kind)}:
            return sys.intern(kind)
        case {"op": "==" | "in", "entity": {"type": str(kind), "id": str(name)}}:
            return sys.intern(kind), sys.intern(name)
        case _:
            return None


def _action_keys(scope: object) -> tuple[Key, ...]:
    """An action's scope may name several actions, or none: then the rule can never match."""
    match scope:
        case {"op": "in", "entities": list(actions)}:
            return tuple(_key({"op": "==", "entity": action}) for action in actions)
        case _:
            return (_key(scope),)


def action_groups(schema: str) -> dict[str, frozenset[Key]]:
    """Every action with the keys of itself and of all groups around it, from a schema as Cedar writes it.

    SchemaBroken at the first doubt: a group that was overlooked would switch rules off.
    """
    direct: dict[str, tuple[str, ...]] = {}
    for line in schema.splitlines():
        if not line.startswith("action "):
            continue
        found = _ACTION.match(line)
        groups = found.group(2) or "" if found else ""
        if not found or _GROUP.sub("", groups):
            raise SchemaBroken(f"this action of the policy schema cannot be read, give it a plain name: {line}")
        direct[found.group(1)] = tuple(_GROUP.findall(groups))

    def around(action: str) -> Iterator[Key]:
        yield ("Action", action)
        for group in direct[action]:
            yield from around(group)

    return {action: frozenset({*around(action), None}) for action in direct}
