"""The second reading of Glue tables and of the Athena workgroup that they are queried in."""

from __future__ import annotations

from collections.abc import Iterator

from jit_engine.domain.source import GlueTable, Operation
from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, is_bound

_GLUE = {f"glue:{verb}" for verb in ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")}
_ATHENA = {f"athena:{v}QueryExecution" for v in ("Start", "Stop", "Get")} | {
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
}


class GlueReading(Reading):
    """Catalogue, database and table of each cleared table; the place's own workgroup where one is queried."""

    actions = frozenset(_GLUE | _ATHENA)

    def __init__(self, decided: Decided) -> None:
        """From the cleared tables."""
        place = decided.place
        tables = [
            (c.ask.source, Operation.SELECT in c.ask.operations)
            for c in decided.clearance.cleared
            if isinstance(c.ask.source, GlueTable)
        ]
        self.catalogue = {
            f"arn:aws:glue:{table.region}:{table.account}:{part}"
            for table, _ in tables
            for part in ("catalog", f"database/{table.database}", f"table/{table.database}/{table.table}")
        }
        self.workgroups = (
            {f"arn:aws:athena:{place.region}:{place.account}:workgroup/{place.workgroup}"}
            if any(queried for _, queried in tables)
            else set()
        )

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Each pair of action and resource, then the account."""
        for action in allow.actions:
            for resource in allow.resources:
                if resource not in (self.catalogue if action in _GLUE else self.workgroups):
                    yield f"{action} on {resource} was not cleared"
        owners = {resource.split(":")[4] for resource in allow.resources if resource.count(":") >= 5}
        if len(owners) != 1 or not is_bound(allow, {"StringEquals": {"aws:ResourceAccount": owners.pop()}}):
            yield "it is not bound to the account of its resources, or has conditions of another form"
