"""One run: processes that are killed, stalled and cut off, then quiet; and what has to hold all along."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.iam.role import DENY_EVERYTHING
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database, create_engine
from platform_api.db.ledger import SqlLedger
from platform_api.embedded.serving import HOST
from platform_api.paging import PageAsk
from platform_api.settings import Settings
from tests.chaos.actor import READY, STOPPED, serve, work
from tests.chaos.ground import Ground
from tests.chaos.part import Blow, Harm, Part
from tests.chaos.score import Scene, Score
from tests.chaos.tally import Tally

FOREIGN = "somebody-elses"
PATIENCE = 40.0
"""Seconds until a process that does not end is a defect of its own."""
SOON = (0.0, 0.4, 0.8, 1.2, 1.6)
WOKEN = tuple(70 + turn for turn in SOON)
LATER = (240.0, 240.5, 241.0, 420.0, 420.5, 421.0)
"""After every mint was given up, and after absence is proven."""
AT_LAST = (9000.0, 9000.5, 9001.0, 9400.0)
RETRIED = 300.0
"""Seconds after which a client tries again what it had no answer to: when its key is no longer in flight."""


def processes() -> ForkServerContext:
    """Where children come from: a server that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.actor"])
    return context


@dataclass(slots=True)
class Acknowledged:
    """What callers were told; whatever was told has to be true afterwards."""

    grants: list[str] = field(default_factory=list)
    credentials: dict[str, int] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    revocation_sent: bool = False


