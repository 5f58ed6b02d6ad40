"""The coarse check as a table: for each clause of a contract, an ask that exceeds it and one that just does not.

As a program it writes the page `docs/spec/contract-breaches.md` anew: .venv/bin/python -m tests.spec.breach_rows
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from jit_engine.contracts.breaches import CoarseAsk, contract_breaches
from jit_engine.contracts.terms import ApprovalRule, ContractState, HeldContract, StageTerms, WriteTarget
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Breach
from tests.fakes.world import (
    ADA,
    CONTRACT,
    FACTS_PREFIX,
    INSERT,
    LOANS,
    MARKETING,
    NOW,
    OWNERS,
    PURPOSES,
    REPORT_PREFIX,
    RESEARCH_PURPOSE,
    SCORER,
    activity,
    ask,
    contract,
    prefix,
    request,
)

SECOND = timedelta(seconds=1)
READS = frozenset({Operation.DESCRIBE, Operation.SELECT})
CONFIDENTIAL, RESTRICTED, INTERNAL = Classification.CONFIDENTIAL, Classification.RESTRICTED, Classification.INTERNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A difference from an ask that is within every clause, and the codes of what it then exceeds."""

    title: str
    codes: tuple[str, ...] = ()
    terms: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    tier: Tier = Tier.RESEARCH
    ask: Any = None
    classification: Classification = CONFIDENTIAL
    purposes: dict[str, str | None] = field(default_factory=lambda: PURPOSES)
    owners: frozenset[str] = frozenset({OWNERS})
    together: frozenset[HeldContract] = frozenset()

    def coarse(self) -> CoarseAsk:
        """What the check reads."""
        asked = request(self.ask or ask(), tier=self.tier, **self.asked)
        return CoarseAsk(
            ask=asked.asks[0],
            classification=self.classification,
            owners=self.owners,
            request=asked,
            activity=activity(**self.own),
            tier=self.tier,
            purposes=self.purposes,
            together=self.together,
        )

    def breaches(self) -> tuple[Breach, ...]:
        """What the check finds."""
        return contract_breaches(self.coarse(), contract(**self.terms), NOW)


def _stage(operations: frozenset[Operation], *, writes: bool = False, interactive: bool = True) -> StageTerms:
    return StageTerms(operations=operations, writes_production=writes, interactive=interactive)


def _target(**changes: Any) -> dict[str, Any]:
    usual = WriteTarget(
        stage=Tier.OPERATION, source=REPORT_PREFIX, max_classification=CONFIDENTIAL, requires=frozenset()
    )
    return {"targets": (replace(usual, **changes),)}


def _approvals(*rules: tuple[Classification | None, Tier | None, bool]) -> dict[str, Any]:
    return {"approvals": tuple(ApprovalRule(max_classification=c, stage=s, automatic=a) for c, s, a in rules)}


LEADS = ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ9")


def _held(*forbidden: str, id: ContractId = LEADS, name: str = "Marketing contacts") -> frozenset[HeldContract]:
    return frozenset({HeldContract(id=id, version="1.0.0", name=name, forbidden=frozenset(forbidden))})


