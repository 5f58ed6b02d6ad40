"""One request for data of two AWS accounts, on an embedded AWS that keeps the two apart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT
from platform_api.embedded.organisation import filled, sample_text
from platform_api.embedded.platform_roles import BROKER_ROLE
from tests.support.platform import FACTS, Cast, Story, made, until

ASK = "/v1/access-requests"
BUREAU = "acme-bureau-lake"
HISTORIES = {
    "kind": "s3-prefix",
    "account": EMBEDDED_DATA_ACCOUNT,
    "bucket": BUREAU,
    "prefix": "histories/",
    "operations": ["describe", "select"],
}
FILE = "part-00000.parquet"
PATIENCE = 60.0


@pytest.fixture(scope="session")
def histories(cast: Cast, story: Story) -> dict[str, Any]:
    """The contract of what lies in the second account, in force and accepted by the story's activity."""
    text = filled(sample_text("histories.odcs.yaml"), cast.platform.now())
    contract = made(cast.pat.post("/v1/contracts", {"document_yaml": text}))
    path = f"/v1/contracts/{contract['id']}/versions/{contract['version']}"
    for person, role in ((cast.olga, "data-owner"), (cast.priya, "privacy-office")):
        if role in contract["needed"]:
            made(person.post(f"{path}/signatures", {"role": role}))
    made(cast.dana.post(f"{path}/acceptances", {"activity": story.activity}))
    return contract


def asked(cast: Cast, story: Story, **changed: Any) -> dict[str, Any]:
    """The grant of both; asked again while the second account's place is being made, as the answer says."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = cast.dana.post(ASK, story.asking(sources=[FACTS, HISTORIES], **changed))
        if answer.status_code != 503:
            grant: dict[str, Any] = made(answer)["grant"]
            return grant
        assert answer.json()["code"] == "account-not-ready", answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)


@pytest.fixture
def grant(cast: Cast, story: Story, histories: dict[str, Any]) -> dict[str, Any]:
    """One grant over both accounts."""
    return asked(cast, story)


Client = Callable[[str], Any]


def delivered(cast: Cast, grant: dict[str, Any], profile: str) -> tuple[dict[str, Any], Client]:
    """The credentials of one profile, and clients with them."""
    keys = made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials", {"profile": profile}))
    session = boto3.Session(keys["access_key_id"], keys["secret_access_key"], keys["session_token"], keys["region"])

    def client(service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=keys["endpoint_url"], config=config)

    return keys, client


def refused(call: Callable[..., Any], **given: Any) -> bool:
    """Whether AWS says that the caller may not."""
    try:
        call(**given)
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "InvalidClientTokenId")
    return False


@contextmanager
def open_to_everybody(cast: Cast, account: str, bucket: str) -> Iterator[None]:
    """The bucket's own policy lets the whole other account in, as a careless owner may write it."""
    s3 = root_session("us-east-1", account).client("s3", endpoint_url=cast.platform.aws_endpoint_url, config=CONFIG)
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
    _, home = delivered(cast, grant, "main")
    keys, away = delivered(cast, grant, EMBEDDED_DATA_ACCOUNT)
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
        _, client = delivered(cast, grant, profile)
        assert client("s3").put_object(Bucket=own, Key="work/x", Body=b"x")
        assert refused(client("s3").put_object, Bucket=others, Key="work/x", Body=b"x")


def test_the_accounts_are_on_the_record_of_every_step(cast: Cast, grant: dict[str, Any]) -> None:
    records = cast.ines.get("/v1/audit", grant=grant["id"], limit=100).json()["items"]
    made_in = {r["details"]["account"] for r in records if r["action"] == "grant.role-created"}
    assert made_in == {EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT}
    assert all(r["details"]["region"] == "us-east-1" for r in records if r["action"] == "credentials.delivered")


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


def test_revoking_by_either_account_closes_both(cast: Cast, story: Story, histories: dict[str, Any]) -> None:
    grant = asked(cast, story)
    _, away = delivered(cast, grant, EMBEDDED_DATA_ACCOUNT)
    _, home = delivered(cast, grant, "main")
    roles = [(one["role"]["name"], one["account"]) for one in grant["principals"]]
    made(cast.gus.post("/v1/revocations", {"account": EMBEDDED_DATA_ACCOUNT, "reason": "drill"}))
    until(cast.dana, f"/v1/grants/{grant['id']}", "denied")
    assert refused(away("s3").get_object, Bucket=BUREAU, Key=f"histories/{FILE}")
    assert refused(home("s3").get_object, Bucket="acme-prod-lake", Key=f"loans/facts/{FILE}")
    for role, account in roles:
        assert "Revoked" in json.dumps(cast.platform.operator_view_of_role(role, account).policy)


@contextmanager
def broker_may_not(cast: Cast, account: str, action: str) -> Iterator[None]:
    """Somebody of that account takes a right from the platform's broker there."""
    iam = root_session("us-east-1", account).client("iam", endpoint_url=cast.platform.aws_endpoint_url, config=CONFIG)
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
