"""The tables of the Glue data catalogue, as they are described there; reads definitions and never data."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.errors import InvalidValue
from jit_engine.rules.importing import FoundTable
from jit_engine.rules.importing_views import CATALOGUE, FoundView

_PRESTO = re.compile(r"/\* Presto View: (?P<encoded>[A-Za-z0-9+/=]+) \*/\s*\Z", re.ASCII)
"""How Athena keeps a view of its own: JSON, in base 64, in a comment."""
_NAMED = 20
"""How many databases a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueCatalogue:
    """One account's catalogue in one region."""

    calls: Calls
    account: str
    region: str

    def tables(self, databases: Sequence[str]) -> Iterator[FoundTable]:
        """Every table of these databases, or of all where none is named; raises `InvalidValue` for an unknown one."""
        known = [str(one["Name"]) for one in self._every("get_databases", "DatabaseList", {})]
        for database in databases:
            if database not in known:
                there = ", ".join(known[:_NAMED]) + (", …" if known[_NAMED:] else "")
                fix = f"no {database} is there: name one of {there}" if known else "the account has none to be read"
                raise InvalidValue(field="databases", given=database, fix=fix)
        for database in databases or known:
            for table in self._every("get_tables", "TableList", {"DatabaseName": database}):
                yield self._found(database, table)

    def _found(self, database: str, table: Mapping[str, Any]) -> FoundTable:
        storage = table.get("StorageDescriptor") or {}
        keys = table.get("PartitionKeys") or []
        name, is_link = str(table["Name"]), bool(table.get("TargetTable"))
        is_view = (
            table.get("TableType") == "VIRTUAL_VIEW"
            or bool(table.get("ViewOriginalText"))
            or bool(table.get("ViewDefinition"))
        )
        places = [storage.get("Location")]
        if keys and not is_view and not is_link:
            asked = {"DatabaseName": database, "TableName": name, "ExcludeColumnSchema": True}
            partitions = self._every("get_partitions", "Partitions", asked)
            places += [(partition.get("StorageDescriptor") or {}).get("Location") for partition in partitions]
        return FoundTable(
            account=self.account,
            region=self.region,
            database=database,
            name=name,
            title=str(table.get("Description") or ""),
            columns=columns_of(table),
            places=tuple(dict.fromkeys(str(place) for place in places if place)),
            parameters={str(key): str(value) for key, value in (table.get("Parameters") or {}).items()},
            input_format=str(storage.get("InputFormat") or ""),
            is_view=is_view,
            view=found_view(table) if is_view else None,
            is_link=is_link,
        )

    def _every(self, operation: str, what: str, asked: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        token: str | None = None
        while True:
            page = self.calls("glue", operation, {**asked, **({"NextToken": token} if token else {})})
            yield from page.get(what) or ()
            token = page.get("NextToken")
            if not token:
                return


def columns_of(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Its columns in order, those of its partitions last."""
    storage = table.get("StorageDescriptor") or {}
    described = (*(storage.get("Columns") or ()), *(table.get("PartitionKeys") or ()))
    return tuple(str(column["Name"]) for column in described)


def found_view(table: Mapping[str, Any]) -> FoundView | None:
    """The definition of a view of the Glue data catalogue, or of Athena's own; None for any other.

    The former lists its tables, and says whether they are read with its definer's rights. A catalogue view that is
    not protected counts as read with the reader's own.
    """
    defined = table.get("ViewDefinition") or {}
    tables = tuple(str(arn) for arn in defined.get("SubObjects") or ())
    if tables:
        spellings = defined.get("Representations") or ()
        return FoundView(
            texts=tuple((str(one.get("Dialect")), str(one.get("ViewOriginalText"))) for one in spellings),
            tables=tables,
            definer=str(defined["Definer"]) if defined.get("IsProtected") and defined.get("Definer") else None,
        )
    match = _PRESTO.match(str(table.get("ViewOriginalText") or ""))
    try:
        said = json.loads(base64.b64decode(match["encoded"], validate=True)) if match else None
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("originalSql"), str) or said.get("catalog") is None:
        return None
    if str(said["catalog"]).lower() != CATALOGUE:
        return None
    sql, database = said["originalSql"], str(said.get("schema") or "")
    return FoundView(texts=(("presto", str(match["encoded"]) if match else ""),), sql=sql, database=database)
