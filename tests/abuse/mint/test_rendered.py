"""What a policy could say more than was cleared: our own reader refuses it, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.reading import check_within
from jit_engine.iam.readings.widens import PolicyWidens
from jit_engine.iam.role import grant_policy
from platform_api.provisioning.boundary import boundary_document
from tests.abuse.rows import rows
from tests.fakes.networks import networked
from tests.fakes.world import (
    ACCOUNT,
    FACTS_PREFIX,
    GRANT,
    LAKE,
    LOANS,
    REPORT_PREFIX,
    ask,
    cleared,
    facts,
    order,
    place_of,
)
from tests.oracle.oracle import Oracle, Question
from tests.property.engine.points import STAND_IN

Edit = Callable[[dict[str, Any]], object]
ANYWHERE = {"Sid": "More", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"], "Condition": {}}


def clearances() -> list[Clearance]:
    """What is cleared in each tier: a prefix, a table, and in operation a target."""
    asks = (ask(FACTS_PREFIX), ask(LOANS, Operation.DESCRIBE, Operation.SELECT))
    more = (ask(REPORT_PREFIX, Operation.INSERT),)
    return [cleared(*asks, *(more if tier is Tier.OPERATION else ()), tier=tier) for tier in Tier]


def added(**statement: Any) -> Edit:
    return lambda policy: policy["Statement"].append({**ANYWHERE, **statement})


def first(policy: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in policy["Statement"] if s["Effect"] == "Allow")
    return found


def without(**statement: Any) -> Edit:
    """A statement more, of which some members are another's."""

    def edit(policy: dict[str, Any]) -> None:
        kept = {name: value for name, value in ANYWHERE.items() if name not in ("Action", "Resource")}
        policy["Statement"].append({**kept, **statement})

    return edit


EDITS: dict[str, Edit] = {
    "MINT-035 an Allow that is not for a prefix": lambda p: first(p)["Condition"].update(
        StringNotLike={"s3:prefix": ["team-b/*"]}
    ),
    "MINT-035 an Allow if it is there": lambda p: first(p)["Condition"].update(
        StringLikeIfExists={"s3:prefix": ["team-b/*"]}
    ),
    "MINT-035 an Allow for all values": lambda p: first(p)["Condition"].update(
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["x"]}}
    ),
    "MINT-035 an Allow where a key is missing": lambda p: first(p)["Condition"].update(Null={"s3:prefix": "true"}),
    "MINT-035 an Allow without its conditions": lambda p: first(p).update(Condition={}),
    "MINT-076 everything but": without(NotAction="iam:*", Resource="*"),
    "MINT-076 everything but, as a list": without(NotAction=["iam:*"], Resource=["*"]),
    "MINT-076 an action and everything but": added(NotAction=["iam:*"]),
    "MINT-077 everywhere but": without(Action=["s3:GetObject"], NotResource=["arn:aws:s3:::x/*"]),
    "MINT-077 somewhere and everywhere but": added(NotResource=["arn:aws:s3:::x/*"]),
    "MINT-077 with a principal": added(Principal="*"),
    "MINT-079 the older version": lambda p: p.update(Version="2008-10-17"),
    "MINT-079 no version": lambda p: p.pop("Version"),
    "MINT-079 a version to come": lambda p: p.update(Version="2099-01-01"),
    "MINT-079 a version as text with a space": lambda p: p.update(Version="2012-10-17 "),
    "MINT-080 another account": lambda p: first(p)["Condition"]["StringEquals"].update(
        {"aws:ResourceAccount": "999988887777"}
    ),
    "MINT-080 no account": lambda p: first(p)["Condition"].pop("StringEquals"),
    "MINT-080 two accounts": lambda p: first(p)["Condition"]["StringEquals"].update(
        {"aws:ResourceAccount": [ACCOUNT, "999988887777"]}
    ),
    "MINT-058 every action": added(Action=["s3:*"]),
    "MINT-059 everything": added(Action=["*"]),
    "MINT-067 passing a role": added(Action=["iam:PassRole"]),
    "MINT-047 every key": added(Action=["kms:Decrypt"]),
}  # fmt: skip


