"""What a live grant gives, for asking whether it already gives what is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jit_engine.domain.grant import Grant
from jit_engine.domain.request import SourceAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSource:
    """One source as it was asked for and cleared; `whole`: nothing that lies in it is withheld."""

    ask: SourceAsk
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGrant:
    """A grant that gives access, or is about to."""

    grant: Grant
    sources: tuple[HeldSource, ...]


Unless = Callable[[Sequence[HeldGrant]], bool]
"""Whether the live grants that the same person has for the same work make another one needless."""
