"""When AWS or the database is down, and when the platform stops and starts: clean answers, nothing left behind."""

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from platform_api.embedded.errors import EmbeddedUnavailable
from platform_api.embedded.platform import EmbeddedPlatform
from platform_api.settings import FILE, load
from platform_api.wiring import build
from platform_api.worker import Worker
from tests.support.doors import another_door, door_without_aws
from tests.support.platform import Cast, Story


@pytest.fixture
def without_aws(cast: Cast, story: Story) -> Iterator[Cast]:
    """The same people and database, and an AWS that nobody answers for."""
    with door_without_aws(cast) as people:
        yield people


@pytest.fixture
def without_database(cast: Cast, tmp_path: Path) -> Iterator[Cast]:
    """A database that cannot be opened."""
    url = SecretStr(f"sqlite:///{tmp_path / 'missing' / 'x.db'}")
    settings = cast.platform.platform.settings.model_copy(update={"database_url": url})
    with another_door(cast, settings) as (people, _):
        yield people


def test_an_aws_that_does_not_answer_is_a_clean_503_and_nothing_stays(
    cast: Cast, story: Story, without_aws: Cast
) -> None:
    before, key = cast.roles(), uuid.uuid4().hex
    answer = without_aws.dana.post("/v1/access-requests", story.asking(), key=key)
    assert (answer.status_code, answer.json()["code"]) == (503, "aws-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    (grant,) = cast.dana.get("/v1/grants", state="abandoned").json()["items"]
    assert cast.roles() <= before
    platform = cast.platform.platform
    assert platform.reconcile.step(platform.clock() + timedelta(minutes=6)) > 0
    platform.reconcile.step(platform.clock() + timedelta(minutes=12))
    assert cast.dana.get(f"/v1/grants/{grant['id']}").json()["state"] == "closed"
    again = cast.dana.post("/v1/access-requests", story.asking(), key=key)
    assert again.status_code == 201


def test_a_database_that_does_not_answer_is_a_clean_503(without_database: Cast) -> None:
    assert without_database.http.get("/healthz").status_code == 200
    assert without_database.http.get("/readyz").status_code == 503
    answer = without_database.dana.get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "sqlite" not in answer.text.lower()


def test_the_worker_outlives_whatever_fails_in_a_turn(cast: Cast, tmp_path: Path) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'missing' / 'x.db'}")
    platform = build(cast.platform.platform.settings.model_copy(update={"database_url": url}))
    worker = Worker(platform, timedelta(milliseconds=10))
    assert worker.once(platform.clock()) == 0
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    thread.join(timeout=0.2)
    assert thread.is_alive()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
    platform.close()


def test_the_embedded_platform_goes_on_from_its_state_and_leaves_nothing_running(tmp_path: Path) -> None:
    told: list[str] = []
    before = set(threading.enumerate())
    with EmbeddedPlatform(tmp_path, environment={}, tell=told.append) as first:
        addresses = (first.api_url, first.issuer_url, first.aws_endpoint_url)
        size = first.platform.audit.head().size
        assert httpx.get(f"{first.api_url}/readyz", trust_env=False).status_code == 200
    assert [left.name for left in threading.enumerate() if left not in before] == []
    for address in addresses:
        with pytest.raises(httpx.ConnectError):
            httpx.get(address, trust_env=False)
    with EmbeddedPlatform(tmp_path, environment={}, tell=told.append) as second:
        assert (second.api_url, second.issuer_url, second.aws_endpoint_url) == addresses
        assert second.platform.audit.head().size == size
        token = second.token("dana")
        me = httpx.get(f"{second.api_url}/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        assert me.json()["name"] == "Dana Reyes"
    assert "loaded the sample organisation: as it was" in told
    assert oct(first.settings_path.stat().st_mode & 0o777) == "0o600"


def test_the_settings_file_is_one_that_the_platform_reads(cast: Cast) -> None:
    settings = load({FILE: str(cast.platform.settings_path)})
    assert settings == cast.platform.platform.settings


def test_a_second_platform_on_the_same_state_does_not_start(cast: Cast) -> None:
    with pytest.raises(EmbeddedUnavailable, match="already runs"):
        EmbeddedPlatform(cast.platform.state_dir, environment={}).start()
    assert cast.dana.get("/v1/me").status_code == 200
