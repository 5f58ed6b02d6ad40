"""Sources as people type them, with what is to be done: `s3://lake/loans/facts/=select`."""

from __future__ import annotations

from collections.abc import Iterable

from cli.answer import Json
from cli.containers import KINDS, container_kind
from cli.failure import InputInvalid
from cli.source_kinds import TYPED, typed_as

OPERATIONS = ("describe", "select", "insert", "delete")
DEFAULT = ("select", "describe")

_HOW = (
    "write s3://BUCKET/PREFIX/, glue:DATABASE.TABLE or glue://ACCOUNT/REGION/DATABASE/TABLE, "
    "each with =select,describe when it is to be something else, a table with :COLUMN,COLUMN for those columns alone; "
    f"or {', '.join(f'{typed.word}:{typed.name}' for typed in TYPED)}, or a URI of `sluice data list`; "
    f"or everything that is catalogued in {' or '.join(KINDS.values())}"
)


def sources_of(texts: Iterable[str], *, job: str | None = None) -> list[Json]:
    """The `sources` of a request, all of `job` when that is named; raises `InputInvalid`."""
    return [source_of(text) if job is None else {**source_of(text), "job": job} for text in texts]


def source_of(text: str) -> dict[str, Json]:
    """One source as the API takes it; names are checked there, where the catalogue is.

    A `uri` without `://` is a name that `find.source_uris` looks up.
    """
    address, operations = _split(text)
    if (container := container_kind(address)) is not None:
        return {"kind": container, "uri": address, "operations": operations}
    if known := typed_as(address):
        typed, uri = known
        if address == text and not typed.describes:
            operations = ["select"]
        return {"kind": typed.kind, "uri": uri, "operations": operations}
    if address.startswith("s3://"):
        bucket, slash, prefix = address.removeprefix("s3://").partition("/")
        if bucket and slash:
            return {"kind": "s3-prefix", "bucket": bucket, "prefix": prefix, "operations": operations}
    elif table := _table(address):
        return {"kind": "glue-table", **table, "operations": operations}
    raise InputInvalid(f"{text or 'an empty text'} names no source", next_step=_HOW)


def _split(text: str) -> tuple[str, list[Json]]:
    """Address and operations. A prefix may hold `=` itself (`year=2024/`): only what follows the last one counts."""
    address, sign, words = text.rpartition("=")
    if not sign or "/" in words:
        return text, list(DEFAULT)
    named = words.split(",")
    if set(named) <= set(OPERATIONS) and len(set(named)) == len(named):
        return address, list(named)
    if text.startswith("s3://") and not address.endswith("/"):
        return text, list(DEFAULT)  # `year=2024` without its last slash: the platform says so
    raise InputInvalid(
        f"{text}: after the = stand operations, each once", next_step=f"choose from {', '.join(OPERATIONS)}"
    )


def _table(address: str) -> dict[str, Json]:
    scheme = next((one for one in ("glue://", "glue:") if address.startswith(one)), None)
    if scheme is None:
        return {}
    place, colon, names = address.removeprefix(scheme).partition(":")
    columns = names.split(",")
    if colon and (not all(columns) or len(set(columns)) != len(columns)):
        raise InputInvalid(f"{address}: after the : stand columns, each once", next_step=_HOW)
    wanted: dict[str, Json] = {"columns": list(columns)} if colon else {}
    parts = place.split("/" if scheme == "glue://" else ".")
    if not all(parts):
        return {}
    match parts:
        case [database, table]:
            return {"database": database, "table": table, **wanted}
        case [account, region, database, table] if scheme == "glue://":
            return {"account": account, "region": region, "database": database, "table": table, **wanted}
    return {}
