"""The registry's records that the engine does not read: reviews, contract signatures, provisioning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.terms import ClauseHold, Contract
from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, ReviewId, SubjectId
from jit_engine.domain.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingApproval:
    """What a team may do without a named review: data up to a classification, for purposes at or beneath these."""

    team: str
    max_classification: Classification
    purposes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """A subject with the login that its tokens carry: (issuer, subject) of the identity provider.

    `person` names the human behind it: the same for every login of one person (None: the subject's own id), the owner
    of a workload (None: nobody is known).
    """

    subject: Subject
    issuer: str
    login: str
    title: str
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecord:
    """An activity with what only the registry needs. `document` is what was registered, as JSON."""

    activity: Activity
    cost_center: str
    contracts: tuple[ContractId, ...]
    template: str
    monthly_budget_usd: int
    document: Mapping[str, Json]
    created_at: datetime
    version: int


class ReviewState(StrEnum):
    """The life of an architecture review."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One criterion of the fast path: what it asks, what was found, whether it is met."""

    id: str
    title: str
    met: bool
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The architecture review of one environment. Decided by `fast path` (by is None) or by a named reviewer."""

    id: ReviewId
    activity: ActivityId
    environment: EnvironmentId
    author: SubjectId
    state: ReviewState
    rule_set: str
    criteria: tuple[Criterion, ...]
    inputs: Mapping[str, Json]
    created_at: datetime
    due_at: datetime
    decided_at: datetime | None
    decided_by: SubjectId | None
    comment: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningEvent:
    """One line of what the provisioner saw, in order."""

    at: datetime
    resource: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRecord:
    """An environment with its provisioning. `resources` and `tags` as read back from AWS."""

    environment: Environment
    author: SubjectId
    stack: str | None
    template_digest: str | None
    resources: Mapping[str, str]
    tags: Mapping[str, str]
    events: tuple[ProvisioningEvent, ...]
    created_at: datetime
    due_at: datetime | None
    tries: int
    last_error: str | None
    version: int


class SignatureRole(StrEnum):
    """As whom somebody signs."""

    DATA_OWNER = "data-owner"
    PRIVACY_OFFICE = "privacy-office"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature, bound to the SHA-256 (hex) of the canonical JSON (RFC 8785) of the document."""

    role: SignatureRole
    by: SubjectId
    at: datetime
    document_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """One version of a contract with its document, its signatures and how each clause is held."""

    contract: Contract
    document: Mapping[str, DocumentJson]
    document_sha256: str
    needed: tuple[SignatureRole, ...]
    signatures: tuple[Signature, ...]
    holds: tuple[ClauseHold, ...]
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The consumer's signature: an activity's owner accepts one version and its duties."""

    activity: ActivityId
    contract: tuple[ContractId, str]
    by: SubjectId
    at: datetime
    document_sha256: str
