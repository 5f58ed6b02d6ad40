"""AWS as the holder of a grant has it: clients with the grant's own credentials, and what those are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.platform import Cast, made

Client = Callable[[str], Any]
"""A client of a service, by its name."""


def delivered(cast: Cast, grant: str, profile: str | None = None) -> dict[str, Any]:
    """The credentials of Dana's grant, or of one profile of it."""
    return made(cast.dana.post(f"/v1/grants/{grant}/credentials", {} if profile is None else {"profile": profile}))


def clients(keys: dict[str, Any]) -> Client:
    """Clients with these credentials; they try once."""
    session = boto3.Session(keys["access_key_id"], keys["secret_access_key"], keys["session_token"], keys["region"])
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda service: session.client(service, endpoint_url=keys["endpoint_url"], config=config)


def refused(call: Callable[..., Any], **given: Any) -> bool:
    """Whether AWS says that the caller may not."""
    try:
        call(**given)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def code_of(call: Callable[[], object]) -> str:
    """AWS's answer to a call: an error's code, or `allowed`."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"
