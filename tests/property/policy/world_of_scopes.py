"""Made-up companies, rules of every scope shape and questions about them, all from one seed."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files

from policy import Entity, EntityRef, Value
from policy.cedar import CedarSchema, read_rule
from policy.decision import Rule
from policy.rulebook import WrittenRule
from policy.statements import Statement

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GROUPS = ("use", "readLike", "writeLike", "columnRead")
DATA_ACTIONS = ("read", "query", "readClear", "readHashed", "write", "remove", "share", "invoke", "connect")
PLATFORM_ACTIONS = ("viewContracts", "operate", "viewActivity", "viewEnvironment", "signContract", "viewGrant")
# How many there are of each type, and in which types each can be.
SIZES = {
    "Team": 10, "Activity": 4, "Person": 24, "Pipeline": 6, "Domain": 2, "DataProduct": 6, "Database": 4,
    "S3Prefix": 20, "GlueTable": 14, "ColumnGroup": 12, "Model": 2, "PublicEndpoint": 2, "Purpose": 8,
    "Environment": 5, "Platform": 1, "Contract": 3, "Grant": 3,
}  # fmt: skip
ABOVE = {
    "Person": ("Team", "Activity"), "Pipeline": ("Team", "Activity"), "S3Prefix": ("S3Prefix", "DataProduct", "Domain"),
    "GlueTable": ("Database", "S3Prefix", "DataProduct", "Domain"),
    "ColumnGroup": ("GlueTable",), "Purpose": ("Purpose",),
}  # fmt: skip
PRINCIPALS = ("Person", "Person", "Person", "Pipeline", "Team", "Activity")
RESOURCES = (
    "S3Prefix", "S3Prefix", "GlueTable", "GlueTable", "ColumnGroup", "DataProduct", "Domain", "Database",
    "Model", "PublicEndpoint", "Activity", "Environment", "Platform", "Contract", "Grant",
)  # fmt: skip
CONDITIONS = (
    "when { context.mfa }",
    "unless { context has purpose && context.purpose in context.activity.purposes }",
    "when { resource has sensitivity && resource.sensitivity > 1 }",
    'when { principal in Team::"team1" }',
)
FAILING = (
    "unless { context.purpose in context.activity.purposes }",  # where the context has no purpose
    'when { resource.zone == "lake" }',  # on everything but prefixes
    'when { principal.trainings.contains("privacy") }',  # for pipelines
    "unless { resource.sensitivity + 9223372036854775806 > 0 }",  # for some
    "when { context.nothing }",
)


def platform_schema() -> CedarSchema:
    """The schema that the product ships."""
    return CedarSchema(files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8"))


class World:
    """A company of about 120 things and `size` rules that may speak of any of them, or of things that are not."""

    def __init__(self, seed: int, size: int) -> None:
        self._draw = random.Random(seed)
        self.entities = tuple(self._entity(kind, number) for kind, many in SIZES.items() for number in range(many))
        self._size = size

    def rules(self, schema: CedarSchema) -> Iterator[WrittenRule]:
        """The rules as Cedar reads them. Those that do not fit the schema are kept: they have scopes, and fail."""
        for number in range(self._size):
            effect = self._draw.choice(("permit", "permit", "forbid"))
            scope = f"{self._place('principal', PRINCIPALS)}, {self._action()}, {self._place('resource', RESOURCES)}"
            (condition,) = self._draw.choices(("", *CONDITIONS, *FAILING), weights=[16, *[4] * 4, *[3] * 5])
            text = f'@id("rule-{number}") {effect} ({scope}) {condition};'
            parsed, problems = read_rule(Statement(text=text, line=number), schema)
            if parsed is None:
                raise ValueError(f"Cedar cannot read {text}: {problems}")
            rule = Rule(id=f"rule-{number}", title="", owner="", effect=parsed.effect)
            yield WrittenRule(
                rule=rule, statement=Statement(text=text, line=number), scope=parsed.scope, names=parsed.names
            )

    def principal(self) -> EntityRef:
        """Somebody, now and then nobody known."""
        return self._ref(self._draw.choice(("Person", "Person", "Person", "Pipeline")))

    def context(self) -> Mapping[str, Value]:
        """The circumstances of a use of data, now and then those of a use of the platform."""
        platform: dict[str, Value] = {"now": NOW, "mfa": self._draw.random() < 0.5}
        if self._draw.random() < 0.15:
            return platform
        named = {name: self._known(name.capitalize()) for name in ("purpose", "environment", "activity")}
        return {**platform, **named, "tier": EntityRef(type="Tier", id="research")}

    def ask(self) -> tuple[str, EntityRef]:
        """An action on something; mostly they fit together."""
        action = self._draw.choice((*DATA_ACTIONS, *DATA_ACTIONS, *PLATFORM_ACTIONS, "readLike", "nothing"))
        fitting = {
            "query": "GlueTable", "readClear": "ColumnGroup", "readHashed": "ColumnGroup", "invoke": "Model",
            "connect": "PublicEndpoint", "viewContracts": "Platform", "operate": "Platform",
            "viewActivity": "Activity", "viewEnvironment": "Environment", "signContract": "Contract",
            "viewGrant": "Grant",
        }.get(action, self._draw.choice(("S3Prefix", "GlueTable")))  # fmt: skip
        return action, self._ref(fitting if self._draw.random() < 0.95 else self._draw.choice(RESOURCES))

    def _known(self, kind: str) -> EntityRef:
        return EntityRef(type=kind, id=f"{kind.lower()}{self._draw.randrange(SIZES[kind])}")

    def _ref(self, kind: str) -> EntityRef:
        """Of that type; about one in thirty is not there."""
        return self._known(kind) if self._draw.random() < 0.97 else EntityRef(type=kind, id="nowhere")

    def _entity(self, kind: str, number: int) -> Entity:
        above = [self._known(self._draw.choice(ABOVE[kind])) for _ in range(2)] if kind in ABOVE else []
        if kind in {"S3Prefix", "Purpose"}:  # in those before it alone, so that there is no circle
            above = [EntityRef(type=kind, id=f"{kind.lower()}{self._draw.randrange(number)}")] if number else []
            if kind == "S3Prefix" and self._draw.random() < 0.4:
                above += [self._known("DataProduct"), self._known("Domain")]
        return Entity(
            ref=EntityRef(type=kind, id=f"{kind.lower()}{number}"),
            attrs=self._attrs(kind, number),
            parents=frozenset(above),
        )

    def _attrs(self, kind: str, number: int) -> dict[str, Value]:
        rank, tier = self._draw.randrange(4), EntityRef(type="Tier", id="research")
        thing: dict[str, Value] = {"sensitivity": rank, "classes": frozenset()}
        match kind:
            case "Person":
                return {"uid": f"person{number}", "trainings": frozenset({"privacy"} if rank else ())}
            case "Pipeline":
                return {"uid": f"pipeline{number}"}
            case "Activity":
                purposes = frozenset({self._known("Purpose"), self._known("Purpose")})
                return {"owner": self._known("Person"), "purposes": purposes, "sensitivity": rank, "state": "active"}
            case "Environment":
                return {"tier": tier, "activity": self._known("Activity"), "state": "active"}
            case "S3Prefix":
                return {**thing, "zone": self._draw.choice(("lake", "report"))}
            case "GlueTable" | "ColumnGroup" | "Model" | "PublicEndpoint":
                return thing
            case "Contract":
                return {"proposer": self._known("Person"), "ownerTeam": self._known("Team")}
            case "Grant":
                return {"activity": self._known("Activity"), "holderId": "person1", "tier": tier}
            case _:
                return {}

    def _place(self, var: str, kinds: tuple[str, ...]) -> str:
        """A principal's or resource's scope, of any shape and about any type."""
        kind = self._draw.choice(kinds)
        ref = self._ref(kind)
        match self._draw.randrange(8):
            case 0:
                return var
            case 1 | 2:
                return f"{var} == {ref}"
            case 3:
                return f"{var} is {kind}"
            case 4 | 5:
                return f"{var} is {self._draw.choice(kinds)} in {ref}"
            case _:
                return f"{var} in {ref}"

    def _action(self) -> str:
        one = self._draw.choice((*DATA_ACTIONS, *PLATFORM_ACTIONS))
        match self._draw.randrange(9):
            case 0 | 1:
                return "action"
            case 2 | 3:
                return f'action == Action::"{one}"'
            case 4:
                return f'action in Action::"{one}"'
            case 5:
                return "action in []"
            case 6:
                return f'action in [Action::"{one}", Action::"{self._draw.choice(GROUPS)}", Action::"{one}"]'
            case _:
                return f'action in Action::"{self._draw.choice(GROUPS)}"'
