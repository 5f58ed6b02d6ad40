"""Data contracts, the catalogue and the rules on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from jit_engine.contracts.terms import Contract
from jit_engine.domain.catalogue import CatalogueItem, ColumnGroup, PrefixItem, ServiceItem, kind_of_item
from jit_engine.domain.container import containers_of
from jit_engine.domain.resource_policy import Safeguards
from jit_engine.domain.source import Operation
from jit_engine.rules.safeguards import policing
from jit_engine.sources.kinds import kind_of
from platform_api.registry.records import Acceptance, ContractRecord, SignatureRole
from platform_api.schemas.forms import spoken_text
from platform_api.schemas.wire import ActivityRef, Asked, Moment, Shown
from policy import Engine, Rule


class ContractAsked(Asked):
    """A contract to propose: the ODCS document as JSON, or its YAML text (whose problems then name their lines)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document_yaml": "apiVersion: v3.2.0\nkind: DataContract"}]}
    )

    document: dict[str, Any] | None = None
    document_yaml: Annotated[str, Field(max_length=500_000)] | None = None


class SignatureAsked(Asked):
    """As whom somebody signs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "data-owner"}]})

    role: SignatureRole


class AcceptanceAsked(Asked):
    """The activity whose owner accepts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"activity": "ac_01JD0000000000000000000000"}]})

    activity: ActivityRef


class SignatureShown(Shown):
    """A signature, bound to the document's digest."""

    role: str
    by: str
    at: Moment
    document_sha256: str


class ClauseShown(Shown):
    """A clause with how it is held: enforced, monitored or attested, and by what."""

    clause: str
    text: str
    hold: str
    by: str


class ContractShown(Shown):
    """One version of a contract. `uncatalogued`: the data that it names and that the catalogue lacks today, null in
    lists, which do not look.
    """

    id: str
    version: str
    name: str
    state: str
    proposer: str
    owner_team: str
    starts_at: Moment
    ends_at: Moment
    purposes: list[str]
    denied_purposes: list[str]
    document: dict[str, Any]
    document_sha256: str
    needed: list[str]
    signatures: list[SignatureShown]
    clauses: list[ClauseShown]
    created_at: Moment
    uncatalogued: list[str] | None = None

    @classmethod
    def of(cls, record: ContractRecord, uncatalogued: Sequence[str] | None = None) -> Self:
        """The contract of a record."""
        terms = record.contract
        return cls(
            id=terms.id,
            version=terms.version,
            name=terms.name,
            state=terms.state.value,
            proposer=terms.proposer,
            owner_team=terms.owner_team,
            starts_at=terms.starts_at,
            ends_at=terms.ends_at,
            purposes=sorted(terms.purposes),
            denied_purposes=sorted(terms.denied_purposes),
            document=dict(record.document),
            document_sha256=record.document_sha256,
            needed=[role.value for role in record.needed],
            signatures=[
                SignatureShown(role=s.role.value, by=s.by, at=s.at, document_sha256=s.document_sha256)
                for s in record.signatures
            ],
            clauses=[ClauseShown(clause=h.clause, text=h.text, hold=h.hold.value, by=h.by) for h in record.holds],
            created_at=record.created_at,
            uncatalogued=None if uncatalogued is None else list(uncatalogued),
        )


class AcceptanceShown(Shown):
    """A consumer's signature."""

    activity: str
    contract: str
    version: str
    by: str
    at: Moment

    @classmethod
    def of(cls, acceptance: Acceptance) -> Self:
        """The acceptance of a record."""
        contract, version = acceptance.contract
        return cls(activity=acceptance.activity, contract=contract, version=version, by=acceptance.by, at=acceptance.at)


class ColumnsShown(Shown):
    """The columns of a table that share a classification."""

    group: str
    columns: list[str]
    classification: str
    classes: list[str]

    @classmethod
    def of(cls, group: ColumnGroup) -> Self:
        """A group of the catalogue."""
        return cls(
            group=group.name,
            columns=list(group.columns),
            classification=group.classification.value,
            classes=sorted(group.classes),
        )


class CoveringShown(Shown):
    """The contract in force that covers a source."""

    id: str
    version: str
    name: str


class PolicyFindingShown(Shown):
    """One opening in a source's own policies."""

    resource: str
    policy: str
    statement: str
    why: str
    repair: str


