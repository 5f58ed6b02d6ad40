"""A made-up company of 100,000 things, rulebooks of any size about it, and questions that they answer."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from policy import Effect, Engine, Entity, EntityRef, Question, Rule, Rulebook, Value
from policy.cedar import CedarSchema
from policy.rulebook import Authorship, WrittenRule, rules_in
from policy.scope_index import Scope
from policy.shelf import Shelf
from policy.statements import Statement

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TEAMS, PRODUCTS, TABLES, ACTIVITIES, ENVIRONMENTS, PURPOSES = 1_000, 4_000, 40_000, 1_000, 900, 100
ENTITIES = 100_000
PEOPLE = ENTITIES - TEAMS - 2 * PRODUCTS - TABLES - ACTIVITIES - ENVIRONMENTS - PURPOSES
# An action with itself and the groups around it.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "read": ("read", "readLike", "use"),
    "query": ("query", "readLike", "use"),
    "write": ("write", "writeLike", "use"),
}


def product_schema() -> CedarSchema:
    """The schema that the product ships."""
    return CedarSchema(files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a rule says, for any engine: a team may or may not do something to the tables of a product."""

    effect: str
    team: str
    action: str
    product: str
    needs_mfa: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question for any engine."""

    person: str
    action: str
    table: str
    mfa: bool


def _ref(kind: str, number: int) -> EntityRef:
    return EntityRef(type=kind, id=f"{kind.lower()}-{number}")


class Company:
    """The store of entities, by type and id; and what may be asked about them. All of it follows from one seed."""

    def __init__(self) -> None:
        self._draw = random.Random(3)
        self._store = {(entity.ref.type, entity.ref.id): entity for entity in self._entities()}
        if len(self._store) != ENTITIES:
            raise SystemExit(f"{len(self._store)} entities instead of {ENTITIES}: mend the benchmark")
        self._in_team: dict[str, list[str]] = {}
        self._of_product: dict[str, list[str]] = {}
        for kind, name in self._store:
            if kind == "Person":
                for team in self.teams(name):
                    self._in_team.setdefault(team, []).append(name)
            elif kind == "GlueTable":
                self._of_product.setdefault(self.product(name), []).append(name)

    def teams(self, person: str) -> list[str]:
        """The teams that somebody is in."""
        return [each.id for each in self._store["Person", person].parents]

    def product(self, table: str) -> str:
        """The data product that a table belongs to."""
        (product,) = (each for each in self._store["GlueTable", table].parents if each.type == "DataProduct")
        return product.id

    def sayings(self, many: int) -> list[Saying]:
        """That many rules, no two alike; one in ten forbids."""
        found: dict[Saying, None] = {}
        while len(found) < many:
            saying = Saying(
                effect="forbid" if self._draw.random() < 0.1 else "permit",
                team=_ref("Team", self._draw.randrange(TEAMS)).id,
                action=self._draw.choice(("read", "query", "write", "readLike", "use")),
                product=_ref("DataProduct", self._draw.randrange(PRODUCTS)).id,
                needs_mfa=self._draw.random() < 0.3,
            )
            found[saying] = None
        return list(found)

    def asks(self, sayings: list[Saying], many: int) -> list[Ask]:
        """Questions that each concern one of the rules at least, as far as person and table go."""
        asks: list[Ask] = []
        while len(asks) < many:
            saying = self._draw.choice(sayings)
            people, tables = self._in_team.get(saying.team), self._of_product.get(saying.product)
            if people and tables:
                ask = Ask(
                    person=self._draw.choice(people),
                    action=self._draw.choice(tuple(ACTIONS)),
                    table=self._draw.choice(tables),
                    mfa=self._draw.random() < 0.7,
                )
                asks.append(ask)
        return asks

    def question(self, ask: Ask) -> Question:
        """The question as the product puts it: with the facts that it concerns, looked up in the store."""
        principal, resource = EntityRef(type="Person", id=ask.person), EntityRef(type="GlueTable", id=ask.table)
        number = int(ask.person.rpartition("-")[2])
        environment = _ref("Environment", number % ENVIRONMENTS)
        activity = self._store[environment.type, environment.id].attrs["activity"]
        context: dict[str, Value] = {
            "purpose": _ref("Purpose", number % PURPOSES),
            "tier": EntityRef(type="Tier", id="research"),
            "environment": environment,
            "activity": activity,
            "now": NOW,
            "mfa": ask.mfa,
        }
        return Question(
            principal=principal,
            action=ask.action,
            resource=resource,
            context=context,
            entities=self.around((principal, resource, *_mentioned(context))),
        )

    def around(self, refs: Iterable[EntityRef]) -> tuple[Entity, ...]:
        """Everything that these mention, and what that mentions, and so on."""
        found: dict[tuple[str, str], Entity] = {}
        unread = list(refs)
        while unread:
            ref = unread.pop()
            key = (ref.type, ref.id)
            if key not in found and ref.type != "Tier":
                entity = found[key] = self._store[key]
                unread += entity.parents
                if entity.attrs:
                    unread += _mentioned(entity.attrs)
        return tuple(found.values())

    def _entities(self) -> Iterator[Entity]:
        for number in range(PEOPLE):
            teams = frozenset(_ref("Team", self._draw.randrange(TEAMS)) for _ in range(2))
            person = _ref("Person", number)
            yield Entity(ref=person, attrs={"uid": person.id, "trainings": frozenset({"privacy"})}, parents=teams)
        for number in range(TABLES):
            parents = frozenset({_ref(kind, number % PRODUCTS) for kind in ("Database", "DataProduct")})
            attrs: dict[str, Value] = {"sensitivity": number % 4, "classes": frozenset()}
            yield Entity(ref=_ref("GlueTable", number), attrs=attrs, parents=parents)
        for number in range(PRODUCTS):
            yield Entity(ref=_ref("Database", number))
            yield Entity(ref=_ref("DataProduct", number))
        for number in range(ACTIVITIES):
            yield Entity(
                ref=_ref("Activity", number),
                attrs={
                    "owner": _ref("Person", number),
                    "purposes": frozenset({_ref("Purpose", number % PURPOSES)}),
                    "sensitivity": 2,
                    "state": "active",
                },
            )
        for number in range(ENVIRONMENTS):
            tier = EntityRef(type="Tier", id="research")
            attrs = {"tier": tier, "activity": _ref("Activity", number), "state": "active"}
            yield Entity(ref=_ref("Environment", number), attrs=attrs)
        for number in range(PURPOSES):
            parents = frozenset({_ref("Purpose", number // 10)}) if number >= 10 else frozenset()
            yield Entity(ref=_ref("Purpose", number), parents=parents)
        yield from (Entity(ref=_ref("Team", number)) for number in range(TEAMS))


def _mentioned(values: Mapping[str, Value]) -> Iterator[EntityRef]:
    for value in values.values():
        if isinstance(value, EntityRef):
            yield value
        elif isinstance(value, frozenset):
            yield from (each for each in value if isinstance(each, EntityRef))


def written(sayings: Iterable[Saying], start: int = 0) -> list[WrittenRule]:
    """The rules as the product reads them, made without reading: that would take a minute for 100,000."""
    return [_written(saying, number) for number, saying in enumerate(sayings, start)]


def engine(rules: list[WrittenRule], version: str, schema: CedarSchema) -> Engine:
    """An engine of these rules. One rule in 200 is read as the product reads it, and has to be the same."""
    text = "\n".join(each.statement.text for each in rules[::200])
    read = rules_in(Rulebook(version=version, text=text), schema, Authorship.EDITABLE)
    if [(r.rule, r.scope, r.names) for r in read] != [(r.rule, r.scope, r.names) for r in rules[::200]]:
        raise SystemExit("the benchmark's rules are not read as they are made: mend it")
    return Engine(version, Shelf().holding(rules), schema)


def _written(saying: Saying, number: int) -> WrittenRule:
    name = f"rule-{number}"
    is_group = saying.action not in ACTIONS
    text = (
        f'@id("{name}") @title("A rule") @owner("somebody") {saying.effect} (principal in Team::"{saying.team}", '
        f'action {"in" if is_group else "=="} Action::"{saying.action}", '
        f'resource in DataProduct::"{saying.product}"){" when { context.mfa }" if saying.needs_mfa else ""};'
    )
    action = ("Action", saying.action)
    team, product = ("Team", saying.team), ("DataProduct", saying.product)
    return WrittenRule(
        rule=Rule(id=name, title="A rule", owner="somebody", effect=Effect(saying.effect)),
        statement=Statement(text=text, line=1),
        scope=Scope(principal=team, actions=(action,), resource=product),
        names=frozenset({team, action, product}),
    )
