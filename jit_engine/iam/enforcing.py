"""What stands between a reader and a table of which not everything may be seen. The one place that says it is there.

Nothing does yet: Lake Formation data cells filters are to take this place. Until then a clearance that needs an
enforcer is never minted, whatever else passed, and no AWS call is made for it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from jit_engine.domain.obligations import Enforcer
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import EngineError

ENFORCERS: Final[frozenset[Enforcer]] = frozenset()
"""The enforcers that minting can put in place."""


class NoEnforcer(EngineError):
    """A decision that nothing here can hold: columns or rows of some sources would have to be kept apart."""

    code: ClassVar[str] = "no-enforcer"

    def __init__(self, *, sources: tuple[str, ...], clearance: Clearance) -> None:
        self.sources = sources
        self.clearance = clearance
        super().__init__(
            f"it would be permitted, but nothing here can yet keep columns or rows apart of {', '.join(sources)}: "
            "ask for tables that you may read as a whole, or wait until the platform works with Lake Formation"
        )


def check_enforced(clearance: Clearance) -> None:
    """Raises `NoEnforcer` unless everything that was cleared can be held to its columns and rows."""
    needing = tuple(
        cleared.ask.source.uri
        for cleared in clearance.cleared
        if not cleared.is_whole and Enforcer.LAKE_FORMATION not in ENFORCERS
    )
    if needing:
        raise NoEnforcer(sources=needing, clearance=clearance)
