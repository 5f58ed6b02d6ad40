"""The step boundaries that a process passes, by name, and what befalls it there."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event
from platform_api.audit.record import AuditRecord
from platform_api.db import audit, engine
from tests.chaos.part import Blow, Harm, Part
from tests.fakes.aws_faults import When

STOPPED = "stopped"
STRUCK = "struck "
PASSED = "passed "
_UNTIL_STOPPED = 0.1
"""Seconds that a process of several threads may take to stop as a whole; none of them steps on meanwhile."""
FLOW: ContextVar[str] = ContextVar("flow", default="start")
"""What the process is about: the deed it was asked for, or the part of a worker's turn."""
_RECORDED = threading.local()


class Tripwire:
    """Names the boundaries that this process passes, and does to it what its part says. Nothing until it is armed."""

    def __init__(self) -> None:
        self._blow = Blow()
        self._file: int | None = None
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def arm(self, part: Part) -> None:
        """From here on, what that part says."""
        self._blow, self._passed = part.blow, Counter()
        self._file = os.open(part.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str) -> None:
        """Writes a line that outlives the process."""
        if self._file is not None:
            os.write(self._file, f"{what}\n".encode())

    def __call__(self, when: When, what: str) -> None:
        """A boundary."""
        name = f"{FLOW.get()}: {when} {what}"
        with self._lock:
            number, self._passed[name] = self._passed[name], self._passed[name] + 1
        self.note(f"{PASSED}{name}")
        if self._file is None or name != self._blow.boundary or number != self._blow.nth:
            return
        match self._blow.harm:
            case Harm.KILL_AT:
                self.note(f"{STRUCK}{name}")
                _die()
            case Harm.KILL_WITHIN:
                self.note(f"{STRUCK}{name}")
                threading.Timer(self._blow.delay, _die).start()
            case Harm.STOP_AT:
                self.note(f"{STRUCK}{name}")
                self.note(STOPPED)
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(_UNTIL_STOPPED)
            case Harm.NONE:
                pass


def watch_commits(wire: Tripwire) -> None:
    """Puts a boundary on both sides of every commit of this process, named by its record, else by who writes."""
    usual, record = engine.Database.write, AuditRecord

    def noting(*, seq: int, event: Event) -> AuditRecord:
        _RECORDED.actions = [*getattr(_RECORDED, "actions", []), event.action]
        return record(seq=seq, event=event)

    @contextmanager
    def write(self: engine.Database) -> Iterator[Connection]:
        writer = _writer(sys._getframe())
        _RECORDED.actions = []
        with usual(self) as connection:
            yield connection
            what = f"commit {'+'.join(dict.fromkeys(_RECORDED.actions)) or writer}"
            wire(When.BEFORE, what)
        wire(When.AFTER, what)

    setattr(audit, "AuditRecord", noting)  # noqa: B010 - in this process and its children alone, which play parts
    setattr(engine.Database, "write", write)  # noqa: B010


def _writer(frame: FrameType | None) -> str:
    """The function of a store that opened the transaction."""
    while frame is not None:
        where, name = str(frame.f_globals.get("__name__", "")), frame.f_code.co_name
        if where.startswith("platform_api.db.") and where not in (engine.__name__, audit.__name__):
            return name
        frame = frame.f_back
    return "unknown"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
