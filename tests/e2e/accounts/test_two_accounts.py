"""One request for data of two AWS accounts, on an embedded AWS that keeps the two apart."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT
from platform_api.embedded.platform_roles import BROKER_ROLE
from tests.support.histories import ASK, BUREAU, FILE, HISTORIES, PATIENCE, asked
from tests.support.lent import clients, delivered, refused
from tests.support.platform import FACTS, Cast, Story, made, until
from tests.support.standing import root_of


@pytest.fixture(scope="module")
def grant(cast: Cast, story: Story, histories: dict[str, Any]) -> dict[str, Any]:
    """One grant over both accounts, which no test ends."""
    return asked(cast, story)


@contextmanager
def open_to_everybody(cast: Cast, account: str, bucket: str) -> Iterator[None]:
    """The bucket's own policy lets the whole other account in, as a careless owner may write it."""
    s3 = root_of(cast, "s3", account)
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{other}:root" for other in (EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT)]},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    try:
        yield
    finally:
        s3.delete_bucket_policy(Bucket=bucket)


def test_one_decision_is_a_profile_an_account(cast: Cast, grant: dict[str, Any]) -> None:
    assert [(one["profile"], one["account"], one["region"]) for one in grant["principals"]] == [
        ("main", EMBEDDED_ACCOUNT, "us-east-1"),
        (EMBEDDED_DATA_ACCOUNT, EMBEDDED_DATA_ACCOUNT, "us-east-1"),
    ]
    assert len(cast.dana.get("/v1/decisions", grant=grant["id"]).json()["items"]) == 1
    problem = cast.dana.post(f"/v1/grants/{grant['id']}/credentials", {}).json()
    assert problem["code"] == "profile-needed"


def test_each_profile_reads_its_own_and_nothing_of_the_other(cast: Cast, grant: dict[str, Any]) -> None:
    keys = delivered(cast, grant["id"], EMBEDDED_DATA_ACCOUNT)
    home, away = clients(delivered(cast, grant["id"], "main")), clients(keys)
    assert away("sts").get_caller_identity()["Account"] == EMBEDDED_DATA_ACCOUNT == keys["account"]
    assert home("s3").get_object(Bucket="acme-prod-lake", Key=f"loans/facts/{FILE}")["ContentLength"] > 0
    assert away("s3").get_object(Bucket=BUREAU, Key=f"histories/{FILE}")["ContentLength"] > 0
    lake = ("acme-prod-lake", EMBEDDED_ACCOUNT)
    with open_to_everybody(cast, EMBEDDED_DATA_ACCOUNT, BUREAU), open_to_everybody(cast, lake[1], lake[0]):
        assert refused(home("s3").get_object, Bucket=BUREAU, Key=f"histories/{FILE}")
        assert refused(away("s3").get_object, Bucket="acme-prod-lake", Key=f"loans/facts/{FILE}")
        assert refused(away("s3").list_objects_v2, Bucket=BUREAU, Prefix="")
        assert refused(away("s3").put_object, Bucket=BUREAU, Key="histories/x", Body=b"x")
        assert refused(away("iam").list_roles)


def test_each_profile_writes_in_its_own_accounts_workspace_only(cast: Cast, grant: dict[str, Any]) -> None:
    names = [f"sg-ws-{grant['environment'].removeprefix('en_').lower()}"]
    names.append(f"{names[0]}-{EMBEDDED_DATA_ACCOUNT}")
    for profile, own, others in (("main", *names), (EMBEDDED_DATA_ACCOUNT, *names[::-1])):
        client = clients(delivered(cast, grant["id"], profile))
        assert client("s3").put_object(Bucket=own, Key="work/x", Body=b"x")
        assert refused(client("s3").put_object, Bucket=others, Key="work/x", Body=b"x")


def test_the_accounts_are_on_the_record_of_every_step(cast: Cast, grant: dict[str, Any]) -> None:
    for profile in ("main", EMBEDDED_DATA_ACCOUNT):
        delivered(cast, grant["id"], profile)
    records = cast.ines.get("/v1/audit", grant=grant["id"], limit=100).json()["items"]
    made_in = {r["details"]["account"] for r in records if r["action"] == "grant.role-created"}
    assert made_in == {EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT}
    given = [r["details"] for r in records if r["action"] == "credentials.delivered"]
    assert {one["region"] for one in given} == {"us-east-1"}


def test_the_environment_says_where_else_it_stands(cast: Cast, grant: dict[str, Any]) -> None:
    found = made(cast.dana.get(f"/v1/environments/{grant['environment']}"))
    (there,) = found["elsewhere"]
    assert (there["account"], there["region"], there["state"]) == (EMBEDDED_DATA_ACCOUNT, "us-east-1", "ready")


def test_a_bucket_is_asked_for_in_the_account_where_the_catalogue_has_it(
    cast: Cast, story: Story, histories: dict[str, Any], grant: dict[str, Any]
) -> None:
    unnamed = {name: value for name, value in HISTORIES.items() if name != "account"}
    (source,) = made(cast.dana.post(ASK, story.asking(sources=[unnamed], dry_run=True)))["sources"]
    assert (source["account"], source["passes"]) == (EMBEDDED_DATA_ACCOUNT, True)


@contextmanager
def broker_may_not(cast: Cast, account: str, action: str) -> Iterator[None]:
    """Somebody of that account takes a right from the platform's broker there."""
    iam = root_of(cast, "iam", account)
    deny = {"Effect": "Deny", "Action": action, "Resource": "*"}
    named = {"RoleName": BROKER_ROLE, "PolicyName": "taken-away"}
    iam.put_role_policy(**named, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    try:
        yield
    finally:
        iam.delete_role_policy(**named)


def test_a_failure_in_the_second_account_leaves_no_role_in_either(
    cast: Cast, story: Story, grant: dict[str, Any]
) -> None:
    before = cast.roles()
    assert {name for name in before if grant["id"] in name}
    with broker_may_not(cast, EMBEDDED_DATA_ACCOUNT, "iam:PutRolePolicy"):
        answer = cast.dana.post(ASK, story.asking(sources=[FACTS, HISTORIES]))
        assert answer.json()["code"] == "aws-refused", answer.text
    deadline = time.monotonic() + PATIENCE
    while not cast.roles() <= before:
        assert time.monotonic() < deadline, cast.roles() - before
        time.sleep(0.2)
    abandoned = cast.ines.get("/v1/audit", action="grant.abandoned", limit=1).json()["items"]
    assert abandoned[0]["about"]["grant"] != grant["id"]
    until(cast.dana, f"/v1/grants/{abandoned[0]['about']['grant']}", "closed")
