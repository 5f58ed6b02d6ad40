"""What the engine needs of others, each as a small protocol. Adapters are in `platform_api.db` and `jit_engine.aws`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from jit_engine.contracts.terms import Contract, HeldContract
from jit_engine.domain.activity import Activity, Environment, Place
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantHead, GrantState, Lane
from jit_engine.domain.held import HeldGrant, Unless
from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.label import EMPTY, Label, LabelRise
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.resource_policy import Safeguards
from jit_engine.domain.subject import Subject
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import WaitingRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that one decision reads, gathered once. `purposes` maps a purpose to its parent (None at a root).

    `owner` is the activity's owner as the directory knows them; None when the activity is None or its owner has left.
    `held` is every contract version under which the activity has had data, by the ledger, until it is purged;
    `label` is what the environment's workspace may hold by now. `elsewhere` is where it is minted in other accounts.
    """

    activity: Activity | None
    owner: Subject | None
    environment: Environment | None
    contracts: tuple[Contract, ...]
    catalogue: Catalogue
    purposes: Mapping[str, str | None]
    held: frozenset[HeldContract]
    label: Label = EMPTY
    safeguards: Safeguards | None = None
    elsewhere: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one decision was taken from: enough to take it again, and nothing besides (see `rules.evidence`).

    The versions are of the policy schema, the invariants and the rulebook that were asked.
    """

    request: AccessRequest
    facts: Facts
    now: datetime
    schema: str
    invariants: str
    rulebook: str


class DecisionOutcome(StrEnum):
    """What came of a decision: a grant, none, or a request that waits; for a live grant its end or other contracts."""

    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"
    KEPT = "kept"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAnew:
    """A decision about a live grant that changes it. `record` is what `rules.evidence.record_of` says of it;
    `reason` why the grant ends, where the decision alone does not say it.
    """

    outcome: DecisionOutcome
    evidence: Evidence
    record: Mapping[str, Json]
    reason: str | None


class FactSource(Protocol):
    """The registry, the catalogue and the contracts, read in one transaction."""

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        """Today's facts; every contract in force or yet to come into force is included."""
        ...


class Budget(Protocol):
    """What each account's IAM takes now without making anybody wait."""

    def busy(self, writes: int, *, urgent: bool) -> Collection[str]:
        """The accounts that have no room for so many writes; `urgent` ones may use what is kept for revocation."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOwner:
    """The row of a role, with its grant's state."""

    grant: GrantId
    state: GrantState
    created_at: datetime
    account: str
    name: str
    role_id: str | None
    deleted: bool


class LostRace(Exception):
    """The row has moved on since it was read: read it again and decide anew."""


class Ledger(Protocol):
    """The grants. A write commits with its audit record; one that names an old version raises `LostRace`."""

    def open(
        self,
        grant: Grant,
        clearance: Clearance,
        evidence: Evidence,
        event: Event,
        waiting: WaitingRequest | None = None,
        unless: Unless | None = None,
    ) -> Grant:
        """Commits the request, its decision and the intent to mint, before AWS hears of it.

        Raises `LostRace` when another rulebook is live by now, the activity is stopped, or `unless` holds of `alike`.
        A request that was `waiting` is committed with it, as given, and its version is a fence, too.
        """
        ...

    def alike(self, request: AccessRequest, but: GrantId | None = None) -> Sequence[HeldGrant]:
        """The others that give its subject access for its activity, environment and purpose, or are about to."""
        ...

    def refuse(self, refusal: Refusal, evidence: Evidence, event: Event, waiting: WaitingRequest | None = None) -> None:
        """Commits a refused request with all its reasons; `waiting` as in `open`."""
        ...

    def save(
        self, grant: Grant, event: Event, decided: DecidedAnew | None = None, rise: LabelRise | None = None
    ) -> Grant:
        """Commits the grant as given if its version is still the stored one; returns it with the next version.

        The decision that changes it is committed with it, and so is its workspace's label: every other active grant
        there is then due. `LostRace` unless the label is still as it was before.
        """
        ...

    def get(self, grant: GrantId) -> Grant | None:
        """The grant, or None."""
        ...

    def head(self, grant: GrantId) -> GrantHead | None:
        """Whose the grant is, what for and in which state, or None."""
        ...

    def decision_of(self, grant: GrantId) -> Mapping[str, Json]:
        """The recorded decision that opened the grant, as `rules.record.clearance_record` wrote it."""
        ...

    def claim_due(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        lane: Lane = Lane.ALL,
        busy: Collection[str] = (),
        each: int | None = None,
    ) -> Sequence[Grant]:
        """Grants whose `due_at` has come, each claimed for this caller: `due_at` put off by `lease`, version raised.

        The most overdue first, none whose account is in `busy`, at most `each` of one account.
        """
        ...

    def postpone(self, grant: Grant, due_at: datetime) -> None:
        """Sets when to look again and nothing else, so without an audit record; raises `LostRace` as `save` does."""
        ...

    def role_owners(self, names: Sequence[str]) -> Mapping[str, RoleOwner]:
        """Who owns the roles of these names, by the name in lower case; those that no row knows are left out."""
        ...

    def active_roles(self, after: GrantId | None, limit: int) -> Sequence[RoleOwner]:
        """The roles of active grants, those after that grant's in the order of ids, a whole grant at a time."""
        ...

    def grant_of_role(self, name: str) -> Grant | None:
        """The grant that a role name belongs to, compared without regard to case."""
        ...

    def note(self, event: Event) -> None:
        """Commits an audit record that belongs to no row, such as an alarm."""
        ...


