"""The stream of events through the running API: who is told what, by which replica, and when it ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from platform_api.app import create_app
from platform_api.changes.watch import MOST_OF_ONE
from platform_api.embedded.serving import Serving, listening, port_of
from tests.support.platform import Cast, Somebody, Story, given_back, made
from tests.support.rulebook_steps import changed, drafted, withdrawn

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as it came."""

    name: str
    id: str | None
    data: dict[str, Any]

    def about(self) -> set[tuple[str, str]]:
        """The kinds and ids that it names."""
        return {(one["kind"], one["id"]) for one in self.data.get("changed", [])}


def events(answer: httpx.Response) -> Iterator[Told]:
    """The events of a stream, comments left out."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "event" in fields:
            yield Told(name=fields["event"], id=fields.get("id"), data=json.loads(fields["data"]))
            fields = {}


@contextmanager
def listening_as(somebody: Somebody, *, at: str | None = None, last: str | None = None) -> Iterator[Iterator[Told]]:
    """Somebody's open stream, after its greeting was read."""
    headers = {"Authorization": f"Bearer {somebody.platform.token(somebody.login)}"}
    headers |= {} if last is None else {"Last-Event-ID": last}
    address = (at or somebody.platform.api_url) + "/v1/events"
    with (
        httpx.Client(trust_env=False, timeout=20) as http,
        http.stream("GET", address, headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


def until_named(told: Iterator[Told], kind: str, id: str) -> list[Told]:
    """All that is told up to the event that names this thing."""
    heard = []
    for one in told:
        heard.append(one)
        if (kind, id) in one.about():
            return heard
    raise AssertionError(f"the stream ended after {heard}")


def granted(cast: Cast, story: Story) -> str:
    """A new grant of Dana's."""
    grant: str = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    return grant


def test_the_holder_is_told_of_each_step_of_a_grant(cast: Cast, story: Story) -> None:
    with listening_as(cast.dana) as told:
        assert next(told).name == "hello"
        grant = granted(cast, story)
        heard = until_named(told, "grant", grant)
        assert all(set(one.data) == {"changed"} for one in heard)
        given_back(cast, grant)
        until_named(told, "grant", grant)


def test_what_one_may_not_see_is_never_told(cast: Cast, story: Story) -> None:
    """Pat may see contracts and rules, and neither Dana's grants nor her activity."""
    with listening_as(cast.pat) as told, listening_as(cast.gus) as office:
        assert (next(told).name, next(office).name) == ("hello", "hello")
        grant = granted(cast, story)
        until_named(office, "grant", grant)
        version = drafted(cast.gus, changed(cast, "told-to-who-may-see-rules"))["version"]
        heard = until_named(told, "rulebook", version)
    given_back(cast, grant)
    withdrawn(cast.gus, version)
    kinds = {kind for one in heard for kind, _ in one.about()}
    assert kinds == {"rulebook"}


def test_another_replica_tells_it_too_and_one_that_comes_back_misses_nothing(cast: Cast, story: Story) -> None:
    app = create_app(cast.platform.platform)
    bound = listening()
    replica = Serving(app, bound, "second replica", app.state.watch)
    replica.start()
    there = f"http://127.0.0.1:{port_of(bound)}"
    try:
        with listening_as(cast.dana, at=there) as told:
            next(told)
            first = granted(cast, story)
            last = until_named(told, "grant", first)[-1].id
        missed = granted(cast, story)
        with listening_as(cast.dana, last=last) as told:
            assert next(told).data == {"resumed": True}
            until_named(told, "grant", missed)
        with listening_as(cast.dana, at=there) as told:
            assert next(told).data == {"resumed": False}
            app.state.watch.stop()
            assert next(told).data == {"why": "stopping"}
            assert next(told, None) is None
        given_back(cast, first, missed)
    finally:
        replica.stop()


@pytest.mark.parametrize("last", ["999999999999", "-4", "x"])
def test_an_id_that_is_none_of_ours_means_to_read_everything_anew(cast: Cast, last: str) -> None:
    with listening_as(cast.dana, last=last) as told:
        assert next(told).data == {"resumed": False}


@pytest.mark.case("UI-017")
def test_one_person_has_a_few_streams_at_most_and_gets_them_back(cast: Cast) -> None:
    headers = {"Authorization": f"Bearer {cast.platform.token('ines')}"}
    address = f"{cast.platform.api_url}/v1/events"
    with httpx.Client(trust_env=False, timeout=20) as http:
        open_ones = [
            http.send(http.build_request("GET", address, headers=headers), stream=True) for _ in range(MOST_OF_ONE)
        ]
        assert {one.status_code for one in open_ones} == {200}
        refused = http.get(address, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
        with listening_as(cast.gus) as told:
            assert next(told).name == "hello"
        for one in open_ones:
            one.close()
    for _ in range(100):
        with httpx.Client(trust_env=False, timeout=20) as http, http.stream("GET", address, headers=headers) as again:
            if again.status_code == 200:
                return
    raise AssertionError("a closed stream still counts")


def test_nobody_listens_without_a_token(cast: Cast) -> None:
    assert cast.http.get("/v1/events").status_code == 401
