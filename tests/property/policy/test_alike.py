"""Asking once about what no rule can tell apart changes no answer: containers full of look-alikes, any rules."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from policy import Decision, Engine, Entity, EntityRef, Value, Why
from policy.alike import FEWEST, alike
from policy.cedar import CedarSchema, read_rule
from policy.decision import Rule
from policy.engine import Setting
from policy.rulebook import WrittenRule
from policy.shelf import Shelf
from policy.statements import Statement
from tests.property.policy.world_of_scopes import platform_schema

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TIER = EntityRef(type="Tier", id="research")
BOOKS, RULES = 60, 14
CLASSES: tuple[frozenset[str], ...] = (frozenset(), frozenset({"personal"}), frozenset({"personal", "health"}))


def ref(kind: str, number: object) -> EntityRef:
    return EntityRef(type=kind, id=f"{kind.lower()}{number}")


class Container:
    """A prefix with prefixes, tables and column groups in it, many of them alike, and rules about any of them."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.person = ref("Person", 0)
        products = [Entity(ref=ref("DataProduct", n)) for n in range(2)]
        bases = [Entity(ref=ref("Database", n)) for n in range(3)]
        prefixes = [
            self._item("S3Prefix", n, [ref("S3Prefix", self._draw.randrange(n))] if n else [], zone="lake")
            for n in range(30)
        ]
        tables = [self._item("GlueTable", n, [self._one("Database", 3), self._one("S3Prefix", 30)]) for n in range(25)]
        groups = [self._item("ColumnGroup", n, [self._one("GlueTable", 25)]) for n in range(40)]
        self.resources = tuple(entity.ref for entity in (*prefixes, *tables, *groups))
        self.entities = (
            Entity(ref=self.person, attrs={"uid": "person0", "trainings": frozenset()}, parents=self._memberships()),
            *(Entity(ref=ref("Team", n)) for n in range(3)),
            Entity(ref=ref("Domain", 0)),
            Entity(ref=ref("Purpose", 0)),
            Entity(ref=ref("Activity", 0), attrs=self._activity()),
            Entity(ref=ref("Environment", 0), attrs={"tier": TIER, "activity": ref("Activity", 0), "state": "active"}),
            *products,
            *bases,
            *prefixes,
            *tables,
            *groups,
        )

    @property
    def context(self) -> Mapping[str, Value]:
        """The circumstances."""
        named = {name: ref(name.capitalize(), 0) for name in ("purpose", "environment", "activity")}
        return {**named, "tier": TIER, "now": NOW, "mfa": False}

    def asks(self) -> list[tuple[str, EntityRef]]:
        """What a request for the container would come to, and something that is not there."""
        actions = {"S3Prefix": ("read", "write"), "GlueTable": ("read", "query"), "ColumnGroup": ("readClear",)}
        asked = [(action, resource) for resource in self.resources for action in actions[resource.type]]
        return [*self._draw.sample(asked, len(asked)), ("read", ref("S3Prefix", "nowhere")), ("query", self.person)]

    def rules(self, schema: CedarSchema) -> list[WrittenRule]:
        """Rules that name containers, single things inside, attributes, and things in roundabout ways.

        Those that do not fit the schema are kept: they fail where they match.
        """
        written = []
        for number in range(RULES):
            statement = Statement(text=self._rule(number), line=number)
            parsed, problems = read_rule(statement, schema)
            assert parsed is not None, problems
            rule = Rule(id=f"rule-{number}", title="", owner="", effect=parsed.effect)
            written.append(WrittenRule(rule=rule, statement=statement, scope=parsed.scope, names=parsed.names))
        return written

    def _rule(self, number: int) -> str:
        some = self._some()
        scope = self._draw.choice(
            ("resource", "resource is S3Prefix", f"resource in {some}", f"resource == {some}", "resource is GlueTable")
        )
        action = self._draw.choice(('action in [Action::"use", Action::"columnRead"]', 'action == Action::"read"'))
        condition = self._draw.choice(
            (
                "",
                f"when {{ resource in {self._some()} }}",
                f"unless {{ resource == {self._some()} }}",
                f"when {{ [{self._some()}, {self._some()}].contains(resource) }}",
                f"when {{ {self._some('S3Prefix')} in resource }}",
                "when { principal in resource }",
                "when { resource in principal || context.activity.sensitivity > 1 }",
                'when { resource has classes && resource.classes.contains("personal") }',
                "when { resource.sensitivity > 1 }",
                'when { resource.zone == "lake" }',
                "when { {a: resource}.a == resource && [resource].containsAny([context.activity.owner]) }",
                f"when {{ if resource is GlueTable in {self._some('Database')} then true else context.mfa }}",
            )
        )
        team = self._draw.choice(("principal", 'principal in Team::"team1"', 'principal in Team::"team2"'))
        effect = self._draw.choice(("permit", "permit", "forbid"))
        return f'@id("rule-{number}") {effect} ({team}, {action}, {scope}) {condition};'

    def _some(self, kind: str | None = None) -> EntityRef:
        kinds = {"S3Prefix": 32, "GlueTable": 27, "ColumnGroup": 42, "DataProduct": 3, "Database": 4}
        of = kind or self._draw.choice(tuple(kinds))
        return self._one(of, kinds[of])

    def _one(self, kind: str, many: int) -> EntityRef:
        return ref(kind, self._draw.randrange(many))

    def _memberships(self) -> frozenset[EntityRef]:
        return frozenset({ref("Activity", 0), *(ref("Team", n) for n in range(3) if self._draw.random() < 0.5)})

    def _activity(self) -> dict[str, Value]:
        purposes = frozenset({ref("Purpose", 0)})
        return {"owner": self.person, "purposes": purposes, "sensitivity": 2, "state": "active"}

    def _item(self, kind: str, number: int, above: list[EntityRef], **attrs: Value) -> Entity:
        more = [] if kind == "ColumnGroup" else [self._one("DataProduct", 2), ref("Domain", 0)]
        attrs |= {"sensitivity": self._draw.choice((1, 1, 1, 2)), "classes": self._draw.choice(CLASSES[:2])}
        return Entity(ref=ref(kind, number), attrs=attrs, parents=frozenset({*above, *more}))


