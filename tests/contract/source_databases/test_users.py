"""What holds for the users of grants in every kind of database: the fake, PostgreSQL, and Redshift's calls over one.

That Redshift does as the PostgreSQL beneath its calls does is not shown here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors

from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.database_users import DatabaseNotExact, DatabaseUser, DatabaseUsers, ReadableTable
from platform_api.source_databases.postgres import PostgresUsers
from platform_api.source_databases.redshift import RedshiftUsers
from tests.fakes.database_users import MemoryUsers
from tests.fakes.redshift_data import RedshiftData
from tests.support.lending_database import LendingDatabase

GRANT = GrantId("gr_01JABCDEFGHJKMNPQRSTVWXYZ6")
LOANS = ReadableTable(schema="lending", table="loans", columns=("Upb", "loan_id"))
USER = DatabaseUser(name="", grant=GRANT, tables=(LOANS,), ends_at=datetime(2030, 1, 1, tzinfo=UTC))
WHERE = {"ClusterIdentifier": "lending", "Database": "marts", "DbUser": "sluicegate"}
NOT_GIVEN: tuple[LiteralString, ...] = (
    "SELECT * FROM lending.loans",
    "SELECT loan_id FROM lending.loans WHERE ssn IS NOT NULL",
    "SELECT loans FROM lending.loans",
    "SELECT * FROM lending.people",
    "SELECT * FROM lending.rich",
    "INSERT INTO lending.loans (loan_id) VALUES (2)",
    "UPDATE lending.loans SET loan_id = 2",
    "DELETE FROM lending.loans",
    "TRUNCATE lending.loans",
    "CREATE TABLE lending.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "SET ROLE postgres",
    "ALTER TABLE lending.loans ADD COLUMN mine int",
    "COPY lending.loans TO STDOUT",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
)


@dataclass(slots=True)
class Held:
    """Users in a database, and the one of them that the tests make."""

    users: DatabaseUsers
    user: DatabaseUser
    lending: LendingDatabase

    def of(self, table: str, *columns: str) -> DatabaseUser:
        return replace(self.user, tables=(ReadableTable(schema="lending", table=table, columns=columns),))


def _postgres(lending: LendingDatabase) -> Held:
    users = PostgresUsers(database="rds://here/lending", connect=lending.owner)
    return Held(users, replace(USER, name="sg_01jabcdefghjkmnpqrstvwxyz6_0badcafe"), lending)


def _redshift(lending: LendingDatabase) -> Held:
    calls = RedshiftData(lending)
    users = RedshiftUsers(database="redshift://here/marts", where=WHERE, calls=calls, sleep=lambda _: None)
    return Held(users, replace(USER, name=f"IAMR:sg-{GRANT}-1-1"), lending)


def _memory(lending: LendingDatabase) -> Held:
    return Held(MemoryUsers(), replace(USER, name="sg_01jabcdefghjkmnpqrstvwxyz6_0badcafe"), lending)


SPEAKING: dict[str, Callable[[LendingDatabase], Held]] = {"postgres": _postgres, "redshift": _redshift}


@pytest.fixture(params=SPEAKING)
def held(request: pytest.FixtureRequest, lending: LendingDatabase) -> Held:
    """Users in a real database."""
    return SPEAKING[request.param](lending)


@pytest.fixture(params=[*SPEAKING, "memory"])
def any_held(request: pytest.FixtureRequest, lending: LendingDatabase) -> Held:
    """Those of the fake, too."""
    return {**SPEAKING, "memory": _memory}[request.param](lending)


def test_a_user_is_made_found_ended_and_gone_however_often_it_is_said(any_held: Held) -> None:
    users, user = any_held.users, any_held.user
    assert (users.is_gone(user.name), users.found()) == (True, [])
    users.end(user.name, GRANT)
    for _ in range(2):
        users.put(user)
        assert (users.is_gone(user.name), users.found()) == (False, [(user.name, GRANT)])
    for _ in range(2):
        users.end(user.name, GRANT)
        assert (users.is_gone(user.name), users.found()) == (True, [])


def test_it_reads_the_columns_that_were_decided(held: Held) -> None:
    held.users.put(held.user)
    rows = held.lending.connect(held.user.name).execute('SELECT loan_id, "Upb" FROM lending.loans').fetchall()
    assert rows == [(1, 100)]


def test_it_can_do_nothing_else(held: Held) -> None:
    held.users.put(held.user)
    connection = held.lending.connect(held.user.name)
    connection.execute("SET default_transaction_read_only = off")
    assert [statement for statement in NOT_GIVEN if not denied(connection, statement)] == []


def denied(connection: psycopg.Connection, statement: LiteralString) -> bool:
    """Whether the database says that this user may not; nothing else it says counts."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return isinstance(error, errors.InsufficientPrivilege)
    return False


