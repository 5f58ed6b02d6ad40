"""One run: processes that are killed, stalled and cut off, then quiet; what holds is looked at all along."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.actor import READY
from tests.chaos.caller import PATIENCE, Caller, Gone
from tests.chaos.holds import Account, Judge
from tests.chaos.life import Deed, Life, Scene
from tests.chaos.nursery import Nursery, Process
from tests.chaos.part import Blow, Part
from tests.chaos.tally import Tally
from tests.chaos.tripwire import PASSED, STOPPED, STRUCK
from tests.support.postgres import PostgresServer

SOON = (0.0, 0.4, 0.8, 1.2, 1.6)
WOKEN = tuple(70 + turn for turn in SOON)
MEANWHILE = (200.0, 200.5, 201.0, 520.0)
"""While the API is stalled: its mint is given up, and what AWS made is swept."""
LATER = (240.0, 240.5, 241.0, 560.0, 560.5, 561.0)
"""After every mint was given up, absence is proven, and no role is young any more."""
ENDING = (8990.0, 8990.5, 8991.0, 8991.5)
AT_LAST = (9130.0, 9130.4, 9130.8, 9131.2, 9400.0, 9400.4, 9400.8, 9401.2)
"""After the lease of whoever died over an end."""
AFTER_LEASE = 65.0
RETRIED = 300.0
"""Seconds after which a client tries again what it had no answer to: when its key is no longer in flight."""
_LOOK = 0.004


@dataclass(slots=True, kw_only=True)
class Run:
    """One run on one database."""

    life: Life
    nursery: Nursery
    account: Account
    caller: Caller
    judge: Judge
    tally: Tally
    folder: Path
    server: PostgresServer | None
    file: Path
    """Of SQLite."""
    processes: list[Process] = field(default_factory=list)
    _parts: int = 0

    def play(self) -> None:
        """All of it."""
        self.tally.runs = 1
        life = self.life
        try:
            if life.foreign_role:
                self.account.plant()
            self._api(life.first_api, life.first_deeds, ahead=0.0)
            self.judge.at_any_moment("after the first API")
            self._worker(life.first_worker, WOKEN)
            self.judge.at_any_moment("after the first worker")
            self._api(life.second_api, life.second_deeds, ahead=RETRIED)
            self.judge.at_any_moment("after the second API")
            self._worker(life.second_worker, tuple(RETRIED + turn for turn in WOKEN))
            self._calm(tuple(RETRIED + turn for turn in LATER))
            self.judge.after_quiet()
            self._worker(life.last_worker, tuple(RETRIED + turn for turn in ENDING))
            self.judge.at_any_moment("after the last worker")
            self._calm(tuple(RETRIED + turn for turn in AT_LAST))
            self.judge.at_the_end(foreign=life.foreign_role)
        finally:
            for process in self.processes:
                process.kill()

    # ---- the API and its callers

    def _api(self, scene: Scene, deeds: tuple[Deed, ...], *, ahead: float) -> None:
        part = self._part(scene, ahead=ahead)
        process = self._start(part)
        over = threading.Event()
        watching = threading.Thread(target=self._while_stalled, args=(part, process, ahead, over))
        watching.start()
        try:
            with self._outage(scene):
                self.caller.play(self._port(part, process), deeds)
        except Gone:
            pass
        finally:
            over.set()
            watching.join()
            process.kill()
            self.tally.kills += process.code == -signal.SIGKILL
            self._count(part)

    def _while_stalled(self, part: Part, process: Process, ahead: float, over: threading.Event) -> None:
        """When the API stalls, a worker takes over what it has left; then it wakes, and goes on where it stood."""
        while not over.wait(_LOOK):
            if STOPPED in part.passed():
                rival = self._start(self._part(None, turns=tuple(ahead + turn for turn in MEANWHILE)))
                self._await(rival)
                process.wake()
                return

    def _port(self, part: Part, process: Process) -> int:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in part.passed():
                if line.startswith(READY):
                    return int(line.removeprefix(READY))
            if not process.is_alive():
                break
            time.sleep(_LOOK)
        raise Gone

    # ---- workers

    def _worker(self, scene: Scene, turns: tuple[float, ...]) -> None:
        part = self._part(scene, turns=turns)
        rivals: list[Process] = []
        process = self._start(part)
        with self._outage(scene):
            if self.life.rival_worker:
                rivals.append(self._start(self._part(None, turns=turns)))
            deadline = time.monotonic() + PATIENCE
            while not process.join(_LOOK) and STOPPED not in part.passed() and time.monotonic() < deadline:
                pass
        if STOPPED in part.passed():  # it stalls: its lease runs out, another takes over, and then it wakes
            rivals.append(self._start(self._part(None, turns=tuple(turn + AFTER_LEASE for turn in turns))))
            self._await(*rivals)
            process.wake()
        self._await(process, *rivals)
        self.tally.kills += process.code == -signal.SIGKILL
        self._count(part)

    def _calm(self, turns: tuple[float, ...]) -> None:
        """A worker that nothing befalls, as after a restart."""
        part = self._part(None, turns=turns)
        process = self._start(part)
        self._await(process)
        if process.code != 0:
            self.judge.wrong("lost", f"a worker that nothing befell ended with {process.code}")
        self._count(part)

    def _await(self, *waited: Process) -> None:
        for process in waited:
            if not process.join(PATIENCE):
                self.judge.wrong("lost", f"a process did not end within {PATIENCE:.0f} s; where it was stands above")
                process.abort()

    def _start(self, part: Part) -> Process:
        process = self.nursery.start(part)
        self.processes.append(process)
        return process

    # ---- the database

    @contextmanager
    def _outage(self, scene: Scene) -> Iterator[None]:
        """Takes the database away for a while, in the midst of things."""
        if not scene.outage:
            yield
            return
        server = self.server

        def fall() -> None:
            time.sleep(scene.outage_after)
            if server is None:
                self._lock_sqlite(scene.outage)
            else:
                server.halt()
                time.sleep(scene.outage)
                server.resume()

        self.judge.database.close()
        falling = threading.Thread(target=fall)
        falling.start()
        try:
            yield
        finally:
            falling.join()
            self.tally.faults += 1

    def _lock_sqlite(self, seconds: float) -> None:
        """Somebody holds the file for longer than anybody waits for it."""
        held = sqlite3.connect(self.file, isolation_level=None, timeout=5, check_same_thread=False)
        with contextlib.closing(held), contextlib.suppress(sqlite3.OperationalError):
            held.execute("BEGIN EXCLUSIVE")
            time.sleep(1.2 + seconds)
            held.execute("ROLLBACK")

    # ---- parts

    def _part(self, scene: Scene | None, *, ahead: float = 0.0, turns: tuple[float, ...] = ()) -> Part:
        self._parts += 1
        return Part(
            database=self.life.database,
            log=self.folder / f"{self._parts}.log",
            blow=Blow() if scene is None else scene.blow,
            faults=() if scene is None else scene.faults,
            lag=0.0 if scene is None else scene.lag,
            ahead=ahead,
            quick_to_give_up=scene is not None and scene.outage > 0,
            turns=turns,
        )

    def _count(self, part: Part) -> None:
        for line in part.passed():
            if line.startswith("fault ") or line == STOPPED:
                self.tally.faults += 1
            elif line.startswith(STRUCK):
                self.tally.struck[line.removeprefix(STRUCK)] += 1
            elif line.startswith(PASSED):
                self.tally.passed[line.removeprefix(PASSED)] += 1
