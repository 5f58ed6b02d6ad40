"""A PostgreSQL server of its own with databases of lending data, prepared as the operator's page says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from tests.support.postgres import PostgresServer, start

PREPARED = """
    REVOKE ALL ON DATABASE {database} FROM PUBLIC;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    CREATE SCHEMA lending;
    CREATE TABLE lending.loans (loan_id int, state text, "Upb" int, ssn text);
    CREATE TABLE lending.people (id int, name text);
    CREATE VIEW lending.rich AS SELECT * FROM lending.loans;
    INSERT INTO lending.loans VALUES (1, 'TX', 100, '078-05-1120');
    INSERT INTO lending.people VALUES (1, 'Ada');
"""


@dataclass(slots=True)
class LendingDatabase:
    """A database with `lending.loans`, `lending.people` and a view of it all."""

    host: str
    name: str
    _open: list[psycopg.Connection] = field(default_factory=list)

    def connect(self, user: str = "postgres") -> psycopg.Connection:
        """A connection as this user, closed with the database."""
        connection = psycopg.connect(host=self.host, dbname=self.name, user=user, autocommit=True)
        self._open.append(connection)
        return connection

    def owner(self) -> psycopg.Connection:
        """A connection as its owner, for whoever makes users; it is theirs to close."""
        return psycopg.connect(host=self.host, dbname=self.name, user="postgres")

    def run(self, statement: str) -> None:
        """As its owner."""
        with self.owner() as connection:
            connection.execute(statement)

    def users(self) -> list[str]:
        """Every user whose name is one of a grant."""
        with self.owner() as connection:
            asked = "SELECT rolname FROM pg_roles WHERE rolname ~ '^(sg_|IAMR:)' ORDER BY 1"
            return [str(name) for (name,) in connection.execute(asked)]

    def close(self) -> None:
        """Ends the connections that were opened here."""
        for connection in self._open:
            connection.close()


@contextmanager
def lending_server(like: PostgresServer) -> Iterator[str]:
    """The socket's folder of a server that nobody else uses: users are known in all databases of a server."""
    server = start(like.bindir)
    try:
        with psycopg.connect(host=str(server.root), dbname="postgres", user="postgres", autocommit=True) as connection:
            connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
        yield str(server.root)
    finally:
        server.stop()


@contextmanager
def lending_database(host: str) -> Iterator[LendingDatabase]:
    """A fresh one; at its end it goes, with the users that were left."""
    made = LendingDatabase(host=host, name=f"lending_{uuid.uuid4().hex[:8]}")
    name = sql.Identifier(made.name)
    with psycopg.connect(host=host, dbname="postgres", user="postgres", autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        try:
            made.run(PREPARED.format(database=made.name))
            yield made
        finally:
            made.close()
            left = made.users()
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            for user in left:
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(user)))
