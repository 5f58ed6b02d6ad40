"""A small lending company for the engine's tests: people, data, contract, purposes, rules, and facts of any tier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from jit_engine.contracts.terms import ApprovalRule, Contract, ContractState, StageTerms, TableScope, WriteTarget
from jit_engine.domain.activity import Activity, ActivityState, Environment, EnvironmentState, Place
from jit_engine.domain.catalogue import Catalogue, ColumnGroup, PrefixItem, TableItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.grant import MintWay, Principal, attempt_at
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.label import Label
from jit_engine.domain.request import AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import GlueTable, Operation, S3Prefix, Source
from jit_engine.domain.subject import Person, Subject, Workload
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.ports import Facts
from jit_engine.rules.clearance import Judges, clear
from platform_api.provisioning.order import EnvironmentOrder, environment_names
from policy import Engine, Rulebook, invariants
from tests.fakes.places import NoOtherPlaces

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ACCOUNT = "000000000000"
REGION = "us-east-1"
LAKE = "sample-lake"
REPORTS = "sample-reports"
OWNERS = "lending-data-owners"
BROKER = f"arn:aws:iam::{ACCOUNT}:role/sluicegate/sluicegate-broker"

ACTIVITY = ActivityId("ac_01JABCDEFGHJKMNPQRSTVWXYZ1")
ENVIRONMENTS = {
    Tier.RESEARCH: EnvironmentId("en_01JABCDEFGHJKMNPQRSTVWXYZ2"),
    Tier.VALIDATION: EnvironmentId("en_01JABCDEFGHJKMNPQRSTVWXYZ3"),
    Tier.OPERATION: EnvironmentId("en_01JABCDEFGHJKMNPQRSTVWXYZ4"),
}
CONTRACT = ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ5")
GRANT = GrantId("gr_01JABCDEFGHJKMNPQRSTVWXYZ6")
REQUEST = RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ7")

ADA = Person(
    id=SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZA"),
    name="Ada",
    teams=frozenset({"lending-science"}),
    trainings=frozenset({"privacy-basics"}),
)
BEN = Person(
    id=SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZB"),
    name="Ben",
    teams=frozenset({"lending-science"}),
    trainings=frozenset({"privacy-basics"}),
)
STRANGER = Person(
    id=SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZC"),
    name="Somebody",
    teams=frozenset({"lending-science"}),
    trainings=frozenset({"privacy-basics"}),
)
SCORER = Workload(id=SubjectId("wl_01JABCDEFGHJKMNPQRSTVWXYZD"), name="scorer", teams=frozenset({"lending-pipelines"}))

RESEARCH_PURPOSE = "lending/credit-risk-research"
MARKETING = "marketing"
PURPOSES: dict[str, str | None] = {
    "lending": None,
    RESEARCH_PURPOSE: "lending",
    "lending/credit-risk-research/thin-files": RESEARCH_PURPOSE,
    "lending/fairness-testing": "lending",
    MARKETING: None,
}


def prefix(path: str, bucket: str = LAKE) -> S3Prefix:
    """A prefix of the lake."""
    return S3Prefix(account=ACCOUNT, bucket=bucket, prefix=path)


def table(name: str, database: str = "lending") -> GlueTable:
    """A table of the account's catalogue."""
    return GlueTable(account=ACCOUNT, region=REGION, database=database, table=name)


FACTS_PREFIX = prefix("lending/facts/")
PERSONAL_PREFIX = prefix("lending/personal/")
REPORT_PREFIX = prefix("monthly/", REPORTS)
LENDING = prefix("lending/")
LOANS = table("loans")
PEOPLE = table("people")


def prefix_item(source: S3Prefix, **changes: Any) -> PrefixItem:
    """A catalogued prefix of plain confidential data."""
    item = PrefixItem(
        source=source,
        title="Loans",
        product="loan-applications",
        owner_team=OWNERS,
        domain="lending",
        zone=Zone.LAKE,
        classification=Classification.CONFIDENTIAL,
        classes=frozenset(),
        closed=True,
    )
    return replace(item, **changes)


def group(name: str, level: Classification = Classification.CONFIDENTIAL, *classes: str) -> ColumnGroup:
    """A group of columns."""
    return ColumnGroup(name=name, columns=(f"{name}_1",), classification=level, classes=frozenset(classes))


def table_item(source: GlueTable, location: S3Prefix, *groups: ColumnGroup) -> TableItem:
    """A catalogued table whose files lie at `location`."""
    return TableItem(
        source=source,
        title="Loans",
        product="loan-applications",
        owner_team=OWNERS,
        domain="lending",
        location=location,
        groups=groups or (group("plain"),),
    )


