"""A grant: what was given to whom until when, with the one table of its states."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, GrantId, RequestId, SubjectId
from jit_engine.domain.tier import Tier
from jit_engine.errors import WrongState


class GrantState(StrEnum):
    """Where a grant is. `denied` means that AWS was seen to refuse, not merely told to."""

    MINTING = "minting"
    ACTIVE = "active"
    ABANDONED = "abandoned"
    EXPIRING = "expiring"
    REVOKING = "revoking"
    DENIED = "denied"
    CLOSED = "closed"
    STUCK = "stuck"


GRANT_MOVES: Mapping[GrantState, frozenset[GrantState]] = {
    GrantState.MINTING: frozenset({GrantState.ACTIVE, GrantState.ABANDONED}),
    GrantState.ACTIVE: frozenset({GrantState.EXPIRING, GrantState.REVOKING}),
    GrantState.ABANDONED: frozenset({GrantState.CLOSED, GrantState.STUCK}),
    GrantState.EXPIRING: frozenset({GrantState.DENIED, GrantState.CLOSED, GrantState.STUCK}),
    GrantState.REVOKING: frozenset({GrantState.DENIED, GrantState.CLOSED, GrantState.STUCK}),
    GrantState.DENIED: frozenset({GrantState.CLOSED, GrantState.STUCK}),
    GrantState.STUCK: frozenset({GrantState.DENIED, GrantState.CLOSED}),
    GrantState.CLOSED: frozenset(),
}

ENDED = frozenset({GrantState.CLOSED})
"""States in which no role of the grant may exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedRole:
    """One attempt at a role. `role_id` (AROA…) is None until AWS told it: such a role is not known to be ours."""

    attempt: int
    name: str
    arn: str | None
    role_id: str | None
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementNote:
    """Why one statement of the policy is there."""

    sid: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What the engine saw after it had told AWS to refuse. `count` 0: it could not look, and says so in `where`."""

    count: int
    first_at: datetime | None
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """How long one step took, in milliseconds."""

    step: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The ledger's row. `version` is the fence: a write must name the version that it read.

    `last_session_end` is the latest moment at which an STS session handed out under it can still live, None
    when none was. `due_at` is when the reconciler has to look next.
    """

    id: GrantId
    request: RequestId
    subject: SubjectId
    activity: ActivityId
    environment: EnvironmentId
    tier: Tier
    purpose: str
    contracts: frozenset[tuple[ContractId, str]]
    state: GrantState
    created_at: datetime
    ends_at: datetime
    sessions_end_by: datetime
    shortened: str | None
    rulebook: str
    catalogue_generation: int
    policy: str
    notes: tuple[StatementNote, ...]
    roles: tuple[MintedRole, ...]
    sessions: int = 0
    last_session_end: datetime | None = None
    shut_at: datetime | None = None
    denial: Denial | None = None
    reason: str | None = None
    due_at: datetime
    tries: int = 0
    last_error: str | None = None
    steps: tuple[StepTime, ...] = ()
    version: int = 0

    @property
    def role(self) -> MintedRole:
        """The latest attempt."""
        return self.roles[-1]

    def moved(self, state: GrantState) -> "Grant":
        """This grant in another state; raises `WrongState` when the table has no such move."""
        if state not in GRANT_MOVES[self.state]:
            raise WrongState(kind="grant", id=self.id, state=self.state.value, fix=f"it cannot become {state.value}")
        return replace(self, state=state)


def role_name(grant: GrantId, attempt: int) -> str:
    """The name of the role of one attempt: derived, so that every step can be repeated; 34 characters of AWS's 64."""
    return f"sg-{grant}-{attempt}"
