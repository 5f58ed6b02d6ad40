# ruff: noqa: T201 - a script prints
"""The default rate of loan applications by purpose.

python analysis.py s3://acme-prod-lake/loans/facts/ [--json]
"""

import argparse
import json

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def read(uri: str) -> pa.Table:
    """All Parquet files beneath `uri`, as one table."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    files = [f"s3://{bucket}/{key}" for key in keys if key.endswith(".parquet")]
    return pa.concat_tables([pq.read_table(file, columns=["purpose", "outcome"]) for file in files])


def default_rates(table: pa.Table) -> list[dict[str, object]]:
    """For each purpose: how many applications, how many turned bad, and their share."""
    is_bad = pc.cast(pc.equal(table["outcome"], "bad"), pa.int64())
    grouped = table.append_column("bad", is_bad).group_by("purpose").aggregate([("bad", "count"), ("bad", "sum")])
    columns = (grouped[name].to_pylist() for name in ("purpose", "bad_count", "bad_sum"))
    rows = [
        {"purpose": purpose, "loans": loans, "bad": bad, "rate": bad / loans}
        for purpose, loans, bad in zip(*columns, strict=True)
    ]
    return sorted(rows, key=lambda row: str(row["purpose"]))


def main() -> None:
    """Reads, counts and prints."""
    parser = argparse.ArgumentParser(description="Default rate of loan applications by purpose.")
    parser.add_argument("uri", help="where the loan facts lie, as s3://bucket/prefix/")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    rates = default_rates(read(asked.uri))
    if asked.json:
        print(json.dumps(rates))
        return
    print(f"{'purpose':<24}{'loans':>8}{'bad':>8}{'rate':>9}")
    for row in rates:
        print(f"{row['purpose']:<24}{row['loans']:>8}{row['bad']:>8}{row['rate']:>9.1%}")


if __name__ == "__main__":
    main()