def catalogue(*more: PrefixItem | TableItem) -> Catalogue:
    """The company's data: loan facts and personal attributes, each as prefix and table; a report target."""
    return Catalogue(
        generation=7,
        items=(
            prefix_item(LENDING),
            prefix_item(FACTS_PREFIX),
            prefix_item(PERSONAL_PREFIX, classification=Classification.CONFIDENTIAL, classes=frozenset({"personal"})),
            prefix_item(
                REPORT_PREFIX, zone=Zone.REPORT, product="loan-reports", classification=Classification.INTERNAL
            ),
            table_item(LOANS, FACTS_PREFIX, group("plain")),
            table_item(PEOPLE, PERSONAL_PREFIX, group("who", Classification.CONFIDENTIAL, "personal")),
            *more,
        ),
    )


def contract(**changes: Any) -> Contract:
    """The loan data's contract: in force for a year, for lending, up to four hours, automatic to confidential."""
    reads = frozenset({Operation.DESCRIBE, Operation.SELECT})
    usual = Contract(
        id=CONTRACT,
        version="1.0.0",
        name="loan-applications",
        state=ContractState.IN_FORCE,
        proposer=SubjectId("pe_01JABCDEFGHJKMNPQRSTVWXYZE"),
        owner_team=OWNERS,
        starts_at=NOW - timedelta(days=100),
        ends_at=NOW + timedelta(days=265),
        purposes=frozenset({"lending"}),
        denied_purposes=frozenset(),
        teams=frozenset({"lending-science", "lending-pipelines"}),
        denied_teams=frozenset(),
        trainings=frozenset({"privacy-basics"}),
        stages={
            Tier.RESEARCH: StageTerms(operations=reads, writes_production=False, interactive=True),
            Tier.VALIDATION: StageTerms(operations=reads, writes_production=False, interactive=True),
            Tier.OPERATION: StageTerms(
                operations=reads | {Operation.INSERT}, writes_production=True, interactive=False
            ),
        },
        targets=(
            WriteTarget(
                stage=Tier.OPERATION,
                source=REPORT_PREFIX,
                max_classification=Classification.CONFIDENTIAL,
                requires=frozenset(),
            ),
        ),
        default_duration=timedelta(hours=1),
        max_duration=timedelta(hours=4),
        approvals=(ApprovalRule(max_classification=Classification.CONFIDENTIAL, stage=None, automatic=True),),
        prefixes=(LENDING,),
        tables=(
            TableScope(
                account=ACCOUNT,
                region=REGION,
                database="lending",
                tables=frozenset({LOANS.table, PEOPLE.table}),
            ),
        ),
        session_minting=False,
    )
    return replace(usual, **changes)


def activity(**changes: Any) -> Activity:
    """The credit risk activity: Ada's, with Ben and the scorer."""
    usual = Activity(
        id=ACTIVITY,
        name="credit-risk-drivers",
        title="What drives credit risk",
        owner=ADA.id,
        members=frozenset({ADA.id, BEN.id, SCORER.id}),
        purposes=frozenset({RESEARCH_PURPOSE, "lending/fairness-testing"}),
        classification=Classification.CONFIDENTIAL,
        state=ActivityState.ACTIVE,
        ends_at=NOW + timedelta(days=90),
        accepted=frozenset({(CONTRACT, "1.0.0")}),
    )
    return replace(usual, **changes)


def place(environment: EnvironmentId) -> Place:
    """Where that environment lies, by the names that provisioning gives."""
    names = environment_names(environment)
    return Place(
        account=ACCOUNT,
        region=REGION,
        workspace_bucket=names.workspace,
        workspace_key_arn=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/8c1f1f0e-0000-4000-8000-000000000001",
        boundary_arn=f"arn:aws:iam::{ACCOUNT}:policy/sluicegate/boundary/{names.boundary}",
        workgroup=names.workgroup,
        broker_role_arn=BROKER,
    )


def environment(tier: Tier = Tier.RESEARCH, **changes: Any) -> Environment:
    """The activity's environment of that tier, provisioned."""
    usual = Environment(
        id=ENVIRONMENTS[tier],
        activity=ACTIVITY,
        tier=tier,
        state=EnvironmentState.ACTIVE,
        expires_at=NOW + timedelta(days=30),
        place=place(ENVIRONMENTS[tier]),
    )
    return replace(usual, **changes)


def order(tier: Tier, *lake_buckets: str) -> EnvironmentOrder:
    """The order that the environment of that tier was provisioned from."""
    return EnvironmentOrder(
        environment_id=ENVIRONMENTS[tier],
        activity_id=ACTIVITY,
        activity_name="credit-risk-drivers",
        tier=tier,
        owner=ADA.id,
        cost_center="cc-4711",
        data_classification="confidential",
        expires_at=NOW + timedelta(days=30),
        account_id=ACCOUNT,
        region=REGION,
        lake_buckets=lake_buckets or (LAKE, REPORTS),
        broker_role_arn=BROKER,
    )


def facts(tier: Tier = Tier.RESEARCH, **changes: Any) -> Facts:
    """Today's facts for the environment of that tier."""
    usual = Facts(
        activity=activity(),
        owner=ADA,
        environment=environment(tier),
        contracts=(contract(),),
        catalogue=catalogue(),
        purposes=PURPOSES,
        held=frozenset(),
    )
    return replace(usual, **changes)


