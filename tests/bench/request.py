"""From a request to credentials: our own time, over two no-op POSTs through the same stack and the same commits.

Both run over HTTP on loopback against one embedded platform. Our own time is wall time less all that is spent
behind the `Minter` port, which is AWS's calls and the waits for AWS. The no-ops pass what every POST of the
platform passes, the token, the strict body and the rules' permit, and the first, as what creates something, an
idempotency key; then they do nothing but commit.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection, Engine
from starlette.responses import Response

from jit_engine.ports import (
    CreatedRole,
    Credentials,
    FoundRole,
    Minter,
    Observer,
    Probes,
    RolePlan,
    SessionPlan,
)
from platform_api.app import create_app
from platform_api.authorize import AnActivity
from platform_api.embedded.demo import research
from platform_api.embedded.demo.cast import LAKE, RESEARCH, Cast, sign_everybody_in
from platform_api.embedded.demo.stage import Stage
from platform_api.embedded.platform import EmbeddedPlatform
from platform_api.embedded.serving import HOST, Serving, listening, port_of
from platform_api.routes.caller import CallerDep
from platform_api.routes.finding import activity_by
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits
from platform_api.routes.strict import StrictRoute
from platform_api.wiring import Platform
from tests.bench.pairs import ratio, seconds
from tests.support.minters import with_minters

ROUNDS = 15
KEY_COMMITS = 2
"""The claim of an idempotency key, and its completion: the no-op makes them too."""


@dataclass(slots=True)
class TimedMinter:
    """The real minter, with the time that its calls took."""

    minter: Minter
    spent: float = 0.0

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent += time.perf_counter() - began

    def create(self, plan: RolePlan) -> CreatedRole:
        with self._timed():
            return self.minter.create(plan)

    def put_policy(self, name: str, policy: str) -> None:
        with self._timed():
            self.minter.put_policy(name, policy)

    def prove(self, plan: SessionPlan, probes: Probes) -> None:
        with self._timed():
            self.minter.prove(plan, probes)

    def assume(self, plan: SessionPlan) -> Credentials:
        with self._timed():
            return self.minter.assume(plan)

    def observer(self, plan: SessionPlan, probes: Probes) -> Observer | None:
        return self.minter.observer(plan, probes)

    def shut(self, name: str, trust: str, deny: str) -> None:
        self.minter.shut(name, trust, deny)

    def is_shut(self, name: str, deny: str) -> bool:
        return self.minter.is_shut(name, deny)

    def delete(self, name: str, role_id: str | None) -> None:
        self.minter.delete(name, role_id)

    def find(self, name: str) -> FoundRole | None:
        return self.minter.find(name)

    def roles(self) -> list[FoundRole]:
        return list(self.minter.roles())


class Nothing(BaseModel):
    """The no-op's body."""

    model_config = ConfigDict(strict=True, extra="forbid")
    activity: str
    commits: Annotated[int, Field(ge=0, le=50)]


class Done(BaseModel):
    """Its answer."""

    subject: str


def activity_in_body(body: Nothing, caller: CallerDep) -> AnActivity:
    """What the permit is asked for."""
    return activity_by(body.activity, caller)


Permitted = Annotated[AnActivity, permits("requestAccess", activity_in_body)]


def request_to_credentials() -> float:
    """The ratio; the same person, the same sources, one after the other."""
    with tempfile.TemporaryDirectory(prefix="sluicegate-bench-") as folder, _prepared(Path(folder)) as cast:
        ((account, aws),) = cast.platform.platform.request_access.minters.items()
        minter = TimedMinter(minter=aws)
        platform = with_minters(cast.platform.platform, {account: minter})
        commits = _Commits(platform)
        app = create_app(platform)
        app.include_router(_noop_routes(platform))
        bound = listening()
        serving = Serving(app, bound, "bench")
        serving.start()
        try:
            with httpx.Client(
                base_url=f"http://{HOST}:{port_of(bound)}",
                headers={"Authorization": f"Bearer {cast.platform.token('dana')}"},
                timeout=90,
                trust_env=False,
            ) as http:
                return _measure(http, cast, minter, commits)
        finally:
            serving.stop()


def _measure(http: httpx.Client, cast: Cast, minter: TimedMinter, commits: _Commits) -> float:
    numbers = itertools.count()
    body = {
        "activity": cast.activity,
        "environment": cast.environments["research"],
        "purpose": RESEARCH,
        "sources": [
            {"kind": "s3-prefix", "bucket": LAKE, "prefix": "loans/facts/", "operations": ["describe", "select"]},
            {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["select"]},
        ],
    }

    def ours() -> None:
        key = {"Idempotency-Key": f"bench-{next(numbers):08d}"}
        granted = http.post("/v1/access-requests", json=body, headers=key)
        granted.raise_for_status()
        http.post(f"/v1/grants/{granted.json()['grant']['id']}/credentials", json={}).raise_for_status()

    def own_time() -> float:
        before = minter.spent
        whole = seconds(ours)
        return whole - (minter.spent - before)

    ours()
    commits.count = 0
    ours()
    own_commits = commits.count - KEY_COMMITS
    halves = (own_commits - own_commits // 2, own_commits // 2)

    def floor() -> None:
        key = {"Idempotency-Key": f"bench-{next(numbers):08d}"}
        http.post(
            "/v1/bench/once", json={"activity": cast.activity, "commits": halves[0]}, headers=key
        ).raise_for_status()
        http.post("/v1/bench", json={"activity": cast.activity, "commits": halves[1]}).raise_for_status()

    return ratio(own_time, lambda: seconds(floor), rounds=ROUNDS)


@contextmanager
def _prepared(folder: Path) -> Iterator[Cast]:
    """A platform with a contract in force and an active activity, made by the demo's own first acts."""
    with EmbeddedPlatform(folder / "platform") as platform:
        stage = Stage(
            home=folder / "home", profile=platform.profile_path, settings=platform.settings_path, tell=lambda _: None
        )
        cast = Cast(stage=stage, platform=platform, work=folder / "work")
        cast.work.mkdir()
        sign_everybody_in(cast)
        research.contract(cast)
        research.activity(cast)
        if not all(check.ok for check in stage.checks):
            raise SystemExit("the benchmark could not be set up: see `make demo`")
        yield cast


class _Commits:
    """Counts the commits of write transactions."""

    def __init__(self, platform: Platform) -> None:
        self.count = 0
        sa.event.listen(Engine, "commit", self._committed)

    def _committed(self, connection: Connection) -> None:
        self.count += bool(connection.get_execution_options().get("sluicegate_writes"))


def _noop_routes(platform: Platform) -> APIRouter:
    """A POST that is known, read strictly and answered, and commits one small row as often as asked."""
    with platform.database.write() as connection:
        connection.execute(sa.text("CREATE TABLE bench (at INTEGER)"))
    routes = APIRouter(prefix="/v1", route_class=StrictRoute)

    def commit(caller: CallerDep, body: Nothing) -> Done:
        for number in range(body.commits):
            with caller.platform.database.write() as connection:
                connection.execute(sa.text("INSERT INTO bench VALUES (:at)"), {"at": number})
        return Done(subject=caller.subject.id)

    def once_(caller: CallerDep, once: OnceDep, _: Permitted, body: Nothing) -> Response:
        return once(201, lambda: commit(caller, body))

    def again(caller: CallerDep, _: Permitted, body: Nothing) -> Done:
        return commit(caller, body)

    routes.post("/bench/once")(once_)
    routes.post("/bench")(again)
    return routes
