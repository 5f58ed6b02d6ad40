"""Clients that pass everything on to the real ones, except for what a test puts in the way."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from platform_api.provisioning.guards import ClientFactory

Calls = dict[str, Callable[[Any], Callable[..., Any]]]


class Meddled:
    """A client whose named operations are replaced; `replaced` maps each to what is made of the real one."""

    def __init__(self, real: Any, replaced: Calls) -> None:
        self._real = real
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._replaced[name](found) if name in self._replaced else found


def meddle(client: ClientFactory, service: str, **replaced: Callable[[Any], Callable[..., Any]]) -> ClientFactory:
    """`client`, with operations of one service replaced."""

    def factory(name: str) -> Any:
        return Meddled(client(name), replaced) if name == service else client(name)

    return factory


def lost(real: Any) -> Callable[..., Any]:
    """The call is answered as if it had been made, and has no effect: an AWS that drops it in silence."""
    return lambda **_: {}


def fails_with(code: str) -> Callable[[Any], Callable[..., Any]]:
    """The call is refused with this error code."""

    def replaced(real: Any) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": "made by the test"}}, "Meddled")

        return call

    return replaced


def with_status(status: str) -> Callable[[Any], Callable[..., Any]]:
    """Stacks are described as they are, but in this state."""

    def replaced(real: Any) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            answer = real(**arguments)
            return {**answer, "Stacks": [{**stack, "StackStatus": status} for stack in answer["Stacks"]]}

        return call

    return replaced
