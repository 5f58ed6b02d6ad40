"""A caller who asks again under the same key after a crash."""

from datetime import timedelta

import sqlalchemy as sa

from platform_api.db.idempotency import IN_FLIGHT
from tests.support.platform import Cast, Story


def test_a_grant_whose_answer_was_lost_in_a_crash_is_answered_and_never_made_twice(cast: Cast, story: Story) -> None:
    key = "retried-after-a-crash"
    first = cast.dana.post("/v1/access-requests", story.asking(), key=key)
    assert first.status_code == 201
    _crash_before_the_answer(cast, key)
    second = cast.dana.post("/v1/access-requests", story.asking(), key=key)
    assert second.status_code == 201
    assert second.json()["grant"]["id"] == first.json()["grant"]["id"]
    cast.dana.post(f"/v1/grants/{first.json()['grant']['id']}/revoke", {"reason": "tidy"})


def test_a_renewal_whose_answer_was_lost_in_a_crash_is_answered_and_never_made_twice(cast: Cast, story: Story) -> None:
    key = "renewed-after-a-crash"
    asked = cast.dana.post("/v1/access-requests", story.asking()).json()["grant"]["id"]
    first = cast.dana.post(f"/v1/grants/{asked}/renew", {}, key=key)
    assert first.status_code == 201
    _crash_before_the_answer(cast, key)
    second = cast.dana.post(f"/v1/grants/{asked}/renew", {}, key=key)
    assert second.status_code == 201
    assert second.json()["grant"]["id"] == first.json()["grant"]["id"]
    for grant in (asked, first.json()["grant"]["id"]):
        cast.dana.post(f"/v1/grants/{grant}/revoke", {"reason": "tidy"})


def _crash_before_the_answer(cast: Cast, key: str) -> None:
    """The process died between the grant's last commit and the key's: the key is in flight, then claimed anew."""
    with cast.platform.platform.database.write() as connection:
        connection.execute(
            sa.text("UPDATE idempotency_keys SET status = NULL, body = NULL, claimed_at = :at WHERE key = :key"),
            {"key": key, "at": str(cast.platform.now() - IN_FLIGHT - timedelta(seconds=1))},
        )
