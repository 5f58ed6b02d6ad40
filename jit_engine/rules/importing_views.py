"""What an import reads from the definition of a view: the tables behind it, and the digest that certificates pin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from jit_engine.domain.source import GlueTable
from jit_engine.domain.view import View
from jit_engine.errors import InvalidValue
from jit_engine.rules.view_text import tables_named, unreadable

CATALOGUE = "awsdatacatalog"
"""Athena's name for the Glue data catalogue of the account itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """A definition as the metadata store has it, unread.

    `texts` are all its spellings, each with its dialect; `sql` is the one that Athena runs, where only the text names
    its tables, in `database`. `tables` are the ARNs of its tables where the store lists them. `definer`: the role with
    whose rights they are read; None for the reader's own.
    """

    texts: tuple[tuple[str, str], ...]
    sql: str = ""
    database: str = ""
    tables: tuple[str, ...] = ()
    definer: str | None = None


def read_view(found: FoundView, columns: Sequence[str], account: str, region: str) -> View:
    """The view, with nobody's certificate; raises `InvalidValue` where its tables cannot be told."""
    named = _listed(found.tables) if found.tables else _named(found, account, region)
    bases = tuple(sorted(set(named), key=lambda table: table.uri))
    if not bases:
        raise unreadable("it names no table")
    return View(bases=bases, sha256=definition_sha256(found, columns), definer=found.definer)


def definition_sha256(found: FoundView, columns: Sequence[str]) -> str:
    """The digest of everything that says what the view shows, and with whose rights."""
    said = [sorted(found.texts), found.sql, found.database, sorted(found.tables), found.definer, list(columns)]
    return sha256(json.dumps(said).encode()).hexdigest()


def _listed(arns: Sequence[str]) -> Iterator[GlueTable]:
    for arn in arns:
        parts = arn.split(":", 5)
        path = parts[5].split("/") if len(parts) == 6 else []
        if parts[:3] != ["arn", "aws", "glue"] or len(path) != 3 or path[0] != "table":
            raise InvalidValue(field="view", given=arn, fix="only views of tables of the Glue data catalogue are read")
        yield GlueTable(account=parts[4], region=parts[3], database=path[1], table=path[2])


def _named(found: FoundView, account: str, region: str) -> Iterator[GlueTable]:
    for name in tables_named(found.sql):
        *catalogue, database, table = name if len(name) > 1 else (found.database, *name)
        if catalogue not in ([], [CATALOGUE]):
            raise unreadable(f"{'.'.join(name)} lies in another catalogue")
        yield GlueTable(account=account, region=region, database=database, table=table)
