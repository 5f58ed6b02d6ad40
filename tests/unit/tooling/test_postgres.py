"""The PostgreSQL that the store tests run on really runs, from either source of its programs."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import PostgresServer, machine_binaries, packaged_binaries, start
from tests.support.run import locked, run_dir, unavailable

pytestmark = pytest.mark.postgres


def _dsn(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _tables(url: str) -> int:
    with psycopg.connect(_dsn(url)) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def _create_table(url: str) -> None:
    with psycopg.connect(_dsn(url)) as connection:
        connection.execute("CREATE TABLE kept (id int)")


def test_every_test_gets_an_empty_database(postgres_server: PostgresServer, postgres_url: str) -> None:
    _create_table(postgres_url)
    with postgres_server.database() as another:
        assert (_tables(postgres_url), _tables(another)) == (1, 0)


def test_a_database_can_be_the_copy_of_one_prepared_once(postgres_server: PostgresServer) -> None:
    with locked(run_dir() / "template.lock"):
        name = postgres_server.template("prepared_for_a_test", _create_table)
        again = postgres_server.template("prepared_for_a_test", _create_table)
    assert name == again
    with postgres_server.database(template=name) as first, postgres_server.database(template=name) as second:
        _create_other = "CREATE TABLE other (id int)"
        with psycopg.connect(_dsn(first)) as connection:
            connection.execute(_create_other)
        assert (_tables(first), _tables(second)) == (2, 1)


def test_a_database_is_dropped_although_somebody_is_still_connected(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        connection = psycopg.connect(_dsn(url))
    with connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(_dsn(url))


@pytest.mark.slow
@pytest.mark.parametrize("binaries", [machine_binaries, packaged_binaries], ids=["machine", "packaged"])
def test_a_server_starts_from_either_source_and_leaves_nothing(binaries: Callable[[], Path | None]) -> None:
    bindir = binaries()
    if bindir is None:
        unavailable("this PostgreSQL", "not installed", required_by="REQUIRE_EVERY_POSTGRES")
    server = start(bindir)
    with server.database() as url:
        assert _tables(url) == 0
    server.stop()
    assert not server.root.exists()
