"""Databases and lists of hosts in the settings: of the platform's own place, each once, and never with a password."""

from __future__ import annotations

import json

import pytest

from platform_api.settings import check, load
from tests.unit.settings.test_settings import EMBEDDED, REAL

PLACE = "111122223333/eu-west-1"
SOURCE = f"rds://{PLACE}/db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/lending"
LENDING = {"source": SOURCE, "host": "db", "port": 5432}
LIST = {
    "environment": "en_01JABCDEFGHJKMNPQRSTVWXYZ2",
    "rule_group_arn": "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/research",
}
ENFORCER = {"SLUICEGATE_AWS__ENFORCER_ROLE_ARN": "arn:aws:iam::111122223333:role/enforcer"}


def problems(databases: list[object], egress: list[object] | None = None, **changes: str) -> str:
    given = {"SLUICEGATE_DATABASES": json.dumps(databases), "SLUICEGATE_EGRESS": json.dumps(egress or [])}
    return "; ".join(check({**REAL, **ENFORCER, **given, **changes}))


def test_databases_and_lists_are_named_with_the_role_that_reaches_them() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:lending/db-a1b2c3"
    marts = {"source": f"redshift://{PLACE}/lending/marts", "host": "rs", "port": 5439, "secret_arn": secret}
    assert problems([LENDING, marts], [LIST]) == ""
    named = {"SLUICEGATE_DATABASES": json.dumps([LENDING])}
    (one,) = load({**REAL, **ENFORCER, **named}).databases
    assert (one.admin, one.secret_arn) == ("sluicegate", None)
    assert "no enforcer_role_arn to reach it" in "; ".join(check({**REAL, **named}))
    lists = {"SLUICEGATE_EGRESS": json.dumps([LIST])}
    assert "egress needs aws.enforcer_role_arn" in "; ".join(check({**REAL, **lists}))


def test_a_database_may_lie_in_another_account_that_has_an_enforcer() -> None:
    there = {**LENDING, "source": SOURCE.replace("111122223333", "999988887777")}
    role = "arn:aws:iam::999988887777:role/enforcer"
    account = {"account_id": "999988887777", "region": "eu-west-1", "external_id": "of-the-other-account-only"}
    with_one = json.dumps([{**account, "enforcer_role_arn": role}])
    assert problems([LENDING, there], SLUICEGATE_ACCOUNTS=with_one) == ""
    assert "no enforcer_role_arn to reach it" in problems([LENDING, there], SLUICEGATE_ACCOUNTS=json.dumps([account]))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"source": SOURCE.rpartition("/")[0]}, "one database and no table"),
        ({"source": f"{LENDING['source']}/public/loans"}, "one database and no table"),
        ({"source": "s3://lake/loans/"}, "source"),
        ({"source": f"{LENDING['source']}/"}, "source"),
        ({"source": SOURCE.replace("eu-west-1", "us-east-1")}, "no enforcer_role_arn"),
        ({"source": SOURCE.replace("111122223333", "999988887777")}, "no enforcer_role_arn"),
        ({"host": "/tmp"}, "has to be a name"),
        ({"host": "db dbname=other"}, "has to be a name"),
        ({"port": 0}, "port"),
        ({"password": "hunter2"}, "password"),
        ({"admin": "a; DROP"}, "admin"),
    ],
)
def test_what_could_reach_something_else_is_a_problem(change: dict[str, object], problem: str) -> None:
    found = problems([{**LENDING, **change}])
    assert problem in found
    assert "hunter2" not in found


def test_nothing_is_named_twice_and_no_list_serves_two_environments() -> None:
    other = {**LIST, "environment": "en_01JABCDEFGHJKMNPQRSTVWXYZ3"}
    found = problems([LENDING, LENDING], [LIST, LIST, other])
    assert "databases names rds://" in found
    assert "egress names environment en_01JABCDEFGHJKMNPQRSTVWXYZ2 twice" in found
    assert "egress names rule group arn:aws:network-firewall" in found


def test_a_folder_is_a_host_on_the_embedded_platform_alone() -> None:
    source = SOURCE.replace(PLACE, "000000000000/us-east-1")
    named = {
        "SLUICEGATE_DATABASES": json.dumps([{**LENDING, "source": source, "host": "/tmp"}]),
        "SLUICEGATE_AWS__ENFORCER_ROLE_ARN": "arn:aws:iam::000000000000:role/enforcer",
    }
    assert check({**EMBEDDED, **named}) == []
