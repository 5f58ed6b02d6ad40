"""A migrated database for a test: SQLite in a file, or PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_api.db.engine import Database, create_engine
from platform_api.db.migrate import newest, upgrade
from tests.support.postgres import PostgresServer
from tests.support.run import locked, run_dir

REAL = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on both databases; one that asks for `kind` (a port's suite) on the fake as well."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", ("fake", *REAL))
    elif "database_kind" in metafunc.fixturenames and not _chosen(metafunc):
        metafunc.parametrize("database_kind", REAL)


def _chosen(metafunc: pytest.Metafunc) -> bool:
    """Whether the test says for itself which database it runs on."""
    return any("database_kind" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database: the one that the port's suite is at. Asked for late, so that other tests have no `kind`."""
    kind: str = request.getfixturevalue("kind")
    return kind


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """A migrated PostgreSQL database to copy."""
    with locked(run_dir() / "postgres-template.lock"):
        return postgres_server.template(f"migrated_{newest()}", upgrade)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database of each kind."""
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database of each kind."""
    database = Database(create_engine(database_url, pool_size=8))
    yield database
    database.close()