@dataclass(slots=True)
class Run:
    """One run on one database."""

    ground: Ground
    score: Score
    settings: Settings
    folder: Path
    context: ForkServerContext
    name: str
    tally: Tally = field(default_factory=Tally)
    told: Acknowledged = field(default_factory=Acknowledged)
    _parts: int = 0
    _database: Database | None = None

    def play(self) -> Tally:
        """All of it."""
        self.tally.runs = 1
        try:
            if self.score.foreign_role:
                self._plant()
            self._api(self.score.first_api, ahead=0.0, revoke=self.score.revoke_at_first)
            self._check_roles_are_known("after the first API")
            self._worker(self.score.first_worker, WOKEN)
            self._check_roles_are_known("after the first worker")
            self._api(self.score.second_api, ahead=RETRIED, revoke=self.score.revoke_later)
            self._check_roles_are_known("after the second API")
            self._worker(self.score.second_worker, tuple(RETRIED + turn for turn in WOKEN))
            self._calm(tuple(RETRIED + turn for turn in LATER))
            self._check_what_was_told()
            self._calm(tuple(RETRIED + turn for turn in AT_LAST))
            self._check_the_end()
        finally:
            self._clean_up()
        return self.tally

    # ---- the API and its caller

    def _api(self, scene: Scene, *, ahead: float, revoke: bool) -> None:
        part = self._part(scene, ahead=ahead)
        process = self.context.Process(target=serve, args=(part,), daemon=True)
        process.start()
        try:
            with self._outage(scene), _http(self._port(part, process), self.ground.token) as http:
                self._call(http, revoke=revoke)
        except _Gone:
            pass
        finally:
            _kill(process)
            self.tally.kills += 1
            self._count(part)

    def _call(self, http: httpx.Client, *, revoke: bool) -> None:
        """Asks, fetches, revokes, as a patient client: under the same key as before, and only on what it was told."""
        asked = http.post(
            "/v1/access-requests", json=self.ground.story.asking(), headers={"Idempotency-Key": f"{self.name}-request"}
        )
        if asked.status_code != 201:
            return
        grant = str(asked.json()["grant"]["id"])
        if grant not in self.told.grants:
            self.told.grants.append(grant)
        for _ in range(self.score.deliveries):
            given = http.post(f"/v1/grants/{grant}/credentials", json={})
            if given.status_code == 200:
                self.told.credentials[grant] = self.told.credentials.get(grant, 0) + 1
        if revoke:
            self.told.revocation_sent = True
            answer = http.post(f"/v1/grants/{grant}/revoke", json={"reason": "chaos"})
            if answer.status_code == 202 and grant not in self.told.revoked:
                self.told.revoked.append(grant)

    def _port(self, part: Part, process: BaseProcess) -> int:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in part.passed():
                if line.startswith(READY):
                    return int(line.removeprefix(READY))
            if not process.is_alive():
                raise _Gone
            time.sleep(0.005)
        raise _Gone

    # ---- workers

    def _worker(self, scene: Scene, turns: tuple[float, ...]) -> None:
        part = self._part(scene)
        process = self.context.Process(target=work, args=(part, turns), daemon=True)
        rivals: list[tuple[BaseProcess, Part]] = []
        process.start()
        with self._outage(scene):
            if self.score.rival_worker:
                rivals.append(self._rival(turns))
            while process.is_alive() and STOPPED not in part.passed():
                process.join(0.01)
        if process.is_alive():  # it stalls: its lease runs out, another takes over, and then it wakes
            rivals.append(self._rival(tuple(turn + 65 for turn in turns)))
            _await(*(rival for rival, _ in rivals))
            os.kill(process.pid or 0, signal.SIGCONT)
        _await(process, *(rival for rival, _ in rivals))
        self.tally.kills += process.exitcode == -signal.SIGKILL
        self._count(part)

    def _rival(self, turns: tuple[float, ...]) -> tuple[BaseProcess, Part]:
        part = self._part(None)
        process = self.context.Process(target=work, args=(part, turns), daemon=True)
        process.start()
        return process, part

    def _calm(self, turns: tuple[float, ...]) -> None:
        """Workers that nothing befalls, one after the other, as after a restart."""
        process, part = self._rival(turns)
        _await(process)
        if process.exitcode != 0:
            self._wrong("lost", f"a worker that nothing befell ended with {process.exitcode}")
        self._count(part)

    # ---- the database

    @contextmanager
    def _outage(self, scene: Scene) -> Iterator[None]:
        """Takes the database away for a while, in the midst of things."""
        if not scene.outage:
            yield
            return
        away = self._stop_postgres if self.score.database == "postgresql" else self._lock_sqlite

        def fall() -> None:
            time.sleep(scene.outage_after)
            away(scene.outage)

        self._forget_database()
        falling = threading.Thread(target=fall)
        falling.start()
        try:
            yield
        finally:
            falling.join()
            self.tally.faults += 1

    def _stop_postgres(self, seconds: float) -> None:
        if self.ground.postgres is not None:
            self.ground.postgres.halt()
            time.sleep(seconds)
            self.ground.postgres.resume()

    def _lock_sqlite(self, seconds: float) -> None:
        """Somebody holds the file for longer than anybody waits for it."""
        held = sqlite3.connect(self._file(), isolation_level=None, timeout=5, check_same_thread=False)
        with contextlib.closing(held), contextlib.suppress(sqlite3.OperationalError):
            held.execute("BEGIN EXCLUSIVE")
            time.sleep(1.2 + seconds)
            held.execute("ROLLBACK")

    def _file(self) -> str:
        return self.settings.database_url.get_secret_value().removeprefix("sqlite:///")

    # ---- what has to hold

    def _check_roles_are_known(self, when: str) -> None:
        """At any moment: no role without a row, no credentials without a record."""
        for role in self._roles():
            if self._ledger().grant_of_role(role) is None:
                self._wrong("orphans", f"{when}: no row has the role {role}")
        for grant, number in self.told.credentials.items():
            recorded = len(self._records(grant, "credentials.delivered"))
            if recorded < number:
                self._wrong("unaudited", f"{when}: {number} credentials of {grant}, {recorded} records")

    def _check_what_was_told(self) -> None:
        """Some minutes later, with every process well: what callers were told is so."""
        roles = self._roles()
        grants = self._grants()
        live = [grant for grant in grants if grant.state is GrantState.ACTIVE]
        if len(live) > 1:
            self._wrong("doubles", f"one request, live grants {[grant.id for grant in live]}")
        for grant in grants:
            mine = [role for role in roles if grant.id in role]
            if len(mine) > 1:
                self._wrong("doubles", f"{grant.id} has the roles {mine}")
            if grant.state is GrantState.MINTING:
                self._wrong("lost", f"{grant.id} is still minting")
            if grant.state is GrantState.ACTIVE and not mine:
                self._wrong("lost", f"{grant.id} is active and has no role")
        for told in self.told.grants:
            found = self._ledger().get(GrantId(told))
            if found is None:
                self._wrong("lost", f"the grant {told} is not there")
            elif found.state is not GrantState.ACTIVE and not self.told.revocation_sent:
                self._wrong("lost", f"the grant {told} is {found.state}, and nobody revoked it")
        for told in self.told.revoked:
            found = self._ledger().get(GrantId(told))
            if found is None or found.state in (GrantState.ACTIVE, GrantState.MINTING):
                self._wrong("lost", f"the revocation of {told}: it is {found and found.state}")
            for role in roles:
                if told in role and not self._is_shut(role):
                    self._wrong("lost", f"the revocation of {told}: {role} is still open")

    def _check_the_end(self) -> None:
        """When every end has come: no role, every grant closed, the trail whole."""
        self._check_roles_are_known("at the end")
        for role in self._roles():
            self._wrong("orphans", f"at the end: {role}")
        for grant in self._grants():
            if grant.state is not GrantState.CLOSED:
                self._wrong("lost", f"at the end: {grant.id} is {grant.state}: {grant.last_error}")
            sessions = len(self._records(grant.id, "credentials.delivered"))
            if sessions != grant.sessions:
                self._wrong("unaudited", f"{grant.id} counts {grant.sessions} sessions, {sessions} records")
        if not AuditTrail(self._store()).verify().ok:
            self._wrong("unaudited", "the trail does not verify")
        if self.score.foreign_role and not self._exists(FOREIGN):
            self._wrong("lost", "a role that is not ours was deleted")

    def _wrong(self, kind: str, what: str) -> None:
        setattr(self.tally, kind, getattr(self.tally, kind) + 1)
        self.tally.wrong.append(f"run {self.name} on {self.score.database}: {kind}: {what}")

    # ---- looking

    def _store(self) -> Database:
        if self._database is None:
            self._database = Database(create_engine(self.settings.database_url.get_secret_value(), pool_size=2))
        return self._database

    def _forget_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _ledger(self) -> SqlLedger:
        return SqlLedger(self._store())

    def _grants(self) -> list[Grant]:
        return list(self._ledger().grants(PageAsk(), None).items)

    def _records(self, about: str, action: str) -> list[Any]:
        return list(AuditTrail(self._store()).page(PageAsk(filters={"about": about, "action": action})).items)

    def _roles(self) -> list[str]:
        """The roles under our path, as the account's root sees them, but for the stranger's."""
        pages = self.ground.iam.get_paginator("list_roles").paginate(PathPrefix="/jit/")
        return sorted(r["RoleName"] for page in pages for r in page["Roles"] if r["RoleName"] != FOREIGN)

    def _exists(self, role: str) -> bool:
        iam = self.ground.iam
        try:
            iam.get_role(RoleName=role)
        except iam.exceptions.NoSuchEntityException:
            return False
        return True

    def _is_shut(self, role: str) -> bool:
        iam = self.ground.iam
        try:
            found = iam.get_role_policy(RoleName=role, PolicyName="grant")["PolicyDocument"]
        except iam.exceptions.NoSuchEntityException:
            return True
        return bool((json.loads(found) if isinstance(found, str) else found) == json.loads(DENY_EVERYTHING))

    # ---- the rest

    def _plant(self) -> None:
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        }
        self.ground.iam.create_role(RoleName=FOREIGN, Path="/jit/", AssumeRolePolicyDocument=json.dumps(trust))

    def _clean_up(self) -> None:
        """Nothing of this run may be there for the next: what is left is counted already."""
        self._forget_database()
        iam = self.ground.iam
        for role in [*self._roles(), *([FOREIGN] if self._exists(FOREIGN) else [])]:
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                iam.delete_role_policy(RoleName=role, PolicyName=policy)
            iam.delete_role(RoleName=role)

    def _part(self, scene: Scene | None, *, ahead: float = 0.0) -> Part:
        self._parts += 1
        return Part(
            settings=self.settings,
            log=self.folder / f"{self.name}.{self._parts}.log",
            blow=Blow(harm=Harm.NONE) if scene is None else scene.blow,
            faults=() if scene is None else scene.faults,
            lag=0.0 if scene is None else scene.lag,
            ahead=ahead,
            quick_to_give_up=scene is not None and scene.outage > 0,
        )

    def _count(self, part: Part) -> None:
        passed = part.passed()
        self.tally.faults += sum(line.startswith("fault ") for line in passed) + (STOPPED in passed)


class _Gone(Exception):
    """The API is not there any more."""


@contextmanager
def _http(port: int, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://{HOST}:{port}", headers=headers, timeout=PATIENCE, trust_env=False) as http:
        try:
            yield http
        except httpx.TransportError as error:
            raise _Gone from error


def _kill(process: BaseProcess) -> None:
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join()


def _await(*waited: BaseProcess) -> None:
    for process in waited:
        process.join(PATIENCE)
        _kill(process)
