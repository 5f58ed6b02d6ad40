"""Every page of one of AWS's lists that go on by a `NextToken`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jit_engine.aws.calls import Calls


def pages(
    calls: Calls, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
) -> Iterator[Mapping[str, Any]]:
    """Each asked for when the one before has been gone through."""
    token: dict[str, object] = {}
    while True:
        page = calls(service, operation, {**parameters, **token}, urgent=urgent)
        yield page
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
