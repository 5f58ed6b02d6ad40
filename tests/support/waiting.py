"""Requests that wait, until they do not."""

import time
from typing import Any

from tests.support.platform import Cast

ASK = "/v1/access-requests"


def reached(cast: Cast, request: str, *states: str) -> dict[str, Any]:
    """The request once it is in one of these states."""
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = cast.dana.get(f"{ASK}/{request}").json()
        if found["outcome"] in states:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
