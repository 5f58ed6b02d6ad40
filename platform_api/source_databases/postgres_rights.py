"""All that a PostgreSQL user has, asked of the server: what was decided and is not there, what is and was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import psycopg

from jit_engine.enforcers.database_users import ReadableTable
from platform_api.source_databases.postgres_questions import (
    COLUMNS,
    DATABASES,
    FUNCTIONS,
    MEMBERSHIPS,
    OWNED,
    RELATIONS,
    SCHEMAS,
    SERVERS,
)

_MOST_TOLD: Final = 8
Readable = Mapping[str, set[str]]


def findings(connection: psycopg.Connection, user: str, tables: Sequence[ReadableTable]) -> Iterator[str]:
    """What the user lacks of what was decided, then what it has beside that, by PUBLIC mostly, each with its repair; of
    the latter some at most.
    """
    readable = _readable(connection, user)
    yield from _missing(readable, tables)
    found = list(_excess(connection, user, readable, tables))
    yield from found[:_MOST_TOLD]
    if len(found) > _MOST_TOLD:
        yield f"and {len(found) - _MOST_TOLD} more"


def _missing(readable: Readable, tables: Sequence[ReadableTable]) -> Iterator[str]:
    for table in tables:
        where = f"{table.schema}.{table.table}"
        if lacking := sorted(set(table.columns) - readable.get(where, set())):
            yield f"the platform could not give {', '.join(lacking)} of {where}: let its user do so"


def _excess(
    connection: psycopg.Connection, user: str, readable: Readable, tables: Sequence[ReadableTable]
) -> Iterator[str]:
    given = {f"{table.schema}.{table.table}": set(table.columns) for table in tables}
    named = {"user": user}
    for where, columns in sorted(readable.items()):
        if more := sorted(columns - given.get(where, set())):
            yield f"everybody may read {', '.join(more[:5])} of {where}: {_revoke('SELECT', where)}"
    for where, rights in connection.execute(RELATIONS, named):
        yield f"everybody has {rights} on {where}: {_revoke(rights, where)}"
    for (schema,) in connection.execute(SCHEMAS, named):
        yield f"everybody may create in schema {schema}: REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC"
    for database, rights in connection.execute(DATABASES, named):
        yield f"everybody has {rights} on database {database}: REVOKE {rights} ON DATABASE {database} FROM PUBLIC"
    for (function,) in connection.execute(FUNCTIONS, named):
        yield f"everybody may call {function} with its owner's rights: REVOKE EXECUTE ON ROUTINE {function} FROM PUBLIC"
    for (server,) in connection.execute(SERVERS, named):
        yield f"everybody may use foreign server {server}: REVOKE USAGE ON FOREIGN SERVER {server} FROM PUBLIC"
    for (role,) in connection.execute(MEMBERSHIPS, named):
        yield f"it is a member of {role}"
    for (count,) in connection.execute(OWNED, named):
        if count:
            yield f"it owns {count} objects"


def _readable(connection: psycopg.Connection, user: str) -> Readable:
    """By table, the columns that the user may select, in schemas that it can look into."""
    return {str(where): set(columns) for where, columns in connection.execute(COLUMNS, {"user": user})}


def _revoke(rights: str, where: str) -> str:
    """The repair, for people to read; nothing here runs it."""
    return f"REVOKE {rights} ON {where} FROM PUBLIC"