class WaitingRoom(Protocol):
    """The requests that wait. A write commits with its audit record; one of an old version raises `LostRace`."""

    def wait(self, waiting: WaitingRequest, record: Mapping[str, Json], evidence: Evidence, event: Event) -> None:
        """Commits a new request that waits, with the decision that said so; `LostRace` when the same waits already."""
        ...

    def keep(self, waiting: WaitingRequest, event: Event) -> WaitingRequest:
        """Commits the row as given if its version is still the stored one; returns it with the next version."""
        ...

    def waiting(self, request: RequestId) -> WaitingRequest | None:
        """The request with what it waits for, or None; one that has left is still told."""
        ...

    def waiting_same(self, fingerprint: str) -> WaitingRequest | None:
        """The one of that fingerprint that still waits, or None."""
        ...

    def claim_waiting(self, now: datetime, limit: int, lease: timedelta) -> Sequence[WaitingRequest]:
        """Those that are due, each claimed for this caller, as `Ledger.claim_due`."""
        ...

    def holdings(self, subject: SubjectId) -> Sequence[str]:
        """The sources of every grant that gives the subject access now, each once."""
        ...


class Directory(Protocol):
    """Who there is, and which human is behind a login."""

    def subject(self, id: SubjectId) -> Subject | None:
        """The subject, or None when it has left."""
        ...

    def people_behind(self, id: SubjectId) -> frozenset[str]:
        """The humans behind a subject: one for all logins of a person, a workload's owners; none when unknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePlan:
    """All that AWS has to be told of a role, checked against our limits."""

    name: str
    trust: str
    policy: str
    boundary_arn: str
    tags: Mapping[str, str]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """All that AWS has to be told of a session."""

    role_arn: str
    session_name: str
    source_identity: str
    duration: timedelta
    tags: Mapping[str, str]
    policy: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Credentials:
    """A session's keys, on their way to the person. Never stored; its `repr` shows none of it."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Credentials(expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedRole:
    """What AWS said of a role that we just created."""

    arn: str
    role_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRole:
    """A role found under our path."""

    name: str
    role_id: str
    created_at: datetime
    tags: Mapping[str, str]
    boundary_arn: str | None
    shut: bool = False
    """Whether its trust admits nobody any more, as a revocation leaves it."""


class Probe(StrEnum):
    """What the engine's own harmless call met."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Observer(Protocol):
    """A session of the engine's own, cut to one harmless call and held in memory only."""

    def look(self) -> Probe:
        """Makes the call once."""
        ...


class Minter(Protocol):
    """The one port through which roles and sessions come and go. Every call may be repeated."""

    def create(self, plan: RolePlan) -> CreatedRole:
        """Creates the role under its boundary; raises `RoleExists` when the name is taken, and adopts nothing."""
        ...

    def put_policy(self, name: str, policy: str, *, urgent: bool = False) -> None:
        """Writes the role's only inline policy; `urgent` where it denies what was given."""
        ...

    def prove(self, plan: SessionPlan, probes: Probes) -> None:
        """Waits until the role can be assumed and its probes answer as decided, else raises `AwsUnavailable`."""
        ...

    def assume(self, plan: SessionPlan) -> Credentials:
        """A session for the person."""
        ...

    def observer(self, plan: SessionPlan, probes: Probes) -> Observer | None:
        """The engine's own session, or None when the role cannot be assumed any more."""
        ...

    def shut(self, name: str, trust: str, deny: str) -> None:
        """Blocks new sessions, then replaces the policy by the Deny; a role that is gone is fine."""
        ...

    def is_shut(self, name: str, deny: str) -> bool:
        """Whether the role's policy, read back, is that Deny (or the role is gone)."""
        ...

    def delete(self, name: str, role_id: str | None) -> None:
        """Deletes policy and role; gone already is fine. With `role_id`, refuses to delete a role of another id."""
        ...

    def find(self, name: str) -> FoundRole | None:
        """The role of that name under our path, or None."""
        ...

    def roles(self) -> Sequence[FoundRole]:
        """Every role under our path."""
        ...


class ProbeKind(StrEnum):
    """A call that reads and changes no data, whatever it meets."""

    GET = "get"
    """GetObject of our own marker object."""
    LIST = "list"
    """ListObjectsV2 of a prefix with MaxKeys 0."""
    WRITE = "write"
    """CreateMultipartUpload of a key: needs s3:PutObject and writes nothing; given up at once should it work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCall:
    """One probe: `key` is an object's key, or the prefix to list."""

    kind: ProbeKind
    bucket: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Calls of the engine's own: one that must work, and those that AWS must refuse."""

    allowed: ProbeCall
    denied: tuple[ProbeCall, ...]