@pytest.mark.parametrize("edit", rows(EDITS))
def test_a_policy_that_says_more_is_never_minted(edit: Edit) -> None:
    for clearance in clearances():
        place = place_of(clearance)
        text, _ = grant_policy(clearance, place, GRANT)
        check_within(text, clearance, place, GRANT)
        policy = json.loads(text)
        edit(policy)
        with pytest.raises(PolicyWidens):
            check_within(json.dumps(policy), clearance, place, GRANT)


@pytest.mark.case("MINT-035", "MINT-076", "MINT-077", "MINT-079", "MINT-080")
def test_no_policy_of_ours_allows_by_exception() -> None:
    for clearance in clearances():
        policy = json.loads(grant_policy(clearance, place_of(clearance), GRANT)[0])
        assert policy["Version"] == "2012-10-17"
        for allow in (s for s in policy["Statement"] if s["Effect"] == "Allow"):
            assert not {"NotAction", "NotResource", "Principal", "NotPrincipal"} & set(allow)
            operators = set(allow["Condition"])
            assert operators <= {"StringEquals", "StringLike", "DateLessThan"}
            data = [arn for arn in allow["Resource"] if arn.startswith("arn:aws:s3:::")]
            if data and allow["Action"] != ["s3:GetBucketLocation"]:
                assert allow["Condition"]["StringEquals"]["aws:ResourceAccount"] == ACCOUNT


@pytest.mark.case("MINT-133")
def test_what_a_resource_policy_gives_is_denied_by_name_in_role_and_boundary() -> None:
    for clearance in clearances():
        policy = json.loads(grant_policy(clearance, place_of(clearance), GRANT)[0])
        boundary = boundary_document(order(clearance.environment.tier))
        for document in (policy, json.loads(json.dumps(boundary))):
            denies = [s for s in document["Statement"] if s["Effect"] == "Deny"]
            assert any("NotResource" in s for s in denies)
            assert any("NotAction" in s for s in denies)


@pytest.mark.case("MINT-134")
def test_stolen_keys_work_from_the_own_network_alone_and_for_their_time_alone() -> None:
    """Where an environment has VPC endpoints, a Deny holds from anywhere else; where it has none, the keys' hour, the
    grant's end in every Allow and the Deny of a revocation are what limits them.
    """
    for tier in Tier:
        bound = cleared(ask(FACTS_PREFIX), tier=tier, known=facts(tier, environment=networked(tier)))
        policy = json.loads(grant_policy(bound, place_of(bound), GRANT)[0])
        (own,) = [s for s in policy["Statement"] if s["Sid"] == "OwnNetworkOnly"]
        assert own["Effect"] == "Deny"
        assert own["Condition"]["StringNotEquals"]["aws:SourceVpce"] == ["vpce-0a", "vpce-0b"]
    for clearance in clearances():
        policy = json.loads(grant_policy(clearance, place_of(clearance), GRANT)[0])
        assert "SourceVpc" not in json.dumps(policy)
        allows = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
        assert all("aws:CurrentTime" in s["Condition"]["DateLessThan"] for s in allows)
        assert any(s["Sid"] == "AfterTheEnd" for s in policy["Statement"])


# ---- by an evaluator that is not ours


S3_CONTEXT = "kms:EncryptionContext:aws:s3:arn"
FOREIGN = {"aws:ResourceAccount": "999988887777"}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
"""What leaves a key's use to the account's own policies, as every workspace's key does."""


def question(clearance: Clearance, action: str, resource: str, **context: str) -> Question:
    """The evaluator has no key for one entry of an encryption context: another text key stands in for it."""
    role = grant_policy(clearance, place_of(clearance), GRANT)[0]
    boundary = json.dumps(boundary_document(order(clearance.environment.tier)))
    return Question(
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/sg-x/pe_x.1.token",
        action=action,
        resource=resource,
        identity=[json.loads(role.replace(S3_CONTEXT, STAND_IN))],
        boundary=json.loads(boundary.replace(S3_CONTEXT, STAND_IN)),
        resource_policy=KEY_POLICY if action.startswith("kms:") else None,
        context={
            "aws:CurrentTime": "2026-03-02T09:45:00Z",
            "aws:ResourceAccount": ACCOUNT,
            "s3:authType": "REST-HEADER",
            **context,
        },
        account=ACCOUNT,
    )


