"""Values to store: small, valid, and told apart by a number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from jit_engine.contracts.terms import (
    ApprovalRule,
    ClauseHold,
    Contract,
    ContractState,
    Hold,
    StageTerms,
    TableScope,
    WriteTarget,
)
from jit_engine.domain.activity import Activity, ActivityState, Environment, EnvironmentState, Place
from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, ColumnGroup, PrefixItem, TableItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant, GrantState, StatementNote
from jit_engine.domain.ids import (
    ActivityId,
    ContractId,
    EnvironmentId,
    GrantId,
    RequestId,
    ReviewId,
    SubjectId,
)
from jit_engine.domain.request import AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.subject import Person, Workload
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import (
    Clearance,
    ClearedSource,
    ContractVerdict,
    NamedRule,
    Refusal,
    RuleVerdict,
    SourceVerdict,
    clearance_key,
)
from jit_engine.ports import Evidence, Facts
from platform_api.registry.records import (
    Acceptance,
    ActivityRecord,
    ContractRecord,
    Criterion,
    DirectoryEntry,
    EnvironmentRecord,
    ProvisioningEvent,
    Review,
    ReviewState,
    Signature,
    SignatureRole,
    StandingApproval,
)
from tests.fakes import world

NOW = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = "111122223333"
LAKE = S3Prefix(account=ACCOUNT, bucket="corp-lake", prefix="loans/")
TABLE = GlueTable(account=ACCOUNT, region="eu-central-1", database="lake", table="loans")


def ulid(prefix: str, n: int) -> str:
    """An id of that kind; a larger `n` is newer."""
    return f"{prefix}_{n:026d}"


def activity_id(n: int) -> ActivityId:
    return ActivityId(ulid("ac", n))


def environment_id(n: int) -> EnvironmentId:
    return EnvironmentId(ulid("en", n))


def person_id(n: int) -> SubjectId:
    return SubjectId(ulid("pe", n))


def event(action: str = "test.happened", n: int = 1) -> Event:
    return Event(action=action, actor=person_id(n), at=NOW, about={"activity": activity_id(n)}, details={"n": n})


def activity(n: int = 1, members: frozenset[SubjectId] = frozenset()) -> ActivityRecord:
    return ActivityRecord(
        activity=Activity(
            id=activity_id(n),
            name=f"activity-{n}",
            title="Ausfälle 🏦",
            owner=person_id(n),
            members=members or frozenset({person_id(n), person_id(n + 100)}),
            purposes=frozenset({"credit-risk", "pricing"}),
            classification=Classification.CONFIDENTIAL,
            state=ActivityState.SUBMITTED,
            ends_at=NOW + 1000 * HOUR,
            accepted=frozenset(),
        ),
        cost_center="4711",
        contracts=(ContractId("loans"),),
        template="standard",
        monthly_budget_usd=500,
        document={"name": f"activity-{n}", "deep": {"list": [1, "two", None, True]}, "nul": "a\0b"},
        created_at=NOW,
        version=1,
    )


def environment(
    n: int = 1, of: int | None = None, state: EnvironmentState = EnvironmentState.SUBMITTED
) -> EnvironmentRecord:
    return EnvironmentRecord(
        environment=Environment(
            id=environment_id(n),
            activity=activity_id(of or n),
            tier=Tier.RESEARCH,
            state=state,
            expires_at=NOW + 500 * HOUR,
            place=None,
        ),
        author=person_id(of or n),
        stack=None,
        template_digest=None,
        resources={},
        tags={},
        events=(),
        created_at=NOW,
        due_at=None,
        tries=0,
        last_error=None,
        version=1,
    )


PLACE = Place(
    account=ACCOUNT,
    region="eu-central-1",
    workspace_bucket="sg-work",
    workspace_key_arn="arn:aws:kms:eu-central-1:111122223333:key/1",
    boundary_arn="arn:aws:iam::111122223333:policy/b",
    workgroup="wg",
    broker_role_arn="arn:aws:iam::111122223333:role/broker",
)
PROVISIONED = ProvisioningEvent(at=NOW, resource="Bucket", status="CREATE_COMPLETE", reason="")


def review(n: int = 1, of: int | None = None) -> Review:
    return Review(
        id=ReviewId(ulid("rv", n)),
        activity=activity_id(of or n),
        environment=environment_id(n),
        author=person_id(of or n),
        state=ReviewState.OPEN,
        rule_set="fast-path-1",
        criteria=(Criterion(id="budget", title="Budget", met=False, found="500 of 100"),),
        inputs={"budget": 500},
        created_at=NOW,
        due_at=NOW + 48 * HOUR,
        decided_at=None,
        decided_by=None,
        comment=None,
        version=1,
    )


def terms(id: str = "loans", version: str = "1.0.0", state: ContractState = ContractState.PROPOSED) -> Contract:
    return Contract(
        id=ContractId(id),
        version=version,
        name="Loans",
        state=state,
        proposer=person_id(7),
        owner_team="lending",
        starts_at=NOW,
        ends_at=NOW + 2000 * HOUR,
        purposes=frozenset({"credit-risk"}),
        denied_purposes=frozenset({"marketing"}),
        teams=frozenset(),
        denied_teams=frozenset(),
        trainings=frozenset({"privacy"}),
        stages={
            Tier.RESEARCH: StageTerms(
                operations=frozenset({Operation.SELECT, Operation.DESCRIBE}), writes_production=False, interactive=True
            )
        },
        targets=(
            WriteTarget(
                stage=Tier.OPERATION,
                source=S3Prefix(account=ACCOUNT, bucket="corp-lake", prefix="reports/"),
                max_classification=Classification.INTERNAL,
                requires=frozenset({"review"}),
            ),
        ),
        default_duration=HOUR,
        max_duration=8 * HOUR,
        approvals=(ApprovalRule(max_classification=Classification.INTERNAL, stage=None, automatic=True),),
        prefixes=(LAKE,),
        tables=(
            TableScope(account=ACCOUNT, region="eu-central-1", database="lake", tables=frozenset({"loans", "rates"})),
        ),
        session_minting=False,
    )


def contract(
    id: str = "loans", version: str = "1.0.0", state: ContractState = ContractState.PROPOSED
) -> ContractRecord:
    return ContractRecord(
        contract=terms(id, version, state),
        document={"id": id, "version": version},
        document_sha256="ab" * 32,
        needed=(SignatureRole.DATA_OWNER, SignatureRole.PRIVACY_OFFICE),
        signatures=(),
        holds=(ClauseHold(clause="purposes", text="for credit risk", hold=Hold.ENFORCED, by="the engine"),),
        created_at=NOW,
        version=1,
    )


def signature(role: SignatureRole = SignatureRole.DATA_OWNER) -> Signature:
    return Signature(role=role, by=person_id(8), at=NOW, document_sha256="ab" * 32)


def acceptance(n: int = 1) -> Acceptance:
    return Acceptance(
        activity=activity_id(n),
        contract=(ContractId("loans"), "1.0.0"),
        by=person_id(n),
        at=NOW,
        document_sha256="ab" * 32,
    )


def directory() -> list[DirectoryEntry]:
    ana = Person(id=person_id(1), name="Ana", teams=frozenset({"risk", "lending"}), trainings=frozenset({"privacy"}))
    nightly = Workload(id=SubjectId(ulid("wl", 1)), name="nightly", teams=frozenset({"risk"}))
    return [
        DirectoryEntry(subject=ana, issuer="https://idp", login="ana", title="Data scientist"),
        DirectoryEntry(subject=nightly, issuer="https://idp", login="nightly", title="Pipeline"),
    ]


APPROVALS = [
    StandingApproval(team="risk", max_classification=Classification.INTERNAL, purposes=frozenset({"credit-risk"})),
    StandingApproval(team="other", max_classification=Classification.PUBLIC, purposes=frozenset()),
]
PURPOSES: dict[str, str | None] = {"credit-risk": None, "pricing": "credit-risk"}
ITEMS: list[CatalogueItem] = [
    TableItem(
        source=TABLE,
        title="Loans",
        product="loans",
        owner_team="lending",
        domain="lending",
        location=LAKE,
        groups=(
            ColumnGroup(
                name="facts",
                columns=("amount", "purpose"),
                classification=Classification.INTERNAL,
                classes=frozenset({"financial"}),
            ),
        ),
    ),
    PrefixItem(
        source=LAKE,
        title="Loan files",
        product="loans",
        owner_team="lending",
        domain="lending",
        zone=Zone.LAKE,
        classification=Classification.INTERNAL,
        classes=frozenset({"financial"}),
    ),
]


def request(n: int = 1) -> AccessRequest:
    return AccessRequest(
        id=RequestId(ulid("rq", n)),
        subject=Person(id=person_id(n), name="Ana", teams=frozenset(), trainings=frozenset()),
        activity=activity_id(1),
        environment=environment_id(1),
        purpose="credit-risk",
        duration=HOUR,
        ends_at=None,
        mode=Mode.ALL,
        asks=(SourceAsk(source=LAKE, operations=frozenset({Operation.SELECT})),),
        justification="default rates",
    )


_PASSED = RuleVerdict(passes=True, why="permitted", rules=(), refused_item=None, rulebook="invariants-1", questions=1)
_FORBIDDEN = RuleVerdict(
    passes=False,
    why="forbidden",
    rules=(NamedRule(id="no-research", title="Not in research", advice="ask for the facts"),),
    refused_item=None,
    rulebook="1",
    questions=2,
)


def clearance(n: int = 1) -> Clearance:
    asked = request(n)
    covered = ContractVerdict(contract=(ContractId("loans"), "1.0.0"), breaches=())
    return Clearance(
        request=asked,
        activity=activity(1).activity,
        environment=environment(1).environment,
        cleared=(ClearedSource(ask=asked.asks[0], files=(LAKE,)),),
        verdicts=(SourceVerdict(ask=asked.asks[0], invariants=_PASSED, contract=covered, rules=_PASSED),),
        contracts=frozenset({(ContractId("loans"), "1.0.0")}),
        decided_at=NOW,
        ends_at=NOW + HOUR,
        sessions_end_by=NOW + 500 * HOUR,
        shortened=None,
        rulebook="1",
        catalogue_generation=3,
        key=clearance_key(),
    )


def refusal(n: int = 1) -> Refusal:
    asked = request(n)
    verdict = SourceVerdict(ask=asked.asks[0], invariants=_FORBIDDEN, contract=None, rules=None)
    return Refusal(request=asked, verdicts=(verdict,), breaches=(), decided_at=NOW, rulebook="1")


def evidence(n: int = 1) -> Evidence:
    """What such a request was decided from."""
    facts = Facts(
        activity=activity(1).activity,
        owner=request(1).subject,
        environment=environment(1).environment,
        contracts=(terms(),),
        catalogue=Catalogue(generation=3, items=tuple(ITEMS)),
        purposes=PURPOSES,
        held=frozenset(),
    )
    return Evidence(request=request(n), facts=facts, now=NOW, schema="1", invariants="invariants-1", rulebook="1")


def grant(n: int = 1) -> Grant:
    cleared = clearance(n)
    grant_id = GrantId(ulid("gr", n))
    return Grant(
        id=grant_id,
        request=cleared.request.id,
        subject=cleared.request.subject.id,
        activity=cleared.request.activity,
        environment=cleared.request.environment,
        tier=Tier.RESEARCH,
        purpose=cleared.request.purpose,
        contracts=cleared.contracts,
        state=GrantState.MINTING,
        created_at=NOW,
        ends_at=cleared.ends_at,
        sessions_end_by=cleared.sessions_end_by,
        shortened=None,
        rulebook="1",
        catalogue_generation=3,
        principals=(world.principal(grant_id, notes=(StatementNote(sid="Read", why="asked for"),)),),
        due_at=NOW + 3 * HOUR,
    )


def artefact(n: int = 1, of: int = 1) -> Artefact:
    given = grant(of)
    return Artefact(
        grant=given.id,
        part=1,
        mechanism=Mechanism.LAKE_FORMATION,
        account=world.ACCOUNT,
        region=world.REGION,
        source=world.LOANS.uri,
        name=f"sg-{given.id}-{n}",
        plan={"principal": "arn:aws:iam::000000000000:role/jit/x", "columns": ("state", "upb")},
        created_at=NOW,
    )


def signed(record: ContractRecord) -> ContractRecord:
    """The record with its signatures, in force."""
    return replace(
        record,
        contract=replace(record.contract, state=ContractState.IN_FORCE),
        signatures=(signature(SignatureRole.PRIVACY_OFFICE), signature()),
    )
