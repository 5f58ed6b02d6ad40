"""How the platform itself gets into a source database: by an IAM token or a secret, never by a password in settings."""

from __future__ import annotations

import json
from typing import Protocol

import psycopg
from psycopg.conninfo import make_conninfo

from jit_engine.aws.calls import Calls
from jit_engine.domain.databases import DatabaseSource, RdsDatabase, RedshiftDatabase
from jit_engine.enforcers.database_users import DatabaseUnavailable, DatabaseUsers, ServedDatabase
from platform_api.enforcer_settings import DatabaseSettings
from platform_api.source_databases.postgres import Connect, PostgresUsers
from platform_api.source_databases.redshift import RedshiftUsers


class Logins(Calls, Protocol):
    """AWS, and tokens for its databases."""

    def database_token(self, host: str, port: int, user: str) -> str:
        """A token that lets `user` log in at RDS within the next 15 minutes; made here, AWS is not asked."""
        ...


def served(one: DatabaseSettings, calls: Logins) -> ServedDatabase:
    """What makes users in this database, and where people reach it."""
    database = one.database
    return ServedDatabase(users=_users(one, database, calls), host=one.host, port=one.port, name=database.database)


def _users(one: DatabaseSettings, database: DatabaseSource, calls: Logins) -> DatabaseUsers:
    match database:
        case RdsDatabase():
            return PostgresUsers(database=one.source, connect=_connect(one, database.database, calls))
        case RedshiftDatabase(cluster=cluster):
            where = {"ClusterIdentifier": cluster, "Database": database.database}
            where |= {"SecretArn": one.secret_arn} if one.secret_arn else {"DbUser": one.admin}
        case _:
            arn = f"arn:aws:redshift-serverless:{database.region}:{database.account}:workgroup/{database.workgroup}"
            where = {"WorkgroupName": arn, "Database": database.database}
            where |= {"SecretArn": one.secret_arn} if one.secret_arn else {}
    return RedshiftUsers(database=one.source, where=where, calls=calls)


def _connect(one: DatabaseSettings, name: str, calls: Logins) -> Connect:
    """A connection with a login had anew each time, over TLS that is checked; a folder is this machine's own."""
    tls = {} if one.host.startswith("/") else {"sslmode": "verify-full", "sslrootcert": one.ca_file or "system"}

    place = make_conninfo(host=one.host, port=one.port, dbname=name, application_name="sluicegate", **tls)

    def connect() -> psycopg.Connection:
        user, password = _login(one, calls)
        return psycopg.connect(place, user=user, password=password, connect_timeout=5)

    return connect


def _login(one: DatabaseSettings, calls: Logins) -> tuple[str, str]:
    if one.secret_arn is None:
        return one.admin, calls.database_token(one.host, one.port, one.admin)
    text = calls("secretsmanager", "get_secret_value", {"SecretId": one.secret_arn})["SecretString"]
    try:
        secret = json.loads(text)
        return str(secret["username"]), str(secret["password"])
    except (ValueError, KeyError, TypeError):
        why = f"the secret {one.secret_arn} does not hold username and password as RDS writes them"
        raise DatabaseUnavailable(database=one.source, why=why) from None
