"""The processes of a run: the API at a port of its own, and the worker, each the real platform of its settings."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from botocore.loaders import JSONFileLoader
from botocore.session import get_session
from sqlalchemy.engine import Connection

from jit_engine.aws.minter import AwsMinter
from jit_engine.ports import Minter
from platform_api.app import create_app
from platform_api.db import engine
from platform_api.db.errors import StoreUnavailable
from platform_api.embedded.serving import listening, port_of
from platform_api.logs import log_nowhere
from platform_api.wiring import Platform, build
from platform_api.worker import Worker
from tests.chaos.part import Blow, Harm, Part
from tests.chaos.weather import Waits, Weather, counters
from tests.fakes.aws_faults import When
from tests.support.minters import with_minters

# The service models of AWS, read once in the process that all children come from: else each reads them for 0.3 s.
JSONFileLoader.load_file = functools.cache(JSONFileLoader.load_file)  # type: ignore[method-assign]
JSONFileLoader.__hash__ = lambda _: 0  # type: ignore[method-assign,assignment]
JSONFileLoader.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
for _service in ("iam", "sts", "s3"):
    get_session().create_client(_service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

STOPPED = "stopped"
READY = "port "


class Tripwire:
    """Numbers the boundaries that this process passes, and does to it what its part says."""

    def __init__(self, blow: Blow, log: Path) -> None:
        self._blow = blow
        self._file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._passed = 0
        self._lock = threading.Lock()

    def note(self, what: str) -> None:
        """Writes a line that outlives the process."""
        os.write(self._file, f"{what}\n".encode())

    def __call__(self, when: When, what: str) -> None:
        """A boundary."""
        with self._lock:
            number, self._passed = self._passed, self._passed + 1
        self.note(f"{when} {what}")
        if number != self._blow.boundary:
            return
        match self._blow.harm:
            case Harm.KILL_AT:
                _die()
            case Harm.KILL_WITHIN:
                threading.Timer(self._blow.delay, _die).start()
            case Harm.STOP_AT:
                self.note(STOPPED)
                os.kill(os.getpid(), signal.SIGSTOP)
            case Harm.NONE:
                pass


def serve(part: Part) -> None:
    """The API, until it is killed."""
    wire = Tripwire(part.blow, part.log)
    platform = _platform(part, wire)
    bound = listening()
    bound.listen()
    wire.note(f"{READY}{port_of(bound)}")
    config = uvicorn.Config(create_app(platform), log_config=None, access_log=False, ws="none", lifespan="on")
    uvicorn.Server(config).run(sockets=[bound])


def work(part: Part, turns: tuple[float, ...]) -> None:
    """One worker, which takes a turn at each of these moments: seconds ahead of now."""
    platform = _platform(part, Tripwire(part.blow, part.log))
    worker = Worker(platform)
    for ahead in turns:
        try:
            worker.once(platform.database.now() + timedelta(seconds=ahead))
        except StoreUnavailable:
            continue  # as its own loop does
    platform.close()


def _platform(part: Part, wire: Tripwire) -> Platform:
    log_nowhere()
    if part.quick_to_give_up:
        engine.LOCK_WAIT_SECONDS = 1
    _watch_commits(wire)
    ahead = timedelta(seconds=part.ahead)
    platform = build(part.settings, clock=lambda: datetime.now(UTC) + ahead)
    waits = Waits()

    def in_weather(usual: Minter) -> Minter:
        if not isinstance(usual, AwsMinter):
            raise TypeError("the platform mints on AWS")
        weather = Weather(
            calls=usual.calls,
            waits=waits,
            lag=part.lag,
            faults=counters(part.faults),
            watch=wire,
            struck=wire.note,
            now=lambda: datetime.now(UTC) + ahead,
        )
        return replace(usual, calls=weather, sleep=waits.sleep, monotonic=waits.monotonic)

    minters = {account: in_weather(usual) for account, usual in platform.request_access.minters.items()}
    return with_minters(platform, minters)


def _watch_commits(wire: Tripwire) -> None:
    """Puts a boundary on both sides of every commit of this process."""
    usual = engine.Database.write

    @contextmanager
    def write(self: engine.Database) -> Iterator[Connection]:
        with usual(self) as connection:
            yield connection
            wire(When.BEFORE, "commit")
        wire(When.AFTER, "commit")

    setattr(engine.Database, "write", write)  # noqa: B010 - in this process alone, which lives for one part


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
