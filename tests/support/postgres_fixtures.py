"""Fixtures: one PostgreSQL server a test run, a fresh database a test."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import PostgresMissing, PostgresServer, shared_server
from tests.support.run import locked, run_dir, unavailable


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """The PostgreSQL server of this test run. Skips where none can be had, fails if REQUIRE_POSTGRES=1."""
    with locked(run_dir() / "postgres.lock"):
        try:
            return shared_server(run_dir())
        except PostgresMissing as reason:
            unavailable("PostgreSQL", str(reason), required_by="REQUIRE_POSTGRES")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty database, dropped after the test."""
    with postgres_server.database() as url:
        yield url
