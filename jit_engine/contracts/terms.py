"""The terms of a data contract as the engine reads them: closed, typed, compared with nothing but themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from jit_engine.contracts.profiles import AccessProfile, DescribedTable
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.services import Parted, ServiceSource, contains, overlap
from jit_engine.domain.source import GlueTable, Operation, S3Prefix, Source
from jit_engine.domain.tier import Tier
from jit_engine.errors import WrongState


class ContractState(StrEnum):
    """The life of one version of a contract. `signed`: everybody needed has signed, and its time has not come yet."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SIGNED = "signed"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"
    ENDED = "ended"


CONTRACT_MOVES: Mapping[ContractState, frozenset[ContractState]] = {
    ContractState.DRAFT: frozenset({ContractState.PROPOSED, ContractState.ENDED}),
    ContractState.PROPOSED: frozenset({ContractState.SIGNED, ContractState.ENDED}),
    ContractState.SIGNED: frozenset({ContractState.IN_FORCE, ContractState.SUPERSEDED, ContractState.ENDED}),
    ContractState.IN_FORCE: frozenset({ContractState.SUPERSEDED, ContractState.ENDED}),
    ContractState.SUPERSEDED: frozenset(),
    ContractState.ENDED: frozenset(),
}
COMMITTED = frozenset({ContractState.SIGNED, ContractState.IN_FORCE})
"""States in which a version has a claim on its data: no other contract may be about the same."""
HAS_BOUND = COMMITTED | {ContractState.SUPERSEDED}
"""States of versions that everybody needed has signed: what comes later has to be later than these."""


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
    """A production place that a tier may write to, and how sensitive what goes there may be."""

    stage: Tier
    source: S3Prefix | ServiceSource
    max_classification: Classification
    requires: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScope:
    """The Glue tables a contract covers: named ones of one database, and whether Lake Formation manages them."""

    account: str
    region: str
    database: str
    tables: frozenset[str]
    lake_formation: bool = False

    def contains(self, table: GlueTable) -> bool:
        """Whether `table` is one of them."""
        return (table.account, table.region, table.database) == (
            self.account,
            self.region,
            self.database,
        ) and table.table in self.tables


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Who has to say yes. `automatic` rules need nobody; the first rule that matches decides.

    `groups` are teams of the directory. `of_each`: somebody of every group, each another person; else of any. Never
    fewer than `at_least`. `within` is how long the approvals may take, and how long they stand; None: a day.
    """

    max_classification: Classification | None
    stage: Tier | None
    automatic: bool
    groups: frozenset[str] = frozenset()
    of_each: bool = False
    at_least: int = 1
    within: timedelta | None = None

    @property
    def needed(self) -> int:
        """How many different people have to say yes."""
        return 0 if self.automatic else max(self.at_least, len(self.groups) if self.of_each else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldContract:
    """A version under which an activity holds data, or asks for it."""

    id: ContractId
    version: str
    name: str
    forbidden: frozenset[str]

    def excludes(self, other: "HeldContract") -> bool:
        """Whether either of the two says that they never come together; versions of one contract always may."""
        return self.id != other.id and (self._names(other) or other._names(self))

    def _names(self, other: "HeldContract") -> bool:
        return other.id in self.forbidden or name_reference(other.name) in self.forbidden


_REMEDY: Mapping[ContractState, str] = {
    ContractState.DRAFT: "save a draft of a new version",
    ContractState.PROPOSED: "only a draft can be proposed",
    ContractState.SIGNED: "only a proposed version can be signed",
    ContractState.IN_FORCE: "only a signed version comes into force",
    ContractState.SUPERSEDED: "only a signed version, or one in force, is superseded",
    ContractState.ENDED: "it has ended already",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One version of a data contract in the engine's terms. Times are UTC and half-open: [starts_at, ends_at).

    `forbidden` names the contracts that no activity may hold together with this one, by id or by name; `described`
    is empty where neither masking nor a profile speaks of columns (what both come to: `effective`); `renewals` is how
    often a grant may be given its time once more.
    """

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
    forbidden: frozenset[str] = frozenset()
    min_aggregation: int | None = None
    described: tuple[DescribedTable, ...] = ()
    profiles: tuple[AccessProfile, ...] = ()
    renewals: int = 0
    services: tuple[ServiceSource, ...] = ()

    @property
    def key(self) -> tuple[ContractId, str]:
        """What an acceptance and a grant are bound to."""
        return (self.id, self.version)

    @property
    def held(self) -> "HeldContract":
        """What a forbidden combination compares of it."""
        return HeldContract(id=self.id, version=self.version, name=self.name, forbidden=self.forbidden)

    def moved(self, state: ContractState) -> "Contract":
        """This version in another state; raises `WrongState` when the table has no such move."""
        if state not in CONTRACT_MOVES[self.state]:
            raise WrongState(kind="contract", id=self.id, state=self.state.value, fix=_REMEDY[state])
        return replace(self, state=state)

    def covers(self, source: Source) -> bool:
        """Whether `source` lies wholly in what the contract is about, its write targets included."""
        match source:
            case GlueTable():
                return any(scope.contains(source) for scope in self.tables)
            case S3Prefix():
                named: tuple[S3Prefix | ServiceSource, ...] = self.prefixes
            case _:
                named = self.services
        return any(is_within(source, own) for own in named) or self.target_for(source) is not None

    def target_for(self, source: Source) -> WriteTarget | None:
        """The write target that contains `source`, if the contract names one."""
        return next((target for target in self.targets if is_within(source, target.source)), None)


def is_within(inner: Source, outer: S3Prefix | ServiceSource) -> bool:
    """Whether all of `inner` lies in `outer`: prefixes, DynamoDB tables and databases have parts, others do not."""
    if isinstance(inner, S3Prefix) and isinstance(outer, S3Prefix):
        return outer.contains(inner)
    if isinstance(inner, Parted) and isinstance(outer, Parted):
        return contains(outer, inner)
    return inner == outer


def do_overlap(one: S3Prefix | ServiceSource, other: S3Prefix | ServiceSource) -> bool:
    """Whether something can lie in both."""
    if isinstance(one, S3Prefix) and isinstance(other, S3Prefix):
        return one.overlaps(other)
    if isinstance(one, Parted) and isinstance(other, Parted):
        return overlap(one, other)
    return one == other


def name_reference(name: str) -> str:
    """How another contract's `forbidWith` spells a contract's name: `Marketing contacts` is `marketing-contacts`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def version_order(version: str) -> tuple[int, ...]:
    """What puts versions in order: 1.10.0 is later than 1.9.0."""
    return tuple(int(part) for part in version.split("."))