SELECT = frozenset({Operation.SELECT})
DESCRIBE = frozenset({Operation.DESCRIBE})
INSERT = frozenset({Operation.INSERT})


def ask(source: Source = FACTS_PREFIX, *operations: Operation, job: str | None = None) -> SourceAsk:
    """One source, to select from unless said otherwise."""
    return SourceAsk(source=source, operations=frozenset(operations) or SELECT, job=job)


def request(*asks: SourceAsk, tier: Tier = Tier.RESEARCH, by: Subject | None = None, **changes: Any) -> AccessRequest:
    """Ada asks (the scorer in operation), for an hour of credit risk research."""
    usual = AccessRequest(
        id=REQUEST,
        subject=by or (SCORER if tier is Tier.OPERATION else ADA),
        activity=ACTIVITY,
        environment=ENVIRONMENTS[tier],
        purpose=RESEARCH_PURPOSE,
        duration=timedelta(hours=1),
        ends_at=None,
        mode=Mode.ALL,
        asks=asks or (ask(),),
        justification="default rates by purpose",
    )
    return replace(usual, **changes)


RULES = """
@id("science-reads-loans")
@title("Lending science reads loan applications")
@owner("lending-data-owners")
permit (
  principal in Team::"lending-science",
  action in [Action::"read", Action::"query", Action::"readClear"],
  resource in DataProduct::"loan-applications"
);
@id("pipelines-read-loans")
@title("Lending pipelines read loan applications")
@owner("lending-data-owners")
permit (
  principal in Team::"lending-pipelines",
  action in [Action::"read", Action::"query", Action::"readClear"],
  resource in DataProduct::"loan-applications"
);
@id("pipelines-write-reports")
@title("Lending pipelines write and read loan reports")
@owner("lending-data-owners")
permit (
  principal in Team::"lending-pipelines",
  action in [Action::"read", Action::"write"],
  resource in DataProduct::"loan-reports"
);
@id("no-personal-attributes-in-research")
@title("Personal attributes stay out of research")
@owner("privacy-office")
@advice("Ask for the loan facts.")
forbid (principal, action in [Action::"readLike", Action::"columnRead"], resource)
when { context.tier == Tier::"research" && resource.classes.contains("personal") };
"""

PERMIT_ALL = """
@id("everything")
@title("Everything")
@owner("nobody")
permit (principal, action in [Action::"use", Action::"columnRead"], resource);
"""


def judges(rules: str = RULES, version: str = "sample-1") -> Judges:
    """The real invariants and an engine of these rules."""
    return Judges(invariants=invariants(), rulebook=Engine.load(Rulebook(version=version, text=rules)))


def cleared(*asks: SourceAsk, tier: Tier = Tier.RESEARCH, known: Facts | None = None, **changes: Any) -> Clearance:
    """The clearance of such a request; fails the test when it is refused."""
    verdict = clear(request(*asks, tier=tier, **changes), known or facts(tier), judges(), NOW)
    assert isinstance(verdict, Clearance), verdict
    return verdict


def refused(*asks: SourceAsk, tier: Tier = Tier.RESEARCH, known: Facts | None = None, **changes: Any) -> Refusal:
    """The refusal of such a request; fails the test when it is cleared."""
    verdict = clear(request(*asks, tier=tier, **changes), known or facts(tier), judges(), NOW)
    assert isinstance(verdict, Refusal), verdict
    return verdict


def principal(grant: GrantId, **changes: Any) -> Principal:
    """The first principal of that grant, of which AWS has not heard yet."""
    usual = Principal(
        part=1,
        profile="main",
        account=ACCOUNT,
        region=REGION,
        way=MintWay.ROLE,
        why="everything fits in one role",
        sources=(FACTS_PREFIX.uri,),
        policy='{"Version":"2012-10-17"}',
        notes=(),
        roles=(attempt_at(grant, 1, 1),),
    )
    return replace(usual, **changes)


def place_of(clearance: Clearance) -> Place:
    """The place of a clearance's environment."""
    assert clearance.environment.place is not None
    return clearance.environment.place


@dataclass(slots=True)
class FakeFacts(NoOtherPlaces):
    """A `FactSource` that answers with what it holds, which a test changes; labels by `label_of` where it is given."""

    now_known: Facts = field(default_factory=facts)
    asked: int = 0
    label_of: Callable[[EnvironmentId], Label] | None = None

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        """The facts; nothing of an activity or environment that they are not about."""
        self.asked += 1
        known = self.now_known
        if known.activity is None or known.activity.id != activity:
            known = replace(known, activity=None, owner=None)
        if known.environment is None or known.environment.id != environment:
            known = replace(known, environment=None)
        return known if self.label_of is None else replace(known, label=self.label_of(environment))
