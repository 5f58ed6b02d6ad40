"""The real minter on an AWS that enforces: who may open a session, and what it may do."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from jit_engine.aws.minter import AwsMinter
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsRefused
from jit_engine.iam.role import (
    DENY_EVERYTHING,
)
from tests.contract.minter.cloud import Cloud
from tests.contract.minter.minting import denied, minted
from tests.fakes import world

pytestmark = pytest.mark.aws


# ---- what a session may do, by the AWS itself


@pytest.mark.case("MINT-034")
def test_a_session_reads_its_prefix_and_nothing_beside_it(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (_, plan):
        s3 = cloud.holder(minter.assume(plan))
        lake, work = world.LAKE, world.place(world.ENVIRONMENTS[Tier.RESEARCH]).workspace_bucket
        assert s3.get_object(Bucket=lake, Key="lending/facts/part-0")["Body"].read() == b"1"
        assert s3.list_objects_v2(Bucket=lake, Prefix="lending/facts/")["KeyCount"] == 1
        assert s3.list_objects_v2(Bucket=lake, Prefix="lending/facts/part")["KeyCount"] == 1
        for key in ("lending/facts-2/part-0", "lending/personal/part-0", "root", "lending/facts"):
            assert denied(s3.get_object, Bucket=lake, Key=key), key
        for prefix in ("", "lending/", "lending/facts", "lending/facts-2/", "lending/personal/"):
            assert denied(s3.list_objects_v2, Bucket=lake, Prefix=prefix), prefix
        assert denied(s3.list_objects_v2, Bucket=lake)
        assert denied(s3.put_object, Bucket=lake, Key="lending/facts/mine", Body=b"")
        assert denied(s3.delete_object, Bucket=lake, Key="lending/facts/part-0")
        assert denied(s3.get_object, Bucket=world.REPORTS, Key="monthly/part-0")
        assert denied(s3.list_buckets)
        s3.put_object(Bucket=work, Key="work/mine", Body=b"2")
        assert s3.get_object(Bucket=work, Key="work/mine")["Body"].read() == b"2"
        assert s3.list_objects_v2(Bucket=work, Prefix="work/")["KeyCount"] == 1
        s3.delete_object(Bucket=work, Key="work/mine")
        assert denied(s3.put_object, Bucket=work, Key=".sluicegate/probe", Body=b"")
        assert denied(s3.put_object, Bucket=work, Key="beside", Body=b"")


def test_a_pipeline_in_operation_writes_to_its_target_and_not_beside_it(minter: AwsMinter, cloud: Cloud) -> None:
    asks = (world.ask(world.FACTS_PREFIX), world.ask(world.REPORT_PREFIX, Operation.INSERT))
    with minted(minter, cloud, world.cleared(*asks, tier=Tier.OPERATION)) as (_, plan):
        s3 = cloud.holder(minter.assume(plan))
        s3.put_object(Bucket=world.REPORTS, Key="monthly/march", Body=b"3")
        assert denied(s3.put_object, Bucket=world.REPORTS, Key="monthly-2/march", Body=b"3")
        assert denied(s3.put_object, Bucket=world.LAKE, Key="lending/facts/march", Body=b"3")
        assert denied(s3.get_object, Bucket=world.REPORTS, Key="monthly/part-0")
        assert denied(s3.delete_object, Bucket=world.REPORTS, Key="monthly/part-0")


@pytest.mark.case("MINT-133")
def test_a_bucket_policy_that_names_the_session_opens_nothing_that_was_not_decided(
    minter: AwsMinter, cloud: Cloud
) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        session = f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{grant.role.name}/{plan.session_name}"
        arn = f"arn:aws:s3:::{world.LAKE}"
        hostile = {"Effect": "Allow", "Principal": {"AWS": session}, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
        root = cloud.root("s3")
        root.put_bucket_policy(Bucket=world.LAKE, Policy=json.dumps({"Version": "2012-10-17", "Statement": [hostile]}))
        try:
            s3 = cloud.holder(minter.assume(plan))
            assert denied(s3.get_object, Bucket=world.LAKE, Key="lending/personal/part-0")
            assert denied(s3.put_object, Bucket=world.LAKE, Key="lending/facts/mine", Body=b"")
            assert denied(s3.list_objects_v2, Bucket=world.LAKE)
        finally:
            root.delete_bucket_policy(Bucket=world.LAKE)


@pytest.mark.case("MINT-137")
def test_a_session_can_do_nothing_that_outlives_it(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        keys = minter.assume(plan)
        s3, iam, sts = (cloud.holder(keys, name) for name in ("s3", "iam", "sts"))
        assert denied(s3.put_bucket_policy, Bucket=world.LAKE, Policy="{}")
        assert denied(s3.put_object_acl, Bucket=world.LAKE, Key="lending/facts/part-0", ACL="public-read")
        assert denied(iam.create_user, UserName="mallory")
        assert denied(iam.put_role_policy, RoleName=grant.role.name, PolicyName="grant", PolicyDocument=DENY_EVERYTHING)
        assert denied(sts.assume_role, RoleArn=plan.role_arn, RoleSessionName="again")
        assert denied(sts.assume_role, RoleArn=cloud.account.broker_role_arn, RoleSessionName="up")


def test_a_grant_ends_at_its_own_end_although_its_session_lives_on(minter: AwsMinter, cloud: Cloud) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)
    with minted(minter, cloud, world.cleared(), end) as (_, plan):
        keys = minter.assume(plan)
        s3 = cloud.holder(keys)
        assert s3.get_object(Bucket=world.LAKE, Key="lending/facts/part-0")
        time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 0.1)
        assert denied(s3.get_object, Bucket=world.LAKE, Key="lending/facts/part-0")
        assert keys.expires_at - end > timedelta(minutes=10)


# ---- who may open a session


@pytest.mark.case("MINT-127")
def test_nobody_but_the_broker_with_our_external_id_becomes_the_role(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (_, plan):
        ours = cloud.account.external_id
        asked = {"RoleArn": plan.role_arn, "RoleSessionName": "mallory"}
        assert denied(cloud.user("sts").assume_role, **asked, ExternalId=ours)
        assert denied(cloud.root("sts").assume_role, **asked, ExternalId=ours)
        for wrong in ("wrong-external-id", ours[:-1]):
            with pytest.raises(AwsRefused) as refusal:
                AwsMinter(calls=minter.calls, external_id=wrong).assume(plan)
            assert refusal.value.aws_code == "AccessDenied"
        assert minter.assume(plan).access_key_id


def test_a_session_carries_who_it_is_for_and_expires(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        keys = minter.assume(plan)
        assert (keys.expires_at - datetime.now(UTC)).total_seconds() == pytest.approx(900, abs=30)
        caller = cloud.holder(keys, "sts").get_caller_identity()["Arn"]
        assert caller.endswith(f"{grant.role.name}/a-session")
