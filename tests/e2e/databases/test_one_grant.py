"""One grant over files of the lake and a table of a real PostgreSQL: both as decided, and both dead once revoked."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from typing import cast as typed

import psycopg
import pytest
import yaml
from botocore.exceptions import ClientError
from psycopg import errors

from jit_engine.aws.calls import Calls
from jit_engine.domain.artefact import Mechanism
from jit_engine.domain.catalogue import ServiceItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Event
from jit_engine.domain.services import ServiceSource
from jit_engine.enforcers.database_users import DatabaseUserEnforcer
from jit_engine.enforcers.ports import Enforcer
from jit_engine.sources.kinds import source_of_uri
from platform_api.embedded.organisation import filled, load_organisation, sample_text
from platform_api.enforcer_settings import DatabaseSettings
from platform_api.source_databases.connecting import served
from tests.support.lending_database import LendingDatabase, lending_database, lending_server
from tests.support.lent import clients, delivered
from tests.support.platform import FACTS, Cast, Story, in_force, made, until
from tests.support.postgres import PostgresServer

SERVER = "rds://000000000000/us-east-1/db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:lending/db-a1b2c3"


class Logins:
    """The one secret that the platform logs in with; the server of the tests asks for no password."""

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        """Its value."""
        assert (service, operation, parameters) == ("secretsmanager", "get_secret_value", {"SecretId": SECRET})
        return {"SecretString": json.dumps({"username": "postgres", "password": "not-looked-at"})}

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        """Not asked for."""
        raise NotImplementedError

    def database_token(self, host: str, port: int, user: str) -> str:
        """Not asked for."""
        raise NotImplementedError


@pytest.fixture(scope="module")
def lending(postgres_server: PostgresServer) -> Iterator[LendingDatabase]:
    """The database, on a server of its own."""
    with lending_server(postgres_server) as host, lending_database(host) as made_:
        yield made_


@pytest.fixture(scope="module")
def table(cast: Cast, story: Story, lending: LendingDatabase) -> str:
    """Three columns of the table, catalogued and under a contract that the story's activity has accepted."""
    database = f"{SERVER}/{lending.name}"
    uri = f"{database}/lending/loans/columns/Upb,loan_id,state"
    source = source_of_uri(uri, account="")
    assert isinstance(source, ServiceSource)
    item = ServiceItem(
        source=source,
        title="Loans in the bank's own database",
        product="loan-applications",
        owner_team="lending-data-owners",
        domain="lending",
        classification=Classification.INTERNAL,
        classes=frozenset(),
    )
    platform, now = cast.platform.platform, cast.platform.now()
    event = Event(action="catalogue", actor="system:test", at=now, about={}, details={})
    platform.registry.put_catalogue([*load_organisation().catalogue_items(), item], event)
    document = yaml.safe_load(filled(sample_text("services.odcs.yaml"), now))
    document |= {"id": str(uuid.uuid4()), "name": "Loans in a database"}
    named = [{"property": "source", "value": f"{database}/lending/loans", "vendor": "sluicegate"}]
    document["servers"] = [
        {"id": "db", "server": "db", "type": "postgres", "environment": "prod", "host": "db.example", "port": 5432,
         "database": lending.name, "schema": "lending", "customProperties": named}
    ]  # fmt: skip
    (usage,) = [one["value"] for one in document["customProperties"] if one["property"] == "usageContract"]
    usage["egress"]["allow"] = []
    usage["stages"]["operation"] |= {"operations": ["describe", "select"], "write": "none"}
    in_force(cast, yaml.safe_dump(document), story.activity)
    settings = DatabaseSettings(source=database, host=lending.host, port=5432, secret_arn=SECRET)
    enforcers = typed("dict[Mechanism, Enforcer]", platform.enforce.enforcers)
    enforcers[Mechanism.DATABASE_USER] = DatabaseUserEnforcer(served={database: served(settings, Logins())})
    return f"{database}/lending/loans/columns/Upb,loan_id"


def test_both_are_used_as_decided_and_both_are_dead_once_it_is_revoked(
    cast: Cast, story: Story, lending: LendingDatabase, table: str
) -> None:
    asked = {"kind": "rds-database", "uri": table, "operations": ["select"]}
    grant = made(cast.dana.post("/v1/access-requests", story.asking(sources=[FACTS, asked])))["grant"]
    keys = delivered(cast, grant["id"])
    (connection,) = keys["connections"]
    assert connection["source"] == table.partition("/lending/loans")[0]
    assert (connection["host"], connection["database"]) == (lending.host, lending.name)
    assert "password" not in json.dumps(keys)

    session = lending.connect(connection["user"])
    assert session.execute('SELECT loan_id, "Upb" FROM lending.loans').fetchall() == [(1, 100)]
    for beside in ("SELECT state FROM lending.loans", "SELECT ssn FROM lending.loans", "SELECT * FROM lending.people"):
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute(beside)

    s3 = clients(keys)("s3")
    listed = s3.list_objects_v2(Bucket="acme-prod-lake", Prefix="loans/facts/")
    assert listed["KeyCount"] > 0

    made(cast.dana.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "done"}))
    denied = until(cast.dana, f"/v1/grants/{grant['id']}", "denied")
    (artefact,) = denied["artefacts"]
    assert (artefact["mechanism"], artefact["state"], denied["connections"]) == ("database-user", "gone", [])
    with pytest.raises(psycopg.OperationalError):
        session.execute('SELECT loan_id, "Upb" FROM lending.loans')
    with pytest.raises(psycopg.OperationalError):
        lending.connect(connection["user"])
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket="acme-prod-lake", Prefix="loans/facts/")
    assert lending.users() == []


def test_a_column_that_nobody_catalogued_is_refused(cast: Cast, story: Story, table: str) -> None:
    asked = {"kind": "rds-database", "uri": table.replace("loan_id", "ssn"), "operations": ["select"]}
    problem = cast.dana.post("/v1/access-requests", story.asking(sources=[asked])).json()
    assert (problem["status"], problem["code"]) == (422, "invalid-value")


def test_a_database_that_gives_everybody_more_gives_nobody_anything(
    cast: Cast, story: Story, lending: LendingDatabase, table: str
) -> None:
    lending.run("GRANT SELECT ON lending.people TO PUBLIC")
    try:
        asked = {"kind": "rds-database", "uri": table, "operations": ["select"]}
        problem = cast.dana.post("/v1/access-requests", story.asking(sources=[asked])).json()
        assert (problem["status"], problem["code"]) == (409, "database-not-exact")
        assert "REVOKE SELECT ON lending.people FROM PUBLIC" in problem["detail"]
        assert lending.users() == []
    finally:
        lending.run("REVOKE SELECT ON lending.people FROM PUBLIC")
    deadline = time.monotonic() + 60
    while cast.dana.get("/v1/grants", state="abandoned").json()["items"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
