"""The same request again, the same grant used again, and clocks that disagree."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest

from platform_api.wiring import Platform, build, system_clock
from platform_api.worker import Worker
from tests.abuse.mint.door import ASK
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import said
from tests.support.standing import Standing

pytestmark = pytest.mark.usefixtures("given_back")


@pytest.mark.case("MINT-142")
def test_a_key_that_served_one_body_serves_no_other(cast: Cast, story: Story, standing: Standing) -> None:
    key = uuid.uuid4().hex
    made(cast.dana.post(ASK, story.asking(), key=key))
    table = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["select"]}
    for body in (
        story.asking(sources=[table]),
        story.asking(duration="PT2H"),
        story.asking(justification="another"),
        story.asking(environment=story.validation),
    ):
        assert said(cast.dana.post(ASK, body, key=key)) == (409, "idempotency-mismatch")
    assert said(cast.pipeline.post(ASK, story.asking(), key=key)) == (409, "idempotency-mismatch")


@pytest.mark.case("MINT-143")
def test_a_request_that_is_repeated_after_its_delivery_gives_its_grant_without_secrets(
    cast: Cast, story: Story, standing: Standing
) -> None:
    key, body = uuid.uuid4().hex, story.asking()
    grant = made(cast.dana.post(ASK, body, key=key))["grant"]
    keys = made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials", key=key))
    standing.handed_out(keys)
    again = cast.dana.post(ASK, body, key=key)
    assert (again.status_code, made(again)["grant"]["id"]) == (201, grant["id"])
    assert again.headers["idempotency-replayed"] == "true"
    for secret in ("secret_access_key", "session_token"):
        assert keys[secret] not in again.text
        assert secret not in again.text


@pytest.mark.case("MINT-143")
def test_a_delivery_is_never_replayed(cast: Cast, story: Story, standing: Standing) -> None:
    """A key changes nothing: each delivery is another session, decided anew and on record."""
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]
    path, key = f"/v1/grants/{grant['id']}/credentials", uuid.uuid4().hex
    first, second = made(cast.dana.post(path, key=key)), made(cast.dana.post(path, key=key))
    for keys in (first, second):
        standing.handed_out(keys)
    assert first["session_token"] != second["session_token"]
    told = cast.ines.get("/v1/audit", grant=grant["id"], action="credentials.delivered").json()["items"]
    assert len({record["details"]["session"] for record in told}) == 2


# ---- a clock that is ten minutes ahead


@pytest.fixture
def ahead(cast: Cast, story: Story) -> Iterator[Platform]:
    """Another process of the same platform, on a machine whose clock is ten minutes ahead."""
    platform = build(cast.platform.platform.settings, clock=lambda: system_clock() + timedelta(minutes=10))
    yield platform
    platform.close()


@pytest.mark.case("MINT-152")
def test_a_worker_on_a_machine_whose_clock_is_ahead_ends_nothing_early(
    cast: Cast, story: Story, standing: Standing, ahead: Platform
) -> None:
    """It goes by the database's time, which all share."""
    grant = made(cast.dana.post(ASK, story.asking(duration="PT5M")))["grant"]
    worker, roles = Worker(ahead), standing.roles()
    assert abs(worker.now() - cast.platform.platform.database.now()) < timedelta(seconds=30)
    assert ahead.clock() - worker.now() > timedelta(minutes=9)
    for _ in range(3):
        worker.once(worker.now())
    assert cast.dana.get(f"/v1/grants/{grant['id']}").json()["state"] == "active"
    assert grant["principals"] if "principals" in grant else grant["role"]
    assert {name for name in roles if grant["id"] in name} <= set(standing.roles())


@pytest.mark.case("MINT-152")
def test_a_sweep_leaves_a_role_alone_whose_mint_is_under_way(
    cast: Cast, story: Story, standing: Standing, ahead: Platform
) -> None:
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]["id"]
    mine = {name for name in standing.roles() if name.startswith(f"sg-{grant}-")}
    assert mine
    ahead.sweep(Worker(ahead).now())
    assert mine <= set(standing.roles())
