"""Brings a database to the form of this release, all steps in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from platform_api.db.engine import Database, create_engine
from platform_api.db.errors import SchemaOutdated, StoreUnavailable

_LOCK = 0x51_1C_E6_A7
"""The advisory lock under which PostgreSQL is migrated, so that replicas that start together do it once."""
_STEP_LIMIT = "120s"
"""What a step may take; one that needs longer blocks the running version and has to be made smaller."""


def upgrade(url: str, revision: str = "head") -> None:
    """Brings the database at `url` up to `revision`; does nothing when it is there already."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Takes the database at `url` back to `revision`; `base` leaves no table."""
    _run(url, lambda config: command.downgrade(config, revision))


def current(url: str) -> str | None:
    """The revision that the database at `url` is at; None when it has none."""
    with _database(url) as database, database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision that this release needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaOutdated(found=None, wanted="a migration")
    return head


def check_current(url: str) -> None:
    """Raises `SchemaOutdated` unless the database at `url` has the form that this release needs."""
    found, wanted = current(url), newest()
    if found != wanted:
        raise SchemaOutdated(found=found, wanted=wanted)


def _run(url: str, step: Callable[[Config], None]) -> None:
    with _database(url) as database, database.write() as connection:  # the schema is not the trail's subject
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SET LOCAL statement_timeout = '{_STEP_LIMIT}'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        step(_config(connection))


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(create_engine(url, pool_size=1))
    try:
        yield database
    except sa.exc.DatabaseError as error:
        raise StoreUnavailable(why=type(error.orig).__name__) from error
    finally:
        database.close()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    folder = resources.files("migrations")
    if not isinstance(folder, Path):
        raise TypeError("the migrations have to lie in a folder: install the wheel unzipped")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s")
    config.attributes["connection"] = connection
    return config
