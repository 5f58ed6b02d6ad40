"""The second reading of Glue tables and of the Athena workgroup that they are queried in."""

from __future__ import annotations

from collections.abc import Iterator

from jit_engine.domain.source import GlueTable, Operation
from jit_engine.iam.readings.reading import Decided, ReadAllow, Reading, is_bound

_GLUE = {f"glue:{verb}" for verb in ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")}
_PARTITIONS = {f"glue:{verb}" for verb in ("GetPartition", "GetPartitions", "BatchGetPartition")}
"""What lists values: of a table of which something is withheld, nobody."""
_ATHENA = {f"athena:{v}QueryExecution" for v in ("Start", "Stop", "Get")} | {
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
}


class GlueReading(Reading):
    """Catalogue, database and table of each cleared table; the workgroup where one is queried.

    It is the place's, or the grant's own where something of a table is withheld or the place has such for every grant.
    """

    actions = frozenset(_GLUE | _ATHENA)

    def __init__(self, decided: Decided) -> None:
        """From the cleared tables."""
        place = decided.place
        tables = [
            (c.ask.source, Operation.SELECT in c.ask.operations, c.columns is None and c.row_filter is None)
            for c in decided.clearance.cleared
            if isinstance(c.ask.source, GlueTable)
        ]
        self.catalogue, self.listed = (
            {
                f"arn:aws:glue:{table.region}:{table.account}:{part}"
                for table, _, whole in tables
                if whole or not listed
                for part in ("catalog", f"database/{table.database}", f"table/{table.database}/{table.table}")
            }
            for listed in (False, True)
        )
        shared = all(whole for _, _, whole in tables) and not place.grant_workgroups
        workgroup = place.workgroup if shared else f"{place.workgroup}-{decided.grant}"
        self.workgroups = (
            {f"arn:aws:athena:{place.region}:{place.account}:workgroup/{workgroup}"}
            if any(queried for _, queried, _ in tables)
            else set()
        )

    def faults(self, allow: ReadAllow) -> Iterator[str]:
        """Each pair of action and resource, then the account."""
        for action in allow.actions:
            for resource in allow.resources:
                known = self.listed if action in _PARTITIONS else self.catalogue if action in _GLUE else self.workgroups
                if resource not in known:
                    yield f"{action} on {resource} was not cleared"
        owners = {resource.split(":")[4] for resource in allow.resources if resource.count(":") >= 5}
        if len(owners) != 1 or not is_bound(allow, {"StringEquals": {"aws:ResourceAccount": owners.pop()}}):
            yield "it is not bound to the account of its resources, or has conditions of another form"
