# ruff: noqa: T201 - a script prints
"""An ordinary script: tries some S3 calls with the credentials it finds and prints what came of each, as JSON."""

import json
import sys
from collections.abc import Callable

import boto3
from botocore.exceptions import ClientError


def outcome(call: Callable[..., object], **parameters: object) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"


s3 = boto3.client("s3")
results = {}
for name, method, bucket, key in json.loads(sys.argv[1]):
    if method == "put":
        results[name] = outcome(s3.put_object, Bucket=bucket, Key=key, Body=b"tried")
    elif method == "get":
        results[name] = outcome(s3.get_object, Bucket=bucket, Key=key)
    elif method == "list":
        results[name] = outcome(s3.list_objects_v2, Bucket=bucket, Prefix=key)
print(json.dumps(results))
