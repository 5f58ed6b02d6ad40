"""From a request to credentials: our own time, over what nobody who promises the same could leave out.

AWS does as it is told in no time here, so that all the time is ours; over HTTP on loopback against one embedded
platform. The floor, through the same stack:
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
import statistics
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
from sqlalchemy.engine import Connection
from starlette.responses import Response

from jit_engine.domain.catalogue import PrefixItem
from jit_engine.domain.event import Event
from platform_api.app import create_app
from platform_api.authorize import AnActivity
from platform_api.db.catalogue import SqlCatalogue
from platform_api.db.engine import Database
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
from tests.bench.instant import InstantMinter
from tests.support.minters import with_minters

ROUNDS = 31
FILES: Mapping[str, object] = {
    "kind": "s3-prefix",
    "bucket": LAKE,
    "prefix": "loans/facts/",
    "operations": ["describe", "select"],
}
TABLE: Mapping[str, object] = {
    "kind": "glue-table",
    "database": "loans",
    "table": "applications",
    "operations": ["select"],
}
Spent = tuple[float, float]
"""Seconds of the clock, and of the processor."""
Work = Callable[[], Spent]
_FORGET = sa.text("UPDATE grants SET state = 'closed' WHERE id = :id")
_BODY = "x" * 2000
_ROW = sa.text("INSERT INTO bench VALUES (:at, :body)")
_RECORD = sa.text("INSERT INTO bench_trail (record) VALUES (:record)")
KEY_COMMITS = 2
"""The claim of an idempotency key, and its completion: the no-op makes them too."""


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
        accounts = cast.platform.platform.request_access.minters
        platform = with_minters(cast.platform.platform, {one: InstantMinter(account=one) for one in accounts})
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
                desk = _Desk(http=http, cast=cast, platform=platform)
                both = (FILES, TABLE)
                yield from _figures("request to credentials over its floor, a role", *_over_floor(desk, both), 2.0)
                _catalogue_fifty(platform)
                yield from _figures("a request for 50 sources over one for 1", *_fifty(desk), 3.0)
                _mint_by_session(cast)
                one = (_part(0),)
                yield from _figures("request to credentials over its floor, a session", *_over_floor(desk, one), 2.0)
        finally:
            serving.stop()


def _figures(name: str, subject: Work, floor: Work, aim: float) -> Iterator[Figure]:
    """By the processor's time, in which no wait counts; and by the clock, which slow disks stretch, to know."""
    took = [(subject(), floor()) for _ in range(ROUNDS + 1)][1:]
    for measured, place in (("wall", 0), ("CPU", 1)):
        ours, floors = ([pair[side][place] for pair in took] for side in (0, 1))
        ratio = statistics.median(ours) / statistics.median(floors)
        yield ratio_figure(f"{name}, {measured}", ratio, aim if measured == "CPU" else None)


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Asks as one person."""

    http: httpx.Client
    cast: Cast
    platform: Platform
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def ask(self, sources: Sequence[Mapping[str, object]]) -> str:
        """The id of a new grant."""
        body = {
            "activity": self.cast.activity,
            "environment": self.cast.environments["research"],
            "purpose": RESEARCH,
            "anew": True,
            "sources": sources,
        }
        granted = self.http.post("/v1/access-requests", json=body, headers=self.key())
        granted.raise_for_status()
        return str(granted.json()["grant"]["id"])

    def credentials(self, grant: str) -> None:
        """Has some."""
        self.http.post(f"/v1/grants/{grant}/credentials", json={}).raise_for_status()

    def forget(self, grant: str) -> None:
        """Makes room, for nobody has many grants at once; not as people do, which would give the worker work."""
        with self.platform.database.write() as connection:
            connection.execute(_FORGET, {"id": grant})

    def key(self) -> dict[str, str]:
        """A new idempotency key."""
        return {"Idempotency-Key": f"bench-{next(self._numbers):08d}"}


def _over_floor(desk: _Desk, sources: Sequence[Mapping[str, object]]) -> tuple[Work, Work]:
    """A request and its first credentials, and the floor of just that request."""

    def ours() -> Spent:
        made: list[str] = []
        spent = _spent(lambda: made.append(desk.ask(sources)), lambda: desk.credentials(made[0]))
        desk.forget(made[0])
        return spent

    ours()
    with _questions() as asked:
        _noop(desk, "/v1/bench", 0)
        of_permit = len(asked)  # which comes before those of the decision, in every POST
        made = desk.ask(sources)
        of_request = asked[2 * of_permit :]
        desk.credentials(made)
        of_delivery = asked[3 * of_permit + len(of_request) :]
    desk.forget(made)
    with _commits() as committed:
        made = desk.ask(sources)
        desk.credentials(made)
    own_commits = len(committed) - KEY_COMMITS
    desk.forget(made)
    halves = (own_commits - own_commits // 2, own_commits // 2)

    def decide(questions: Sequence[_Asked]) -> None:
        for arguments in questions:
            cedarpy.is_authorized_batch(*arguments)

    def request() -> None:
        _noop(desk, "/v1/bench/once", halves[0])
        decide(of_request)

    def delivery() -> None:
        _noop(desk, "/v1/bench", halves[1])
        decide(of_delivery)

    return ours, lambda: _spent(request, delivery)


def _noop(desk: _Desk, path: str, commits: int) -> None:
    body = {"activity": desk.cast.activity, "commits": commits}
    desk.http.post(path, json=body, headers=desk.key()).raise_for_status()


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


def _fifty(desk: _Desk) -> tuple[Work, Work]:
    """Each of the prefixes has a verdict of its own."""

    def asking(number: int) -> Work:
        sources = [_part(n) for n in range(number)]

        def ours() -> Spent:
            made: list[str] = []
            spent = _spent(lambda: made.append(desk.ask(sources)))
            desk.forget(made[0])
            return spent

        return ours

    return asking(50), asking(1)


def _part(number: int) -> dict[str, object]:
    prefix = f"{FILES['prefix']}p{number:02}/"
    return {"kind": "s3-prefix", "bucket": LAKE, "prefix": prefix, "operations": ["select"]}


def _mint_by_session(cast: Cast) -> None:
    """The same contract in a new version, which lets its grants be sessions of a base role."""
    stage, text = cast.stage, (cast.work / "loans.odcs.yaml").read_text(encoding="utf-8")
    major, _, rest = cast.version.partition(".")
    version = f"{int(major) + 1}.{rest}"
    document = cast.work / "sessions.odcs.yaml"
    by_session = text.replace("mint: role", "mint: session").replace(f"version: {cast.version}", f"version: {version}")
    document.write_text(by_session, encoding="utf-8")
    of = (cast.contract, "--version", version)
    stage.sluice("pat", "contract", "propose", str(document), "--json").json()
    stage.sluice("olga", "contract", "sign", *of, "--role", "data-owner", "--json").json()
    stage.sluice("priya", "contract", "sign", *of, "--role", "privacy-office", "--json").json()
    stage.sluice("dana", "contract", "accept", *of, "--activity", cast.activity)


def _spent(*works: Callable[[], object]) -> Spent:
    """What they take together."""
    wall, busy = time.perf_counter(), time.process_time()
    for work in works:
        work()
    return time.perf_counter() - wall, time.process_time() - busy


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


_WRITE = "write"


@contextmanager
def _commits() -> Iterator[list[Database]]:
    """An entry for each write transaction that commits meanwhile."""
    usual, committed = Database.write, list[Database]()

    @contextmanager
    def write(self: Database) -> Iterator[Connection]:
        with usual(self) as connection:
            yield connection
        committed.append(self)

    setattr(Database, _WRITE, write)
    try:
        yield committed
    finally:
        setattr(Database, _WRITE, usual)


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
