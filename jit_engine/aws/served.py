"""Looking at the same thing in every account that is served, where one that does not answer hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from jit_engine.aws.calls import Calls
from jit_engine.errors import EngineError

T = TypeVar("T")
ByPlace = Mapping[tuple[str, str], Calls]
"""Calls by account and region."""


def of_each_account(served: ByPlace, look: Callable[[tuple[str, str], Calls], Iterator[T]]) -> Iterator[T]:
    """All that is seen; what an account that could not be looked at raised is raised at the end."""
    unseen: EngineError | None = None
    for place, calls in served.items():
        try:
            yield from look(place, calls)
        except EngineError as error:
            unseen = error
    if unseen is not None:
        raise unseen
