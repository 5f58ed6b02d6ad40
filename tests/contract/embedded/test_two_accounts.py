"""The embedded AWS keeps its two accounts apart, as AWS does: both sides have to say yes, and an owner is an owner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from platform_api.embedded.aws_clients import CONFIG, isolated_session, root_session
from platform_api.embedded.loopback import EMBEDDED_ACCOUNT, EMBEDDED_DATA_ACCOUNT
from platform_api.embedded.platform_roles import BROKER_ROLE, PLATFORM_PATH, PROVISIONER_ROLE, PURGER_ROLE, role_arn
from tests.support.lent import code_of

pytestmark = pytest.mark.aws
Trust = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """The world, with the root of its second account."""

    world: Any

    def root(self, service: str) -> Any:
        """A client of the second account's root."""
        session = root_session(self.world.account.region, EMBEDDED_DATA_ACCOUNT)
        return session.client(service, endpoint_url=self.world.aws.endpoint_url, config=CONFIG)

    def become(self, arn: str, **given: str) -> Any:
        """The platform's user as that role."""
        return self.world.user("sts").assume_role(RoleArn=arn, RoleSessionName="contract-test", **given)

    def as_role(self, name: str, service: str, **given: str) -> Any:
        """A client of a role of the second account."""
        lent = self.become(f"arn:aws:iam::{EMBEDDED_DATA_ACCOUNT}:role{PLATFORM_PATH}{name}", **given)["Credentials"]
        session = isolated_session(
            region=self.world.account.region,
            access_key_id=lent["AccessKeyId"],
            secret_access_key=lent["SecretAccessKey"],
            session_token=lent["SessionToken"],
        )
        return session.client(service, endpoint_url=self.world.aws.endpoint_url, config=CONFIG)


@pytest.fixture
def two(world: Any) -> Two:
    """Both accounts."""
    return Two(world=world)


@pytest.mark.parametrize("name", [BROKER_ROLE, PROVISIONER_ROLE, PURGER_ROLE])
@pytest.mark.case("MINT-162")
def test_the_platforms_roles_of_an_account_open_to_that_accounts_external_id_alone(two: Two, name: str) -> None:
    account, arn = two.world.account, role_arn(EMBEDDED_DATA_ACCOUNT, name)
    assert account.external_id != account.data_external_id
    assert code_of(lambda: two.become(arn, ExternalId=account.data_external_id)) == "allowed"
    assert code_of(lambda: two.become(arn, ExternalId=account.external_id)) == "AccessDenied"
    assert code_of(lambda: two.become(arn)) == "AccessDenied"


def test_a_role_elsewhere_that_trusts_the_platform_is_not_thereby_the_platforms_to_become(two: Two) -> None:
    user = f"arn:aws:iam::{EMBEDDED_ACCOUNT}:user{PLATFORM_PATH}sluicegate-platform"
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = two.root("iam")
    for path, name in ((PLATFORM_PATH, "lookalike"), ("/elsewhere/", BROKER_ROLE[:-1])):
        iam.create_role(Path=path, RoleName=name, AssumeRolePolicyDocument=trust)
        arn = f"arn:aws:iam::{EMBEDDED_DATA_ACCOUNT}:role{path}{name}"
        assert code_of(lambda arn=arn: two.become(arn)) == "AccessDenied"  # type: ignore[misc]
        iam.delete_role(RoleName=name)


def test_the_broker_of_one_account_sees_and_touches_no_role_of_the_other(two: Two) -> None:
    iam = two.as_role(BROKER_ROLE, "iam", ExternalId=two.world.account.data_external_id)
    names = {role["Arn"].split(":")[4] for role in iam.list_roles()["Roles"]}
    assert names == {EMBEDDED_DATA_ACCOUNT}
    boundary = f"arn:aws:iam::{EMBEDDED_ACCOUNT}:policy/sluicegate/boundary/any"
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    asked = {"Path": "/jit/", "RoleName": "sg-x", "AssumeRolePolicyDocument": trust, "PermissionsBoundary": boundary}
    assert code_of(lambda: iam.create_role(**asked)) == "AccessDenied"


@pytest.fixture
def lent(two: Two) -> Iterator[Callable[[dict[str, Any] | None], Any]]:
    """An S3 client of a role of the second account that may do everything, under a condition."""
    account, iam = two.world.account, two.root("iam")
    named = {"RoleName": PURGER_ROLE, "PolicyName": "for-a-test"}
    own = iam.get_role_policy(RoleName=PURGER_ROLE, PolicyName="least-privilege")["PolicyDocument"]
    iam.delete_role_policy(RoleName=PURGER_ROLE, PolicyName="least-privilege")

    def client(condition: dict[str, Any] | None) -> Any:
        allow = {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "*",
            **({"Condition": condition} if condition else {}),
        }
        iam.put_role_policy(**named, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
        return two.as_role(PURGER_ROLE, "s3", ExternalId=account.data_external_id)

    yield client
    iam.delete_role_policy(**named)
    text = own if isinstance(own, str) else json.dumps(own)
    iam.put_role_policy(RoleName=PURGER_ROLE, PolicyName="least-privilege", PolicyDocument=text)


@pytest.mark.case("MINT-163")
def test_a_bucket_belongs_to_the_account_that_made_it_whatever_its_policy_says(
    two: Two, lent: Callable[[dict[str, Any] | None], Any]
) -> None:
    s3, bucket = two.world.root("s3"), "sg-ws-of-the-first-account"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    get = {"Bucket": bucket, "Key": "x"}
    assert code_of(lambda: lent(None).get_object(**get)) == "AccessDenied"
    everybody = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{EMBEDDED_DATA_ACCOUNT}:root"},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
    own = {"StringEquals": {"aws:ResourceAccount": EMBEDDED_DATA_ACCOUNT}}
    theirs = {"StringEquals": {"aws:ResourceAccount": EMBEDDED_ACCOUNT}}
    assert code_of(lambda: lent(None).get_object(**get)) == "allowed"
    assert code_of(lambda: lent(own).get_object(**get)) == "AccessDenied"
    assert code_of(lambda: lent(theirs).get_object(**get)) == "allowed"