@pytest.mark.oracle
@pytest.mark.case("MINT-034", "MINT-049", "MINT-080", "MINT-098", "MINT-136")
def test_what_the_evaluator_says_of_a_session(oracle: Oracle) -> None:
    clearance = cleared()
    lake, data = f"arn:aws:s3:::{LAKE}", f"arn:aws:s3:::{LAKE}/lending/facts/part-0"
    key = place_of(clearance).workspace_key_arn
    workspace = f"arn:aws:s3:::{place_of(clearance).workspace_bucket}"
    through_s3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com", STAND_IN: workspace}
    asked = {
        "read": question(clearance, "s3:GetObject", data),
        "read in a foreign account": question(clearance, "s3:GetObject", data, **FOREIGN),
        "read at the end": question(clearance, "s3:GetObject", data, **{"aws:CurrentTime": "2026-03-02T10:30:00Z"}),
        "read by a signed link": question(clearance, "s3:GetObject", data, **{"s3:authType": "REST-QUERY-STRING"}),
        "read by a form": question(clearance, "s3:GetObject", data, **{"s3:authType": "POST"}),
        "list within": question(clearance, "s3:ListBucket", lake, **{"s3:prefix": "lending/facts/"}),
        "list without a prefix": question(clearance, "s3:ListBucket", lake),
        "list at the root": question(clearance, "s3:ListBucket", lake, **{"s3:prefix": ""}),
        "list beside": question(clearance, "s3:ListBucket", lake, **{"s3:prefix": "lending/facts"}),
        "decrypt through S3": question(clearance, "kms:Decrypt", key, **through_s3),
        "decrypt directly": question(clearance, "kms:Decrypt", key),
        "decrypt for another bucket": question(
            clearance, "kms:Decrypt", key, **{**through_s3, STAND_IN: lake}
        ),
        "decrypt through another service": question(
            clearance, "kms:Decrypt", key, **{**through_s3, "kms:ViaService": "athena.us-east-1.amazonaws.com"}
        ),
        "give the key away": question(clearance, "kms:CreateGrant", key, **through_s3),
    }  # fmt: skip
    answers = dict(zip(asked, oracle.ask_many(list(asked.values())), strict=True))
    assert {name for name, answer in answers.items() if answer == "Allowed"} == {
        "read", "list within", "decrypt through S3",
    }  # fmt: skip
    assert answers["list without a prefix"] == answers["read by a signed link"] == "ExplicitlyDenied"


@pytest.mark.oracle
@pytest.mark.case("MINT-137", "MINT-133")
def test_the_evaluator_lets_nothing_last_even_where_a_resource_policy_would(oracle: Oracle) -> None:
    clearance = cleared()
    lake = f"arn:aws:s3:::{LAKE}"
    lasting = {
        "s3:PutBucketPolicy": lake,
        "s3:PutBucketAcl": lake,
        "s3:PutObjectAcl": f"{lake}/lending/facts/part-0",
        "s3:PutBucketNotification": lake,
        "s3:CreateAccessPoint": f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/mine",
        "kms:CreateGrant": place_of(clearance).workspace_key_arn,
        "iam:CreateUser": f"arn:aws:iam::{ACCOUNT}:user/mallory",
        "iam:CreateAccessKey": f"arn:aws:iam::{ACCOUNT}:user/mallory",
        "iam:PassRole": f"arn:aws:iam::{ACCOUNT}:role/admin",
        "sts:AssumeRole": f"arn:aws:iam::{ACCOUNT}:role/jit/sg-x",
        "lambda:CreateFunction": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:mine",
    }
    asked = [question(clearance, action, resource) for action, resource in lasting.items()]
    assert dict(zip(lasting, oracle.ask_many(asked), strict=True)) == dict.fromkeys(lasting, "ExplicitlyDenied")
