"""The users of grants in a database that is a dictionary; what they could read is not asked of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.database_users import DatabaseUser


@dataclass(slots=True)
class MemoryUsers:
    """`jit_engine.enforcers.database_users.DatabaseUsers` in memory. `faults` as of the `FakeMinter`."""

    standing: dict[str, DatabaseUser] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))

    def put(self, user: DatabaseUser) -> None:
        """As the port says."""
        self._called("put", user.name)
        self.standing[user.name] = user
        self._called("made", user.name)

    def end(self, name: str, grant: GrantId) -> None:
        """As the port says."""
        self._called("end", name)
        self.sessions.discard(name)
        self.standing.pop(name, None)

    def is_gone(self, name: str) -> bool:
        """As the port says."""
        return name not in self.standing and name not in self.sessions

    def found(self) -> Sequence[tuple[str, GrantId]]:
        """As the port says."""
        self._called("found", "")
        return [(name, user.grant) for name, user in sorted(self.standing.items())]

    def _called(self, operation: str, name: str) -> None:
        self.calls.append((operation, name))
        if self.faults[operation]:
            raise self.faults[operation].pop(0)
