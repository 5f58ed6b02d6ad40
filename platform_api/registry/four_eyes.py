"""Who counts as another person: a human, not a login."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from jit_engine.domain.ids import SubjectId


class PeopleBehind(Protocol):
    """What is needed of the directory."""

    def people_behind(self, id: SubjectId) -> frozenset[str]:
        """The humans behind a login."""
        ...


def is_somebody_else(by: SubjectId, others: Iterable[SubjectId], people: PeopleBehind) -> bool:
    """Whether the human behind `by` is behind none of `others`; whom the directory does not know is nobody else."""
    humans, known = people.people_behind(by), frozenset(others)
    return bool(humans) and by not in known and not any(humans & (people.people_behind(one) | {one}) for one in known)
