"""Fixtures: a server for source databases a process, databases of lending data a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lending_database import LendingDatabase, lending_database, lending_server
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="package")
def source_server(postgres_server: PostgresServer) -> Iterator[str]:
    """The socket's folder of the server."""
    with lending_server(postgres_server) as host:
        yield host


@pytest.fixture
def lending(source_server: str) -> Iterator[LendingDatabase]:
    """A database."""
    with lending_database(source_server) as made:
        yield made
