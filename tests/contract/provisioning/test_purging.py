"""Emptying a workspace for real: all versions, nothing beside it, as a role that reads nothing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from jit_engine.domain.activity import Place
from platform_api.provisioning.purging import WorkspacePurger
from tests.contract.provisioning.conftest import Cloud

pytestmark = pytest.mark.aws

BUCKET = "sg-ws-01jabcdefghjkmnpqrstvwpurg"


@pytest.fixture
def place(cloud: Cloud) -> Place:
    """A workspace with two versions of one object, a delete marker, results, an unfinished upload and our marker."""
    s3 = cloud.root("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"loan 1", b"loan 1, loan 2"):
        s3.put_object(Bucket=BUCKET, Key="work/copy.csv", Body=body)
    s3.put_object(Bucket=BUCKET, Key="work/gone.csv", Body=b"loan 3")
    s3.delete_object(Bucket=BUCKET, Key="work/gone.csv")
    s3.put_object(Bucket=BUCKET, Key="athena/result.csv", Body=b"1")
    s3.put_object(Bucket=BUCKET, Key=".sluicegate/probe", Body=b"")
    s3.create_multipart_upload(Bucket=BUCKET, Key="work/unfinished")
    account = cloud.account
    return Place(
        account=account.account_id,
        region=account.region,
        workspace_bucket=BUCKET,
        workspace_key_arn="",
        boundary_arn="",
        workgroup="",
        broker_role_arn="",
    )


def test_everything_that_a_grant_could_write_is_deleted_for_good_and_nothing_else(cloud: Cloud, place: Place) -> None:
    purger = WorkspacePurger(client=cloud.become(cloud.account.purger_role_arn))
    before = purger.manifest(place)
    assert (before.objects, before.bytes) == (6, len("loan 1" + "loan 1, loan 2" + "loan 3" + "1"))
    assert purger.manifest(place) == before
    purger.empty(place)
    after = purger.manifest(place)
    assert (after.objects, after.bytes) == (0, 0)
    assert after.sha256 != before.sha256
    s3 = cloud.root("s3")
    left = s3.list_object_versions(Bucket=BUCKET)
    assert [one["Key"] for one in left.get("Versions", [])] == [".sluicegate/probe"]
    assert left.get("DeleteMarkers", []) == []
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
    purger.empty(place)  # again is fine
    role = cloud.become(cloud.account.purger_role_arn)("s3")
    s3.put_object(Bucket=BUCKET, Key="work/new.csv", Body=b"loan 4")
    for attempt in (
        lambda: role.get_object(Bucket=BUCKET, Key="work/new.csv"),
        lambda: role.put_object(Bucket=BUCKET, Key="work/new.csv", Body=b""),
        lambda: role.delete_object(Bucket=BUCKET, Key=".sluicegate/probe"),
        lambda: role.delete_object(Bucket="elsewhere", Key="loans/a.txt"),
        role.list_buckets,
    ):
        assert refused(attempt)


def refused(attempt: Any) -> bool:
    """Whether AWS says no."""
    try:
        attempt()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False
