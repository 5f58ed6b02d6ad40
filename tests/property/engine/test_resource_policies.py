"""Whoever the outside evaluator lets in by a resource policy alone, our reading has found."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from jit_engine.domain.grant import role_name
from jit_engine.domain.resource_policy import OwnPolicies, PolicyText
from jit_engine.iam.resource_policies import findings_in
from tests.fakes import world
from tests.oracle.oracle import Oracle, Question

pytestmark = pytest.mark.oracle

POLICIES = 200
ROLE = f"arn:aws:iam::{world.ACCOUNT}:role/jit/{role_name(world.GRANT, 1, 1)}"
SESSION = f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{role_name(world.GRANT, 1, 1)}/session"
ENVIRONMENT_ROLE = f"arn:aws:iam::{world.ACCOUNT}:role/sluicegate/env/sg-env-en_1"
OTHER = "arn:aws:iam::111122223333:role/other"
ROOT = f"arn:aws:iam::{world.ACCOUNT}:root"
ARN_PATTERNS = [
    ROLE,
    OTHER,
    f"arn:aws:iam::{world.ACCOUNT}:role/jit/*",
    f"arn:aws:iam::{world.ACCOUNT}:role/sluicegate/env/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111122223333:role/*",
    f"arn:aws:iam::{world.ACCOUNT}:role/jit/sg-gr_9*",
    f"arn:aws:iam::{world.ACCOUNT}:role/jit/s?-*",
    "arn:aws:iam::${aws:PrincipalAccount}:role/jit/*",
]
PRINCIPALS = [ROLE, SESSION, OTHER, ROOT, world.ACCOUNT, "*"]
PLACE = {
    "aws:SourceVpce": "vpce-1",
    "aws:SecureTransport": "true",
    "aws:SourceIp": "10.0.0.1",
    "s3:authType": "REST-HEADER",
}


def _one_or_more(values: list[str]) -> st.SearchStrategy[str | list[str]]:
    return st.one_of(st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))


def _blocks() -> st.SearchStrategy[tuple[str, str, str | list[str]]]:
    arn = st.tuples(
        st.sampled_from(["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike", "StringNotLike"]),
        st.just("aws:PrincipalArn"),
        _one_or_more(ARN_PATTERNS),
    )
    account = st.tuples(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringEqualsIfExists", "ForAnyValue:StringEquals"]),
        st.sampled_from(["aws:PrincipalAccount", "AWS:principalaccount"]),
        _one_or_more([world.ACCOUNT, "111122223333"]),
    )
    place = st.tuples(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotEqualsIfExists"]),
        st.sampled_from(["aws:SourceVpce", "aws:SourceVpc", "aws:PrincipalOrgID"]),
        _one_or_more(["vpce-1", "vpce-2"]),
    )
    flag = st.tuples(
        st.sampled_from(["Bool", "BoolIfExists", "Null"]),
        st.sampled_from(["aws:SecureTransport", "aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:SourceVpce"]),
        st.sampled_from(["true", "false"]),
    )
    return st.one_of(arn, account, place, flag)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, object]:
    condition: dict[str, dict[str, str | list[str]]] = {}
    for operator, key, value in draw(st.lists(_blocks(), max_size=2)):
        condition.setdefault(operator, {})[key] = value
    who = draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))
    names = _one_or_more([p for p in PRINCIPALS if who == "Principal" or p != "*"])
    named: object = {"AWS": draw(names)}
    if who == "Principal" and draw(st.integers(0, 4)) == 0:
        named = "*"
    made: dict[str, object] = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
        who: named,
        "Action": draw(st.sampled_from(["s3:GetObject", "s3:*"])),
        "Resource": f"arn:aws:s3:::{world.LAKE}/*",
    }
    return made | ({"Condition": condition} if condition else {})


def test_who_gets_in_by_a_bucket_policy_alone_is_always_found(oracle: Oracle) -> None:
    seen = {"policies": 0, "let in": 0, "found": 0}

    @seed(11)
    @settings(max_examples=POLICIES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(statements(), min_size=1, max_size=2))
    def judged(listed: list[dict[str, object]]) -> None:
        document = {"Version": "2012-10-17", "Statement": listed}
        told = findings_in(
            OwnPolicies(texts=(PolicyText(name="bucket policy", text=json.dumps(document)),)), [world.ACCOUNT]
        )
        questions = [
            Question(
                principal=SESSION,
                action="s3:GetObject",
                resource=f"arn:aws:s3:::{world.LAKE}/lending/one",
                identity=[],
                resource_policy=document,
                context={
                    "aws:PrincipalArn": role,
                    "aws:PrincipalAccount": world.ACCOUNT,
                    "aws:PrincipalIsAWSService": "false",
                    **place,
                },
                account=world.ACCOUNT,
            )
            for role in (ROLE, ENVIRONMENT_ROLE)
            for place in (PLACE, {"aws:SecureTransport": "false"})
        ]
        lets_in = "Allowed" in oracle.ask_many(questions)
        assert told or not lets_in, document
        seen["policies"] += 1
        seen["let in"] += lets_in
        seen["found"] += bool(told)

    judged()
    print(seen)
    assert seen["let in"] >= POLICIES // 10
    assert seen["found"] <= seen["policies"] - POLICIES // 10
