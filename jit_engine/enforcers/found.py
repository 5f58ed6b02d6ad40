"""What is found in other services: looked for in each, where one that does not answer hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.ids import GrantId
from jit_engine.errors import EngineError

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
_UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Services do not tell when something was made; its row, if it has one, does."""


def of_each(served: Mapping[K, V], look: Callable[[K, V], Iterable[T]]) -> Iterator[T]:
    """All that is seen; what one that could not be looked at raised is raised at the end."""
    unseen: EngineError | None = None
    for key, one in served.items():
        try:
            yield from look(key, one)
        except EngineError as error:
            unseen = error
    if unseen is not None:
        raise unseen


def found_artefact(
    mechanism: Mechanism,
    grant: GrantId,
    *,
    account: str,
    region: str,
    name: str,
    source: str = "",
    part: int = 1,
    plan: Mapping[str, str | tuple[str, ...]] | None = None,
) -> Artefact:
    """An artefact as its service shows it: enough to find its row and to lift it."""
    return Artefact(
        grant=grant,
        part=part,
        mechanism=mechanism,
        account=account,
        region=region,
        source=source,
        name=name,
        plan=plan or {},
        created_at=_UNKNOWN_TIME,
    )
