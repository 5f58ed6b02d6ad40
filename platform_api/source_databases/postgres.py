"""The users of grants in one PostgreSQL database (RDS, Aurora): made in one transaction, looked at before it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.database_users import (
    DatabaseNotExact,
    DatabaseUnavailable,
    DatabaseUser,
    NotOurUser,
    ReadableTable,
)
from platform_api.source_databases.postgres_rights import findings

Connect = Callable[[], psycopg.Connection]
"""A fresh connection as the platform's own user, whose rights are in the operator's pages; it may raise psycopg's."""

IAM_ROLE: Final = "rds_iam"
"""The role that has RDS ask for an IAM token; a server that is not RDS has none."""
MOST_CONNECTIONS: Final = 5
SETTINGS: Final = (
    ("default_transaction_read_only", "on"),
    ("statement_timeout", "15min"),
    ("idle_in_transaction_session_timeout", "5min"),
    ("idle_session_timeout", "30min"),
)
"""What its sessions begin with. A session may set these otherwise; what it may read does not hang on them."""
_PATIENCE: Final = (("lock_timeout", "5s"), ("statement_timeout", "20s"))
_END_WITHIN: Final = 5000
"""Milliseconds that a connection is given to end before the end is tried again."""
_TABLES: Final = frozenset({"r", "p"})
_KINDS: Final = {
    "v": "is a view: what it shows was not decided",
    "m": "is a materialised view: what it shows was not decided",
    "f": "is a foreign table: its data lies elsewhere",
}
_NAME: Final = re.compile(r"sg_[0-9a-z]{26}_[0-9a-f]{8}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresUsers:
    """`jit_engine.enforcers.database_users.DatabaseUsers` in one database, known by its URI. Keeps no connection."""

    database: str
    connect: Connect

    def put(self, user: DatabaseUser) -> None:
        """One transaction: the user, its mark, its rights, and a look at all that it then has."""
        name = sql.Identifier(user.name)
        with self._transaction() as connection:
            limits = sql.SQL(
                "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT {} VALID UNTIL {}"
            ).format(sql.Literal(MOST_CONNECTIONS), sql.Literal(user.ends_at.isoformat()))
            verb = sql.SQL("ALTER" if self._is_ours(connection, user.name, user.grant) else "CREATE")
            connection.execute(sql.SQL("{} ROLE {} {}").format(verb, name, limits))
            mark = sql.Literal(self._mark(user.grant))
            connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(name, mark))
            for setting, value in SETTINGS:
                change = sql.SQL("ALTER ROLE {} SET {} = {}")
                connection.execute(change.format(name, sql.Identifier(setting), sql.Literal(value)))
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [IAM_ROLE]).fetchone():
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(IAM_ROLE), name))
            here = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(here, name))
            tables = [self._with_columns(connection, table) for table in user.tables]
            for table in tables:
                _grant(connection, table, name)
            if found := list(findings(connection, user.name, tables)):
                raise DatabaseNotExact(database=self.database, findings=found)

    def end(self, name: str, grant: GrantId) -> None:
        """No login, then no connection, then no right, then no user: each committed, so that no step waits for one
        that fails.
        """
        user = sql.Identifier(name)
        with self._transaction() as connection:
            if not self._is_ours(connection, name, grant):
                return
            connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN VALID UNTIL '-infinity'").format(user))
        with self._transaction() as connection:
            told = "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE usename = %s"
            if not all(ended for (ended,) in connection.execute(told, [_END_WITHIN, name])):
                raise DatabaseUnavailable(database=self.database, why=f"connections of {name} have not ended yet")
        with self._transaction() as connection:
            if not self._is_ours(connection, name, grant):
                return
            for schema, table in _tables_of(connection, name):
                where = sql.Identifier(schema, table)
                connection.execute(sql.SQL("REVOKE ALL ON TABLE {} FROM {}").format(where, user))
            for (schema,) in _schemas_of(connection, name):
                connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(sql.Identifier(schema), user))
            here = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(here, user))
            connection.execute(sql.SQL("DROP ROLE {}").format(user))

    def is_gone(self, name: str) -> bool:
        """By the catalogue of roles and the list of backends."""
        asked = """
            SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(name)s)
                OR EXISTS (SELECT FROM pg_stat_activity WHERE usename = %(name)s)
        """
        with self._transaction() as connection:
            return connection.execute(asked, {"name": name}).fetchone() == (False,)

    def found(self) -> Sequence[tuple[str, GrantId]]:
        """Roles of our form of name that carry our mark for this very database; a server shows those of all."""
        with self._transaction() as connection:
            asked = (
                "SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname ~ '^sg_' ORDER BY 1"
            )
            rows = connection.execute(asked).fetchall()
        users = [(str(name), GrantId(f"gr_{name[3:29].upper()}"), mark) for name, mark in rows if _NAME.match(name)]
        return [(name, grant) for name, grant, mark in users if mark == self._mark(grant)]

    def _mark(self, grant: GrantId) -> str:
        return f"Sluicegate grant {grant} in {self.database}"

    def _is_ours(self, connection: psycopg.Connection, name: str, grant: GrantId) -> bool:
        """Whether the role is there and ours; raises `NotOurUser` where it is there and is not."""
        asked = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s"
        row = connection.execute(asked, [name]).fetchone()
        if row is not None and row[0] != self._mark(grant):
            raise NotOurUser(database=self.database, name=name)
        return row is not None

    def _with_columns(self, connection: psycopg.Connection, table: ReadableTable) -> ReadableTable:
        """The table with its columns by name: what is added to it later was not decided."""
        asked = """
            SELECT c.relkind, array_agg(a.attname::text ORDER BY a.attname) FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = %s AND c.relname = %s GROUP BY c.relkind
        """
        row = connection.execute(asked, [table.schema, table.table]).fetchone()
        where = f"{table.schema}.{table.table}"
        if row is None:
            raise DatabaseNotExact(database=self.database, findings=[f"{where} is not there"])
        kind, columns = str(row[0]), [str(column) for column in row[1]]
        if kind not in _TABLES:
            raise DatabaseNotExact(
                database=self.database, findings=[f"{where} {_KINDS.get(kind, 'is no table')}: ask for tables"]
            )
        if unknown := sorted(set(table.columns) - set(columns)):
            raise DatabaseNotExact(database=self.database, findings=[f"{where} has no column {', '.join(unknown)}"])
        return ReadableTable(schema=table.schema, table=table.table, columns=table.columns or tuple(columns))

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection]:
        """One transaction on a connection of its own, bounded in time; psycopg's errors become ours."""
        try:
            with self.connect() as connection:
                for setting, value in _PATIENCE:
                    connection.execute("SELECT set_config(%s, %s, true)", [setting, value])
                yield connection
        except psycopg.Error as error:
            why = (error.diag.message_primary or type(error).__name__)[:300]
            raise DatabaseUnavailable(database=self.database, why=why) from error


