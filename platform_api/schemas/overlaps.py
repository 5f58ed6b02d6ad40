"""What is asked for and held already, on the wire."""

from typing import Self

from jit_engine.rules.overlaps import Overlap
from platform_api.schemas.wire import Moment, Shown


class OverlapShown(Shown):
    """A source that is asked for and that a live grant gives already."""

    source: str
    operations: list[str]
    grant: str
    ends_at: Moment

    @classmethod
    def of(cls, overlap: Overlap) -> Self:
        """The overlap."""
        grant, ask = overlap.by.grant, overlap.ask
        return cls(source=ask.source.uri, operations=sorted(ask.operations), grant=grant.id, ends_at=grant.ends_at)
