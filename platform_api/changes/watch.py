"""Follows the audit trail for every open connection of this process.

One thread does it, and only while somebody listens: each second it reads the number of the newest record, one row for
all connections together. Only where that has grown does it read on, ask the rules, and wake those who may know. The
trail is in the database, so it does not matter which replica made a change and which one tells it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Subject
from platform_api.changes.kinds import Changed
from platform_api.changes.line import Line
from platform_api.changes.news import News
from platform_api.changes.sight import Shown
from platform_api.identity.web_session import WebSession
from platform_api.routes.errors import TooManyStreams

PERIOD = 1.0
"""Seconds between two looks at the trail: the longest that news is late by."""
SESSIONS_EVERY = 5.0
"""Seconds between two looks at whether the sessions still live; signing out is in the trail and seen at once."""
MOST_BEHIND = 2_000
"""Records that are read for one who comes back; whoever missed more reads everything anew."""
MOST_OF_ONE = 6
"""Connections of one person to one replica. The console needs one a browser, however many tabs it has."""
MOST_OF_ALL = 1_000
_UNHEARD = 30.0
"""Seconds after which a connection that nobody began to write to is given up."""
log = structlog.get_logger(__name__)


class Trail(Protocol):
    """The end of the audit trail."""

    def head(self) -> int:
        """The number of the newest record."""
        ...

    def between(self, after: int, upto: int) -> News:
        """What the records after one and up to another say."""
        ...


class Sight(Protocol):
    """What the watch reads besides the trail."""

    def now(self) -> datetime:
        """The platform's time."""
        ...

    def subject(self, id: SubjectId) -> Subject | None:
        """The subject as the directory has it now."""
        ...

    def things(self, changed: Iterable[Changed]) -> list[Shown]:
        """The things that changed."""
        ...

    def seen_by(self, subject: Subject, things: Sequence[Shown], now: datetime) -> frozenset[Changed]:
        """Those that the subject may see."""
        ...

    def open_among(self, sessions: Collection[WebSession], now: datetime) -> frozenset[WebSession]:
        """Those sessions that have not ended."""
        ...


class Watch:
    """All connections of this process. Safe for threads."""

    def __init__(self, trail: Trail, sight: Sight, period: float = PERIOD) -> None:
        self._trail = trail
        self._sight = sight
        self._period = period
        self._lock = threading.Lock()
        self._lines: set[Line] = set()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._sessions_at = 0.0

    def open(self, subject: SubjectId, session: WebSession | None, until: datetime, after: int | None) -> Line:
        """A connection that is told of everything after that record, or from now on.

        Raises `TooManyStreams`. An id that is no record of this trail, or long past, means to read everything anew.
        """
        head = self._trail.head()
        known = after is not None and max(0, head - MOST_BEHIND) <= after <= head
        line = Line(
            subject=subject,
            session=session,
            until=until,
            told=after if known and after is not None else head,
            resumed=known,
            opened=time.monotonic(),
        )
        with self._lock:
            mine = sum(one.subject == subject for one in self._lines)
            if mine >= MOST_OF_ONE or len(self._lines) >= MOST_OF_ALL:
                raise TooManyStreams(most=MOST_OF_ONE)
            if self._stopped.is_set():
                line.end("stopping")
                return line
            self._lines.add(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
        return line

    def take(self, line: Line) -> list[bytes]:
        """What is to be written to it now."""
        with self._lock:
            return line.take()

    def leave(self, line: Line) -> None:
        """The connection is gone."""
        with self._lock:
            self._lines.discard(line)

    def stop(self) -> None:
        """Ends every connection, so that the server can stop; new ones end at once."""
        self._stopped.set()
        with self._lock:
            for line in self._lines:
                line.end("stopping")
            self._lines.clear()

    def count(self) -> int:
        """How many connections are open."""
        with self._lock:
            return len(self._lines)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._lines:
                    self._thread = None
                    return
            try:
                self.turn()
            except Exception as error:  # noqa: BLE001 - the next turn tells what this one could not
                log.warning("turn failed", part="watch", error=type(error).__name__)
            self._stopped.wait(self._period)

    def turn(self) -> None:
        """Tells everybody what is new to them, and ends what has to end."""
        now, head = self._sight.now(), self._trail.head()
        with self._lock:
            lines = list(self._lines)
        behind = [line for line in lines if line.told < head]
        signed_out = bool(behind) and self._tell(behind, head, now)
        if signed_out or time.monotonic() - self._sessions_at >= SESSIONS_EVERY:
            self._sessions_at = time.monotonic()
            self._end_sessions([line for line in lines if line.session is not None], now)
        with self._lock:
            for line in lines:
                if now >= line.until:
                    line.end("expired")
                elif line.ring is None and time.monotonic() - line.opened > _UNHEARD:
                    line.end("unheard")
            self._lines -= {line for line in lines if line.ended is not None}

    def _tell(self, behind: Sequence[Line], head: int, now: datetime) -> bool:
        """Whether somebody signed out since."""
        late = [line for line in behind if head - line.told > MOST_BEHIND]
        current = [line for line in behind if head - line.told <= MOST_BEHIND]
        with self._lock:
            for line in late:
                line.start_anew(head)
        if not current:
            return True  # what they missed was not read: somebody may have
        news = self._trail.between(min(line.told for line in current), head)
        things = self._sight.things(changed for _, changed in news.changed)
        for listener in sorted({line.subject for line in current}):
            subject = self._sight.subject(listener)
            seen = frozenset() if subject is None or not things else self._sight.seen_by(subject, things, now)
            with self._lock:
                for line in current:
                    if line.subject != listener:
                        continue
                    if subject is None:
                        line.end("unknown-subject")
                    else:
                        line.tell([one for seq, one in news.changed if seq > line.told and one in seen], head)
        return news.signed_out

    def _end_sessions(self, lines: Sequence[Line], now: datetime) -> None:
        sessions = {line.session for line in lines if line.session is not None}
        alive = self._sight.open_among(sessions, now) if sessions else frozenset()
        with self._lock:
            for line in lines:
                if line.session not in alive:
                    line.end("session-ended")
