"""Access requests, grants and credentials on the wire."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeGuard

from pydantic import AfterValidator, ConfigDict, Field

from jit_engine.domain.artefact import Artefact
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.grant import Grant, Principal, StepTime
from jit_engine.domain.ids import ActivityId, EnvironmentId, RequestId
from jit_engine.domain.request import AccessRequest, Mode, SourceAsk
from jit_engine.domain.subject import Subject
from jit_engine.enforcers.worst_case import bounds_of, worst_case_end
from jit_engine.errors import InvalidValue
from jit_engine.flows.deliver import Delivered
from jit_engine.rules.expanding import ContainerAsk, expanded
from platform_api.schemas.artefacts import ArtefactShown, BoundShown, ConnectionShown
from platform_api.schemas.containers import AskedContainerShown
from platform_api.schemas.overlaps import OverlapShown
from platform_api.schemas.sources_asked import AnyAsked, ContainerAsked, PrefixAsked
from platform_api.schemas.wire import ActivityRef, Asked, Duration, EnvironmentRef, Moment, Shown, Text, Time, Token

_EXAMPLE: dict[str, Any] = {
    "activity": "ac_01JD0000000000000000000000",
    "environment": "en_01JD0000000000000000000000",
    "purpose": "lending/credit-risk-research",
    "duration": "PT1H",
    "sources": [
        {"kind": "s3-prefix", "bucket": "acme-prod-lake", "prefix": "loans/facts/", "operations": ["select"]},
        {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"]},
        {
            "kind": "dynamodb-table",
            "uri": "dynamodb://000000000000/us-east-1/loan-status/keys/2024",
            "operations": ["select"],
        },
    ],
}


def _ticket(given: str) -> str:
    if not given.isprintable() or given != given.strip():
        raise ValueError("give the ticket's reference alone, on one line")
    return given


class AccessAsked(Asked):
    """A request for access. `dry_run` decides and records nothing; `starts_at` has it minted later; `break_glass` has
    one other person's release stand for the contract's approvals; `anew` has another grant minted where a live one
    gives all of it already.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    activity: ActivityRef
    environment: EnvironmentRef
    purpose: Token
    duration: Duration | None = None
    ends_at: Time | None = None
    mode: Mode = Mode.ALL
    justification: Text = ""
    ticket: Annotated[str, Field(max_length=200), AfterValidator(_ticket)] = ""
    starts_at: Time | None = None
    break_glass: bool = False
    anew: bool = False
    dry_run: bool = False
    sources: Annotated[list[AnyAsked], Field(min_length=1, max_length=100)]

    def names_containers(self) -> bool:
        """Whether a database or a data product is asked for, which only the catalogue can say what it holds."""
        return any(isinstance(one, ContainerAsked) for one in self.sources)

    def needs_catalogue(self) -> bool:
        """Whether it cannot be read without the catalogue: for a container, or a bucket without its account."""
        return self.names_containers() or any(map(_is_open, self.sources))

    def request(
        self, id: RequestId, subject: Subject, account: str, region: str, catalogue: Catalogue | None, most: int
    ) -> AccessRequest:
        """The request in the engine's terms; raises `InvalidValue` naming the field, `sources[0].prefix`.

        A bucket without an account is that of the account where the `catalogue` has it, and a container the items
        that it has of it, `most` sources in all. It may be None unless `needs_catalogue`.
        """
        buckets = catalogue.accounts_of_buckets if catalogue is not None else {}
        asked = [
            _placed(place, source, _account_of(source, account, buckets), region)
            for place, source in enumerate(self.sources)
        ]
        found = expanded(asked, catalogue or Catalogue(generation=0, items=()), self.mode, most)
        return AccessRequest(
            id=id,
            subject=subject,
            activity=ActivityId(self.activity),
            environment=EnvironmentId(self.environment),
            purpose=self.purpose,
            duration=self.duration,
            ends_at=self.ends_at,
            mode=self.mode,
            asks=found.asks,
            containers=found.containers,
            justification=self.justification,
            ticket=self.ticket,
            starts_at=self.starts_at,
            break_glass=self.break_glass,
        )


