"""The database itself: how connections are set, what transactions see, what its errors become."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest
import sqlalchemy as sa

from jit_engine.errors import InvalidValue
from jit_engine.ports import LostRace
from platform_api.db import engine as engine_module
from platform_api.db.engine import Database, create_engine
from platform_api.db.errors import StoreUnavailable
from platform_api.db.tables.catalogue import PurposeRow
from platform_api.db.tables.contracts import AcceptanceRow

_COUNT = sa.select(sa.func.count()).select_from(PurposeRow)


def put(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(sa.insert(PurposeRow), {"name": name, "parent": None})


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(_COUNT).scalar_one()


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(sa.insert(PurposeRow), {"name": "a", "parent": None})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count(database) == 0


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute(_COUNT).scalar_one()
        put(database, "meanwhile")
        assert connection.execute(_COUNT).scalar_one() == before
    assert count(database) == before + 1


def test_a_taken_key_is_a_lost_race(database: Database) -> None:
    put(database, "a")
    with pytest.raises(LostRace):
        put(database, "a")


def test_a_broken_reference_is_a_defect_and_no_race(database: Database) -> None:
    orphan = {
        "activity": "ac_none",
        "contract": "none",
        "contract_version": "1",
        "accepted_by": "pe_1",
        "accepted_at": datetime.now(UTC),
        "document_sha256": "",
    }

    def write() -> None:
        with database.write() as connection:
            connection.execute(sa.insert(AcceptanceRow), orphan)

    with pytest.raises(sa.exc.IntegrityError):
        write()


@pytest.mark.parametrize("name", ["lone \ud800 surrogate"])
def test_text_that_no_database_can_hold_is_refused(database: Database, name: str) -> None:
    with pytest.raises(InvalidValue):
        put(database, name)


def test_the_database_tells_the_time(database: Database) -> None:
    now = database.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_writer_that_waits_too_long_is_told_to_come_back(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "LOCK_WAIT_SECONDS", 0.05)
    held, done = Signal(), Signal()

    def hold() -> None:
        with database.write():
            held.set()
            done.wait(10)

    holder = Thread(target=hold)
    holder.start()
    held.wait(10)
    with pytest.raises(StoreUnavailable):
        put(database, "late")
    done.set()
    holder.join()
    put(database, "now")


def test_sqlite_is_set_to_survive_a_power_cut_and_to_keep_references(tmp_path: Path) -> None:
    database = Database(create_engine(f"sqlite:///{tmp_path / 'x.db'}"))
    with database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_sqlite_that_another_process_has_locked_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "LOCK_WAIT_SECONDS", 0)
    database = Database(create_engine(f"sqlite:///{tmp_path / 'x.db'}"))
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(engine_module, "LOCK_WAIT_SECONDS", 0.01)
    with pytest.raises(StoreUnavailable):
        put(database, "late")
    other.close()
    database.close()


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    database = Database(create_engine(f"sqlite:///{tmp_path / 'missing' / 'x.db'}"))
    with pytest.raises(StoreUnavailable):
        count(database)


@pytest.mark.postgres
def test_postgresql_that_does_not_answer_is_unavailable(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(database="none").render_as_string(hide_password=False)
    database = Database(create_engine(url))
    with pytest.raises(StoreUnavailable):
        count(database)
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("set_to", "found"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
def test_a_commit_on_postgresql_is_a_commit_however_the_server_is_set(
    postgres_url: str, set_to: str, found: str
) -> None:
    """With `off`, a server that crashes forgets commits that callers were told of: make chaos lost a revocation so."""
    database = Database(create_engine(postgres_url))
    try:
        with database.write() as connection:
            connection.exec_driver_sql(
                f"ALTER ROLE postgres IN DATABASE {connection.engine.url.database} SET synchronous_commit = {set_to}"
            )
        database.close()
        with database.read() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == found
    finally:
        database.close()


@pytest.mark.postgres
def test_postgresql_is_given_bounds_for_locks_and_statements(postgres_url: str) -> None:
    database = Database(create_engine(postgres_url))
    with database.read() as connection:
        found = {
            name: connection.execute(sa.text(f"SHOW {name}")).scalar_one()
            for name in ("lock_timeout", "statement_timeout", "transaction_read_only", "transaction_isolation")
        }
    database.close()
    assert found == {
        "lock_timeout": "5s",
        "statement_timeout": "30s",
        "transaction_read_only": "on",
        "transaction_isolation": "repeatable read",
    }


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(InvalidValue, match="sqlite"):
        create_engine("mysql://host/name")
