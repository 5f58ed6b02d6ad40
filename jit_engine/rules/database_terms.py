"""What a contract leaves of a table in a database: columns that are named, of rows all or none."""

from __future__ import annotations

from collections.abc import Iterator

from jit_engine.contracts.effective import TableTerms, Use, table_terms
from jit_engine.contracts.terms import Contract
from jit_engine.domain.databases import DatabaseSource
from jit_engine.domain.treatment import Treatment
from jit_engine.domain.verdict import Breach


def database_breaches(source: DatabaseSource, use: Use, contract: Contract) -> Iterator[Breach]:
    """Why the grant's database user could not be held to what the contract leaves; none where it can.

    The contract describes the table by its name, without its schema. A whole table is given where every column is;
    else the columns have to be named, and each has to be one that the contract shows in clear.
    """
    if not source.table:
        yield Breach(
            code="table-not-named",
            clause="servers",
            given=source.uri,
            allowed="tables of a database, each as database/schema/table",
            next_step="name the table, and the columns where not all are wanted",
        )
        return
    terms = table_terms(contract, source.table, use)
    if terms is None:
        return  # there is no profile for it, which is a breach of its own
    if terms.row_filter is not None:
        yield Breach(
            code="columns-not-enforceable",
            clause="roles.accessProfile.rowFilter",
            given=f"certain rows of {source.uri}",
            allowed="tables of which every row may be read",
            next_step="have the data's owner offer a table that holds these rows alone, under its own name",
        )
    beyond = [column for column in source.columns if terms.of(column) is not Treatment.CLEAR]
    clear = _clear(terms)
    if beyond or (not source.columns and clear is not None):
        yield Breach(
            code="column-not-covered",
            clause="roles.accessProfile.columns",
            given=", ".join(beyond) or f"all columns of {source.uri}",
            allowed=", ".join(clear or ()) or "no column in clear",
            next_step="name the columns that you need, of those that are allowed: URI/columns/a,b",
        )


def _clear(terms: TableTerms) -> tuple[str, ...] | None:
    """The columns that are left in clear; None where that is the whole table, whatever its columns are."""
    if terms.columns is None and all(cap is Treatment.CLEAR for cap in terms.caps.values()):
        return None
    return tuple(sorted(one for one in terms.columns or () if terms.of(one) is Treatment.CLEAR))
