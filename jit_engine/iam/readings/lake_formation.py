"""The second reading of data that Lake Formation hands out: through Athena only, and for what is withheld today."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from jit_engine.domain.source import GlueTable, Operation
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.readings.reading import EVERYTHING, Decided, ReadAllow, Reading, is_bound

_BOUND = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}


class LakeFormationReading(Reading):
    """One Allow, whose name says what it goes with."""

    actions = frozenset({"lakeformation:GetDataAccess"})

    def __init__(self, decided: Decided) -> None:
        """From the tables of which something is withheld."""
        withheld = sorted(
            (c.ask.source.uri, list(c.columns or ()), None if c.row_filter is None else c.row_filter.sql)
            for c in decided.clearance.cleared
            if c.columns is not None or c.row_filter is not None
        )
        digest = hashlib.sha256(json.dumps(withheld).encode()).hexdigest()
        self.name = f"LakeFormation{digest[:16]}" if withheld else None

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Its name, then its form."""
        if allow.name != self.name:
            yield "it does not go with the columns and rows that were decided"
        if allow.resources != EVERYTHING or not is_bound(allow, _BOUND):
            yield "data is not bound to queries of Athena"


def unheld(cleared: ClearedSource, decided: Decided) -> str | None:
    """Why nothing can keep columns or rows of this source apart; None where Lake Formation can, or nothing has to."""
    if cleared.columns is None and cleared.row_filter is None:
        return None
    source, place = cleared.ask.source, decided.place
    if not isinstance(source, GlueTable) or cleared.ask.operations - {Operation.SELECT, Operation.DESCRIBE}:
        return "columns or rows are withheld, and no policy can hold them apart"
    if cleared.files:
        return "columns or rows are withheld, and its files hold them all"
    if (source.account, source.region) != (place.account, place.region):
        return "columns or rows are withheld, and it lies elsewhere than the environment's workgroups"
    return None
