"""What is PostgreSQL's own: limits of a session, other databases of a server, strangers, an owner with few rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.database_users import (
    DatabaseNotExact,
    DatabaseUnavailable,
    DatabaseUser,
    NotOurUser,
    ReadableTable,
)
from platform_api.source_databases.postgres import PostgresUsers
from tests.support.lending_database import LendingDatabase, lending_database

WHERE = "rds://000000000000/us-east-1/db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/lending"
GRANT = GrantId("gr_01JABCDEFGHJKMNPQRSTVWXYZ6")
NAME = "sg_01jabcdefghjkmnpqrstvwxyz6_0badcafe"
LOANS = ReadableTable(schema="lending", table="loans", columns=("Upb", "loan_id"))
USER = DatabaseUser(name=NAME, grant=GRANT, tables=(LOANS,), ends_at=datetime(2030, 1, 1, tzinfo=UTC))

FEW_RIGHTS = """
    CREATE ROLE sluicegate LOGIN CREATEROLE;
    GRANT pg_signal_backend TO sluicegate;
    GRANT CONNECT ON DATABASE {database} TO sluicegate WITH GRANT OPTION;
    GRANT USAGE ON SCHEMA lending TO sluicegate WITH GRANT OPTION;
    GRANT SELECT ON ALL TABLES IN SCHEMA lending TO sluicegate WITH GRANT OPTION;
    CREATE ROLE rds_iam NOLOGIN;
    GRANT rds_iam TO sluicegate WITH ADMIN OPTION;
"""
"""The platform's own user, as the operator's page has it made, on a server that looks like RDS."""


def users_of(lending: LendingDatabase, where: str = WHERE) -> PostgresUsers:
    return PostgresUsers(database=where, connect=lending.owner)


@pytest.fixture
def other(source_server: str) -> Iterator[LendingDatabase]:
    """Another database of the same server."""
    with lending_database(source_server) as made:
        yield made


def test_a_session_begins_read_only_and_with_limits(lending: LendingDatabase) -> None:
    users_of(lending).put(USER)
    connection = lending.connect(NAME)
    assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
    assert connection.execute("SHOW statement_timeout").fetchone() == ("15min",)
    asked = "SELECT rolvaliduntil, rolconnlimit FROM pg_roles WHERE rolname = %s"
    assert connection.execute(asked, [NAME]).fetchone() == (USER.ends_at, 5)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("GRANT SELECT ON lending.rich TO PUBLIC", "lending.rich"),
        ("CREATE SEQUENCE lending.numbers; GRANT USAGE ON SEQUENCE lending.numbers TO PUBLIC", "lending.numbers"),
    ],
)
def test_what_everybody_has_of_views_and_sequences_is_seen(lending: LendingDatabase, before: str, told: str) -> None:
    lending.run(before)
    with pytest.raises(DatabaseNotExact, match=told):
        users_of(lending).put(USER)
    assert lending.users() == []


def test_a_database_beside_it_that_lets_everybody_in_is_refused(
    lending: LendingDatabase, other: LendingDatabase
) -> None:
    other.run(f"GRANT CONNECT ON DATABASE {other.name} TO PUBLIC")
    with pytest.raises(DatabaseNotExact, match=f"REVOKE CONNECT ON DATABASE {other.name} FROM PUBLIC"):
        users_of(lending).put(USER)


def test_one_whose_end_was_cut_short_is_ended_by_the_next_try(lending: LendingDatabase) -> None:
    users = users_of(lending)
    users.put(USER)
    lending.run(f"ALTER ROLE {NAME} NOLOGIN; REVOKE ALL ON lending.loans FROM {NAME}")
    users.end(NAME, GRANT)
    assert lending.users() == []


@pytest.mark.case("MINT-172")
def test_a_stranger_of_our_kind_of_name_is_left_alone(lending: LendingDatabase) -> None:
    users = users_of(lending)
    for mark in ("NULL", f"'Sluicegate grant {GRANT} in rds://elsewhere'"):
        lending.run(f"CREATE ROLE {NAME} LOGIN; COMMENT ON ROLE {NAME} IS {mark}")
        assert users.found() == []
        with pytest.raises(NotOurUser, match="left alone"):
            users.put(USER)
        with pytest.raises(NotOurUser, match="left alone"):
            users.end(NAME, GRANT)
        assert lending.users() == [NAME]
        lending.run(f"DROP ROLE {NAME}")


@pytest.mark.case("MINT-175")
def test_two_databases_of_one_server_are_kept_apart(lending: LendingDatabase, other: LendingDatabase) -> None:
    here, there = users_of(lending), users_of(other, WHERE.replace("/lending", "/other"))
    second = replace(USER, name=NAME.replace("0badcafe", "deadbeef"))
    here.put(USER)
    there.put(second)
    assert (here.found(), there.found()) == ([(NAME, GRANT)], [(second.name, GRANT)])
    for database, user in ((lending, second.name), (other, NAME)):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            database.connect(user)
    here.end(NAME, GRANT)
    assert other.connect(second.name).execute("SELECT loan_id FROM lending.loans").fetchall() == [(1,)]


def test_a_user_with_the_rights_of_the_operators_page_is_enough(lending: LendingDatabase) -> None:
    lending.run(FEW_RIGHTS.format(database=lending.name))

    def connect() -> psycopg.Connection:
        return psycopg.connect(host=lending.host, dbname=lending.name, user="sluicegate")

    users = PostgresUsers(database=WHERE, connect=connect)
    try:
        users.put(USER)
        session = lending.connect(NAME)
        assert session.execute('SELECT loan_id, "Upb" FROM lending.loans').fetchall() == [(1, 100)]
        assert session.execute("SELECT pg_has_role(current_user, 'rds_iam', 'member')").fetchone() == (True,)
        users.end(NAME, GRANT)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT loan_id FROM lending.loans")
        assert users.is_gone(NAME)
    finally:
        lending.run("DROP ROLE rds_iam; DROP OWNED BY sluicegate; DROP ROLE sluicegate")


def test_a_database_that_does_not_answer_is_told_apart() -> None:
    def connect() -> psycopg.Connection:
        return psycopg.connect(host="/nowhere", dbname="lending", user="postgres", connect_timeout=1)

    with pytest.raises(DatabaseUnavailable, match="try again"):
        PostgresUsers(database=WHERE, connect=connect).put(USER)
