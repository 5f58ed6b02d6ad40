"""The database: connections to SQLite or PostgreSQL, transactions to read and to write, and its time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, Engine, make_url

from jit_engine.errors import InvalidValue
from jit_engine.ports import LostRace
from platform_api.db.errors import StoreUnavailable

if TYPE_CHECKING:
    import psycopg

LOCK_WAIT_SECONDS = 5
"""How long a write waits for another's lock before it gives up with `StoreUnavailable`."""
STATEMENT_SECONDS = 30
_UNIQUE = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"})
"""How SQLite's error names and PostgreSQL's SQLSTATE say that a unique value is taken."""
_RACES = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization failure and deadlock: nothing was written, and trying again may work."""

_CLOCK = sa.select(sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)))


def create_engine(url: str, pool_size: int = 20) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`; connects when it is first used, not here."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, pool_size)
        case "postgresql":
            return _postgresql(parsed, pool_size)
        case other:
            raise InvalidValue(
                field="database", given=other, fix="give sqlite:///file or postgresql+psycopg://host/name"
            )


class Database:
    """One database, shared by all threads of the process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._reader = (
            engine
            if self._is_sqlite
            else engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )
        self._clock = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database throughout and writes nothing."""
        with _translated(), self._reader.connect() as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block, or leaves nothing when the block raises.

        Stores use `audit.recorded`, which adds the audit record; who uses this one says why there is none.
        Raises `LostRace` when a unique value is taken, `StoreUnavailable` when the database does not answer.
        """
        with _translated(), self._in_turn(), self._engine.begin() as connection:
            if self._is_sqlite:  # the lock is taken at the start: a reader that turns writer cannot wait, only fail
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def now(self) -> datetime:
        """The database's time (aware, UTC), one for all replicas; SQLite runs on this process's clock."""
        if self._is_sqlite:
            return datetime.now(UTC)
        with _translated(), self._clock.connect() as connection:
            return connection.execute(_CLOCK).scalar_one().astimezone(UTC)

    def close(self) -> None:
        """Closes every pooled connection; a later use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Lets this process's threads write to SQLite in turn: its own busy wait sleeps, and starves some."""
        if not self._is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=LOCK_WAIT_SECONDS):
            raise StoreUnavailable(why="other writes took too long")
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what drivers raise into our own errors."""
    try:
        yield
    except exc.IntegrityError as error:
        if _code_of(error) in _UNIQUE:
            raise LostRace("a row of that name or id was written meanwhile") from error
        raise
    except (exc.DataError, OverflowError, UnicodeEncodeError) as error:
        raise InvalidValue(
            field="value",
            given=type(error).__name__,
            fix="leave out NUL characters, lone surrogates and numbers beyond 64 bits",
        ) from error
    except exc.TimeoutError as error:
        raise StoreUnavailable(why="every connection is in use") from error
    except (exc.OperationalError, exc.InterfaceError) as error:
        if _code_of(error) in _RACES:
            raise LostRace("two writes met in the database") from error
        raise StoreUnavailable(why=type(error.orig).__name__) from error


def _code_of(error: exc.DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return code if isinstance(code, str) else None


def _sqlite(url: URL, pool_size: int) -> Engine:
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        poolclass=sa.QueuePool,
        pool_timeout=LOCK_WAIT_SECONDS,
        # The driver must not begin transactions of its own: `Database` says which kind it wants, and not by a listener
        # of SQLAlchemy's, since a single one has every statement look for listeners.
        connect_args={"isolation_level": None, "timeout": LOCK_WAIT_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        f"busy_timeout = {LOCK_WAIT_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _postgresql(url: URL, pool_size: int) -> Engine:
    options = " ".join(
        (
            f"-c lock_timeout={LOCK_WAIT_SECONDS}s",
            f"-c statement_timeout={STATEMENT_SECONDS}s",
            f"-c idle_in_transaction_session_timeout={STATEMENT_SECONDS}s",
            "-c timezone=UTC",
        )
    )
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=LOCK_WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": LOCK_WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: psycopg.Connection, _record: object) -> None:
    """Has a commit be a commit: with `off` a crash of the server forgets what callers were told, a revocation too.

    Only `off` is changed: a server that waits for its standbys goes on doing so.
    """
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
