"""What someone can effectively do: an action or not, and of a column group, how much of it they see."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from policy.change.reach import TREATMENTS
from policy.change.search import Direction
from policy.decision import Decision
from policy.question import EntityRef


class Access(IntEnum):
    """How much, the more the higher; `ALLOWED` is all there is of anything that is no column group."""

    NONE = 0
    MASKED = 1
    HASHED = 2
    CLEAR = 3
    ALLOWED = 4

    @property
    def word(self) -> str:
        """As people read it."""
        return self.name.lower()


COLUMN_READ: Final = "columnRead"
"""The action of a subject that is a column group, whatever the treatment."""
_BY_TREATMENT = dict(zip(TREATMENTS, (Access.CLEAR, Access.HASHED, Access.MASKED), strict=True))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared: an action on a resource, or `columnRead` on a column group, whatever the treatment."""

    action: str
    resource: EntityRef


def subject_of(action: str, resource: EntityRef) -> Subject:
    """What a question is about."""
    return Subject(COLUMN_READ if action in TREATMENTS else action, resource)


def access_in(decisions: Mapping[tuple[str, EntityRef], bool]) -> dict[Subject, Access]:
    """The best that is allowed of everything that was asked about."""
    found: dict[Subject, Access] = {}
    for (action, resource), allowed in decisions.items():
        subject = subject_of(action, resource)
        level = _BY_TREATMENT.get(action, Access.ALLOWED) if allowed else Access.NONE
        found[subject] = max(level, found.get(subject, Access.NONE))
    return found


def direction(before: Access, after: Access) -> Direction | None:
    """Who wins; None when nothing changes."""
    if before == after:
        return None
    return Direction.GAIN if after > before else Direction.LOSS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A decision as people compare it: the answer, why, and by which rules."""

    allowed: bool
    why: str
    rules: tuple[str, ...]


def reason_of(decision: Decision) -> Reason:
    """The reason of a decision; a failed one names its errors in place of rules."""
    named = tuple(rule.id for rule in decision.rules) or decision.errors
    return Reason(allowed=decision.allowed, why=decision.why.value, rules=named)
