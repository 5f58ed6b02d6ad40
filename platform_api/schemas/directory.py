"""The directory on the wire."""

from __future__ import annotations

from typing import Self

from jit_engine.domain.subject import Person
from platform_api.registry.records import DirectoryEntry
from platform_api.schemas.wire import Shown


class SubjectShown(Shown):
    """A person or a workload."""

    id: str
    kind: str
    name: str
    title: str
    teams: list[str]

    @classmethod
    def of(cls, entry: DirectoryEntry) -> Self:
        """One entry of the directory."""
        return cls(
            id=entry.subject.id,
            kind="person" if isinstance(entry.subject, Person) else "workload",
            name=entry.subject.name,
            title=entry.title or "",
            teams=sorted(entry.subject.teams),
        )


class PurposeShown(Shown):
    """A purpose and the one above it."""

    name: str
    parent: str | None
