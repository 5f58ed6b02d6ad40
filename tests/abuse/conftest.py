"""A platform of its own for the abuse cases: what they do to its people and rules would upset other tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jit_engine.aws.minter import AwsMinter
from tests.contract.minter.cloud import Cloud
from tests.crash.conftest import cloud, empty_ledger, new_setting, player
from tests.support.doors import another_door, door_without_aws
from tests.support.platform import Cast, Story, cast, made, story
from tests.support.rulebook_steps import live
from tests.support.standing import Standing

__all__ = ["cast", "cloud", "empty_ledger", "new_setting", "player", "story"]


@pytest.fixture(scope="package")
def _standing(cast: Cast, story: Story) -> Standing:
    return Standing.of(cast)


@pytest.fixture
def standing(_standing: Standing) -> Iterator[Standing]:
    """After the test, what always holds of the platform still does."""
    yield _standing
    _standing.check()


@pytest.fixture(scope="package")
def without_aws(cast: Cast, story: Story) -> Iterator[Cast]:
    """The same platform where every call to AWS fails: an answer that is no 503 took none."""
    with door_without_aws(cast) as people:
        yield people


@pytest.fixture(scope="package")
def other_worker(cast: Cast, story: Story) -> Iterator[Cast]:
    """The same people at a second process of the same platform, which has decided something already."""
    with another_door(cast, cast.platform.platform.settings) as (people, _):
        made(people.dana.call("POST", "/v1/access-requests", json=story.asking(dry_run=True)))
        yield people


@pytest.fixture
def untouched(cast: Cast) -> Iterator[None]:
    """What rules are live is the same before and after, to the byte."""
    before = live(cast)
    yield
    assert live(cast) == before


@pytest.fixture
def given_back(cast: Cast, story: Story) -> Iterator[None]:
    """Nothing that a test was granted stays live, for one person holds twenty at most."""
    yield
    for person in (cast.dana, cast.pipeline):
        me = person.get("/v1/me").json()["id"]
        for held in person.get("/v1/grants", state="active", limit=200).json()["items"]:
            if held["subject"] == me:
                made(person.post(f"/v1/grants/{held['id']}/revoke", {"reason": "the test is over"}))


@pytest.fixture
def minter(cloud: Cloud) -> AwsMinter:
    """The real adapter on an AWS that no worker sweeps; its waits do not wait."""
    return AwsMinter(calls=cloud.broker(), external_id=cloud.account.external_id, sleep=lambda _: None)
