"""The terms of a data contract as the engine reads them: closed, typed, compared with nothing but themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier


class ContractState(StrEnum):
    """The life of one version of a contract."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    ENDED = "ended"


CONTRACT_MOVES: dict[ContractState, frozenset[ContractState]] = {
    ContractState.PROPOSED: frozenset({ContractState.IN_FORCE, ContractState.ENDED}),
    ContractState.IN_FORCE: frozenset({ContractState.SUPERSEDED, ContractState.ENDED}),
    ContractState.SUPERSEDED: frozenset(),
    ContractState.ENDED: frozenset(),
}


class Hold(StrEnum):
    """How a clause is held."""

    ENFORCED = "enforced"
    MONITORED = "monitored"
    ATTESTED = "attested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseHold:
    """One clause, in words, with how it is held and by what."""

    clause: str
    text: str
    hold: Hold
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTerms:
    """What a tier may do under this contract."""

    operations: frozenset[Operation]
    writes_production: bool
    interactive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteTarget:
    """A production prefix that a tier may write to, and how sensitive what goes there may be."""

    stage: Tier
    prefix: S3Prefix
    max_classification: Classification
    requires: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScope:
    """The Glue tables a contract covers: named ones of one database."""

    account: str
    region: str
    database: str
    tables: frozenset[str]

    def contains(self, table: GlueTable) -> bool:
        """Whether `table` is one of them."""
        return (table.account, table.region, table.database) == (
            self.account,
            self.region,
            self.database,
        ) and table.table in self.tables


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Who has to say yes. `automatic` rules need nobody; the first rule that matches decides."""

    max_classification: Classification | None
    stage: Tier | None
    automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One version of a data contract in the engine's terms. Times are UTC and half-open: [starts_at, ends_at)."""

    id: ContractId
    version: str
    name: str
    state: ContractState
    proposer: SubjectId
    owner_team: str
    starts_at: datetime
    ends_at: datetime
    purposes: frozenset[str]
    denied_purposes: frozenset[str]
    teams: frozenset[str]
    denied_teams: frozenset[str]
    trainings: frozenset[str]
    stages: dict[Tier, StageTerms]
    targets: tuple[WriteTarget, ...]
    default_duration: timedelta
    max_duration: timedelta
    approvals: tuple[ApprovalRule, ...]
    prefixes: tuple[S3Prefix, ...]
    tables: tuple[TableScope, ...]
    session_minting: bool

    @property
    def key(self) -> tuple[ContractId, str]:
        """What an acceptance and a grant are bound to."""
        return (self.id, self.version)

    def covers(self, source: S3Prefix | GlueTable) -> bool:
        """Whether `source` lies wholly in what the contract is about, its write targets included."""
        if isinstance(source, GlueTable):
            return any(scope.contains(source) for scope in self.tables)
        return any(prefix.contains(source) for prefix in self.prefixes) or self.target_for(source) is not None

    def target_for(self, source: S3Prefix) -> WriteTarget | None:
        """The write target that contains `source`, if the contract names one."""
        return next((target for target in self.targets if target.prefix.contains(source)), None)
