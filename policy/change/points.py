"""A point: one concrete question with a directory around it that fits the schema."""

from collections.abc import Callable, Mapping
from typing import Final

from policy.change.fact_types import EntityOf, FactTypes, Kind, Plain, SetKind, Situation
from policy.change.literals import moment
from policy.question import Entity, EntityRef, Question, Scalar, Value

Fill = Callable[[Kind, str], Value]
"""A value for a fact that nobody asked about, by its kind and its name."""

_MOST_ENTITIES: Final = 500


class Unbuildable(Exception):
    """No directory that fits the schema looks like this."""


class Directory:
    """Entities in the making: what is said of them, then everything else that the schema asks for."""

    def __init__(self, types: FactTypes) -> None:
        self._types = types
        self._facts: dict[EntityRef, dict[str, Value]] = {}
        self._parents: dict[EntityRef, set[EntityRef]] = {}

    def add(self, ref: EntityRef) -> None:
        """The entity is there; members of an enum need not be, and are not added."""
        kind = self._types.vocabulary.entities[ref.type]
        if kind.members is None:
            self._facts.setdefault(ref, {"uid": ref.id} if "uid" in self._types.entities[ref.type] else {})
            self._parents.setdefault(ref, set())

    def say(self, ref: EntityRef, fact: str, value: Value) -> None:
        """The entity has this fact; Unbuildable when it has another already."""
        self.add(ref)
        if self._facts[ref].setdefault(fact, value) != value:
            raise Unbuildable(f"{ref} cannot have two values of `{fact}`")

    def put(self, child: EntityRef, parent: EntityRef) -> None:
        """`child in parent`, over entities of their own where the schema has types between them."""
        way = self._types.way_up(child.type, parent.type)
        if way is None:
            raise Unbuildable(f"{child.type} is never in {parent.type}")
        below = child
        self.add(below)
        for kind in way[1:-1]:
            between = EntityRef(type=kind, id=f"{kind.lower()}-of-{child.id}-in-{parent.id}")
            self.add(between)
            self._parents[below].add(between)
            below = between
        self.add(parent)
        self._parents[below].add(parent)

    def entities(self, fill: Fill, mentioned: Mapping[str, Value]) -> tuple[Entity, ...]:
        """All of them, and everything that they and `mentioned` name, with every fact that must be there."""
        self._add_named(mentioned)
        waiting = list(self._facts)
        for ref in waiting:
            if len(waiting) > _MOST_ENTITIES:
                raise Unbuildable("the directory does not come to an end")
            facts = self._facts[ref]
            for name, declared in sorted(self._types.entities[ref.type].items()):
                if name not in facts and not declared.is_optional:
                    facts[name] = fill(declared.kind, f"{ref.type}.{name}")
            known = len(self._facts)
            self._add_named(facts)
            waiting += list(self._facts)[known:]
        return tuple(
            Entity(ref=ref, attrs=facts, parents=frozenset(self._parents[ref])) for ref, facts in self._facts.items()
        )

    def question(self, situation: Situation, who: EntityRef, what: EntityRef, said: Mapping[str, Value], fill: Fill
    ) -> Question:  # fmt: skip
        """The question in this directory; what the context lacks is filled in."""
        self.add(who)
        self.add(what)
        context = dict(said)
        for name, declared in sorted(self._types.contexts[situation.action].items()):
            if name not in context and not declared.is_optional:
                context[name] = fill(declared.kind, f"context.{name}")
        entities = self.entities(fill, context)
        return Question(principal=who, action=situation.action, resource=what, context=context, entities=entities)

    def _add_named(self, facts: Mapping[str, Value]) -> None:
        for value in facts.values():
            for each in value if isinstance(value, frozenset) else (value,):
                if isinstance(each, EntityRef):
                    self.add(each)


def plainest(types: FactTypes) -> Fill:
    """The least remarkable value of every kind."""

    def fill(kind: Kind, name: str) -> Value:
        match kind:
            case Plain.BOOL:
                return False
            case Plain.LONG:
                return 0
            case Plain.STRING:
                return "any"
            case Plain.DATETIME:
                return moment(1_767_261_600_000)  # 2026-01-01T10:00Z
            case SetKind():
                return frozenset[Scalar]()
            case EntityOf(of):
                members = types.vocabulary.entities[of].members
                return EntityRef(type=of, id=min(members) if members else f"any-{of.lower()}")
        raise Unbuildable(f"`{name}` is of a kind that cannot be made up")

    return fill
