# ruff: noqa: T201 - a script prints
"""An ordinary script: lists a prefix again and again until it is refused, and prints when that was."""

import sys
import time

import boto3
from botocore.exceptions import ClientError


def main() -> None:
    """Arguments: bucket, prefix, and after how many seconds to give up."""
    s3 = boto3.client("s3")
    bucket, prefix, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    began, reads = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        try:
            s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        except ClientError as error:
            print(time.time(), reads, error.response["Error"]["Code"], flush=True)
            return
        reads += 1
        if reads == 1:
            print("reading", flush=True)
        time.sleep(0.05)
    print(time.time(), reads, "never refused", flush=True)


if __name__ == "__main__":
    main()
