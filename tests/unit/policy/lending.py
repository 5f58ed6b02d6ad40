"""A small lending company to ask questions about: people, a pipeline, two activities, data, records."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from policy import Engine, Entity, EntityRef, Question, Rulebook, Value

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SAMPLE_RULES = Path(__file__).parents[3] / "platform_api/embedded/sample/rules.cedar"


def ref(text: str) -> EntityRef:
    """`Team:lending-science` as a reference."""
    kind, _, name = text.partition(":")
    return EntityRef(type=kind, id=name)


def refs(*texts: str) -> frozenset[EntityRef]:
    """Several of them, as a set."""
    return frozenset(map(ref, texts))


def entity(text: str, *parents: str, **attrs: Value) -> Entity:
    """An entity with its parents and attributes."""
    return Entity(ref=ref(text), attrs=attrs, parents=refs(*parents))


def person(name: str, *parents: str) -> Entity:
    return entity(f"Person:{name}", *parents, uid=name, trainings=frozenset({"privacy-basics"}))


def activity(name: str, owner: str, *, state: str = "active") -> Entity:
    return entity(
        f"Activity:{name}",
        owner=ref(f"Person:{owner}"),
        purposes=refs("Purpose:lending/credit-risk-research", "Purpose:lending/fairness-testing"),
        sensitivity=2,
        state=state,
    )


def environment(name: str, tier: str, of: str, *, state: str = "active") -> Entity:
    return entity(f"Environment:{name}", tier=ref(f"Tier:{tier}"), activity=ref(f"Activity:{of}"), state=state)


def prefix(name: str, parent: str, zone: str, *classes: str, sensitivity: int = 2) -> Entity:
    return entity(f"S3Prefix:{name}", parent, sensitivity=sensitivity, classes=frozenset(classes), zone=zone)


def table(name: str, *parents: str, sensitivity: int = 2) -> Entity:
    return entity(f"GlueTable:{name}", *parents, sensitivity=sensitivity, classes=frozenset())


TEAMS = (
    "lending-science", "lending-pipelines", "lending-data-products", "lending-data-owners",
    "privacy-office", "governance-office", "architecture-board", "internal-audit",
)  # fmt: skip

COMPANY: tuple[Entity, ...] = (
    *(entity(f"Team:{team}") for team in TEAMS),
    person("ada", "Team:lending-science", "Activity:risk"),
    person("ben", "Team:lending-science"),
    person("pia", "Team:lending-data-products"),
    person("oda", "Team:lending-data-owners"),
    person("priya", "Team:privacy-office"),
    person("gus", "Team:governance-office"),
    person("arif", "Team:architecture-board"),
    person("iris", "Team:internal-audit"),
    person("outsider"),
    entity("Pipeline:scorer", "Team:lending-pipelines", "Activity:risk", uid="scorer"),
    entity("Purpose:lending"),
    entity("Purpose:lending/credit-risk-research", "Purpose:lending"),
    entity("Purpose:lending/credit-risk-research/thin-files", "Purpose:lending/credit-risk-research"),
    entity("Purpose:lending/fairness-testing", "Purpose:lending"),
    entity("Purpose:marketing"),
    activity("risk", "ada"),
    activity("sleeping", "ben", state="submitted"),
    environment("risk-research", "research", "risk"),
    environment("risk-validation", "validation", "risk"),
    environment("risk-operation", "operation", "risk"),
    environment("risk-starting", "research", "risk", state="provisioning"),
    environment("sleeping-research", "research", "sleeping"),
    entity("DataProduct:loan-applications"),
    entity("DataProduct:loan-reports"),
    entity("Database:lending"),
    prefix("facts", "DataProduct:loan-applications", "lake"),
    prefix("personal", "DataProduct:loan-applications", "lake", "personal", sensitivity=3),
    prefix("secret", "DataProduct:loan-applications", "lake", sensitivity=3),
    prefix("reports", "DataProduct:loan-reports", "report", sensitivity=1),
    prefix("workspace", "DataProduct:loan-reports", "workspace", sensitivity=1),
    table("loans", "Database:lending", "DataProduct:loan-applications"),
    entity("ColumnGroup:loans/plain", "GlueTable:loans", sensitivity=1, classes=frozenset()),
    entity("DynamoTable:scores", sensitivity=0, classes=frozenset()),
    entity("KinesisStream:events", sensitivity=0, classes=frozenset()),
    entity("Model:haiku", sensitivity=0, classes=frozenset()),
    entity("PublicEndpoint:ecb", sensitivity=0, classes=frozenset()),
    entity("Platform:sluicegate"),
    entity("Contract:c1", proposer=ref("Person:oda"), ownerTeam=ref("Team:lending-data-owners")),
    entity("Contract:c2", proposer=ref("Person:pia"), ownerTeam=ref("Team:lending-data-owners")),
    entity("View:v1", ownerTeams=frozenset({ref("Team:lending-data-owners")}), importedBy="gus"),
    entity("View:v2", ownerTeams=frozenset({ref("Team:lending-data-owners")}), importedBy="oda"),
    entity("Review:r1", activity=ref("Activity:risk"), author=ref("Person:ada")),
    entity("Review:r2", activity=ref("Activity:risk"), author=ref("Person:arif")),
    entity("Grant:g1", activity=ref("Activity:risk"), holderId="ada", tier=ref("Tier:research")),
    entity("Rulebook:live", authors=frozenset()),
    entity("Rulebook:draft", authors=frozenset({"gus"})),
)

PLATFORM_CONTEXT: Mapping[str, Value] = {"now": NOW, "mfa": True}


def data_context(
    env: str = "risk-research",
    tier: str = "research",
    of: str = "risk",
    purpose: str = "lending/credit-risk-research",
) -> dict[str, Value]:
    return {
        "purpose": ref(f"Purpose:{purpose}"),
        "tier": ref(f"Tier:{tier}"),
        "environment": ref(f"Environment:{env}"),
        "activity": ref(f"Activity:{of}"),
        **PLATFORM_CONTEXT,
    }


def question(
    principal: str,
    action: str,
    resource: str,
    context: Mapping[str, Value] = PLATFORM_CONTEXT,
    entities: tuple[Entity, ...] = COMPANY,
) -> Question:
    """A question about the company."""
    return Question(principal=ref(principal), action=action, resource=ref(resource), context=context, entities=entities)


def without(asked: Question, *missing: str) -> Question:
    """The same question with some entities not loaded."""
    gone = refs(*missing)
    return replace(asked, entities=tuple(each for each in asked.entities if each.ref not in gone))


def rule(text: str, name: str = "a-rule", advice: str | None = None) -> str:
    """Cedar text with the annotations that every rule has."""
    said = f'@advice("{advice}")\n' if advice else ""
    return f'@id("{name}")\n@title("A rule")\n@owner("somebody")\n{said}{text}\n'


def engine(*rules: str) -> Engine:
    """An engine of an editable rulebook with these rules."""
    return Engine.load(Rulebook(version="v1", text="\n".join(rules)))


def sample_engine() -> Engine:
    """An engine of the sample organisation's rules."""
    return Engine.load(Rulebook(version="sample", text=SAMPLE_RULES.read_text(encoding="utf-8")))
