"""boto3 sessions for the embedded AWS that never look at the person's own profiles, files or environment."""

import os

import boto3
import botocore.session
from botocore.config import Config

ROOT_KEY = ("test", "test")
"""The embedded AWS's root: used to bootstrap and to load the sample lake, never by the platform itself."""

CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    s3={"addressing_style": "path"},
)


def isolated_session(
    *, region: str, access_key_id: str, secret_access_key: str, session_token: str | None = None
) -> boto3.session.Session:
    """A session with these credentials and no other: neither AWS_PROFILE nor ~/.aws is read."""
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.session.Session(
        botocore_session=core,
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
    )


def root_session(region: str, account: str | None = None) -> boto3.session.Session:
    """A session of the embedded AWS's root: of its first account unless another is named, whose number is the key."""
    return isolated_session(region=region, access_key_id=account or ROOT_KEY[0], secret_access_key=ROOT_KEY[1])
