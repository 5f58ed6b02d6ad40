"""A grant: what was given to whom until when, its principals, and the one table of its states."""

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
GIVING = frozenset({GrantState.MINTING, GrantState.ACTIVE})
"""The grant gives access or is about to; in any other state it is ending, or over."""

ENDED = frozenset({GrantState.CLOSED})
"""States in which no role of the grant may exist."""


class Lane(StrEnum):
    """Which of the grants that are due; `urgent`: revoked with sessions out, and the Deny is not written yet."""

    ALL = "all"
    URGENT = "urgent"


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


class MintWay(StrEnum):
    """How a principal comes to be: a role of its own, or a session of the activity's base role cut by a policy."""

    ROLE = "role"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """One of the identities that a grant is used as: a part of what was cleared, in one account, under one policy.

    `part` counts from 1; `profile` is its name within the grant; `why` says why it is one of its own. `sources` are
    the URIs it holds. `roles` are the attempts at its role; a session has none.
    """

    part: int
    profile: str
    account: str
    region: str
    way: MintWay
    why: str
    sources: tuple[str, ...]
    policy: str
    notes: tuple[StatementNote, ...]
    roles: tuple[MintedRole, ...]

    @property
    def role(self) -> MintedRole:
        """The latest attempt."""
        return self.roles[-1]

    def attempting(self, role: MintedRole) -> "Principal":
        """This principal with that attempt, which replaces what was known of it or comes last."""
        before = tuple(known for known in self.roles if known.attempt != role.attempt)
        return replace(self, roles=tuple(sorted((*before, role), key=lambda one: one.attempt)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What the engine saw after it had told AWS to refuse. `count` 0: it could not look, and says so in `where`."""

    count: int
    first_at: datetime | None
    where: str


ENFORCING = "enforce beside the role"
"""The step that a mint takes only where something stands beside its roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """How long one step took, in milliseconds, and for which part of the grant."""

    step: str
    milliseconds: int
    part: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The ledger's row. `version` is the fence: a write must name the version that it read.

    `last_session_end` is the latest moment at which an STS session handed out under it can still live, None
    when none was. `due_at` is when the reconciler has to look next. `renews` is the grant before, when this one gives
    its time once more, and `renewals` how often that was done.
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
    principals: tuple[Principal, ...]
    sessions: int = 0
    last_session_end: datetime | None = None
    shut_at: datetime | None = None
    denial: Denial | None = None
    reason: str | None = None
    due_at: datetime
    tries: int = 0
    last_error: str | None = None
    steps: tuple[StepTime, ...] = ()
    renews: GrantId | None = None
    renewals: int = 0
    version: int = 0

    @property
    def roles(self) -> tuple[MintedRole, ...]:
        """Every attempt at a role, of every part."""
        return tuple(role for principal in self.principals for role in principal.roles)

    @property
    def sole(self) -> Principal:
        """The principal of a grant that has one; raises `ValueError` when there are several."""
        (principal,) = self.principals
        return principal

    @property
    def role(self) -> MintedRole:
        """The latest attempt of a grant with one principal; raises `ValueError` when there are several."""
        return self.sole.role

    @property
    def policy(self) -> str:
        """The policy of a grant with one principal; raises `ValueError` when there are several."""
        return self.sole.policy

    def may_have_artefacts(self) -> bool:
        """Whether something may stand beside its roles: what is being minted may, later its steps say it."""
        return not self.steps or any(step.step == ENFORCING for step in self.steps)

    def having(self, principal: Principal) -> "Grant":
        """This grant with that principal in place of the one of its part."""
        return replace(self, principals=tuple(principal if p.part == principal.part else p for p in self.principals))

    def moved(self, state: GrantState) -> "Grant":
        """This grant in another state; raises `WrongState` when the table has no such move."""
        if state not in GRANT_MOVES[self.state]:
            raise WrongState(kind="grant", id=self.id, state=self.state.value, fix=f"it cannot become {state.value}")
        return replace(self, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantHead:
    """Whose a grant is, what for and in which state: without how it was minted."""

    id: GrantId
    subject: SubjectId
    activity: ActivityId
    tier: Tier
    state: GrantState


def role_name(grant: GrantId, part: int, attempt: int) -> str:
    """The name of the role of one attempt: derived, so that every step can be repeated; about 37 of AWS's 64."""
    return f"sg-{grant}-{part}-{attempt}"


def attempt_at(grant: GrantId, part: int, attempt: int) -> MintedRole:
    """An attempt of which AWS has not heard yet."""
    return MintedRole(attempt=attempt, name=role_name(grant, part, attempt), arn=None, role_id=None, deleted=False)