def _account_of(asked: AnyAsked, account: str, buckets: Mapping[str, str]) -> str:
    return buckets.get(asked.bucket, account) if _is_open(asked) else account


def _is_open(asked: AnyAsked) -> TypeGuard[PrefixAsked]:
    return isinstance(asked, PrefixAsked) and asked.account is None


def _placed(place: int, asked: AnyAsked, account: str, region: str) -> SourceAsk | ContainerAsk:
    try:
        return asked.ask(account, region)
    except InvalidValue as invalid:
        raise InvalidValue(
            field=f"sources[{place}].{invalid.field}",
            given=invalid.given,
            fix=invalid.fix,
            corrected=invalid.corrected,
        ) from invalid


class CredentialsAsked(Asked):
    """Which of the grant's profiles; may be left out where it has but one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"profile": "main"}]})

    profile: Token | None = None


class RevokeAsked(Asked):
    """Why a grant is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The project ended early."}]})

    reason: Annotated[Text, Field(min_length=1)]


class ContractKey(Shown):
    """A contract's version."""

    id: str
    version: str


class SourceShown(Shown):
    """A source that the grant covers."""

    uri: str
    operations: list[str]
    columns: list[str] | None
    row_filter: str | None


class RoleShown(Shown):
    """The IAM role of the latest attempt."""

    name: str
    arn: str | None
    role_id: str | None
    attempt: int


class StatementShown(Shown):
    """A statement of the policy, and why it is there."""

    sid: str
    why: str
    statement: dict[str, Any]


class PrincipalShown(Shown):
    """One of the identities that the grant is used as: its profile, its sources, its exact IAM policy."""

    part: int
    profile: str
    account: str
    region: str
    way: str
    why: str
    sources: list[str]
    role: RoleShown | None
    boundary_arn: str | None
    policy: dict[str, Any]
    statements: list[StatementShown]

    @classmethod
    def of(cls, principal: Principal, boundary_arn: str | None) -> Self:
        """The principal, with why each statement of its policy is there."""
        policy = json.loads(principal.policy)
        why = {note.sid: note.why for note in principal.notes}
        role = principal.role if principal.roles else None
        return cls(
            part=principal.part,
            profile=principal.profile,
            account=principal.account,
            region=principal.region,
            way=principal.way.value,
            why=principal.why,
            sources=list(principal.sources),
            role=None
            if role is None
            else RoleShown(name=role.name, arn=role.arn, role_id=role.role_id, attempt=role.attempt),
            boundary_arn=boundary_arn,
            policy=policy,
            statements=[
                StatementShown(sid=s["Sid"], why=why.get(s["Sid"], ""), statement=s) for s in policy["Statement"]
            ],
        )


class DenialShown(Shown):
    """What was seen after AWS was told to refuse."""

    count: int
    first_at: Moment | None
    where: str


class StepShown(Shown):
    """How long a step of the minting took, and for which part of the grant."""

    step: str
    milliseconds: int
    part: int

    @classmethod
    def of(cls, step: StepTime) -> Self:
        """The step."""
        return cls(step=step.step, milliseconds=step.milliseconds, part=step.part)


