"""What the embedded AWS denies the platform's own roles, by real calls."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from platform_api.embedded.aws_clients import CONFIG, isolated_session
from platform_api.embedded.platform_roles import (
    ENFORCER_ROLE,
    PLATFORM_PATH,
    broker_policy,
    enforcer_policy,
    platform_user_policy,
    provisioner_policy,
    role_arn,
    trust_in_platform,
)
from tests.support.lent import code_of

pytestmark = pytest.mark.aws

ACCOUNT = "000000000000"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/sluicegate/boundary/sg-boundary-test"
WIDER = f"arn:aws:iam::{ACCOUNT}:policy/wide-open"
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
MINTED = "sg-minted"
LAKE = "least-privilege-lake"


def trust(world: Any) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": world.account.broker_role_arn},
                    "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                    "Condition": {"StringEquals": {"sts:ExternalId": world.account.external_id}},
                }
            ],
        }
    )


@pytest.fixture(scope="module")
def place(world: Any) -> Iterator[Any]:
    """A boundary, a wider policy, a bucket with an object, and one role that the broker minted."""
    iam, s3 = world.root("iam"), world.root("s3")
    iam.create_policy(PolicyName="sg-boundary-test", Path="/sluicegate/boundary/", PolicyDocument=ANYTHING)
    iam.create_policy(PolicyName="wide-open", PolicyDocument=ANYTHING)
    iam.create_role(RoleName="sg-elsewhere", Path="/other/", AssumeRolePolicyDocument=trust(world))
    s3.create_bucket(Bucket=LAKE)
    s3.put_object(Bucket=LAKE, Key="loans/a", Body=b"1")
    world.broker("iam").create_role(
        RoleName=MINTED,
        Path="/jit/",
        AssumeRolePolicyDocument=trust(world),
        PermissionsBoundary=BOUNDARY,
        Tags=[{"Key": "sluicegate:grant", "Value": "gr_1"}],
    )
    yield world
    for name in (MINTED, "sg-elsewhere"):
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    iam.delete_policy(PolicyArn=BOUNDARY)
    iam.delete_policy(PolicyArn=WIDER)
    s3.delete_object(Bucket=LAKE, Key="loans/a")
    s3.delete_bucket(Bucket=LAKE)


DENIED_TO_THE_BROKER: dict[str, Callable[[Any], object]] = {
    "create a role without a boundary": lambda w: w.broker("iam").create_role(
        RoleName="sg-x", Path="/jit/", AssumeRolePolicyDocument=trust(w)
    ),
    "create a role with another boundary": lambda w: w.broker("iam").create_role(
        RoleName="sg-x", Path="/jit/", AssumeRolePolicyDocument=trust(w), PermissionsBoundary=WIDER
    ),
    "create a role outside of /jit/": lambda w: w.broker("iam").create_role(
        RoleName="sg-x", Path="/", AssumeRolePolicyDocument=trust(w), PermissionsBoundary=BOUNDARY
    ),
    "create a role in a path that begins like /jit/": lambda w: w.broker("iam").create_role(
        RoleName="sg-x", Path="/jitter/", AssumeRolePolicyDocument=trust(w), PermissionsBoundary=BOUNDARY
    ),
    "remove a boundary": lambda w: w.broker("iam").delete_role_permissions_boundary(RoleName=MINTED),
    "change a boundary": lambda w: w.broker("iam").put_role_permissions_boundary(
        RoleName=MINTED, PermissionsBoundary=WIDER
    ),
    "attach a policy": lambda w: w.broker("iam").attach_role_policy(RoleName=MINTED, PolicyArn=WIDER),
    "write a policy into a role of another path": lambda w: w.broker("iam").put_role_policy(
        RoleName="sg-elsewhere", PolicyName="p", PolicyDocument=ANYTHING
    ),
    "write a policy into its own role": lambda w: w.broker("iam").put_role_policy(
        RoleName="sluicegate-broker", PolicyName="p", PolicyDocument=ANYTHING
    ),
    "delete a role of another path": lambda w: w.broker("iam").delete_role(RoleName="sg-elsewhere"),
    "open the trust of another path's role": lambda w: w.broker("iam").update_assume_role_policy(
        RoleName="sg-elsewhere", PolicyDocument=trust(w)
    ),
    "edit a boundary's document": lambda w: w.broker("iam").create_policy_version(
        PolicyArn=BOUNDARY, PolicyDocument=ANYTHING, SetAsDefault=True
    ),
    "make a key for the platform's user": lambda w: w.broker("iam").create_access_key(UserName="sluicegate-platform"),
    "become a role of another path that trusts it": lambda w: w.broker("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/other/sg-elsewhere",
        RoleSessionName="s1",
        ExternalId=w.account.external_id,
    ),
    "become such a role by a path that it does not have": lambda w: w.broker("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/jit/sg-elsewhere",
        RoleSessionName="s1",
        ExternalId=w.account.external_id,
    ),
    "become a minted role without the external id": lambda w: w.broker("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/jit/{MINTED}", RoleSessionName="s1"
    ),
    "read data": lambda w: w.broker("s3").get_object(Bucket=LAKE, Key="loans/a"),
    "list data": lambda w: w.broker("s3").list_objects_v2(Bucket=LAKE),
    "list the buckets": lambda w: w.broker("s3").list_buckets(),
}

DENIED_TO_THE_PROVISIONER: dict[str, Callable[[Any], object]] = {
    "create a role under /jit/": lambda w: w.provisioner("iam").create_role(
        RoleName="sg-x", Path="/jit/", AssumeRolePolicyDocument=trust(w), PermissionsBoundary=BOUNDARY
    ),
    "create an environment role without a boundary": lambda w: w.provisioner("iam").create_role(
        RoleName="sg-x", Path="/sluicegate/env/", AssumeRolePolicyDocument=trust(w)
    ),
    "write a policy into a minted role": lambda w: w.provisioner("iam").put_role_policy(
        RoleName=MINTED, PolicyName="p", PolicyDocument=ANYTHING
    ),
    "delete a minted role": lambda w: w.provisioner("iam").delete_role(RoleName=MINTED),
    "change a minted role's boundary": lambda w: w.provisioner("iam").put_role_permissions_boundary(
        RoleName=MINTED, PermissionsBoundary=BOUNDARY
    ),
    "open the trust of the broker": lambda w: w.provisioner("iam").update_assume_role_policy(
        RoleName="sluicegate-broker", PolicyDocument=trust(w)
    ),
    "widen itself": lambda w: w.provisioner("iam").put_role_policy(
        RoleName="sluicegate-provisioner", PolicyName="p", PolicyDocument=ANYTHING
    ),
    "make a policy outside of the boundaries' path": lambda w: w.provisioner("iam").create_policy(
        PolicyName="sg-x", Path="/", PolicyDocument=ANYTHING
    ),
    "become a minted role": lambda w: w.provisioner("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/jit/{MINTED}",
        RoleSessionName="s1",
        ExternalId=w.account.external_id,
    ),
    "make a bucket that is no workspace": lambda w: w.provisioner("s3").create_bucket(Bucket="not-ours"),
    "read the lake": lambda w: w.provisioner("s3").get_object(Bucket=LAKE, Key="loans/a"),
    "list the lake": lambda w: w.provisioner("s3").list_objects_v2(Bucket=LAKE),
    "make a stack of another name": lambda w: w.provisioner("cloudformation").create_stack(
        StackName="theirs", TemplateBody='{"Resources": {}}'
    ),
}


@pytest.mark.parametrize("deed", DENIED_TO_THE_BROKER)
@pytest.mark.case("MINT-128", "MINT-130", "MINT-131")
def test_the_embedded_aws_denies_the_broker(place: Any, deed: str) -> None:
    assert code_of(lambda: DENIED_TO_THE_BROKER[deed](place)) == "AccessDenied"


@pytest.mark.parametrize("deed", DENIED_TO_THE_PROVISIONER)
def test_the_embedded_aws_denies_the_provisioner(place: Any, deed: str) -> None:
    assert code_of(lambda: DENIED_TO_THE_PROVISIONER[deed](place)) == "AccessDenied"


def test_the_broker_can_mint_lend_and_remove_a_bounded_role(place: Any) -> None:
    iam, sts, name = place.broker("iam"), place.broker("sts"), "sg-whole-life"
    made = iam.create_role(
        RoleName=name, Path="/jit/", AssumeRolePolicyDocument=trust(place), PermissionsBoundary=BOUNDARY
    )["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="grant", PolicyDocument=ANYTHING)
    iam.tag_role(RoleName=name, Tags=[{"Key": "sluicegate:grant", "Value": "gr_2"}])
    assert iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    lent = sts.assume_role(
        RoleArn=made["Arn"],
        RoleSessionName="s1",
        ExternalId=place.account.external_id,
        SourceIdentity="pe_X",
        Tags=[{"Key": "sluicegate:grant", "Value": "gr_2"}],
    )
    assert lent["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/")
    listed = [role["RoleName"] for role in iam.list_roles(PathPrefix="/jit/")["Roles"]]
    assert name in listed
    assert "sluicegate-broker" not in listed
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(place))
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["grant"]
    iam.delete_role_policy(RoleName=name, PolicyName="grant")
    iam.delete_role(RoleName=name)
    assert code_of(lambda: iam.get_role(RoleName=name)) == "NoSuchEntity"
    assert code_of(lambda: iam.delete_role(RoleName=name)) == "NoSuchEntity"
    assert code_of(lambda: iam.delete_role_policy(RoleName=name, PolicyName="grant")) == "NoSuchEntity"


def test_the_platforms_key_can_do_nothing_but_become_its_own_roles(place: Any) -> None:
    minted = f"arn:aws:iam::{ACCOUNT}:role/jit/{MINTED}"
    external_id = place.account.external_id

    def become(role: str, **external: str) -> Callable[[], object]:
        return lambda: place.user("sts").assume_role(RoleArn=role, RoleSessionName="s1", **external)

    assert code_of(become(minted, ExternalId=external_id)) == "AccessDenied"
    assert code_of(become(place.account.broker_role_arn)) == "AccessDenied"
    assert code_of(become(place.account.broker_role_arn, ExternalId="x" * 32)) == "AccessDenied"
    assert code_of(become(place.account.broker_role_arn, ExternalId=external_id)) == "allowed"
    assert code_of(lambda: place.user("s3").list_buckets()) == "AccessDenied"
    assert code_of(lambda: place.user("iam").list_roles()) == "AccessDenied"


def test_the_platforms_key_can_become_the_enforcer_where_there_is_one(place: Any) -> None:
    iam, external_id = place.root("iam"), place.account.external_id
    iam.create_role(
        RoleName=ENFORCER_ROLE,
        Path=PLATFORM_PATH,
        AssumeRolePolicyDocument=json.dumps(trust_in_platform(ACCOUNT, external_id)),
    )
    try:
        arn = role_arn(ACCOUNT, ENFORCER_ROLE)
        sts = place.user("sts")
        lent = sts.assume_role(RoleArn=arn, RoleSessionName="s1", ExternalId=external_id)
        assert f"/{ENFORCER_ROLE}/" in lent["AssumedRoleUser"]["Arn"]
        assert code_of(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="s1")) == "AccessDenied"
    finally:
        iam.delete_role(RoleName=ENFORCER_ROLE)


def test_a_table_needs_its_catalogue_its_database_and_itself(place: Any) -> None:
    glue = place.root("glue")
    glue.create_database(DatabaseInput={"Name": "privilege"})
    for table in ("seen", "hidden"):
        glue.create_table(DatabaseName="privilege", TableInput={"Name": table})
    prefix = f"arn:aws:glue:us-east-1:{ACCOUNT}"
    broker = place.broker("iam")
    broker.put_role_policy(
        RoleName=MINTED,
        PolicyName="grant",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "glue:Get*",
                        "Resource": [
                            f"{prefix}:catalog",
                            f"{prefix}:database/privilege",
                            f"{prefix}:table/privilege/seen",
                        ],
                    }
                ],
            }
        ),
    )
    lent = place.broker("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/jit/{MINTED}",
        RoleSessionName="s1",
        ExternalId=place.account.external_id,
    )["Credentials"]
    theirs = isolated_session(
        region="us-east-1",
        access_key_id=lent["AccessKeyId"],
        secret_access_key=lent["SecretAccessKey"],
        session_token=lent["SessionToken"],
    ).client("glue", endpoint_url=place.aws.endpoint_url, config=CONFIG)
    assert theirs.get_table(DatabaseName="privilege", Name="seen")["Table"]["Name"] == "seen"
    assert theirs.get_database(Name="privilege")["Database"]["Name"] == "privilege"
    denied = "AccessDeniedException"
    assert code_of(lambda: theirs.get_table(DatabaseName="privilege", Name="hidden")) == denied
    assert code_of(lambda: theirs.get_tables(DatabaseName="privilege")) == denied
    assert code_of(lambda: theirs.get_partitions(DatabaseName="privilege", TableName="hidden")) == denied
    assert code_of(theirs.get_databases) == denied
    assert code_of(lambda: theirs.delete_table(DatabaseName="privilege", Name="seen")) == denied


def test_the_platforms_documents_fit_into_awss_limits() -> None:
    def size(document: object) -> int:
        return len("".join(json.dumps(document).split()))

    assert size(broker_policy(ACCOUNT)) <= 10_240
    assert size(provisioner_policy(ACCOUNT, "us-east-1")) <= 10_240
    assert size(enforcer_policy(ACCOUNT, "us-east-1")) <= 10_240
    assert size(platform_user_policy(*[ACCOUNT] * 7)) <= 2_048
    assert size(platform_user_policy(*[ACCOUNT] * 39)) <= 10_240
    assert size(platform_user_policy(*[ACCOUNT] * 23)) <= 6_144
