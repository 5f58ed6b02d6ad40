"""A table of the Glue data catalogue, queried through Athena, which reads its files with the caller's rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.source import GlueTable, Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.errors import InvalidValue
from jit_engine.iam.kept_apart import DATA_ACCESS
from jit_engine.iam.statement import Allow, bucket_arn
from jit_engine.ports import ProbeCall
from jit_engine.sources.bounds import Bounds, KeyUse
from jit_engine.sources.files import LIST, LOCATE, READ, key_of_files, list_objects, list_size, read_objects
from jit_engine.sources.kind import Kind, Offer, identity
from jit_engine.sources.s3_prefix import beside

DESCRIBE = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
)
DEFINITION = ("glue:GetDatabase", "glue:GetTable")
"""What is left of it where something is withheld: lists of partitions and statistics are made of values."""
QUERY = (
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)


class GlueTableKind(Kind):
    """Definition and partitions from Glue; for `select` the environment's workgroup and the table's files."""

    name = "glue-table"
    scheme = "glue"
    form = "glue://account/region/database/table"
    entity = "GlueTable"
    identity = GlueTable
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=DESCRIBE),
        Operation.SELECT: Offer(cedar="query", actions=(*QUERY, *DESCRIBE, *LOCATE, *READ, *LIST, DATA_ACCESS)),
    }
    columns = "Lake Formation, where it manages the table: a data cells filter; else refused"
    rows = "Lake Formation, where it manages the table: a data cells filter; else refused"

    def parse(self, rest: str, account: str) -> Source:
        """A table; the URI says whose it is."""
        parts = rest.split("/")
        if len(parts) != 4:
            raise InvalidValue(field="source", given=f"{self.scheme}://{rest}", fix=f"use {self.form}")
        return GlueTable(account=parts[0], region=parts[1], database=parts[2], table=parts[3])

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """The definition for everybody; query, workgroup and files for `select`."""
        table = identity(cleared, GlueTable)
        selects = Operation.SELECT in cleared.ask.operations
        if selects and not cleared.is_whole:
            yield from _through_lake_formation(table, bounds)
        if selects:
            for files in cleared.files:
                yield from read_objects(files, table.uri, bounds)
                yield from list_objects(files, bounds)
        yield Allow(
            sid=f"Catalogue{table.account}",
            why="read the definition and partitions of" if cleared.is_whole else "read the definition of",
            about=(f"{table.database}.{table.table}",),
            actions=DESCRIBE if cleared.is_whole else DEFINITION,
            resources=table_arns(table),
            conditions=bounds.within(table.account),
        )
        if selects:
            yield from self._query(cleared, bounds)

    def _query(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        place = bounds.place
        yield Allow(
            sid="Query",
            why=f"run queries in the workgroup {place.workgroup}, with results in athena/{bounds.grant}/",
            actions=QUERY,
            resources=(f"arn:aws:athena:{place.region}:{place.account}:workgroup/{place.workgroup}",),
            conditions=bounds.within(place.account),
        )
        yield Allow(
            sid="Locate",
            why="find the region of the buckets that a query reads and writes",
            actions=LOCATE,
            resources=(bucket_arn(place.workspace_bucket), *(bucket_arn(files.bucket) for files in cleared.files)),
            conditions=bounds.time,
        )

    def key_use(self, cleared: ClearedSource) -> KeyUse | None:
        """As `key_of_files`."""
        return key_of_files(cleared)

    def probes(self, cleared: ClearedSource) -> tuple[ProbeCall, ...]:
        """Beside its files."""
        return beside(cleared)

    def writes_results(self, cleared: ClearedSource) -> bool:
        """Athena writes what a query finds."""
        return Operation.SELECT in cleared.ask.operations

    def size(self, cleared: ClearedSource, bounds: Bounds) -> int:
        """With the Deny that closes the listing."""
        return Kind.size(self, cleared, bounds) + list_size(cleared.files)


def _through_lake_formation(table: GlueTable, bounds: Bounds) -> Iterator[Allow]:
    """What the filter leaves, as Athena asks for it in the reader's name: never the files."""
    yield Allow(
        sid="LakeFormation",
        why="have Athena read what Lake Formation's filter leaves of",
        about=(f"{table.database}.{table.table}",),
        actions=(DATA_ACCESS,),
        resources=("*",),
        conditions={"ForAnyValue:StringEquals": {"aws:CalledVia": ("athena.amazonaws.com",)}, **bounds.time},
    )


def table_arns(table: GlueTable) -> tuple[str, str, str]:
    """Catalogue, database and table: Glue asks for all three."""
    start = f"arn:aws:glue:{table.region}:{table.account}"
    return (f"{start}:catalog", f"{start}:database/{table.database}", f"{start}:table/{table.database}/{table.table}")
