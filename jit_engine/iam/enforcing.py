"""What stands between a reader and a table of which not everything may be seen. The one place that says it is there.

What the planner knows how to write a policy for is here; whether the platform has the adapter that puts it in place
is `jit_engine.flows.enforce`'s to say, before anything is on record.
"""

from __future__ import annotations

from typing import ClassVar

from jit_engine.domain.verdict import Clearance
from jit_engine.errors import EngineError


class NoEnforcer(EngineError):
    """A decision that nothing here can hold: columns or rows of some sources would have to be kept apart."""

    code: ClassVar[str] = "no-enforcer"

    def __init__(self, *, sources: tuple[str, ...], clearance: Clearance, why: str | None = None) -> None:
        self.sources = sources
        self.clearance = clearance
        super().__init__(
            f"it would be permitted, but nothing here can hold {', '.join(sources)} to what was decided: "
            + (why or "ask for tables that you may read as a whole, or have an operator set up what is missing")
        )
