"""What is asked: who wants to do what to which thing, in which circumstances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRef:
    """A thing that rules can name, by its type in the schema and its id: `Team::"lending-science"`."""

    type: str
    id: str

    def __str__(self) -> str:
        return f'{self.type}::"{self.id}"'


Scalar: TypeAlias = bool | int | str | datetime | EntityRef
# A datetime is aware; a frozenset is a set; a mapping is a record.
Value: TypeAlias = "Scalar | frozenset[Scalar] | Mapping[str, Value]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A known thing with its facts and the groups that it is directly in.

    Every entity that its attributes and parents mention has to be in the question too.
    """

    ref: EntityRef
    attrs: Mapping[str, Value] = field(default_factory=dict)
    parents: frozenset[EntityRef] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May `principal` do `action` to `resource`, given `context` and the facts in `entities`?

    Principal, resource and everything that context, attributes and parents mention must be in `entities`
    (members of the schema's enums excepted), or the answer is a refusal: a rule about something that was
    not loaded would otherwise be skipped in silence.
    """

    principal: EntityRef
    action: str
    resource: EntityRef
    context: Mapping[str, Value]
    entities: tuple[Entity, ...]
