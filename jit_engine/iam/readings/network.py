"""The second reading of where credentials work: from the environment's network, where the decision says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jit_engine.domain.source import GlueTable, Operation
from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, has_only, spares_only


class NetworkReading(Reading):
    """No action is its own: it asks for one Deny."""

    actions = frozenset[str]()

    def __init__(self, decided: Decided) -> None:
        """From the endpoints that the decision names."""
        clearance = decided.clearance
        self.endpoints = sorted(clearance.endpoints)
        self.queried = any(
            isinstance(c.ask.source, GlueTable) and Operation.SELECT in c.ask.operations for c in clearance.cleared
        )
        self.marker = f"arn:aws:s3:::{decided.place.workspace_bucket}/.sluicegate/probe"

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """None: it knows no action."""
        yield from ()

    def missing(self, denies: Sequence[Mapping[str, object]], allows: Sequence[ReadAllow]) -> Iterator[str]:
        """Use off the network."""
        if self.endpoints and not any(self._binds(statement) for statement in denies):
            yield "use from outside the environment's network"

    def _binds(self, statement: Mapping[str, object]) -> bool:
        if not has_only(statement, "NotAction", "NotResource", "Condition"):
            return False
        off = {"StringNotEquals": {"aws:SourceVpce": self.endpoints}}
        by_query = {"ForAllValues:StringNotEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}
        return (
            spares_only(statement["NotAction"], {"kms:Decrypt", "kms:GenerateDataKey", "rds-db:connect"})
            and spares_only(statement["NotResource"], {self.marker})
            and statement["Condition"] == (off | by_query if self.queried else off)
        )
