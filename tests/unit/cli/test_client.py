"""Patience: what is sent again, with which key, for how long."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cli.client import MOST_PATIENCE, TRIES, Client
from cli.failure import CommandFailed, ExitCode, InputInvalid, Unavailable
from cli.paths import at
from cli.problem import ApiProblem
from tests.unit.cli.fake_platform import FakePlatform


class Patience:
    """A client's clock and voice."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.told: list[str] = []


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def client(platform: FakePlatform, patience: Patience) -> Iterator[Client]:
    with Client(platform.url, "token", progress=patience.told.append, sleep=patience.slept.append) as made:
        yield made


BUSY = {"Retry-After": "3"}


def test_a_busy_platform_is_asked_again_under_the_same_key(
    client: Client, platform: FakePlatform, patience: Patience
) -> None:
    platform.refuses("POST", "/v1/activities", 503, "aws-unavailable", headers=BUSY)
    platform.refuses("POST", "/v1/activities", 409, "idempotency-in-flight", headers={"Retry-After": "1"})
    platform.answers("POST", "/v1/activities", {"id": "ac_1"}, status=201)
    assert client.create("/v1/activities", {"name": "a"}).text("id") == "ac_1"
    keys = {one.headers["Idempotency-Key"] for one in platform.asked}
    assert len(platform.asked) == 3
    assert len(keys) == 1
    assert patience.slept == [3.0, 1.0]
    assert "trying again in 3.0 s" in patience.told[0]


def test_two_creations_have_two_keys(client: Client, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/activities", {"id": "ac_1"}, status=201)
    client.create("/v1/activities", {})
    client.create("/v1/activities", {})
    assert len({one.headers["Idempotency-Key"] for one in platform.asked}) == 2


def test_patience_is_bounded_in_tries(client: Client, platform: FakePlatform) -> None:
    platform.refuses("GET", "/v1/me", 503, "store-unavailable", headers=BUSY)
    with pytest.raises(ApiProblem) as failed:
        client.get("/v1/me")
    assert failed.value.exit_code == ExitCode.UNAVAILABLE
    assert len(platform.asked) == TRIES


def test_patience_is_bounded_in_time(client: Client, platform: FakePlatform, patience: Patience) -> None:
    platform.refuses("GET", "/v1/me", 503, "store-unavailable", headers={"Retry-After": str(int(MOST_PATIENCE) + 1)})
    with pytest.raises(ApiProblem):
        client.get("/v1/me")
    assert patience.slept == []


def test_a_deed_without_a_key_is_repeated_only_on_the_platforms_word(
    client: Client, platform: FakePlatform, patience: Patience
) -> None:
    platform.refuses("POST", "/v1/grants/g/credentials", 503, "aws-unavailable")
    with pytest.raises(ApiProblem):
        client.act("/v1/grants/g/credentials", {})
    assert len(platform.asked) == 1
    platform.refuses("POST", "/v1/grants/h/credentials", 503, "aws-unavailable", headers=BUSY)
    platform.answers("POST", "/v1/grants/h/credentials", {"ok": True})
    assert client.act("/v1/grants/h/credentials", {}).flag("ok")
    assert patience.slept == [3.0]


def test_a_stream_that_is_lost_on_the_way_begins_anew(
    client: Client, platform: FakePlatform, patience: Patience
) -> None:
    first, last = b'{"progress": {"done": 1}}\n', b'{"impact": {}}\n'
    platform.refuses("POST", "/v1/x", 503, "store-unavailable", headers=BUSY)
    platform.answers("POST", "/v1/x", raw=first, cut=True)
    platform.answers("POST", "/v1/x", raw=first + last)
    said = list(client.stream("/v1/x", last="5"))
    assert [one.has("impact") for one in said] == [False, False, True]
    assert [one.query for one in platform.asked] == [{"last": "5"}] * 3
    assert patience.slept == [3.0, 2.0]
    assert "was lost; trying again" in patience.told[1]


def test_a_stream_that_is_always_lost_says_that_nothing_was_changed(client: Client, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/x", raw=b"{}\n", cut=True)
    with pytest.raises(Unavailable, match="did not answer") as failed:
        list(client.stream("/v1/x"))
    assert len(platform.asked) == TRIES
    assert failed.value.next_step == "try again: nothing was changed"


@pytest.mark.parametrize(("create", "tries"), [(True, TRIES), (False, 1)])
def test_a_lost_answer_is_asked_for_again_only_where_that_does_nothing_twice(
    client: Client, monkeypatch: pytest.MonkeyPatch, create: bool, tries: int
) -> None:
    sent: list[str] = []

    def lost(_http: httpx.Client, method: str, path: str, **_: object) -> httpx.Response:
        sent.append(path)
        raise httpx.ReadTimeout("too slow")

    monkeypatch.setattr(httpx.Client, "request", lost)
    with pytest.raises(Unavailable):
        (client.create if create else client.act)("/v1/x", {})
    assert len(sent) == tries


@pytest.mark.parametrize("status", [403, 404, 409, 422, 500])
def test_a_no_is_not_asked_again(client: Client, platform: FakePlatform, status: int) -> None:
    platform.refuses("GET", "/v1/me", status, "some-code")
    with pytest.raises(ApiProblem):
        client.get("/v1/me")
    assert len(platform.asked) == 1


def test_a_redirection_is_not_followed(client: Client, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/me", {}, status=307, headers={"Location": "https://evil.example/"})
    with pytest.raises(CommandFailed):
        client.get("/v1/me")
    assert platform.paths() == ["GET /v1/me"]


@pytest.mark.case("CLI-008")
def test_neither_proxies_nor_bundles_of_the_environment_come_between(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere/evil.pem")
    platform.answers("GET", "/v1/me", {"name": "Dana"})
    with Client(platform.url, "token", progress=print) as client:
        assert client.get("/v1/me").text("name") == "Dana"


def test_an_answer_that_is_not_the_apis_is_no_answer(client: Client, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/me", raw=b"<html>welcome</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(CommandFailed, match="not the API"):
        client.get("/v1/me")


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_an_id_cannot_leave_its_place(part: str) -> None:
    with pytest.raises(InputInvalid):
        at("grants", part)


def test_what_was_typed_stays_one_segment() -> None:
    assert at("grants", "a/../b?c#d") == "/v1/grants/a%2F..%2Fb%3Fc%23d"


def test_a_deed_that_is_interrupted_says_that_nobody_knows(
    client: Client, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(httpx.Client, "request", interrupted)
    monkeypatch.setattr(httpx.Client, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.get("/v1/grants")
    assert patience.told == []
    with pytest.raises(KeyboardInterrupt):
        client.create("/v1/access-requests", {})
    assert "nobody knows whether it was done" in patience.told[0]
