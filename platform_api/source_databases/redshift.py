"""The users of grants in one Redshift database, by the Data API. What Redshift makes of it is not proven here.

Differences from PostgreSQL: the user is the one that IAM gives the grant's role (`IAMR:` with its name), so that it
can be made before the first connection but not kept from being made; there is no NOLOGIN, for only IAM lets it in;
and the Data API commits a batch before its answer can be looked at, so that a user with too much is taken back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from jit_engine.aws.calls import Calls
from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.database_users import DatabaseNotExact, DatabaseUnavailable, DatabaseUser, ReadableTable
from platform_api.source_databases.redshift_questions import (
    COLUMNS_OF,
    OF_USER,
    OPEN,
    PUBLIC,
    RELATIONS_OF,
    SESSIONS,
    USERS,
)

Row = tuple[str, ...]

MOST_CONNECTIONS: Final = 5
IDLE_SECONDS: Final = 1800
_WAIT: Final = 0.25
_PATIENCE: Final = 30.0
"""Seconds that a statement is waited for. One that is late is looked for again by whoever asked, from the start."""
_NAME: Final = re.compile(r"IAMR:sg-(?P<grant>gr_[0-9A-HJKMNP-TV-Z]{26})-[0-9]{1,3}-[0-9]{1,3}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftUsers:
    """`jit_engine.enforcers.database_users.DatabaseUsers` in one database, known by its URI.

    `where` says to the Data API which database and as whom: a cluster or workgroup, a database, a user or a secret.
    """

    database: str
    where: Mapping[str, str]
    calls: Calls
    sleep: Callable[[float], object] = time.sleep

    def put(self, user: DatabaseUser) -> None:
        """The user and its rights in one batch, then a look at all that it has; with too much it is ended again."""
        name = sql.Identifier(user.name)
        tables = [self._with_columns(table) for table in user.tables]
        there = bool(self._rows(OF_USER, user=user.name))
        limits = sql.SQL("NOCREATEDB NOCREATEUSER CONNECTION LIMIT {} SESSION TIMEOUT {} VALID UNTIL {}").format(
            sql.Literal(MOST_CONNECTIONS), sql.Literal(IDLE_SECONDS), sql.Literal(_time(user))
        )
        verb = sql.SQL("ALTER" if there else "CREATE")
        statements: list[sql.Composed] = [sql.SQL("{} USER {} PASSWORD DISABLE {}").format(verb, name, limits)]
        for table in tables:
            schema, where = sql.Identifier(table.schema), sql.Identifier(table.schema, table.table)
            columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
            statements.append(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
            statements.append(sql.SQL("GRANT SELECT ({}) ON TABLE {} TO {}").format(columns, where, name))
        self._batch(statements)
        findings = list(self._findings(user, tables))
        if findings:
            self.end(user.name, user.grant)
            raise DatabaseNotExact(database=self.database, findings=findings)

    def end(self, name: str, grant: GrantId) -> None:
        """No longer valid, no session, no right, no user."""
        del grant  # the name holds it: it is the role's, whose path only the platform may write
        if not self._rows(OF_USER, user=name):
            return
        user = sql.Identifier(name)
        self._batch([sql.SQL("ALTER USER {} VALID UNTIL '1970-01-01'").format(user)])
        for (process,) in self._rows(SESSIONS, user=name):
            self._rows(f"SELECT pg_terminate_backend({int(process)})")
        left: list[sql.Composed] = []
        for schema, table, column in self._rows(COLUMNS_OF, user=name):
            where, one = sql.Identifier(schema, table), sql.Identifier(column)
            left.append(sql.SQL("REVOKE SELECT ({}) ON TABLE {} FROM {}").format(one, where, user))
        schemas: dict[str, None] = {}
        for schema, table in self._rows(RELATIONS_OF, user=name):
            schemas[schema] = None
            if table:
                where = sql.Identifier(schema, table)
                left.append(sql.SQL("REVOKE ALL ON TABLE {} FROM {}").format(where, user))
        for schema in schemas:
            left.append(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(sql.Identifier(schema), user))
        if left:
            self._batch(left)
        # By itself: where it has rights in another database of the cluster still, those go before it can.
        self._batch([sql.SQL("DROP USER {}").format(user)])

    def is_gone(self, name: str) -> bool:
        """By the catalogue of users and the list of sessions."""
        return not self._rows(OF_USER, user=name) and not self._rows(SESSIONS, user=name)

    def found(self) -> Sequence[tuple[str, GrantId]]:
        """Users of the form of name that IAM gives our roles, as far as they have rights here."""
        matches = [(name, _NAME.match(name)) for (name,) in self._rows(USERS, start="IAMR:sg-%")]
        return [(name, GrantId(match["grant"])) for name, match in matches if match is not None]

    def _findings(self, user: DatabaseUser, tables: Sequence[ReadableTable]) -> Iterator[str]:
        given = {(table.schema, table.table): set(table.columns) for table in tables}
        has: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in self._rows(COLUMNS_OF, user=user.name):
            has.setdefault((schema, table), set()).add(column)
        if has != given:
            yield "it does not have exactly the columns that were decided"
        for what, right, where in self._rows(PUBLIC):
            yield f"everybody has {right} on {what} {where}: REVOKE {right} ON {what} {where} FROM PUBLIC"
        for (procedure,) in self._rows(OPEN, user=user.name):
            yield f"procedure {procedure} runs with its owner's rights: move it to a schema of its own"

    def _with_columns(self, table: ReadableTable) -> ReadableTable:
        """The table with its columns by name: what is added to it later was not decided."""
        asked = """
            SELECT column_name FROM svv_columns c JOIN svv_tables t
            ON t.table_schema = c.table_schema AND t.table_name = c.table_name
            WHERE c.table_schema = :schema AND c.table_name = :table AND t.table_type = 'BASE TABLE' ORDER BY 1
        """
        columns = [column for (column,) in self._rows(asked, schema=table.schema, table=table.table)]
        where = f"{table.schema}.{table.table}"
        if not columns:
            raise DatabaseNotExact(database=self.database, findings=[f"{where} is no table that is there"])
        if unknown := sorted(set(table.columns) - set(columns)):
            raise DatabaseNotExact(database=self.database, findings=[f"{where} has no column {', '.join(unknown)}"])
        return ReadableTable(schema=table.schema, table=table.table, columns=table.columns or tuple(columns))

    def _rows(self, statement: str, **named: str) -> list[Row]:
        """The rows of one statement; values go beside it, never into it."""
        parameters: dict[str, object] = {"Sql": statement}
        if named:
            parameters["Parameters"] = [{"name": name, "value": value} for name, value in named.items()]
        done = self._done(self.calls("redshift-data", "execute_statement", {**self.where, **parameters}))
        rows: list[Row] = []
        token: dict[str, object] = {}
        while done.get("HasResultSet"):
            page = self.calls("redshift-data", "get_statement_result", {"Id": done["Id"], **token})
            rows += [tuple(_text(cell) for cell in row) for row in page["Records"]]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        return rows

    def _batch(self, statements: Sequence[sql.Composed]) -> None:
        """All of them, as one transaction."""
        texts = [statement.as_string(None) for statement in statements]
        self._done(self.calls("redshift-data", "batch_execute_statement", {**self.where, "Sqls": texts}))

    def _done(self, started: Mapping[str, object]) -> Mapping[str, object]:
        waited = 0.0
        while waited < _PATIENCE:
            told = self.calls("redshift-data", "describe_statement", {"Id": started["Id"]})
            if told["Status"] == "FINISHED":
                return {"Id": started["Id"], "HasResultSet": told.get("HasResultSet", False)}
            if told["Status"] in ("FAILED", "ABORTED"):
                raise DatabaseUnavailable(database=self.database, why=str(told.get("Error", told["Status"]))[:300])
            self.sleep(_WAIT)
            waited += _WAIT
        raise DatabaseUnavailable(database=self.database, why=f"no answer within {_PATIENCE:.0f} s")


def _time(user: DatabaseUser) -> str:
    return user.ends_at.strftime("%Y-%m-%d %H:%M:%S")


def _text(cell: Mapping[str, object]) -> str:
    """A value of the Data API as text; it says which type it is of by the key."""
    return "" if cell.get("isNull") else str(next(iter(cell.values())))
