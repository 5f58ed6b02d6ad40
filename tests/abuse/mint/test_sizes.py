"""Sizes: what does not fit is split or refused, never cut; and what costs work is bounded before the work."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import LimitExceeded, PolicyTooLarge
from jit_engine.iam.limits import (
    INLINE_POLICY_LIMIT,
    INLINE_POLICY_RESERVE,
    SESSION_POLICY_LIMIT,
    check_inline_policy,
    check_session,
    check_trust_policy,
    policy_size,
)
from jit_engine.iam.plan import parts_of
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY, probe_session_policy, probes_for, trust_policy
from jit_engine.iam.statement import objects_arn
from tests.abuse.mint.door import ASK, Bad, check_refused
from tests.fakes.world import GRANT, ask, cleared, contract, facts, place_of, prefix, prefix_item
from tests.support.platform import FACTS, Cast, Story
from tests.support.standing import Standing

BUCKET = "corp-claims-prod-eu-west-1"
FULL = INLINE_POLICY_LIMIT - INLINE_POLICY_RESERVE


def prefixes(count: int) -> list[S3Prefix]:
    return [prefix(f"activity/a-0001/source-{i:03d}/v1/", BUCKET) for i in range(count)]


def clearance_of(count: int) -> Clearance:
    sources = prefixes(count)
    known = facts(
        contracts=(contract(prefixes=(prefix("activity/", BUCKET),)),),
        catalogue=Catalogue(generation=1, items=tuple(prefix_item(each) for each in sources)),
    )
    return cleared(*(ask(each) for each in sources), known=known)


@pytest.mark.case("MINT-118")
@pytest.mark.parametrize("count", [1, 40, 92, 93, 100])
def test_many_sources_are_split_or_refused_and_never_cut(count: int) -> None:
    """The union of the parts is what was cleared, each part fits with the reserve kept, each has all its Denies."""
    clearance = clearance_of(count)
    try:
        parts = parts_of(clearance, place_of(clearance), GRANT)
    except PolicyTooLarge:
        assert count > 20, "a small request is never too large"
        return
    allowed: set[str] = set()
    closing = [{s["Sid"] for s in json.loads(part.policy)["Statement"] if s["Effect"] == "Deny"} for part in parts]
    for part in parts:
        assert policy_size(part.policy) <= FULL
        statements = json.loads(part.policy)["Statement"]
        allowed |= {arn for s in statements if s["Effect"] == "Allow" for arn in s["Resource"] if BUCKET in arn}
    assert {"NothingElse", "NowhereElse", "SignedInHeaderOnly", "AfterTheEnd"} <= set.intersection(*closing)
    assert {objects_arn(each) for each in prefixes(count)} == {arn for arn in allowed if arn.endswith("*")}


@pytest.mark.case("MINT-118")
def test_a_policy_that_leaves_no_room_for_a_deny_is_refused() -> None:
    check_inline_policy("x" * FULL, 1)
    for size in (FULL + 1, INLINE_POLICY_LIMIT, INLINE_POLICY_LIMIT + 1):
        with pytest.raises(PolicyTooLarge) as refused:
            check_inline_policy("x" * size, 93)
        assert refused.value.sources == 93


@pytest.mark.case("MINT-158")
def test_what_revokes_replaces_what_gave_and_always_fits() -> None:
    """It is written under the same name, so that the size of what it replaces does not matter."""
    for document in (DENY_EVERYTHING, TRUST_NOBODY):
        assert policy_size(document) < INLINE_POLICY_RESERVE
    check_inline_policy(DENY_EVERYTHING, 0)
    check_trust_policy(TRUST_NOBODY)


@pytest.mark.case("MINT-119")
def test_a_session_policy_that_does_not_fit_is_refused_and_never_left_out() -> None:
    statements = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": [objects_arn(p) for p in prefixes(17)]}] * 2
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    assert len(policy) > SESSION_POLICY_LIMIT
    with pytest.raises(LimitExceeded, match="session policy"):
        check_session(name="a-session", source_identity="pe_x", duration=timedelta(seconds=900), policy=policy)


@pytest.mark.case("MINT-119")
@pytest.mark.parametrize("count", [1, 17, 40])
def test_the_engine_s_own_sessions_are_always_cut_by_a_policy_that_fits(count: int) -> None:
    clearance = clearance_of(count)
    probes = probes_for(clearance, place_of(clearance))
    policy = probe_session_policy(probes)
    assert 0 < len(policy) <= SESSION_POLICY_LIMIT
    assert probes.denied


@pytest.mark.case("MINT-121")
def test_a_trust_policy_that_does_not_fit_is_refused() -> None:
    principals = [f"arn:aws:iam::444455556666:role/sluicegate/broker-{n:03d}" for n in range(60)]
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Principal": {"AWS": principals}}]})
    assert policy_size(document) > 2_048
    with pytest.raises(LimitExceeded, match="trust policy"):
        check_trust_policy(document)


@pytest.mark.case("MINT-121", "MINT-125")
@pytest.mark.parametrize(
    "principal",
    [
        "*",
        "",
        "arn:aws:iam::*:role/x",
        "arn:aws:iam::444455556666:role/*",
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::444455556666:user/mallory",
        "arn:aws:sts::444455556666:assumed-role/broker/x",
        "arn:aws:iam::444455556666:role/broker\n",
        "arn:aws:iam::٤٤٤٤55556666:role/broker",
        "arn:aws:iam::444455556666:role/${aws:username}",
        "arn:aws-cn:iam::444455556666:role/broker",
        "ec2.amazonaws.com",
        '"],"AWS":["*',
        "arn:aws:iam::444455556666:role/" + "x" * 2_100,
    ],
)
def test_a_trust_in_anything_but_one_role_is_refused(principal: str) -> None:
    with pytest.raises(LimitExceeded):
        trust_policy(principal, "our-external-id")


@pytest.mark.case("MINT-125", "MINT-127")
@pytest.mark.parametrize("external_id", ["", "x", "*", "${aws:username}", "our id", "our-id\n", "ïd", "x" * 1_225])
def test_a_trust_without_an_external_id_that_is_a_literal_is_refused(external_id: str) -> None:
    with pytest.raises(LimitExceeded):
        trust_policy("arn:aws:iam::444455556666:role/sluicegate/broker", external_id)


@pytest.mark.case("MINT-125", "MINT-127")
def test_a_trust_names_one_role_and_our_external_id() -> None:
    broker = "arn:aws:iam::444455556666:role/sluicegate/broker"
    (statement,) = json.loads(trust_policy(broker, "our-external-id"))["Statement"]
    assert statement["Principal"] == {"AWS": broker}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "our-external-id"}}


# ---- bounded before the work


@pytest.mark.case("MINT-122")
@pytest.mark.parametrize("count", [101, 1000, 9000])
def test_too_many_sources_are_refused_before_any_work(
    without_aws: Cast, story: Story, standing: Standing, count: int
) -> None:
    sources = [{**FACTS, "bucket": "b", "prefix": f"p{i}/"} for i in range(count)]
    check_refused(without_aws, story, standing, Bad(given={"sources": sources}, field="sources"))


@pytest.mark.case("MINT-122")
def test_a_body_of_sources_that_is_too_large_is_not_read(without_aws: Cast, story: Story, standing: Standing) -> None:
    sources = [{**FACTS, "prefix": f"{'p' * 1000}{i}/"} for i in range(1000)]
    answer = without_aws.dana.post(ASK, story.asking(sources=sources))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