@pytest.mark.parametrize("part", [0, 1, *(pytest.param(part, marks=pytest.mark.slow) for part in (2, 3))])
def test_everything_inside_a_container_is_answered_as_if_it_had_been_asked_alone(part: int) -> None:
    seen: Counter[str] = Counter()
    schema = platform_schema()
    for seed in range(part, BOOKS, 4):
        container = Container(seed)
        engine = Engine("any", Shelf().holding(container.rules(schema)), schema)
        asks = container.asks()
        assert len(asks) >= FEWEST
        given = {"principal": container.person, "context": container.context, "entities": container.entities}
        together = engine.decide_all(**given, asks=asks)  # type: ignore[arg-type]
        alone = [engine.decide_all(**given, asks=[ask])[0] for ask in asks]  # type: ignore[arg-type]
        assert [_plain(each) for each in together] == [_plain(each) for each in alone]
        seen.update(decision.why for decision in alone)
        like = engine._alike(Setting(**given, schema=schema), asks)  # type: ignore[arg-type]
        assert like is not None
        seen["asked"] += len(like.stands_for)
        seen["spared"] += sum(one != other for one, other in like.stands_for.items())
    # The comparison says something only where every kind of answer occurs and most things stand for others.
    assert min(seen[why] for why in Why) > 10, seen
    assert seen["spared"] > seen["asked"] / 3, seen


def _plain(decision: Decision) -> tuple[bool, str, list[str]]:
    return decision.allowed, decision.why, [rule.id for rule in decision.rules]


def test_facts_that_are_not_in_order_are_read_as_they_are() -> None:
    one, other = ref("S3Prefix", 1), ref("S3Prefix", 2)
    whole = Entity(ref=one, attrs={"sensitivity": 1})

    def looked_at(*entities: Entity) -> object:
        return alike(
            principal=ref("Person", 0), context={}, entities=entities, resources=[one], is_named=lambda _: False
        )

    assert looked_at(whole) is not None
    assert looked_at(whole, whole) is None
    assert looked_at(whole, Entity(ref=other, parents=frozenset({ref("DataProduct", 9)}))) is None
    assert looked_at(Entity(ref=one, parents=frozenset({one}))) is None
    assert looked_at(whole, Entity(ref=EntityRef(type="Action", id="read"))) is None


def test_one_and_true_are_not_alike() -> None:
    """Python takes them for equal, Cedar does not."""
    one, other = ref("S3Prefix", 1), ref("S3Prefix", 2)
    entities = (Entity(ref=one, attrs={"sensitivity": 1}), Entity(ref=other, attrs={"sensitivity": True}))
    like = alike(
        principal=ref("Person", 0), context={}, entities=entities, resources=[one, other], is_named=lambda _: False
    )
    assert like is not None
    assert like.stands_for == {one: one, other: other}
