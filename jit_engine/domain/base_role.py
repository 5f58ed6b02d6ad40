"""The base role of an activity's environment in one account: what sessions of grants are opened of, and cut from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from jit_engine.domain.ids import ActivityId, EnvironmentId, GrantId
from jit_engine.errors import WrongState


class BaseState(StrEnum):
    """`retired`: sessions of it may still live, but no new one is opened. `gone`: the role is deleted."""

    MAKING = "making"
    READY = "ready"
    RETIRED = "retired"
    GONE = "gone"


BASE_MOVES: Mapping[BaseState, frozenset[BaseState]] = {
    BaseState.MAKING: frozenset({BaseState.READY, BaseState.RETIRED}),
    BaseState.READY: frozenset({BaseState.RETIRED}),
    BaseState.RETIRED: frozenset({BaseState.GONE}),
    BaseState.GONE: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBase:
    """What a base role is to hold, and when all that ends."""

    policy: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedGrant:
    """A grant whose sessions are refused, until the last of them has ended by itself."""

    grant: GrantId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRole:
    """One generation. `policy` is what the contracts allow, without the Denies of single grants, which `denied` holds.

    Nothing is allowed from `ends_at` on. `role_id` is None until AWS told it. `last_end` is when the last session of a
    retired one has ended. `version` is the fence: a write must name the version that it read.
    """

    environment: EnvironmentId
    activity: ActivityId
    account: str
    generation: int
    name: str
    policy: str
    state: BaseState
    created_at: datetime
    ends_at: datetime
    arn: str | None = None
    role_id: str | None = None
    denied: tuple[DeniedGrant, ...] = ()
    last_end: datetime | None = None
    version: int = 0

    def moved(self, state: BaseState) -> "BaseRole":
        """This role in another state; raises `WrongState` when the table has no such move."""
        if state not in BASE_MOVES[self.state]:
            raise WrongState(
                kind="base role", id=self.name, state=self.state.value, fix=f"it cannot become {state.value}"
            )
        return replace(self, state=state)

    def denying(self, grant: GrantId, until: datetime, now: datetime) -> "BaseRole":
        """This role with that grant denied, and without those whose last session has ended."""
        kept = tuple(one for one in self.denied if one.grant != grant and one.until > now)
        return replace(self, denied=(*kept, DeniedGrant(grant=grant, until=until)))


def base_name(environment: EnvironmentId, account: str, generation: int) -> str:
    """The name of one generation's role: derived, as the names of grants' roles are; about 52 of AWS's 64."""
    return f"sg-base-{environment}-{account}-{generation}"
