"""What somebody tries with credentials of ours, or with the broker's, on an AWS that enforces."""

from __future__ import annotations

import json

import httpx
import pytest

from jit_engine.aws.minter import AwsMinter
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import PolicyTooLarge, RoleExists
from jit_engine.iam.limits import policy_size
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY, grant_policy, role_plan
from jit_engine.ports import Credentials
from tests.contract.minter.cloud import Cloud
from tests.contract.minter.minting import denied, minted
from tests.fakes import world
from tests.fakes.world import GRANT, ask, contract, facts, place_of, prefix, prefix_item
from tests.support.lent import code_of

pytestmark = pytest.mark.aws

DATA = "lending/facts/part-0"


@pytest.mark.case("MINT-034")
def test_the_bucket_is_not_listed_without_its_prefix(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (_, plan):
        s3 = cloud.holder(minter.assume(plan))
        assert s3.list_objects_v2(Bucket=world.LAKE, Prefix="lending/facts/")["KeyCount"] == 1
        for listing in (s3.list_objects_v2, s3.list_objects, s3.list_object_versions, s3.list_multipart_uploads):
            assert denied(listing, Bucket=world.LAKE), listing
        assert denied(s3.list_objects_v2, Bucket=world.LAKE, Prefix="")
        assert denied(s3.list_objects_v2, Bucket=world.LAKE, Delimiter="/")


@pytest.mark.case("MINT-136")
@pytest.mark.parametrize("operation", ["get_object", "put_object", "delete_object", "list_objects_v2"])
def test_a_link_that_is_signed_opens_nothing(minter: AwsMinter, cloud: Cloud, operation: str) -> None:
    """Not for the session's rest either: a link works from anywhere, for whoever has it."""
    with minted(minter, cloud, world.cleared()) as (_, plan):
        s3 = cloud.holder(minter.assume(plan))
        key = {} if operation.startswith("list") else {"Key": DATA}
        assert s3.get_object(Bucket=world.LAKE, Key=DATA)
        link = s3.generate_presigned_url(operation, Params={"Bucket": world.LAKE, **key}, ExpiresIn=604_800)
        method = {"get": "GET", "put": "PUT", "delete": "DELETE", "list": "GET"}[operation.partition("_")[0]]
        assert httpx.request(method, link, trust_env=False).status_code == 403


@pytest.mark.case("MINT-137")
def test_nothing_that_credentials_make_outlives_them(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        keys = minter.assume(plan)
        s3, iam, sts, kms, lam = (cloud.holder(keys, name) for name in ("s3", "iam", "sts", "kms", "lambda"))
        everyone = json.dumps({"Version": "2012-10-17", "Statement": []})
        key = world.place_of(world.cleared()).workspace_key_arn
        tries = {
            "a bucket policy": lambda: s3.put_bucket_policy(Bucket=world.LAKE, Policy=everyone),
            "an access list": lambda: s3.put_object_acl(Bucket=world.LAKE, Key=DATA, ACL="public-read"),
            "a grant on a key": lambda: kms.create_grant(
                KeyId=key, GranteePrincipal=grant.role.arn, Operations=["Decrypt"]
            ),
            "a user": lambda: iam.create_user(UserName="mallory"),
            "a key of a user": lambda: iam.create_access_key(UserName="sluicegate-platform"),
            "a role": lambda: iam.create_role(RoleName="sg-mine", AssumeRolePolicyDocument=everyone),
            "a wider policy": lambda: iam.put_role_policy(
                RoleName=grant.role.name, PolicyName="more", PolicyDocument=everyone
            ),
            "a function": lam.list_functions,
            "another session": lambda: sts.assume_role(RoleArn=grant.role.arn, RoleSessionName="again"),
            "the broker": lambda: sts.assume_role(RoleArn=cloud.account.broker_role_arn, RoleSessionName="up"),
        }
        assert [name for name, attempt in tries.items() if code_of(attempt) == "allowed"] == []
        assert cloud.root("iam").list_role_policies(RoleName=grant.role.name)["PolicyNames"] == ["grant"]


@pytest.mark.case("MINT-133")
def test_the_name_of_a_session_cannot_be_known_before_it_is_open(minter: AwsMinter, cloud: Cloud) -> None:
    """A bucket policy that names the session would have to name it by what is drawn when it is opened."""
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        foreseen = f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{grant.role.name}/{plan.source_identity}.1"
        arn = f"arn:aws:s3:::{world.LAKE}"
        hostile = {"Effect": "Allow", "Principal": {"AWS": foreseen}, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
        root = cloud.root("s3")
        root.put_bucket_policy(Bucket=world.LAKE, Policy=json.dumps({"Version": "2012-10-17", "Statement": [hostile]}))
        try:
            s3 = cloud.holder(minter.assume(plan))
            assert denied(s3.get_object, Bucket=world.LAKE, Key="lending/personal/part-0")
        finally:
            root.delete_bucket_policy(Bucket=world.LAKE)


@pytest.mark.case("MINT-130", "MINT-131")
def test_the_broker_itself_neither_unbinds_nor_touches_what_is_not_its_own(minter: AwsMinter, cloud: Cloud) -> None:
    iam = cloud.root("iam")
    iam.create_role(RoleName="admin", AssumeRolePolicyDocument=TRUST_NOBODY)
    broker = cloud.user("sts").assume_role(
        RoleArn=cloud.account.broker_role_arn, RoleSessionName="stolen", ExternalId=cloud.account.external_id
    )["Credentials"]
    keys = Credentials(
        access_key_id=broker["AccessKeyId"],
        secret_access_key=broker["SecretAccessKey"],
        session_token=broker["SessionToken"],
        expires_at=broker["Expiration"],
    )
    stolen = cloud.holder(keys, "iam")
    try:
        with minted(minter, cloud, world.cleared()) as (grant, _):
            name = grant.role.name
            boundary = world.place_of(world.cleared()).boundary_arn
            tries = {
                "no boundary": lambda: stolen.delete_role_permissions_boundary(RoleName=name),
                "another boundary": lambda: stolen.put_role_permissions_boundary(
                    RoleName=name, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"
                ),
                "the boundary's text": lambda: stolen.create_policy_version(
                    PolicyArn=boundary, PolicyDocument=DENY_EVERYTHING, SetAsDefault=True
                ),
                "a managed policy": lambda: stolen.attach_role_policy(
                    RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
                ),
                "the administrator's role": lambda: stolen.put_role_policy(
                    RoleName="admin", PolicyName="p", PolicyDocument=DENY_EVERYTHING
                ),
                "the administrator's trust": lambda: stolen.update_assume_role_policy(
                    RoleName="admin", PolicyDocument=TRUST_NOBODY
                ),
                "the broker's own policy": lambda: stolen.put_role_policy(
                    RoleName="sluicegate-broker", PolicyName="p", PolicyDocument=DENY_EVERYTHING
                ),
            }
            assert {what: code_of(attempt) for what, attempt in tries.items()} == dict.fromkeys(tries, "AccessDenied")
    finally:
        iam.delete_role(RoleName="admin")


def fullest() -> Clearance:
    """A clearance of as many prefixes as one policy holds."""
    for count in range(60, 0, -1):
        sources = [prefix(f"lending/facts/{n:02}/") for n in range(count)]
        known = facts(
            contracts=(contract(prefixes=tuple(sources)),),
            catalogue=Catalogue(generation=1, items=tuple(prefix_item(each) for each in sources)),
        )
        clearance = world.cleared(*(ask(each) for each in sources), known=known)
        try:
            grant_policy(clearance, place_of(clearance), GRANT)
        except PolicyTooLarge:
            continue
        return clearance
    raise AssertionError("not even one prefix fits")


@pytest.mark.case("MINT-158")
def test_a_role_whose_policy_is_full_is_shut_all_the_same(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, fullest()) as (grant, plan):
        assert policy_size(grant.sole.policy) > 9_000
        work = world.place_of(world.cleared()).workspace_bucket
        s3 = cloud.holder(minter.assume(plan))
        s3.put_object(Bucket=work, Key="work/full", Body=b"")
        minter.shut(grant.role.name, TRUST_NOBODY, DENY_EVERYTHING)
        assert minter.is_shut(grant.role.name, DENY_EVERYTHING)
        assert denied(s3.put_object, Bucket=work, Key="work/full", Body=b"")
        assert cloud.root("iam").list_role_policies(RoleName=grant.role.name)["PolicyNames"] == ["grant"]


@pytest.mark.case("MINT-160", "MINT-104")
def test_a_name_that_is_there_is_never_made_again(minter: AwsMinter, cloud: Cloud) -> None:
    clearance = world.cleared()
    with minted(minter, cloud, clearance) as (grant, _):
        with pytest.raises(RoleExists):
            minter.create(role_plan(grant, grant.sole, place_of(clearance), cloud.account.external_id))
        found = minter.find(grant.role.name)
        assert found is not None
        assert found.role_id == grant.role.role_id
