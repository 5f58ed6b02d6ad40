"""The Redshift Data API over a PostgreSQL: its calls, and Redshift's system views as far as they are asked.

It shows that what is sent is well-formed and does what is meant where Redshift does as PostgreSQL does. What is
Redshift's own (`IAMR:` users, `PASSWORD DISABLE`, what its views list) is only imitated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from jit_engine.aws.calls import Calls
from tests.support.lending_database import LendingDatabase

VIEWS = """
    CREATE SCHEMA IF NOT EXISTS redshift;
    CREATE OR REPLACE FUNCTION redshift.told(oid) RETURNS text LANGUAGE sql AS
        $$ SELECT CASE WHEN $1 = 0 THEN 'public' ELSE pg_get_userbyid($1)::text END $$;
    CREATE OR REPLACE FUNCTION redshift.kind(oid) RETURNS text LANGUAGE sql AS
        $$ SELECT CASE WHEN $1 = 0 THEN 'public' ELSE 'user' END $$;
    CREATE OR REPLACE VIEW redshift.svv_column_privileges AS
        SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name, a.attname::text AS column_name,
            x.privilege_type, redshift.told(x.grantee) AS identity_name, redshift.kind(x.grantee) AS identity_type
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
            aclexplode(a.attacl) x;
    CREATE OR REPLACE VIEW redshift.svv_relation_privileges AS
        SELECT n.nspname::text AS namespace_name, c.relname::text AS relation_name,
            x.privilege_type, redshift.told(x.grantee) AS identity_name, redshift.kind(x.grantee) AS identity_type
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x
        WHERE n.nspname <> 'redshift';
    CREATE OR REPLACE VIEW redshift.svv_schema_privileges AS
        SELECT n.nspname::text AS namespace_name,
            x.privilege_type, redshift.told(x.grantee) AS identity_name, redshift.kind(x.grantee) AS identity_type
        FROM pg_namespace n, aclexplode(n.nspacl) x;
    CREATE OR REPLACE VIEW redshift.svv_database_privileges AS
        SELECT d.datname::text AS database_name,
            replace(x.privilege_type, 'TEMPORARY', 'TEMP') AS privilege_type,
            redshift.told(x.grantee) AS identity_name, redshift.kind(x.grantee) AS identity_type
        FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x;
    CREATE OR REPLACE VIEW redshift.svv_columns AS SELECT * FROM information_schema.columns;
    CREATE OR REPLACE VIEW redshift.svv_tables AS SELECT * FROM information_schema.tables;
    CREATE OR REPLACE VIEW redshift.stv_sessions AS
        SELECT pid AS process, usename::text AS user_name FROM pg_stat_activity;
"""
_ONLY_REDSHIFT = re.compile(r" PASSWORD DISABLE| NOCREATEUSER| SESSION TIMEOUT [0-9]+")


@dataclass(slots=True)
class RedshiftData:
    """`jit_engine.aws.calls.Calls` for the Data API of one database."""

    database: LendingDatabase
    sent: list[str] = field(default_factory=list)
    _done: dict[str, dict[str, Any]] = field(default_factory=dict)
    _rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Redshift knows no right to connect to a database.
        self.database.run(f"GRANT CONNECT ON DATABASE {self.database.name} TO PUBLIC; {VIEWS}")

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """Runs it at once; the answer is fetched as from AWS."""
        assert service == "redshift-data"
        if operation == "describe_statement":
            return self._done[parameters["Id"]]
        if operation == "get_statement_result":
            return self._page(parameters["Id"], int(parameters.get("NextToken", 0)))
        assert {"ClusterIdentifier", "Database", "DbUser"} <= parameters.keys()
        number = str(len(self._done))
        try:
            with self.database.owner() as connection:
                connection.execute("SET search_path = redshift, public")
                if operation == "batch_execute_statement":
                    for text in parameters["Sqls"]:
                        self.sent.append(text)
                        connection.execute(_ONLY_REDSHIFT.sub("", text).encode())
                    self._rows[number] = []
                else:
                    self._rows[number] = self._selected(connection, parameters)
        except psycopg.Error as error:
            self._done[number] = {"Status": "FAILED", "Error": str(error)}
        else:
            self._done[number] = {"Status": "FINISHED", "HasResultSet": operation == "execute_statement"}
        return {"Id": number}

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """Not asked for."""
        raise NotImplementedError

    def _selected(self, connection: psycopg.Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        text = re.sub(r":([a-z]+)\b", r"%(\1)s", parameters["Sql"].replace("%", "%%"))
        named = {one["name"]: one["value"] for one in parameters.get("Parameters", ())}
        return connection.execute(text.encode(), named).fetchall()

    def _page(self, number: str, start: int) -> Mapping[str, Any]:
        """Two rows a page."""
        rows = self._rows[number]
        page = {"Records": [[_cell(value) for value in row] for row in rows[start : start + 2]]}
        return page if start + 2 >= len(rows) else {**page, "NextToken": str(start + 2)}


def _cell(value: object) -> dict[str, object]:
    if value is None:
        return {"isNull": True}
    return {"longValue": value} if isinstance(value, int) else {"stringValue": str(value)}
