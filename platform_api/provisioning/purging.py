"""Emptying a workspace: every version of every object that grants could write, and every unfinished upload.

It acts as a role of its own, which may list and delete there and read nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jit_engine.domain.activity import Place
from jit_engine.errors import AwsRefused, AwsUnavailable
from jit_engine.flows.purge import Manifest
from jit_engine.iam.grant_policy import RESULTS_PREFIX
from platform_api.provisioning.aws import aws_errors
from platform_api.provisioning.guards import ClientFactory

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE: Final = 1000
"""S3 DeleteObjects: 1,000 keys a request at most."""
_RETRY_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    key: str
    version: str
    size: int
    etag: str


class WorkspacePurger:
    """`jit_engine.flows.purge.Purger` on S3. `client` gives a boto3 client with the purger role's credentials."""

    def __init__(self, *, client: ClientFactory) -> None:
        self._client = client

    def manifest(self, place: Place) -> Manifest:
        """What is there now of all that grants can write; raises `AwsUnavailable` or `AwsRefused`."""
        digest, objects, size = hashlib.sha256(), 0, 0
        with aws_errors("listing a workspace"):
            for one in _versions(self._s3(), place):
                digest.update(f"{one.key}\x00{one.version}\x00{one.size}\x00{one.etag}\n".encode())
                objects, size = objects + 1, size + one.size
            for key, upload in _uploads(self._s3(), place):
                digest.update(f"{key}\x00upload {upload}\n".encode())
                objects += 1
        return Manifest(objects=objects, bytes=size, sha256=digest.hexdigest())

    def empty(self, place: Place) -> None:
        """Deletes it all, and looks again; raises `AwsUnavailable` when something is left, for another try."""
        s3, bucket = self._s3(), place.workspace_bucket
        with aws_errors("emptying a workspace"):
            found = list(_versions(s3, place))
            for start in range(0, len(found), AT_ONCE):
                some = found[start : start + AT_ONCE]
                answer = s3.delete_objects(
                    Bucket=bucket,
                    Delete={"Objects": [{"Key": o.key, "VersionId": o.version} for o in some], "Quiet": True},
                    ExpectedBucketOwner=place.account,
                )
                for error in answer.get("Errors", []):
                    raise AwsRefused(operation="s3:delete_objects", aws_code=error.get("Code", "Unknown"))
            for key, upload in _uploads(s3, place):
                s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, ExpectedBucketOwner=place.account)
            left = next(_versions(s3, place), None) or next(_uploads(s3, place), None)
        if left is not None:
            raise AwsUnavailable(operation="emptying a workspace", retry_after=_RETRY_AFTER)

    def _s3(self) -> S3Client:
        client: S3Client = self._client("s3")
        return client


def _prefixes(place: Place) -> tuple[str, ...]:
    return (place.workspace.prefix, RESULTS_PREFIX)


def _versions(s3: S3Client, place: Place) -> Iterator[_Version]:
    """Every version and every delete marker, in the order of keys."""
    pages = s3.get_paginator("list_object_versions")
    for prefix in _prefixes(place):
        for page in pages.paginate(Bucket=place.workspace_bucket, Prefix=prefix, ExpectedBucketOwner=place.account):
            for one in page.get("Versions", []):
                yield _Version(key=one["Key"], version=one["VersionId"], size=one["Size"], etag=one["ETag"])
            for marker in page.get("DeleteMarkers", []):
                yield _Version(key=marker["Key"], version=marker["VersionId"], size=0, etag="deleted")


def _uploads(s3: S3Client, place: Place) -> Iterator[tuple[str, str]]:
    pages = s3.get_paginator("list_multipart_uploads")
    for prefix in _prefixes(place):
        for page in pages.paginate(Bucket=place.workspace_bucket, Prefix=prefix, ExpectedBucketOwner=place.account):
            for upload in page.get("Uploads", []):
                yield upload["Key"], upload["UploadId"]