def _grant(connection: psycopg.Connection, table: ReadableTable, name: sql.Identifier) -> None:
    schema = sql.Identifier(table.schema)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in table.columns)
    where = sql.Identifier(table.schema, table.table)
    connection.execute(sql.SQL("GRANT SELECT ({}) ON TABLE {} TO {}").format(columns, where, name))


_DEPENDING: Final = """
    SELECT d.objid FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid AND d.refclassid = 'pg_authid'::regclass
    WHERE r.rolname = %s AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def _tables_of(connection: psycopg.Connection, name: str) -> list[tuple[str, str]]:
    """Every table here of which the user has rights, by itself or by columns."""
    asked = sql.SQL(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid IN ({} AND d.classid = 'pg_class'::regclass)"
    ).format(sql.SQL(_DEPENDING))
    return [(str(row[0]), str(row[1])) for row in connection.execute(asked, [name]).fetchall()]


def _schemas_of(connection: psycopg.Connection, name: str) -> list[tuple[str]]:
    asked = sql.SQL(
        "SELECT n.nspname FROM pg_namespace n WHERE n.oid IN ({} AND d.classid = 'pg_namespace'::regclass)"
    ).format(sql.SQL(_DEPENDING))
    return [(str(row[0]),) for row in connection.execute(asked, [name]).fetchall()]