class OwnPoliciesShown(Shown):
    """What was last read of the policies that a source carries itself: its buckets', its keys', its catalogue's.

    `state` is enforceable, not-enforceable or not-checked; only the first is given to anybody.
    """

    state: Literal["enforceable", "not-enforceable", "not-checked"]
    checked_at: Moment | None
    findings: list[PolicyFindingShown]

    @classmethod
    def of(cls, item: CatalogueItem, safeguards: Safeguards, now: datetime) -> Self:
        """By the oldest of the readings that count for the item."""
        found = [safeguards.reading_of(resource) for resource, _ in policing(item.source, item)]
        readings = [reading for reading in found if reading is not None]
        whole = len(readings) == len(found) and all(safeguards.is_recent(reading, now) for reading in readings)
        findings = [
            PolicyFindingShown(
                resource=reading.resource,
                policy=finding.policy,
                statement=finding.statement,
                why=finding.why,
                repair=finding.repair,
            )
            for reading in readings
            for finding in reading.findings
        ]
        return cls(
            state="not-enforceable" if findings else "enforceable" if whole else "not-checked",
            checked_at=min((reading.checked_at for reading in readings), default=None),
            findings=findings,
        )


class SourceItemShown(Shown):
    """A catalogued source. `within` has the URIs of its data product and, of a table, of its database."""

    uri: str
    kind: str
    account: str
    region: str | None = None
    bucket: str | None = None
    prefix: str | None = None
    database: str | None = None
    table: str | None = None
    title: str
    product: str
    domain: str
    zone: str | None = None
    operations: list[Operation]
    classification: str
    classes: list[str]
    columns: list[ColumnsShown] | None = None
    contract: CoveringShown | None
    policies: OwnPoliciesShown
    within: list[str]

    @classmethod
    def of(cls, item: CatalogueItem, contracts: Sequence[Contract], safeguards: Safeguards, now: datetime) -> Self:
        """The item with the one contract that covers the whole of it, and what its own policies are worth."""
        covering = [contract for contract in contracts if contract.covers(item.source)]
        known: dict[str, Any] = {
            "uri": item.source.uri,
            "account": item.source.account,
            "operations": [operation for operation in Operation if operation in kind_of(item.source).offers],
            "title": item.title,
            "product": item.product,
            "domain": item.domain,
            "classification": item.classification.value,
            "classes": sorted(item.classes),
            "contract": CoveringShown(id=covering[0].id, version=covering[0].version, name=covering[0].name)
            if len(covering) == 1
            else None,
            "policies": OwnPoliciesShown.of(item, safeguards, now),
            "within": [container.uri for container in containers_of(item)],
        }
        if isinstance(item, PrefixItem):
            place: Mapping[str, Any] = {
                "kind": "s3-prefix",
                "bucket": item.source.bucket,
                "prefix": item.source.prefix,
                "zone": item.zone.value,
            }
            return cls(**known, **place)
        if isinstance(item, ServiceItem):
            return cls(**known, kind=item.source.kind, region=getattr(item.source, "region", None))
        return cls(
            **known,
            kind=kind_of_item(item),
            region=item.source.region,
            database=item.source.database,
            table=item.source.table,
            columns=[ColumnsShown.of(group) for group in item.groups],
        )


class RuleShown(Shown):
    """A rule, as people speak of it."""

    id: str
    title: str
    owner: str
    effect: str
    advice: str | None
    editable: bool
    rulebook: str

    @classmethod
    def of(cls, rule: Rule, engine: Engine, *, editable: bool) -> Self:
        """The rule of a rulebook."""
        return cls(
            id=rule.id,
            title=rule.title,
            owner=rule.owner,
            effect=rule.effect.value,
            advice=rule.advice,
            editable=editable,
            rulebook=engine.version,
        )


class RuleTextShown(RuleShown):
    """A rule with its Cedar text, and what it says: a form with its sentence, or why it is none."""

    text: str
    sentence: str | None
    form: dict[str, Any] | None
    not_a_form: str | None

    @classmethod
    def whole(cls, rule: Rule, engine: Engine, *, editable: bool) -> Self:
        """The rule of a rulebook, with its text."""
        shown, text = RuleShown.of(rule, engine, editable=editable), engine.source_of(rule.id) or ""
        return cls(**shown.model_dump(), text=text, **spoken_text(text)._asdict())
