"""What of a source's own policies lets a session of ours in, statement by statement; and how they are read from AWS."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from jit_engine.aws.calls import Calls
from jit_engine.aws.source_policies import AwsOwnPolicies
from jit_engine.domain.resource_policy import BucketLists, KeyGrant, OwnPolicies, PolicyText
from jit_engine.errors import AwsRefused
from jit_engine.iam.resource_policies import findings_in

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jit/sg-gr_1-1-1"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/sg-gr_1-1-1/s"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/loader"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SPARED = {
    "ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/jit/*", "arn:aws:iam::*:role/sluicegate/env/*"]}
}


def found(*statements: Mapping[str, object], accounts: tuple[str, ...] = (ACCOUNT,)) -> list[str]:
    """The statements that were found, by name."""
    listed = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **one} for one in statements]
    text = json.dumps({"Version": "2012-10-17", "Statement": listed})
    policies = OwnPolicies(texts=(PolicyText(name="bucket policy of lake", text=text),))
    return [finding.statement for finding in findings_in(policies, accounts)]


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": ["*"]}},
        {"Principal": {"AWS": ROLE}},
        {"Principal": {"AWS": SESSION}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}},
        {"Principal": {"AWS": "arn:aws:iam::*:role/jit/*"}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/sluicegate/env/sg-env-en_1"}},
        {"Principal": {"AWS": "AROAEXAMPLEID"}},
        {"Principal": {"Service": "logs.amazonaws.com", "AWS": "*"}},
        {"Principal": {"Neighbour": "x"}},
        {"Principal": 7},
        {"NotPrincipal": {"AWS": OTHER}},
        {},
        {"Principal": "*", "Effect": "allow"},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Principal": "*", "Condition": {"InventedOperator": {"aws:PrincipalArn": OTHER}}},
        {"Principal": "*", "Condition": "none"},
        {
            "Principal": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/jit/*"}},
        },
        {"Principal": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/jit/*"}}},
        {
            "Principal": {"AWS": ROOT},
            "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/jit/*"}},
        },
        {
            "Principal": {"AWS": ACCOUNT},
            "Condition": {"StringEquals": {"aws:PrincipalTag/sluicegate:tier": "research"}},
        },
    ],
)
def test_an_opening_for_a_session_of_ours_is_found(statement: Mapping[str, object]) -> None:
    assert found({"Sid": "Open", **statement}) == ["Open"]


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": ROOT}},
        {"Principal": {"AWS": ACCOUNT}},
        {"Principal": {"AWS": OTHER}},
        {"Principal": {"AWS": "arn:aws:iam::999900001111:role/jit/sg-x"}},
        {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::999900001111:root"}},
        {"Principal": "*", "Effect": "Deny"},
        {"Principal": "*", "Condition": SPARED},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "999900001111"}}},
        {"Principal": "*", "Condition": {"StringNotEquals": {"AWS:PrincipalAccount": [ACCOUNT, "999900001111"]}}},
        {"Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": OTHER}}},
        {"Principal": "*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}},
        {"Principal": "*", "Condition": {"Null": {"aws:PrincipalArn": "true"}}},
        {"Principal": {"AWS": ROOT}, "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}},
    ],
)
def test_what_lets_in_nobody_of_ours_is_no_finding(statement: Mapping[str, object]) -> None:
    assert found(statement) == []


def test_a_role_of_another_account_that_the_platform_serves_is_ours_too() -> None:
    there = {"Sid": "There", "Principal": {"AWS": "arn:aws:iam::999900001111:role/jit/sg-x"}}
    assert found(there, accounts=(ACCOUNT, "999900001111")) == ["There"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": 1}', '{"Statement": [1]}'])
def test_what_is_no_policy_is_a_finding(text: str) -> None:
    findings = findings_in(OwnPolicies(texts=(PolicyText(name="key policy of k", text=text),)), [ACCOUNT])
    assert [finding.statement for finding in findings] == ["unread"]


def test_a_grant_of_a_key_to_a_role_of_ours_is_found_with_the_command_that_revokes_it() -> None:
    grants = tuple(KeyGrant(key="k", id=holder[-3:], holder=holder) for holder in (ROLE, OTHER, ROOT))
    (finding,) = findings_in(OwnPolicies(key_grants=grants), [ACCOUNT])
    assert finding.repair == "revoke it: aws kms revoke-grant --key-id k --grant-id 1-1"


def test_lists_count_unless_the_owner_put_them_out_of_force() -> None:
    def listed(*, enforced: bool, ignored: bool) -> int:
        lists = BucketLists(bucket="lake", owner_enforced=enforced, ignores_public=ignored, groups=("x/AllUsers",))
        return len(findings_in(OwnPolicies(lists=(lists,)), [ACCOUNT]))

    assert listed(enforced=False, ignored=False) == 1
    assert listed(enforced=True, ignored=False) == listed(enforced=False, ignored=True) == 0


class FakeCalls:
    """An AWS that answers from a table, by operation; anything else it refuses."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __call__(
        self, service: str, operation: str, parameters: Mapping[str, object], *, urgent: bool = False
    ) -> Mapping[str, Any]:
        answer = self.answers.get(operation, "AccessDenied")
        if isinstance(answer, str):
            raise AwsRefused(operation=f"{service}:{operation}", aws_code=answer)
        if isinstance(answer, list):
            return dict(answer[1 if "Marker" in parameters or "NextToken" in parameters else 0])
        return dict(answer)

    def as_session(self, access_key_id: str, secret_access_key: str, session_token: str) -> Calls:
        raise NotImplementedError


