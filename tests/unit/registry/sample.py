"""A small organisation and the loans contract in a form that can be signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Person, Subject, Workload
from platform_api.ids import id_of_bytes
from platform_api.registry.order import ActivityOrder
from platform_api.registry.records import DirectoryEntry, StandingApproval
from platform_api.registry.review import FastPathLimits
from tests.fakes.registry import MemoryRegistry

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
LOANS = (Path(__file__).parents[1] / "contracts/document/loans.odcs.yaml").read_text("utf-8")
PURPOSES: dict[str, str | None] = {
    "dpv:ResearchAndDevelopment": None,
    "acme:model-validation": "dpv:ResearchAndDevelopment",
    "acme:loss-forecasting": "dpv:ResearchAndDevelopment",
    "dpv:Marketing": None,
    "acme:individual-decisioning": None,
}


def person(number: int, name: str, *teams: str, training: str = "privacy-2026") -> Person:
    return Person(
        id=SubjectId(id_of_bytes("pe", number.to_bytes(16, "big"))),
        name=name,
        teams=frozenset(teams),
        trainings=frozenset({training} if training else ()),
    )


ADA = person(1, "Ada", "lending-science")
BEN = person(2, "Ben", "lending-science")
PAT = person(3, "Pat", "sf-data-products")
LEE = person(4, "Lee", "sf-data-products")
PRIYA = person(5, "Priya", "privacy-office")
BOTH = person(6, "Both", "sf-data-products", "privacy-office")
ARCHIE = person(7, "Archie", "architecture-board")
PIPELINE = Workload(
    id=SubjectId(id_of_bytes("wl", (8).to_bytes(16, "big"))),
    name="pipeline",
    teams=frozenset({"sf-data-products"}),
)


def login(subject: Subject) -> str:
    return f"{subject.name.lower()}@acme.example"


def organisation(logins_of: Mapping[str, str] | None = None) -> MemoryRegistry:
    """`logins_of` says of some by id whose logins they are, too; everybody else is a person of their own."""
    behind = logins_of or {}
    everybody: tuple[Subject, ...] = (ADA, BEN, PAT, LEE, PRIYA, BOTH, ARCHIE, PIPELINE)
    return MemoryRegistry(
        entries=[
            DirectoryEntry(
                subject=one, issuer="https://id.acme.example", login=login(one), title="", person=behind.get(one.id)
            )
            for one in everybody
        ],
        approvals=[
            StandingApproval(
                team="lending-science",
                max_classification=Classification.CONFIDENTIAL,
                purposes=frozenset({"dpv:ResearchAndDevelopment"}),
            )
        ],
        purposes=PURPOSES,
    )


def signable(edit: Callable[[dict[str, Any], dict[str, Any]], object] = lambda d, terms: None) -> dict[str, Any]:
    """The loans contract without the clauses that nothing holds yet; `edit` gets it and its usage terms."""
    document: dict[str, Any] = yaml.safe_load(LOANS)
    terms: dict[str, Any] = document["customProperties"][0]["value"]
    del terms["combination"], terms["ingress"], document["roles"]
    terms["obligations"][1]["enforcement"] = "attested"
    for column in document["schema"][0]["properties"]:
        column.pop("customProperties", None)
    edit(document, terms)
    return document


def sequence() -> Callable[[str, datetime], str]:
    """Ids that count up."""
    count = iter(range(1, 10_000))
    return lambda prefix, now: id_of_bytes(prefix, next(count).to_bytes(16, "big"))


LIMITS = FastPathLimits(
    templates={"standard": "d1"},
    max_monthly_budget_usd=1000,
    max_duration=timedelta(days=365),
    trainings=frozenset({"privacy-2026"}),
)


def order(**changes: Any) -> ActivityOrder:
    asked: dict[str, Any] = {
        "name": "loan-losses",
        "title": "Loan losses",
        "owner": login(ADA),
        "members": (login(BEN), login(PIPELINE)),
        "purposes": frozenset({"acme:loss-forecasting"}),
        "classification": Classification.CONFIDENTIAL,
        "contracts": (),
        "cost_center": "CC-4711",
        "template": "standard",
        "monthly_budget_usd": 500,
        "ends_at": NOW + timedelta(days=180),
    }
    return ActivityOrder(**(asked | changes))