@pytest.mark.case("MINT-174")
def test_a_whole_table_is_its_columns_of_today(held: Held) -> None:
    held.users.put(held.of("people"))
    connection = held.lending.connect(held.user.name)
    assert connection.execute("SELECT * FROM lending.people").fetchall() == [(1, "Ada")]
    held.lending.run("ALTER TABLE lending.people ADD COLUMN diagnosis text")
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT diagnosis FROM lending.people")


@pytest.mark.case("MINT-171")
@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("GRANT SELECT ON lending.people TO PUBLIC", "lending.people"),
        ("GRANT SELECT (ssn) ON lending.loans TO PUBLIC", "lending.loans"),
        ("GRANT INSERT ON lending.loans TO PUBLIC", "INSERT ON"),
        ("GRANT UPDATE (state) ON lending.loans TO PUBLIC", "lending.loans"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        ("DO $$ BEGIN EXECUTE format('GRANT TEMP ON DATABASE %I TO PUBLIC', current_database()); END $$", "DATABASE"),
        (
            "CREATE FUNCTION lending.leak() RETURNS text LANGUAGE sql SECURITY DEFINER"
            " AS 'SELECT ssn FROM lending.loans'",
            "lending.leak",
        ),
    ],
)
def test_a_database_that_gives_everybody_more_is_refused_and_no_user_stays(held: Held, before: str, told: str) -> None:
    held.lending.run(before)
    with pytest.raises(DatabaseNotExact, match="have the database's owner repair it") as refused:
        held.users.put(held.user)
    assert told in str(refused.value)
    assert held.lending.users() == []


@pytest.mark.parametrize(
    ("table", "columns"), [("rich", ()), ("nothing", ()), ("loans", ("loan_id", "salary"))], ids=str
)
def test_what_cannot_be_given_exactly_is_refused(held: Held, table: str, columns: tuple[str, ...]) -> None:
    with pytest.raises(DatabaseNotExact, match=f"lending.{table}"):
        held.users.put(held.of(table, *columns))
    assert held.lending.users() == []


@pytest.mark.case("MINT-173")
def test_ending_it_ends_its_running_session_and_every_right(held: Held) -> None:
    held.users.put(held.user)
    session = held.lending.connect(held.user.name)
    assert session.execute("SELECT loan_id FROM lending.loans").fetchall() == [(1,)]
    held.users.end(held.user.name, GRANT)
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT loan_id FROM lending.loans")
    with pytest.raises(psycopg.OperationalError):
        held.lending.connect(held.user.name)
    assert held.users.is_gone(held.user.name)
    assert held.lending.users() == []


def test_rights_that_somebody_gave_it_since_go_with_it(held: Held) -> None:
    held.users.put(held.user)
    name = f'"{held.user.name}"'
    held.lending.run(f"GRANT SELECT ON lending.people TO {name}; GRANT USAGE ON SCHEMA public TO {name}")
    held.users.end(held.user.name, GRANT)
    assert held.lending.users() == []


@pytest.mark.case("MINT-170")
@pytest.mark.parametrize("name", ['loans" TO PUBLIC; --', "'; DROP TABLE lending.loans; --", "lo ans", "%s", "Loäns"])
def test_no_name_is_ever_read_as_sql(held: Held, name: str) -> None:
    for tables in (
        ReadableTable(schema="lending", table=name, columns=()),
        ReadableTable(schema="lending", table="loans", columns=(name,)),
        ReadableTable(schema=name, table="loans", columns=()),
    ):
        with pytest.raises(DatabaseNotExact):
            held.users.put(replace(held.user, tables=(tables,)))
    quoted = name.replace('"', '""')
    held.lending.run(f'CREATE TABLE lending."{quoted}" ("{quoted}" int)')
    held.users.put(held.of(name, name))
    rows = held.lending.connect(held.user.name).execute(f'SELECT "{quoted}" FROM lending."{quoted}"')  # noqa: S608
    assert rows.fetchall() == []
    held.users.end(held.user.name, GRANT)
    assert held.lending.users() == []