QUIET: dict[str, Any] = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_ownership_controls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "get_bucket_acl": {"Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "f7"}}]},
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "list_access_points": {"AccessPointList": []},
}
LAKE = "arn:aws:s3:::lake"
POLICY = '{"Statement":[]}'


def read(resource: str, **answers: Any) -> OwnPolicies:
    """What is read where AWS answers so."""
    return AwsOwnPolicies(calls=FakeCalls(**answers), account=ACCOUNT, access_points=True)(resource)


def test_a_bucket_without_any_policy_reads_as_having_none() -> None:
    own = read(LAKE, **QUIET)
    assert (own.texts, own.key_grants, own.unread) == ((), (), ())
    assert findings_in(own, [ACCOUNT]) == ()


def test_bucket_key_grants_and_access_points_are_read_to_the_last_page() -> None:
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}
    answers = QUIET | {
        "get_bucket_policy": {"Policy": POLICY},
        "get_bucket_encryption": {
            "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]}
        },
        "describe_key": {"KeyMetadata": {"Arn": "arn:aws:kms:eu-west-1:111122223333:key/k"}},
        "get_key_policy": {"Policy": POLICY},
        "list_grants": [
            {"Grants": [{"GrantId": "1", "GranteePrincipal": OTHER}], "NextMarker": "m"},
            {"Grants": [{"GrantId": "2", "GranteePrincipal": ROLE}]},
        ],
        "list_access_points": {"AccessPointList": [{"Name": "ap"}]},
        "get_access_point_policy": {"Policy": POLICY},
    }
    own = read(LAKE, **answers)
    assert [text.name for text in own.texts] == [
        "bucket policy of lake",
        "key policy of arn:aws:kms:eu-west-1:111122223333:key/k",
        "policy of access point ap of lake",
    ]
    assert [grant.holder for grant in own.key_grants] == [OTHER, ROLE]


@pytest.mark.parametrize("operation", sorted(QUIET))
def test_what_may_not_be_read_is_a_finding(operation: str) -> None:
    own = read(LAKE, **{**QUIET, operation: "AccessDenied"})
    assert len(own.unread) == 1
    (finding,) = findings_in(own, [ACCOUNT])
    assert "AccessDenied" in finding.why


def test_a_catalogue_without_a_policy_reads_as_having_none() -> None:
    catalogue = f"arn:aws:glue:eu-west-1:{ACCOUNT}:catalog"
    assert read(catalogue, get_resource_policy="EntityNotFoundException") == OwnPolicies()
    assert read(catalogue, get_resource_policy={"PolicyInJson": POLICY}).texts[0].text == POLICY
    assert read(catalogue, get_resource_policy="AccessDeniedException").unread != ()


def test_what_nothing_can_read_is_not_taken_for_clean() -> None:
    assert read("arn:aws:invented:eu-west-1:111122223333:thing").unread != ()


PLACE = f"eu-west-1:{ACCOUNT}"


@pytest.mark.parametrize(
    ("resource", "operation", "absent", "answer"),
    [
        (f"arn:aws:dynamodb:{PLACE}:table/t", "get_resource_policy", "PolicyNotFoundException", {"Policy": POLICY}),
        (f"arn:aws:kinesis:{PLACE}:stream/s", "get_resource_policy", {"Policy": "{}"}, {"Policy": POLICY}),
        (f"arn:aws:secretsmanager:{PLACE}:secret:s-AbCdEf", "get_resource_policy", {}, {"ResourcePolicy": POLICY}),
        (
            f"arn:aws:ecr:{PLACE}:repository/team/image",
            "get_repository_policy",
            "RepositoryPolicyNotFoundException",
            {"policyText": POLICY},
        ),
        (
            f"arn:aws:codeartifact:{PLACE}:repository/domain/library",
            "get_repository_permissions_policy",
            "ResourceNotFoundException",
            {"policy": {"document": POLICY}},
        ),
    ],
)
def test_tables_streams_secrets_and_libraries_have_policies_of_their_own(
    resource: str, operation: str, absent: object, answer: object
) -> None:
    assert read(resource, **{operation: absent}) == OwnPolicies()
    assert [text.text for text in read(resource, **{operation: answer}).texts] == [POLICY]
    assert len(read(resource, **{operation: "AccessDeniedException"}).unread) == 1
