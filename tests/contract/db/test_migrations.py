"""The migrations: up, down, up again, and nothing that the tables have and the migrations have not."""

import re
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from platform_api.db import migrate
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database, create_engine
from platform_api.db.errors import SchemaOutdated, StoreError
from platform_api.db.ledger import SqlLedger
from platform_api.db.tables import metadata
from tests.contract.db.samples import event


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> str:
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return found - {"alembic_version"}


def test_up_down_and_up_again(empty_url: str) -> None:
    assert migrate.current(empty_url) is None
    migrate.upgrade(empty_url)
    migrate.check_current(empty_url)
    assert tables(empty_url) == set(metadata.tables)
    migrate.downgrade(empty_url, "base")
    assert tables(empty_url) == set()
    migrate.upgrade(empty_url)
    assert tables(empty_url) == set(metadata.tables)


def test_a_migrated_database_is_what_the_tables_say(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_keeps_what_is_there(database_url: str, database: Database) -> None:
    SqlLedger(database).note(event())
    migrate.upgrade(database_url)
    assert AuditTrail(database).head().size == 1


def test_a_database_of_another_form_is_told_what_to_run(empty_url: str) -> None:
    with pytest.raises(SchemaOutdated, match="sluice operate migrate"):
        migrate.check_current(empty_url)
    migrate.upgrade(empty_url)
    migrate.check_current(empty_url)


def test_replicas_that_start_together_migrate_once(empty_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            migrate.upgrade(empty_url)
        except (StoreError, sa.exc.SQLAlchemyError) as failure:
            failures.append(failure)

    threads = [Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    migrate.check_current(empty_url)


def test_every_constraint_has_a_name_that_a_migration_can_say() -> None:
    nameless = [
        (table.name, constraint)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if not isinstance(constraint.name, str)
    ]
    assert metadata.tables
    assert nameless == []


def test_migrations_are_named_by_what_they_do() -> None:
    folder = Path(migrate.__file__).parents[2] / "migrations" / "versions"
    names = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    assert names
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
