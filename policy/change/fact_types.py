"""The types of all facts that rules can read, from the schema itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from policy.cedar import CedarSchema
from policy.vocabulary import Vocabulary, vocabulary_of

_DECLARATION: Final = re.compile(
    r'^(?P<sort>type|entity|action) "?(?P<name>\w+)"?(?P<rest>[^;]*);$', re.MULTILINE | re.DOTALL
)
_FIELD: Final = re.compile(r"^  (?P<name>\w+)(?P<optional>\??): (?P<kind>[^\n]*?),?$", re.MULTILINE)
_SET: Final = re.compile(r"Set<(.+)>\Z")


class Plain(StrEnum):
    """The types that are no entity and no set."""

    BOOL = "Bool"
    LONG = "Long"
    STRING = "String"
    DATETIME = "datetime"
    DURATION = "duration"


_PLAIN: Final = {kind.value: kind for kind in Plain}


@dataclass(frozen=True, slots=True)
class EntityOf:
    """An entity of a type."""

    type: str


@dataclass(frozen=True, slots=True)
class SetKind:
    """A set whose members are of a type."""

    of: "Plain | EntityOf"


@dataclass(frozen=True, slots=True)
class Unmodelled:
    """A type that no analysis of ours understands; nothing is claimed about a rule that reads it."""

    text: str


Kind: TypeAlias = Plain | EntityOf | SetKind | Unmodelled


@dataclass(frozen=True, slots=True)
class FactType:
    """The type of one fact, and whether an entity may lack it."""

    kind: Kind
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """One action by one type of principal on one type of resource: there every expression has one type."""

    action: str
    principal: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTypes:
    """The facts of every entity type, and what the context of every action holds."""

    vocabulary: Vocabulary
    entities: Mapping[str, Mapping[str, FactType]]
    contexts: Mapping[str, Mapping[str, FactType]]

    @property
    def situations(self) -> tuple[Situation, ...]:
        """Every situation that a question can be about."""
        return tuple(
            Situation(action.name, principal, resource)
            for _, action in sorted(self.vocabulary.actions.items())
            for principal in action.principals
            for resource in action.resources
        )

    def can_be_in(self, child: str, parent: str) -> bool:
        """Whether an entity of type `child` can be in one of type `parent`, itself apart."""
        return self.way_up(child, parent) is not None

    def way_up(self, child: str, parent: str) -> tuple[str, ...] | None:
        """The types on a shortest way from `child` up to `parent`, both included; None where there is none."""
        kinds = self.vocabulary.entities
        waiting: list[tuple[str, ...]] = [(child,)]
        seen: set[str] = set()
        for way in waiting:
            for above in sorted(kinds[way[-1]].above):
                if above == parent:
                    return (*way, above)
                if above not in seen:
                    seen.add(above)
                    waiting.append((*way, above))
        return None


@cache
def fact_types() -> FactTypes:
    """Those of the schema that this package ships."""
    text = files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8")
    return fact_types_of(CedarSchema(text))


def fact_types_of(schema: CedarSchema) -> FactTypes:
    """Those of any schema, read from the one layout in which Cedar itself writes it."""
    words = vocabulary_of(schema)
    records: dict[str, Mapping[str, FactType]] = {}
    entities: dict[str, Mapping[str, FactType]] = {}
    contexts: dict[str, Mapping[str, FactType]] = {}
    for found in _DECLARATION.finditer(str(schema)):
        name, rest = found["name"], found["rest"]
        match found["sort"]:
            case "type":
                records[name] = dict(_facts(rest, words))
            case "entity":
                entities[name] = {} if rest.startswith(" enum ") else dict(_facts(rest, words))
            case _:
                context = re.search(r"^  context: (\w+)$", rest, re.MULTILINE)
                contexts[name] = records.get(context[1], {}) if context else {}
    return FactTypes(vocabulary=words, entities=entities, contexts=contexts)


def _facts(text: str, words: Vocabulary) -> Iterator[tuple[str, FactType]]:
    for found in _FIELD.finditer(text):
        yield found["name"], FactType(_kind(found["kind"], words), bool(found["optional"]))


def _kind(text: str, words: Vocabulary) -> Kind:
    if found := _SET.match(text):
        inner = _kind(found[1], words)
        return SetKind(inner) if isinstance(inner, Plain | EntityOf) else Unmodelled(text)
    if text in _PLAIN:
        return _PLAIN[text]
    return EntityOf(text) if text in words.entities else Unmodelled(text)
