"""What rules can speak of: the types, actions and facts of the schema, read from the schema itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from policy.cedar import CedarSchema

_DECLARATION: Final = re.compile(
    r'^(?P<sort>type|entity|action) "?(?P<name>\w+)"?(?P<rest>[^;]*);$', re.MULTILINE | re.DOTALL
)
_ABOVE: Final = re.compile(r"^ in \[(?P<names>[^\]]*)\]")
_FIELD: Final = re.compile(r"^  (?P<name>\w+)\??: (?P<kind>[^\n]*?),?$", re.MULTILINE)
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKind:
    """A type of entity: the types it can be directly in, its facts; `members` when the schema lists them all."""

    name: str
    above: frozenset[str]
    facts: frozenset[str]
    members: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionKind:
    """An action: the groups it is directly in, and to whom, to what and in which context it applies."""

    name: str
    above: frozenset[str]
    principals: tuple[str, ...]
    resources: tuple[str, ...]
    context: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Every entity type and action by name; an action that applies to nothing is a group."""

    entities: Mapping[str, EntityKind]
    actions: Mapping[str, ActionKind]

    def kinds_in(self, container: str) -> frozenset[str]:
        """The types whose entities can be in an entity of type `container`, itself included."""
        found = {container}
        while more := {kind.name for kind in self.entities.values() if kind.above & found} - found:
            found |= more
        return frozenset(found)

    def actions_in(self, names: Iterable[str]) -> tuple[ActionKind, ...]:
        """The actions that are one of `names` or in a group of them, in the order of their names; no group."""
        found = set(names)
        while more := {action.name for action in self.actions.values() if action.above & found} - found:
            found |= more
        return tuple(action for name, action in sorted(self.actions.items()) if name in found and action.principals)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the schema that this package ships."""
    text = files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8")
    return vocabulary_of(CedarSchema(text))


def vocabulary_of(schema: CedarSchema) -> Vocabulary:
    """The vocabulary of a schema, from the one way in which Cedar itself writes it."""
    records: dict[str, frozenset[str]] = {}
    entities: dict[str, EntityKind] = {}
    actions: dict[str, ActionKind] = {}
    for found in _DECLARATION.finditer(str(schema)):
        name, rest = found["name"], found["rest"]
        match found["sort"]:
            case "type":
                records[name] = frozenset(field for field, _ in _fields(rest))
            case "entity":
                is_listed = rest.startswith(" enum ")
                entities[name] = EntityKind(
                    name=name,
                    above=_above(rest),
                    facts=frozenset() if is_listed else frozenset(field for field, _ in _fields(rest)),
                    members=frozenset(re.findall(r'"([^"]*)"', rest)) if is_listed else None,
                )
            case _:
                applies = dict(_fields(rest))
                actions[name] = ActionKind(
                    name=name,
                    above=_above(rest),
                    principals=tuple(_WORD.findall(applies.get("principal", ""))),
                    resources=tuple(_WORD.findall(applies.get("resource", ""))),
                    context=records.get(applies.get("context", ""), frozenset()),
                )
    return Vocabulary(entities=entities, actions=actions)


def _above(rest: str) -> frozenset[str]:
    found = _ABOVE.match(rest)
    return frozenset(_WORD.findall(found["names"].replace("Action::", ""))) if found else frozenset()


def _fields(rest: str) -> Iterator[tuple[str, str]]:
    return ((found["name"], found["kind"]) for found in _FIELD.finditer(rest))
