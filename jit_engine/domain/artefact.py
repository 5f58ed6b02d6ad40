"""What a grant leaves in other services than IAM: filters, permissions, workgroups, database users. And its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from jit_engine.domain.ids import GrantId
from jit_engine.errors import WrongState


class Mechanism(StrEnum):
    """What holds a decision. `role` and `session` are the minter's; the others have an adapter of their own."""

    ROLE = "role"
    SESSION = "session"
    LAKE_FORMATION = "lake-formation"
    WORKGROUP = "workgroup"
    DATABASE_USER = "database-user"
    EGRESS = "egress"


class ArtefactState(StrEnum):
    """`intended` is on record before the service hears of it; `gone` was looked for and not found."""

    INTENDED = "intended"
    STANDING = "standing"
    GONE = "gone"


ARTEFACT_MOVES: Mapping[ArtefactState, frozenset[ArtefactState]] = {
    ArtefactState.INTENDED: frozenset({ArtefactState.STANDING, ArtefactState.GONE}),
    ArtefactState.STANDING: frozenset({ArtefactState.GONE}),
    ArtefactState.GONE: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One thing of one grant in one service. `name` is its own there: it derives from the grant and never comes back.

    `plan` is all that the service has to be told to make it and to undo it, so that neither needs the decision again.
    `version` is the fence, as a grant's is.
    """

    grant: GrantId
    part: int
    mechanism: Mechanism
    account: str
    region: str
    source: str
    name: str
    plan: Mapping[str, str | tuple[str, ...]]
    state: ArtefactState = ArtefactState.INTENDED
    created_at: datetime
    ended_at: datetime | None = None
    last_error: str | None = None
    version: int = 0

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source that it holds: its own, and those that its plan names."""
        return (self.source, *(self.texts("sources") if "sources" in self.plan else ()))

    def with_all_of(self, other: Artefact) -> Artefact:
        """This artefact, which `other` names too, with every text of either's lists: parts of a grant may share one."""
        lists = {key: set(value) for key, value in self.plan.items() if not isinstance(value, str)}
        for key, value in other.plan.items():
            if not isinstance(value, str):
                lists.setdefault(key, set()).update(value)
        return replace(self, plan={**self.plan, **{key: tuple(sorted(value)) for key, value in lists.items()}})

    def moved(self, state: ArtefactState) -> Artefact:
        """This artefact in another state; raises `WrongState` when the table has no such move."""
        if state not in ARTEFACT_MOVES[self.state]:
            raise WrongState(
                kind="artefact", id=self.name, state=self.state.value, fix=f"it cannot become {state.value}"
            )
        return replace(self, state=state)

    def text(self, key: str) -> str:
        """One text of the plan; raises `KeyError` when it is none."""
        value = self.plan[key]
        if not isinstance(value, str):
            raise KeyError(key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Several texts of the plan; raises `KeyError` when they are none."""
        value = self.plan[key]
        if isinstance(value, str):
            raise KeyError(key)
        return tuple(value)
