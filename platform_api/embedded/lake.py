"""Fills the embedded account with the sample's data: the enterprise lake as it would already be there."""

import contextlib
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.organisation import Organisation, SamplePrefix, SampleTable, sample_path

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import TableInputTypeDef
    from mypy_boto3_s3 import S3Client

NUMBERS = frozenset(
    {
        "age_years",
        "credit_amount",
        "duration_months",
        "existing_credits",
        "installment_rate_percent_of_income",
        "people_liable",
        "residence_since",
    }
)
"""The columns of `german_credit.csv` that hold whole numbers; the others are text."""

HISTORY = ("application_id", "credit_history", "existing_credits")
"""The columns of the credit bureau's files, which lie in an account of its own."""

_HIVE = "org.apache.hadoop.hive.ql.io.parquet"
FILE_NAME = "part-00000.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTable:
    """A table that the lake now has: where its file lies, and how many rows it holds."""

    name: str
    uri: str
    rows: int


def load_lake(organisation: Organisation, *, endpoint_url: str, source: Path | None = None) -> tuple[LoadedTable, ...]:
    """Makes the buckets, the Parquet files, the Glue databases and tables of `organisation`; safe to repeat.

    The root's key is used: the platform itself has no right to write a lake.
    """
    session = root_session(organisation.region)
    s3: S3Client = session.client("s3", endpoint_url=endpoint_url, config=CONFIG)
    glue: GlueClient = session.client("glue", endpoint_url=endpoint_url, config=CONFIG)
    rows = read_rows(source or sample_path("german_credit.csv"))
    loaded = []
    for item in organisation.catalogue.prefixes:
        _load_prefix(organisation.region, endpoint_url, item, rows)
    for table in organisation.catalogue.tables:
        columns = [column for group in table.groups for column in group.columns]
        key = f"{table.location.prefix}{FILE_NAME}"
        s3.put_object(Bucket=table.location.bucket, Key=key, Body=parquet(rows, columns))
        _describe(glue, table, columns)
        uri = f"s3://{table.location.bucket}/{key}"
        loaded.append(LoadedTable(name=f"{table.database}.{table.table}", uri=uri, rows=len(rows)))
    return tuple(loaded)


def _load_prefix(region: str, endpoint_url: str, item: SamplePrefix, rows: list[dict[str, str]]) -> None:
    """The prefix's bucket, in its own account; in an account of its own with a file, for no table describes one."""
    s3: S3Client = root_session(region, item.account).client("s3", endpoint_url=endpoint_url, config=CONFIG)
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=item.bucket)
    if item.account is not None:
        s3.put_object(Bucket=item.bucket, Key=f"{item.prefix}{FILE_NAME}", Body=parquet(rows, list(HISTORY)))


def read_rows(source: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, by column."""
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parquet(rows: list[dict[str, str]], columns: list[str]) -> bytes:
    """These columns of `rows` as a Parquet file, always the same bytes for the same rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[bool, Any] = {True: pa.int64(), False: pa.string()}
    table = pa.table(
        {
            name: pa.array([int(row[name]) if name in NUMBERS else row[name] for row in rows], types[name in NUMBERS])
            for name in columns
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="snappy")
    return out.getvalue()


def _describe(glue: "GlueClient", table: SampleTable, columns: list[str]) -> None:
    """The table in the Glue catalogue, as it should be."""
    with contextlib.suppress(glue.exceptions.AlreadyExistsException):
        glue.create_database(DatabaseInput={"Name": table.database})
    described: TableInputTypeDef = {
        "Name": table.table,
        "Description": table.title,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": "bigint" if name in NUMBERS else "string"} for name in columns],
            "Location": f"s3://{table.location.bucket}/{table.location.prefix}",
            "InputFormat": f"{_HIVE}.MapredParquetInputFormat",
            "OutputFormat": f"{_HIVE}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_HIVE}.serde.ParquetHiveSerDe"},
        },
    }
    try:
        glue.create_table(DatabaseName=table.database, TableInput=described)
    except glue.exceptions.AlreadyExistsException:
        glue.update_table(DatabaseName=table.database, TableInput=described)