class GrantShown(Shown):
    """A grant with its principals and their exact IAM policies. `containers` are what some sources were asked for as.

    `role`, `boundary_arn`, `policy` and `statements` repeat the principal of a grant that has one, and are null where
    there are several.
    """

    id: str
    request: str
    subject: str
    activity: str
    environment: str
    tier: str
    purpose: str
    contracts: list[ContractKey]
    state: str
    created_at: Moment
    ends_at: Moment
    shortened: str | None
    sources: list[SourceShown]
    containers: list[AskedContainerShown]
    principals: list[PrincipalShown]
    role: RoleShown | None
    boundary_arn: str | None
    policy: dict[str, Any] | None
    statements: list[StatementShown] | None
    sessions: int
    last_session_end: Moment | None
    shut_at: Moment | None
    denial: DenialShown | None
    reason: str | None
    last_error: str | None
    steps: list[StepShown]
    rulebook: str
    renews: str | None
    renewals: int
    artefacts: list[ArtefactShown]
    connections: list[ConnectionShown]
    ends_at_the_latest: list[BoundShown]
    worst_case_end: Moment | None

    @classmethod
    def of(
        cls, grant: Grant, decision: Mapping[str, Any], boundary_arn: str | None, artefacts: Sequence[Artefact]
    ) -> Self:
        """The grant with what its recorded decision cleared."""
        principals = [PrincipalShown.of(principal, boundary_arn) for principal in grant.principals]
        sole = principals[0] if len(principals) == 1 else None
        bounds = bounds_of(grant, artefacts)
        return cls(
            id=grant.id,
            request=grant.request,
            subject=grant.subject,
            activity=grant.activity,
            environment=grant.environment,
            tier=grant.tier.value,
            purpose=grant.purpose,
            contracts=[ContractKey(id=key, version=version) for key, version in sorted(grant.contracts)],
            state=grant.state.value,
            created_at=grant.created_at,
            ends_at=grant.ends_at,
            shortened=grant.shortened,
            sources=[
                SourceShown(
                    uri=verdict["source"],
                    operations=list(verdict["operations"]),
                    columns=verdict.get("obligations", {}).get("columns"),
                    row_filter=verdict.get("obligations", {}).get("row_filter"),
                )
                for verdict in decision["sources"]
                if verdict["passes"]
            ],
            containers=AskedContainerShown.of_record(decision),
            principals=principals,
            role=None if sole is None else sole.role,
            boundary_arn=None if sole is None else sole.boundary_arn,
            policy=None if sole is None else sole.policy,
            statements=None if sole is None else sole.statements,
            sessions=grant.sessions,
            last_session_end=grant.last_session_end,
            shut_at=grant.shut_at,
            denial=None
            if grant.denial is None
            else DenialShown(count=grant.denial.count, first_at=grant.denial.first_at, where=grant.denial.where),
            reason=grant.reason,
            last_error=grant.last_error,
            steps=[StepShown.of(step) for step in grant.steps],
            rulebook=grant.rulebook,
            renews=grant.renews,
            renewals=grant.renewals,
            artefacts=[ArtefactShown.of(one) for one in artefacts],
            connections=ConnectionShown.of_all(artefacts),
            ends_at_the_latest=[BoundShown(what=bound.what, until=bound.until) for bound in bounds],
            worst_case_end=worst_case_end(bounds),
        )


class HeldShown(Shown):
    """Nothing was minted: a live grant gives all of it already. `next_step` says what to do."""

    outcome: Literal["held"] = "held"
    code: Literal["already-held"] = "already-held"
    grant: GrantShown
    next_step: str


class GrantedShown(Shown):
    """A request that was granted; `held` are those of its sources that other live grants give, too."""

    request_id: str
    outcome: Literal["granted"] = "granted"
    grant: GrantShown
    sources: list[dict[str, Any]]
    shortened: str | None
    held: list[OverlapShown]


class CredentialsShown(Shown):
    """A session's keys, for the grant's own holder. `endpoint_url` only where the AWS is the embedded one."""

    access_key_id: str
    secret_access_key: Annotated[str, Field(repr=False)]
    session_token: Annotated[str, Field(repr=False)]
    expires_at: Moment
    region: str
    endpoint_url: str | None
    account: str
    profile: str
    grant: str
    session: int
    connections: list[ConnectionShown]

    @classmethod
    def of(cls, delivered: Delivered, endpoint_url: str | None, artefacts: Sequence[Artefact]) -> Self:
        """The keys with where to use them."""
        keys, principal = delivered.credentials, delivered.principal
        return cls(
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            session_token=keys.session_token,
            expires_at=keys.expires_at,
            region=principal.region,
            endpoint_url=endpoint_url,
            account=principal.account,
            profile=principal.profile,
            grant=delivered.grant.id,
            session=delivered.grant.sessions,
            connections=ConnectionShown.of_all(artefacts),
        )
