"""From a request to credentials: our own time, over what nobody who promises the same could leave out.

Our own time is wall time less all that is spent behind the `Minter` port, which is AWS's calls and the waits for AWS;
over HTTP on loopback against one embedded platform. Its floor, through the same stack:
- two POSTs that pass what every POST of the platform passes: the token, the strict body, the rules' permit, and for
  the first an idempotency key;
- as many commits as ours (the intent before AWS hears of it, what came of it, each delivery), each of a row of the
  request's size and of an audit record, by plain SQL: no hash, no tree, no lookup;
- the Cedar questions of both decisions (a delivery is a decision of its own), asked of cedarpy itself with everything
  parsed and spelled before.
Gathering the facts, writing and re-reading the policy, the contract's check and the evidence are all ours.

The time for fifty sources is that of the POST alone, over the same for one source, each source catalogued.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import cedarpy
import httpx
import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection, Engine
from starlette.responses import Response

from jit_engine.domain.catalogue import PrefixItem
from jit_engine.domain.event import Event
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
from platform_api.db.catalogue import SqlCatalogue
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
from tests.bench.figure import Figure, ratio_figure
from tests.bench.pairs import ratio, seconds
from tests.support.minters import with_minters

ROUNDS = 15
_BODY = "x" * 2000
_ROW = sa.text("INSERT INTO bench VALUES (:at, :body)")
_RECORD = sa.text("INSERT INTO bench_trail (record) VALUES (:record)")
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


def request_figures() -> Iterator[Figure]:
    """The ratios; the same person, one request after the other."""
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
                desk = _Desk(http=http, cast=cast, minter=minter)
                yield ratio_figure(
                    "request to credentials over its floor, a role a grant", _over_floor(desk, commits), 2.0
                )
                _catalogue_fifty(platform)
                yield ratio_figure("a request for 50 sources over one for 1, own time", _fifty(desk), 3.0)
        finally:
            serving.stop()


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Asks as one person, and knows how much of the time was ours."""

    http: httpx.Client
    cast: Cast
    minter: TimedMinter
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def ask(self, sources: Sequence[Mapping[str, object]]) -> str:
        """The id of a new grant."""
        body = {
            "activity": self.cast.activity,
            "environment": self.cast.environments["research"],
            "purpose": RESEARCH,
            "sources": sources,
        }
        granted = self.http.post("/v1/access-requests", json=body, headers=self.key())
        granted.raise_for_status()
        return str(granted.json()["grant"]["id"])

    def credentials(self, grant: str) -> None:
        """Has some."""
        self.http.post(f"/v1/grants/{grant}/credentials", json={}).raise_for_status()

    def give_back(self, grant: str) -> None:
        """Makes room: nobody has many grants at once, nor two of the same sources."""
        self.http.post(f"/v1/grants/{grant}/revoke", json={"reason": "measured"}).raise_for_status()

    def key(self) -> dict[str, str]:
        """A new idempotency key."""
        return {"Idempotency-Key": f"bench-{next(self._numbers):08d}"}

    def own(self, work: Callable[[], object]) -> float:
        """Seconds that `work` takes of ours."""
        before = self.minter.spent
        whole = seconds(work)
        return whole - (self.minter.spent - before)


def _over_floor(desk: _Desk, commits: _Commits) -> float:
    sources: list[dict[str, object]] = [
        {"kind": "s3-prefix", "bucket": LAKE, "prefix": "loans/facts/", "operations": ["describe", "select"]},
        {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["select"]},
    ]

    def ours() -> float:
        made: list[str] = []
        took = desk.own(lambda: made.append(desk.ask(sources)))
        took += desk.own(lambda: desk.credentials(made[0]))
        desk.give_back(made[0])
        return took

    ours()
    with _questions() as asked:
        made = desk.ask(sources)
        of_request = asked[-2:]  # the permit's come first, then the invariants' and the rulebook's
        desk.credentials(made)
        of_delivery = asked[-2:]
    desk.give_back(made)
    commits.count = 0
    made = desk.ask(sources)
    desk.credentials(made)
    own_commits = commits.count - KEY_COMMITS
    desk.give_back(made)
    halves = (own_commits - own_commits // 2, own_commits // 2)

    def decide(questions: Sequence[_Asked]) -> None:
        for arguments in questions:
            cedarpy.is_authorized_batch(*arguments)

    def floor() -> None:
        body = {"activity": desk.cast.activity, "commits": halves[0]}
        desk.http.post("/v1/bench/once", json=body, headers=desk.key()).raise_for_status()
        decide(of_request)
        desk.http.post("/v1/bench", json={**body, "commits": halves[1]}).raise_for_status()
        decide(of_delivery)

    return ratio(ours, lambda: seconds(floor), rounds=ROUNDS)


_Asked = tuple[Any, ...]
_BATCH = "is_authorized_batch"


@contextmanager
def _questions() -> Iterator[list[_Asked]]:
    """What Cedar is asked meanwhile, batch by batch."""
    usual, asked = cedarpy.is_authorized_batch, list[_Asked]()

    def ask(*arguments: Any) -> Any:
        asked.append(arguments)
        return usual(*arguments)

    setattr(cedarpy, _BATCH, ask)
    try:
        yield asked
    finally:
        setattr(cedarpy, _BATCH, usual)


def _catalogue_fifty(platform: Platform) -> None:
    """Fifty prefixes more, inside the one that the contract covers."""
    store, now = SqlCatalogue(platform.database), platform.clock()
    items = store.catalogue().items
    (around,) = (one for one in items if isinstance(one, PrefixItem) and one.source.prefix == "loans/facts/")
    inside = [
        replace(around, source=replace(around.source, prefix=f"loans/facts/p{number:02}/")) for number in range(50)
    ]
    event = Event(action="catalogue.loaded", actor="system:bench", at=now, about={}, details={})
    store.put_catalogue([*items, *inside], event)


def _fifty(desk: _Desk) -> float:
    """Each of the prefixes has a verdict of its own."""

    def own_time(number: int) -> float:
        sources = [
            {"kind": "s3-prefix", "bucket": LAKE, "prefix": f"loans/facts/p{n:02}/", "operations": ["select"]}
            for n in range(number)
        ]
        made: list[str] = []
        took = desk.own(lambda: made.append(desk.ask(sources)))
        desk.give_back(made[0])
        return took

    return ratio(lambda: own_time(50), lambda: own_time(1), rounds=ROUNDS)


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
        connection.execute(sa.text("CREATE TABLE bench (at INTEGER, body TEXT)"))
        connection.execute(sa.text("CREATE TABLE bench_trail (seq INTEGER PRIMARY KEY, record TEXT)"))
    routes = APIRouter(prefix="/v1", route_class=StrictRoute)

    def commit(caller: CallerDep, body: Nothing) -> Done:
        for number in range(body.commits):
            with caller.platform.database.write() as connection:
                connection.execute(_ROW, {"at": number, "body": _BODY})
                connection.execute(_RECORD, {"record": _BODY})
        return Done(subject=caller.subject.id)

    def once_(caller: CallerDep, once: OnceDep, _: Permitted, body: Nothing) -> Response:
        return once(201, lambda: commit(caller, body))

    def again(caller: CallerDep, _: Permitted, body: Nothing) -> Done:
        return commit(caller, body)

    routes.post("/bench/once")(once_)
    routes.post("/bench")(again)
    return routes
