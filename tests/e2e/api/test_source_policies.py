"""A bucket policy that lets everybody in: nothing of that source is given until its owner has repaired it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from platform_api.db.tables.policies import PolicyReadingRow
from platform_api.paging import PageAsk
from tests.support.platform import FACTS, Cast, Story, made, until
from tests.support.standing import root_of

ASK = "/v1/access-requests"
BUCKET = str(FACTS["bucket"])
OPEN = {
    "Sid": "Open",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
}


@pytest.fixture
def lake(cast: Cast) -> Iterator[Any]:
    """The lake's bucket, as its owner changes it; closed again after the test."""
    s3 = root_of(cast, "s3")
    yield s3
    s3.delete_bucket_policy(Bucket=BUCKET)
    read_again(cast)


def read_again(cast: Cast) -> None:
    """As the worker does at its next turn when all is due."""
    platform, now = cast.platform.platform, cast.platform.now()
    with platform.database.write() as connection:
        connection.execute(sa.update(PolicyReadingRow).values(due_at=now))
    while platform.read_policies.step(now):
        pass


def shown(cast: Cast) -> dict[str, Any]:
    """What the catalogue says of the source's own policies."""
    (item,) = cast.dana.get("/v1/sources", q=f"s3://{BUCKET}/{FACTS['prefix']}", kind="s3-prefix").json()["items"]
    found: dict[str, Any] = item["policies"]
    return found


def test_a_source_that_anybody_can_enter_is_given_to_nobody_until_it_is_repaired(
    cast: Cast, story: Story, lake: Any
) -> None:
    assert shown(cast)["state"] == "enforceable"
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]["id"]

    lake.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicPolicy": False, "IgnorePublicAcls": True}
    )
    lake.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [OPEN]}))
    read_again(cast)

    refused = cast.dana.post(ASK, story.asking())
    assert (refused.status_code, refused.json()["code"]) == (403, "access-refused")
    (breach,) = refused.json()["sources"][0]["contract"]["breaches"]
    assert breach["code"] == "not-enforceable"
    assert breach["clause"] == f"bucket policy of {BUCKET}, Open"
    assert "PrincipalArn" in breach["next_step"]
    told = shown(cast)
    assert (told["state"], told["findings"][0]["statement"]) == ("not-enforceable", "Open")
    until(cast.dana, f"/v1/grants/{grant}", "closed")

    lake.delete_bucket_policy(Bucket=BUCKET)
    read_again(cast)
    assert shown(cast)["state"] == "enforceable"
    again = made(cast.dana.post(ASK, story.asking()))["grant"]["id"]
    made(cast.dana.post(f"/v1/grants/{again}/revoke", {"reason": "the test is over"}))


def test_every_change_of_a_sources_policies_is_on_record(cast: Cast, lake: Any) -> None:
    closed = {**OPEN, "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::000000000000:role/nobody"}}
    lake.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [closed]}))
    read_again(cast)
    trail = cast.platform.platform.audit.page(PageAsk(filters={"action": "source.policies-changed"}))
    newest: Any = trail.items[0].record
    assert newest["about"] == {"resource": f"arn:aws:s3:::{BUCKET}"}
    assert newest["details"]["findings"] == []
