# ruff: noqa: T201 - a script prints
"""An ordinary script: tries some S3 calls with the credentials it finds and prints what came of each, as JSON."""

import json
import sys
from collections.abc import Callable

import boto3
from botocore.exceptions import ClientError


def outcome(call: Callable[..., object], **parameters: object) -> str:
    """`allowed`, or the code that AWS answered."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def main() -> None:
    """Tries each (name, put | get | list, bucket, key) of the JSON argument."""
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


if __name__ == "__main__":
    main()