WRITE: dict[str, Any] = {
    "tier": Tier.OPERATION,
    "ask": ask(REPORT_PREFIX, Operation.INSERT),
    "classification": INTERNAL,
}
NOT_VALID, TOO_SOON = ("contract-not-valid-now",), ("contract-ends-too-soon",)
ROWS = (
    Row(title="everything within"),
    # the data's owner
    Row(title="another's data", codes=("owner-mismatch",), owners=frozenset({"marketing-data-owners"})),
    Row(title="one's own data and another's", codes=("owner-mismatch",), owners=frozenset({OWNERS, "other-owners"})),
    Row(title="data that nobody owns", codes=("owner-mismatch",), owners=frozenset()),
    # validity: half-open, [start, end)
    Row(title="starts in a second", codes=NOT_VALID, terms={"starts_at": NOW + SECOND}),
    Row(title="starts just now", terms={"starts_at": NOW}),
    Row(title="ended a second ago", codes=NOT_VALID, terms={"ends_at": NOW - SECOND}),
    Row(title="ends just now", codes=NOT_VALID, terms={"ends_at": NOW}),
    Row(title="ends in a microsecond", codes=TOO_SOON, terms={"ends_at": NOW + timedelta(microseconds=1)}),
    Row(title="ends in 899 s", codes=TOO_SOON, terms={"ends_at": NOW + timedelta(seconds=899)}),
    Row(title="ends in 900 s", terms={"ends_at": NOW + timedelta(seconds=900)}),
    # state and acceptance
    Row(title="only proposed", codes=("contract-not-in-force",), terms={"state": ContractState.PROPOSED}),
    Row(title="ended early", codes=("contract-not-in-force",), terms={"state": ContractState.ENDED}),
    Row(title="superseded", codes=("contract-not-in-force",), terms={"state": ContractState.SUPERSEDED}),
    Row(title="not accepted", codes=("contract-not-accepted",), own={"accepted": frozenset()}),
    Row(
        title="another version accepted",
        codes=("contract-not-accepted",),
        own={"accepted": frozenset({(CONTRACT, "0.9.0")})},
    ),
    # purpose
    Row(title="another purpose", codes=("purpose-not-allowed",), asked={"purpose": MARKETING}),
    Row(
        title="the parent of what is allowed",
        codes=("purpose-not-allowed",),
        asked={"purpose": "lending"},
        terms={"purposes": frozenset({RESEARCH_PURPOSE})},
    ),
    Row(
        title="a sibling of what is allowed",
        codes=("purpose-not-allowed",),
        asked={"purpose": "lending/fairness-testing"},
        terms={"purposes": frozenset({RESEARCH_PURPOSE})},
    ),
    Row(title="just what is allowed", terms={"purposes": frozenset({RESEARCH_PURPOSE})}),
    Row(title="beneath what is allowed", asked={"purpose": f"{RESEARCH_PURPOSE}/thin-files"}),
    Row(
        title="a name that only begins alike",
        codes=("purpose-not-allowed",),
        asked={"purpose": "lending-x"},
        purposes={**PURPOSES, "lending-x": None},
    ),
    Row(
        title="beneath what is denied",
        codes=("purpose-not-allowed",),
        asked={"purpose": f"{RESEARCH_PURPOSE}/thin-files"},
        terms={"denied_purposes": frozenset({RESEARCH_PURPOSE})},
    ),
    Row(title="beside what is denied", terms={"denied_purposes": frozenset({"lending/fairness-testing"})}),
    Row(title="unknown to the tree", codes=("purpose-not-allowed",), purposes={}),
    # stage
    Row(
        title="a tier that is not named",
        codes=("tier-not-allowed",),
        terms={"stages": {Tier.VALIDATION: _stage(READS)}},
    ),
    Row(
        title="an operation too many",
        codes=("operation-not-allowed",),
        ask=ask(FACTS_PREFIX, Operation.SELECT),
        terms={"stages": {Tier.RESEARCH: _stage(frozenset({Operation.DESCRIBE}))}},
    ),
    Row(title="one of the operations", ask=ask(FACTS_PREFIX, Operation.DESCRIBE)),
    Row(
        title="a person where only workloads may",
        codes=("not-interactive",),
        terms={"stages": {Tier.RESEARCH: _stage(READS, interactive=False)}},
    ),
    Row(
        title="a workload there",
        asked={"subject": SCORER},
        terms={"stages": {Tier.RESEARCH: _stage(READS, interactive=False)}},
    ),
    # consumer
    Row(title="a team that is not named", codes=("team-not-allowed",), terms={"teams": frozenset({"marketing"})}),
    Row(title="no team", codes=("team-not-allowed",), asked={"subject": replace(ADA, teams=frozenset())}),
    Row(title="every team", terms={"teams": frozenset({"*"})}),
    Row(
        title="one of two teams denied",
        codes=("team-not-allowed",),
        asked={"subject": replace(ADA, teams=frozenset({"lending-science", "contractors"}))},
        terms={"denied_teams": frozenset({"contractors"})},
    ),
    Row(
        title="every team but a denied one",
        codes=("team-not-allowed",),
        terms={"teams": frozenset({"*"}), "denied_teams": frozenset({"lending-science"})},
    ),
    Row(title="another team denied", terms={"denied_teams": frozenset({"contractors"})}),
    Row(
        title="a training missing", codes=("training-missing",), asked={"subject": replace(ADA, trainings=frozenset())}
    ),
    Row(title="a workload, which is not trained", asked={"subject": SCORER}),
    # duration
    Row(title="a second too long", codes=("duration-too-long",), asked={"duration": timedelta(hours=4) + SECOND}),
    Row(title="just as long", asked={"duration": timedelta(hours=4)}),
    Row(title="the usual length", asked={"duration": None}),
    # classification and approval
    Row(
        title="more sensitive than the activity",
        codes=("classification-too-high",),
        classification=CONFIDENTIAL,
        own={"classification": INTERNAL},
    ),
    Row(title="as sensitive as the activity", classification=INTERNAL, own={"classification": INTERNAL}),
    Row(
        title="beyond every approval clause",
        codes=("approval-not-covered",),
        classification=RESTRICTED,
        own={"classification": RESTRICTED},
    ),
    Row(title="no approval clause at all", codes=("approval-not-covered",), terms=_approvals()),
    Row(
        title="an approval clause of another tier",
        codes=("approval-not-covered",),
        terms=_approvals((None, Tier.VALIDATION, True)),
    ),
    Row(title="an approval clause of this tier", terms=_approvals((None, Tier.RESEARCH, True))),
    Row(title="people have to approve, which is no breach", terms=_approvals((None, None, False))),
    Row(
        title="the first clause that matches decides, and here has people approve",
        terms=_approvals((CONFIDENTIAL, None, False), (None, None, True)),
    ),
    Row(title="the first clause does not match", terms=_approvals((INTERNAL, None, False), (None, None, True))),
    # forbidden combinations: what the activity ever held, and what it asks for besides
    Row(
        title="data held that the contract forbids by name",
        codes=("combination-forbidden",),
        terms={"forbidden": frozenset({"marketing-contacts"})},
        together=_held(),
    ),
    Row(
        title="data held that the contract forbids by id",
        codes=("combination-forbidden",),
        terms={"forbidden": frozenset({LEADS})},
        together=_held(name="Leads"),
    ),
    Row(
        title="data held whose contract forbids this one by name",
        codes=("combination-forbidden",),
        together=_held("loan-applications"),
    ),
    Row(
        title="data held whose contract forbids this one by id",
        codes=("combination-forbidden",),
        together=_held(CONTRACT),
    ),
    Row(
        title="two versions held of what is forbidden, told once",
        codes=("combination-forbidden",),
        terms={"forbidden": frozenset({LEADS})},
        together=_held() | _held("x"),
    ),
    Row(
        title="other data held",
        terms={"forbidden": frozenset({"marketing-contacts"})},
        together=_held(name="Marketing"),
    ),
    Row(title="data held under the same contract", together=_held("loan-applications", id=CONTRACT)),
    # writing
    Row(title="a write to the target", **WRITE),
    Row(
        title="a write beneath the target",
        **{**WRITE, "ask": ask(prefix("monthly/2026/", REPORT_PREFIX.bucket), Operation.INSERT)},
    ),
    Row(
        title="a write beside the target",
        codes=("not-a-write-target",),
        **{**WRITE, "ask": ask(prefix("monthly-2/", REPORT_PREFIX.bucket), Operation.INSERT)},
    ),
    Row(
        title="a write above the target",
        codes=("not-a-write-target",),
        terms=_target(source=prefix("monthly/2026/", REPORT_PREFIX.bucket)),
        **WRITE,
    ),
    Row(
        title="a write into the data",
        codes=("not-a-write-target",),
        **{**WRITE, "ask": ask(FACTS_PREFIX, Operation.INSERT)},
    ),
    Row(title="a write into a table", codes=("not-a-write-target",), **{**WRITE, "ask": ask(LOANS, Operation.INSERT)}),
    Row(title="a target of another tier", codes=("not-a-write-target",), terms=_target(stage=Tier.VALIDATION), **WRITE),
    Row(
        title="a tier that writes no production",
        codes=("not-a-write-target",),
        terms={"stages": {Tier.OPERATION: _stage(READS | INSERT, interactive=False)}},
        **WRITE,
    ),
    Row(
        title="a write in research",
        codes=("operation-not-allowed", "not-a-write-target"),
        ask=ask(REPORT_PREFIX, Operation.INSERT),
    ),
    Row(
        title="an activity above the target",
        codes=("egress-classification",),
        terms=_target(max_classification=INTERNAL),
        **WRITE,
    ),
    Row(
        title="an activity of the target's level",
        terms=_target(max_classification=INTERNAL),
        own={"classification": INTERNAL},
        **WRITE,
    ),
    Row(
        title="a release check that is not offered",
        codes=("egress-requirement",),
        terms=_target(requires=frozenset({"k-anonymity"})),
        **WRITE,
    ),
    Row(
        title="publishing where results have to be aggregated",
        codes=("aggregation-not-shown",),
        terms={"min_aggregation": 10},
        **WRITE,
    ),
    Row(title="reading where results have to be aggregated", terms={"min_aggregation": 10}),
    # everything at once
    Row(
        title="many clauses at once",
        codes=(
            "contract-not-valid-now",
            "contract-not-accepted",
            "purpose-not-allowed",
            "tier-not-allowed",
            "team-not-allowed",
            "training-missing",
            "duration-too-long",
            "approval-not-covered",
            "combination-forbidden",
        ),
        terms={"ends_at": NOW, "stages": {}, "teams": frozenset({"x"}), **_approvals()},
        together=_held(CONTRACT),
        own={"accepted": frozenset()},
        asked={"purpose": MARKETING, "duration": timedelta(hours=5), "subject": replace(ADA, trainings=frozenset())},
    ),
)

PAGE = Path(__file__).parents[2] / "docs/spec/contract-breaches.md"
_INTRODUCTION = """# What a request may exceed

The contract check (`jit_engine/contracts/breaches.py`) names every clause of the covering contract that a request
exceeds, at once. This page is made from the table that the tests run (`tests/spec/breach_rows.py`).
"""


def page() -> str:
    """The table as a document: each breach with one example, then every row of the table."""
    shown: dict[str, Breach] = {}
    for row in ROWS:
        for breach in row.breaches():
            shown.setdefault(breach.code, breach)
    lines = [_INTRODUCTION, "## Breaches", "| code | clause | given | allowed | next step |", "|---|---|---|---|---|"]
    for code, breach in sorted(shown.items()):
        cells = (f"`{code}`", f"`{breach.clause}`", breach.given, breach.allowed, breach.next_step)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "## Cases", "| what is asked, or stands in the contract | breaches |", "|---|---|"]
    for row in ROWS:
        lines.append(f"| {row.title} | {', '.join(f'`{code}`' for code in row.codes) or 'none'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
