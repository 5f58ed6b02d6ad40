"""One open connection: what it has yet to be told, written as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jit_engine.domain.ids import SubjectId
from platform_api.changes.kinds import Changed
from platform_api.identity.web_session import WebSession

MOST_TOLD = 200
"""Things that are named at once; where more has changed, the listener is told to read everything anew."""
RETRY_MILLISECONDS = 5_000


@dataclass(slots=True, kw_only=True, eq=False)
class Line:
    """A listener. `told` is the record up to which it knows; `ring` wakes whoever writes to it.

    All but `ring` is changed under the lock of the watch that made it.
    """

    subject: SubjectId
    session: WebSession | None
    until: datetime
    told: int
    resumed: bool
    opened: float
    ring: Callable[[], None] | None = None
    pending: set[Changed] = field(default_factory=set)
    anew: bool = False
    ended: str | None = None

    def tell(self, changed: Sequence[Changed], upto: int) -> None:
        """What this listener may see of all up to that record."""
        self.told = upto
        before = len(self.pending)
        self.pending.update(changed)
        if len(self.pending) > MOST_TOLD:
            self.start_anew(upto)
        elif len(self.pending) > before:
            self.wake()

    def start_anew(self, upto: int) -> None:
        """Too much to name one by one."""
        self.told, self.anew = upto, True
        self.pending.clear()
        self.wake()

    def end(self, why: str) -> None:
        """Nothing more is told."""
        self.ended = self.ended or why
        self.wake()

    def wake(self) -> None:
        """Wakes the writer, if there is one yet."""
        if self.ring is not None:
            self.ring()

    def take(self) -> list[bytes]:
        """What is to be written now; it is then written."""
        found: list[bytes] = []
        if self.ended is not None:
            return [event("end", {"why": self.ended})]
        if self.anew:
            found.append(event("reset", {}, self.told))
        elif self.pending:
            named = [{"kind": one.kind, "id": one.id} for one in sorted(self.pending)]
            found.append(event("changed", {"changed": named}, self.told))
        self.anew = False
        self.pending.clear()
        return found

    def greeting(self) -> bytes:
        """The first event: whether nothing was missed since the id that the listener came back with."""
        return f"retry: {RETRY_MILLISECONDS}\n".encode() + event("hello", {"resumed": self.resumed}, self.told)


def event(name: str, data: dict[str, object], id: int | None = None) -> bytes:
    """One server-sent event."""
    number = "" if id is None else f"id: {id}\n"
    return f"{number}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
