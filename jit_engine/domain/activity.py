"""A research activity and its environments: the registry's facts that a decision reads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, SubjectId
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.tier import Tier


class ActivityState(StrEnum):
    """The life of an activity; only `active` may hold grants."""

    SUBMITTED = "submitted"
    ACTIVE = "active"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    RETIRING = "retiring"
    RETIRED = "retired"


ACTIVITY_MOVES: dict[ActivityState, frozenset[ActivityState]] = {
    ActivityState.SUBMITTED: frozenset({ActivityState.ACTIVE, ActivityState.REJECTED}),
    ActivityState.ACTIVE: frozenset({ActivityState.SUSPENDED, ActivityState.RETIRING}),
    ActivityState.SUSPENDED: frozenset({ActivityState.ACTIVE, ActivityState.RETIRING}),
    ActivityState.RETIRING: frozenset({ActivityState.RETIRED}),
    ActivityState.REJECTED: frozenset(),
    ActivityState.RETIRED: frozenset(),
}
STOPPED = frozenset({ActivityState.SUSPENDED, ActivityState.RETIRING, ActivityState.RETIRED})
"""States of an activity that was active: its grants were revoked as it left."""


class EnvironmentState(StrEnum):
    """The life of an environment; only `active` may hold grants."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    FAILED = "failed"
    REJECTED = "rejected"
    RETIRED = "retired"


ENVIRONMENT_MOVES: dict[EnvironmentState, frozenset[EnvironmentState]] = {
    EnvironmentState.SUBMITTED: frozenset({EnvironmentState.APPROVED, EnvironmentState.REJECTED}),
    EnvironmentState.APPROVED: frozenset({EnvironmentState.PROVISIONING}),
    EnvironmentState.PROVISIONING: frozenset({EnvironmentState.ACTIVE, EnvironmentState.FAILED}),
    EnvironmentState.FAILED: frozenset({EnvironmentState.PROVISIONING, EnvironmentState.RETIRED}),
    EnvironmentState.ACTIVE: frozenset({EnvironmentState.RETIRED}),
    EnvironmentState.REJECTED: frozenset(),
    EnvironmentState.RETIRED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What people work on together, for declared purposes, under accepted contracts.

    `accepted` holds (contract, version) pairs that the owner has accepted; `classification` is the ceiling
    that the review approved.
    """

    id: ActivityId
    name: str
    title: str
    owner: SubjectId
    members: frozenset[SubjectId]
    purposes: frozenset[str]
    classification: Classification
    state: ActivityState
    ends_at: datetime
    accepted: frozenset[tuple[ContractId, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What provisioning made for an environment: where its roles are fenced in and where they may write.

    `egress` are the lists, by ARN, that hold which hosts of the internet its network lets through; with none it has
    no such list, and no endpoint is given.
    `vpc_endpoints` are those of its network, each a `vpce-…`; with none it has no network of its own.
    `grant_workgroups`: each grant that queries has an Athena workgroup of its own there, which is made with it; what
    the platform can make today says so, whatever was so when the environment was provisioned.
    """

    account: str
    region: str
    workspace_bucket: str
    workspace_key_arn: str
    boundary_arn: str
    workgroup: str
    broker_role_arn: str
    egress: frozenset[str] = frozenset()
    vpc_endpoints: frozenset[str] = frozenset()
    grant_workgroups: bool = False

    @property
    def workspace(self) -> S3Prefix:
        """The activity's own prefix of the workspace bucket."""
        return S3Prefix(account=self.account, bucket=self.workspace_bucket, prefix="work/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One tier of one activity. `place` is None until it is provisioned."""

    id: EnvironmentId
    activity: ActivityId
    tier: Tier
    state: EnvironmentState
    expires_at: datetime
    place: Place | None
