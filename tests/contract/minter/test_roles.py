"""The real minter on an AWS that enforces: roles come, are proven, are shut, and go."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jit_engine.aws.minter import AwsMinter
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsRefused, AwsUnavailable, RoleExists
from jit_engine.iam.role import (
    DENY_EVERYTHING,
    TRUST_NOBODY,
    probe_session_policy,
    role_plan,
)
from jit_engine.ports import Credentials, Probe, ProbeCall, ProbeKind
from tests.contract.minter.cloud import Cloud
from tests.contract.minter.minting import denied, grant_of, minted, proof
from tests.fakes import world
from tests.fakes.aws_faults import FaultyCalls, refused, throttled, timed_out

pytestmark = pytest.mark.aws


# ---- creating


@pytest.mark.case("MINT-104", "MINT-160")
def test_a_name_that_is_taken_is_never_adopted(minter: AwsMinter, cloud: Cloud) -> None:
    clearance = world.cleared()
    with minted(minter, cloud, clearance) as (grant, _):
        plan = role_plan(grant, grant.sole, world.place_of(clearance), "another-external-id")
        with pytest.raises(RoleExists) as taken:
            minter.create(plan)
        assert taken.value.role_name == grant.role.name
        kept = cloud.root("iam").get_role(RoleName=grant.role.name)["Role"]
        assert "another-external-id" not in json.dumps(kept["AssumeRolePolicyDocument"])


def test_a_role_is_found_with_its_tags_and_boundary_and_listed_under_our_path(minter: AwsMinter, cloud: Cloud) -> None:
    clearance = world.cleared()
    with minted(minter, cloud, clearance) as (grant, _):
        found = minter.find(grant.role.name)
        assert found is not None
        assert found.role_id == grant.role.role_id
        assert found.tags["sluicegate:grant"] == grant.id
        assert found.boundary_arn == world.place_of(clearance).boundary_arn
        assert abs((found.created_at - datetime.now(UTC)).total_seconds()) < 60
        assert [role.role_id for role in minter.roles() if role.name == grant.role.name] == [grant.role.role_id]
    assert minter.find(grant.role.name) is None


@pytest.mark.case("MINT-128")
def test_the_broker_cannot_make_a_role_without_a_boundary_of_ours(minter: AwsMinter, cloud: Cloud) -> None:
    clearance = world.cleared()
    grant = grant_of(clearance)
    plan = role_plan(grant, grant.sole, world.place_of(clearance), cloud.account.external_id)
    with pytest.raises(AwsRefused):
        minter.create(replace(plan, boundary_arn="arn:aws:iam::aws:policy/AdministratorAccess"))
    assert minter.find(plan.name) is None


# ---- proving


@pytest.mark.parametrize("tier", Tier)
def test_a_role_that_is_right_is_proven(minter: AwsMinter, cloud: Cloud, tier: Tier) -> None:
    asks = [world.ask(world.FACTS_PREFIX), world.ask(world.LOANS)]
    if tier is Tier.OPERATION:
        asks.append(world.ask(world.REPORT_PREFIX, Operation.INSERT))
    clearance = world.cleared(*asks, tier=tier)
    with minted(minter, cloud, clearance) as (grant, _):
        minter.prove(*proof(clearance, grant))


@pytest.mark.case("MINT-149")
def test_a_role_that_reaches_a_sibling_is_not_proven(cloud: Cloud) -> None:
    clearance = world.cleared()
    ticks = itertools.count(step=2.0)
    minter = AwsMinter(
        calls=cloud.broker(),
        external_id=cloud.account.external_id,
        monotonic=lambda: next(ticks),
        sleep=lambda _: None,
    )
    with minted(minter, cloud, clearance) as (grant, _):
        wide = grant.policy.replace("lending/facts/*", "lending/facts*")
        assert wide != grant.policy
        minter.put_policy(grant.role.name, wide)
        with pytest.raises(AwsRefused) as found:
            minter.prove(*proof(clearance, grant))
        assert found.value.aws_code == "ProbeNotDenied"


def test_a_write_that_works_counts_as_allowed_even_if_it_cannot_be_given_up(cloud: Cloud) -> None:
    """CreateMultipartUpload went through: that AbortMultipartUpload was refused must not hide it."""
    clearance = world.cleared()
    calls = FaultyCalls(cloud.broker(), [refused("s3:abort_multipart_upload", "AccessDenied", times=99)])
    ticks = itertools.count(step=2.0)
    minter = AwsMinter(
        calls=calls, external_id=cloud.account.external_id, monotonic=lambda: next(ticks), sleep=lambda _: None
    )
    with minted(minter, cloud, clearance) as (grant, _):
        plan, probes = proof(clearance, grant)
        bucket = world.place_of(clearance).workspace_bucket
        work = replace(probes, denied=(ProbeCall(kind=ProbeKind.WRITE, bucket=bucket, key="work/probe"),))
        policy = probe_session_policy(work)
        with pytest.raises(AwsRefused) as found:
            minter.prove(replace(plan, policy=policy), work)
        assert found.value.aws_code == "ProbeNotDenied"


@pytest.mark.case("MINT-148")
def test_a_role_that_is_not_usable_yet_is_waited_for(cloud: Cloud) -> None:
    clearance = world.cleared()
    calls = FaultyCalls(
        cloud.broker(),
        [refused("sts:assume_role", "AccessDenied", times=8), refused("s3:get_object", "InvalidAccessKeyId", times=3)],
    )
    minter = AwsMinter(calls=calls, external_id=cloud.account.external_id, sleep=lambda _: None)
    with minted(minter, cloud, clearance) as (grant, _):
        minter.prove(*proof(clearance, grant))
    assert calls.made.count("sts:assume_role") == 9


@pytest.mark.case("MINT-148")
def test_a_role_that_never_becomes_usable_is_given_up_after_a_minute(cloud: Cloud) -> None:
    waited: list[float] = []
    calls = FaultyCalls(cloud.broker(), [refused("sts:assume_role", "AccessDenied", times=999)])
    minter = AwsMinter(
        calls=calls, external_id=cloud.account.external_id, monotonic=lambda: sum(waited), sleep=waited.append
    )
    clearance = world.cleared()
    with minted(minter, cloud, clearance) as (grant, _), pytest.raises(AwsUnavailable) as given_up:
        minter.prove(*proof(clearance, grant))
    assert 50 < sum(waited) <= 60
    assert given_up.value.retry_after > timedelta(0)


# ---- shutting and deleting


def test_a_shut_role_denies_its_live_sessions_and_opens_no_other(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        s3 = cloud.holder(minter.assume(plan))
        assert s3.get_object(Bucket=world.LAKE, Key="lending/facts/part-0")
        assert not minter.is_shut(grant.role.name, DENY_EVERYTHING)
        minter.shut(grant.role.name, TRUST_NOBODY, DENY_EVERYTHING)
        minter.shut(grant.role.name, TRUST_NOBODY, DENY_EVERYTHING)
        assert minter.is_shut(grant.role.name, DENY_EVERYTHING)
        assert denied(s3.get_object, Bucket=world.LAKE, Key="lending/facts/part-0")
        with pytest.raises(AwsRefused):
            minter.assume(plan)


def test_an_observer_sees_the_marker_and_then_the_denial(minter: AwsMinter, cloud: Cloud) -> None:
    clearance = world.cleared()
    with minted(minter, cloud, clearance) as (grant, _):
        plan, probes = proof(clearance, grant)
        observer = minter.observer(plan, probes)
        assert observer is not None
        assert observer.look() is Probe.ALLOWED
        minter.shut(grant.role.name, TRUST_NOBODY, DENY_EVERYTHING)
        assert observer.look() is Probe.DENIED
        assert minter.observer(plan, probes) is None


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId", "InvalidClientTokenId", "NoSuchBucket"])
def test_an_observer_that_cannot_tell_says_so(cloud: Cloud, code: str) -> None:
    """An expired session is refused whatever the role carries: that is no denial that was seen."""
    clearance = world.cleared()
    calls = FaultyCalls(cloud.broker(), [refused("s3:get_object", code), throttled("s3:get_object", times=1)])
    minter = AwsMinter(calls=calls, external_id=cloud.account.external_id, sleep=lambda _: None)
    with minted(minter, cloud, clearance) as (grant, _):
        observer = minter.observer(*proof(clearance, grant))
        assert observer is not None
        assert [observer.look() for _ in range(3)] == [Probe.UNKNOWN, Probe.UNKNOWN, Probe.ALLOWED]


def test_a_foreign_policy_beside_the_deny_opens_nothing_and_is_deleted_with_the_role(
    minter: AwsMinter, cloud: Cloud
) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, plan):
        s3 = cloud.holder(minter.assume(plan))
        minter.shut(grant.role.name, TRUST_NOBODY, DENY_EVERYTHING)
        wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        cloud.root("iam").put_role_policy(RoleName=grant.role.name, PolicyName="aaa", PolicyDocument=json.dumps(wide))
        assert denied(s3.get_object, Bucket=world.LAKE, Key="lending/facts/part-0")
        assert minter.is_shut(grant.role.name, DENY_EVERYTHING)
    assert minter.find(grant.role.name) is None


def test_what_is_gone_already_is_fine(minter: AwsMinter) -> None:
    name = "sg-gr_01JABCDEFGHJKMNPQRSTVWNONE-1"
    minter.shut(name, TRUST_NOBODY, DENY_EVERYTHING)
    minter.delete(name, "AROANONE")
    assert minter.is_shut(name, DENY_EVERYTHING)
    assert minter.find(name) is None


def test_a_role_that_goes_while_it_is_deleted_is_fine(cloud: Cloud) -> None:
    for vanishing in ("iam:list_role_policies", "iam:delete_role_policy", "iam:delete_role"):
        calls = FaultyCalls(cloud.broker(), [refused(vanishing, "NoSuchEntity")])
        minter = AwsMinter(calls=calls, external_id=cloud.account.external_id)
        with minted(minter, cloud, world.cleared()) as (grant, _):
            minter.delete(grant.role.name, grant.role.role_id)


def test_a_role_of_another_id_is_not_deleted(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (grant, _):
        with pytest.raises(AwsRefused) as kept:
            minter.delete(grant.role.name, "AROASOMEBODYELSE")
        assert kept.value.aws_code == "AnotherRoleOfThatName"
        assert minter.find(grant.role.name) is not None


def test_a_delete_that_was_cut_short_is_finished_by_the_next(cloud: Cloud) -> None:
    calls = FaultyCalls(cloud.broker(), [timed_out("iam:delete_role_policy")])
    minter = AwsMinter(calls=calls, external_id=cloud.account.external_id)
    with minted(minter, cloud, world.cleared()) as (grant, _):
        with pytest.raises(AwsUnavailable):
            minter.delete(grant.role.name, grant.role.role_id)
        minter.delete(grant.role.name, grant.role.role_id)
        assert minter.find(grant.role.name) is None


def test_a_role_outside_our_path_is_not_seen(minter: AwsMinter, cloud: Cloud) -> None:
    iam = cloud.root("iam")
    iam.create_role(RoleName="sg-elsewhere", Path="/other/", AssumeRolePolicyDocument=TRUST_NOBODY)
    try:
        assert "sg-elsewhere" not in [role.name for role in minter.roles()]
        with pytest.raises(AwsRefused):
            minter.find("sg-elsewhere")
    finally:
        iam.delete_role(RoleName="sg-elsewhere")


def test_credentials_are_not_in_what_an_error_says(minter: AwsMinter, cloud: Cloud) -> None:
    with minted(minter, cloud, world.cleared()) as (_, plan):
        keys: Credentials = minter.assume(plan)
        session = minter.calls.as_session(keys.access_key_id, keys.secret_access_key, keys.session_token)
        with pytest.raises(AwsRefused) as refusal:
            session("s3", "get_object", {"Bucket": world.LAKE, "Key": "root"})
        assert keys.secret_access_key not in repr(refusal.value) + str(refusal.value)
        assert keys.session_token not in repr(session)
        assert cloud.account.secret_access_key not in repr(minter)
