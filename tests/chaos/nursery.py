"""Where the processes of a run come from: one that has the platform built and warm, opens nothing, and forks.

Each that comes from it is a process of its own, as of a server that loads its application before it forks: it is
killed and stalled by real signals, and shares nothing with the others but what was read before.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import threading
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from platform_api.settings import Settings
from tests.chaos.actor import Stage
from tests.chaos.part import Part
from tests.chaos.tripwire import Tripwire, watch_commits

_LOOK = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The platform on that database, to be played from now on."""

    database: str
    settings: Settings
    lake: Path
    token: str
    asking: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class Nursery:
    """`with Nursery() as nursery`, before this process has a second thread."""

    _channel: Connection | None = None
    _pid: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Nursery:
        ours, theirs = Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            ours.close()
            try:
                _tend(theirs)
            finally:
                os._exit(1)
        theirs.close()
        self._channel = ours
        return self

    def __exit__(self, *_: object) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            os.waitpid(self._pid, 0)

    def prepare(self, raised: Raised) -> None:
        """Builds and warms the platform."""
        self._ask(raised)

    def start(self, part: Part) -> Process:
        """A new process that plays the part."""
        return Process(nursery=self, pid=int(self._ask(part)))

    def ended(self, pid: int) -> int | None:
        """How the process ended: its exit code, a signal as a negative number; None while it lives."""
        answer: int | None = self._ask(pid)
        return answer

    def _ask(self, order: object) -> Any:
        if self._channel is None:
            raise RuntimeError("the nursery is closed")
        with self._lock:
            self._channel.send(order)
            answer = self._channel.recv()
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer


@dataclass(slots=True)
class Process:
    """One process of a run."""

    nursery: Nursery
    pid: int
    code: int | None = None

    def is_alive(self) -> bool:
        """Whether it runs or is stalled."""
        if self.code is None:
            self.code = self.nursery.ended(self.pid)
        return self.code is None

    def join(self, seconds: float) -> bool:
        """Waits for its end; whether it came."""
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK)
        return True

    def kill(self) -> None:
        """SIGKILL, and its end."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            self.join(60)

    def abort(self) -> None:
        """Has it say on standard error where it is, and ends it."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGABRT)
            self.join(5)
        self.kill()

    def wake(self) -> None:
        """Lets a stalled one go on."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGCONT)


def _tend(channel: Connection) -> None:
    """Does what is ordered until nobody orders any more."""
    wire = Tripwire()
    watch_commits(wire)
    stages: dict[str, Stage] = {}
    living: set[int] = set()
    while True:
        try:
            order = channel.recv()
        except EOFError:
            break
        try:
            match order:
                case Raised():
                    stage = Stage.build(order.settings, order.lake, wire)
                    for asking in order.asking:
                        stage.warm(order.token, asking)
                    stages[order.database] = stage
                    gc.collect()
                    gc.freeze()
                    channel.send(None)
                case Part():
                    pid = os.fork()
                    if pid == 0:
                        channel.close()
                        _play(stages[order.database], order, wire)
                    living.add(pid)
                    channel.send(pid)
                case int(pid):
                    found, status = os.waitpid(pid, os.WNOHANG)
                    living -= {found}
                    channel.send(None if found == 0 else os.waitstatus_to_exitcode(status))
        except Exception:  # noqa: BLE001 - whoever ordered it hears of it
            channel.send(traceback.format_exc())
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _play(stage: Stage, part: Part, wire: Tripwire) -> None:
    """The part, in the process that was just made for it."""
    code = 1
    faulthandler.enable()
    try:
        stage.play(part, wire)
        code = 0
    except BaseException:  # noqa: BLE001 - it ends here, whatever it was; the traceback says why
        traceback.print_exc()
    finally:
        os._exit(code)
