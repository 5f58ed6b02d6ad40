"""The tiers' rules as boundaries, as tables that an outside IAM evaluator judges.

Every question is asked for a role that may do everything: what is denied is denied by the boundary alone.
`ExplicitlyDenied` is more than denied: no bucket or key policy that names the session can overrule it.
"""

import json

import pytest

from jit_engine.domain.tier import Tier
from platform_api.provisioning.boundary import NEVER, boundary_document
from tests.oracle.oracle import Decision, Oracle, Question
from tests.unit.provisioning.orders import ACCOUNT, ENVIRONMENT, LAKE, REGION, REPORTS, WORKSPACE, an_order

pytestmark = pytest.mark.oracle

ALLOWED: Decision = "Allowed"
DENIED: Decision = "ExplicitlyDenied"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jit/sg-grant"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
SIGNED_IN_HEADER = {"aws:ResourceAccount": ACCOUNT, "s3:authType": "REST-HEADER"}

S3 = "arn:aws:s3:::"
LAKE_OBJECT = f"{S3}{LAKE}/loans/part-0.parquet"
REPORT_OBJECT = f"{S3}{REPORTS}/monthly/report.parquet"
OWN_OBJECT = f"{S3}{WORKSPACE}/notes/a.parquet"
OTHER_WORKSPACE = f"{S3}sg-ws-01jabcdefghjkmnpqrstvwxyz9"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
WORKGROUP = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup"

# action, resource, then research, validation, operation
TABLE: list[tuple[str, str, Decision, Decision, Decision]] = [
    ("s3:GetObject", LAKE_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("s3:ListBucket", f"{S3}{LAKE}", ALLOWED, ALLOWED, ALLOWED),
    ("s3:GetBucketLocation", f"{S3}{LAKE}", ALLOWED, ALLOWED, ALLOWED),
    ("s3:PutObject", LAKE_OBJECT, DENIED, DENIED, ALLOWED),
    ("s3:PutObject", REPORT_OBJECT, DENIED, DENIED, ALLOWED),
    ("s3:AbortMultipartUpload", REPORT_OBJECT, DENIED, DENIED, ALLOWED),
    ("s3:ListMultipartUploadParts", REPORT_OBJECT, "ImplicitlyDenied", "ImplicitlyDenied", ALLOWED),
    ("s3:DeleteObject", LAKE_OBJECT, DENIED, DENIED, DENIED),
    ("s3:DeleteObject", REPORT_OBJECT, DENIED, DENIED, DENIED),
    ("s3:GetObject", OWN_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("s3:PutObject", OWN_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("s3:DeleteObject", OWN_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("s3:AbortMultipartUpload", OWN_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("s3:ListMultipartUploadParts", OWN_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("s3:ListBucket", f"{S3}{WORKSPACE}", ALLOWED, ALLOWED, ALLOWED),
    ("s3:GetObject", f"{S3}{WORKSPACE}/.sluicegate/probe", ALLOWED, ALLOWED, ALLOWED),
    ("s3:PutObject", f"{S3}{WORKSPACE}/.sluicegate/probe", DENIED, DENIED, DENIED),
    ("s3:DeleteObject", f"{S3}{WORKSPACE}/.sluicegate/probe", DENIED, DENIED, DENIED),
    ("s3:GetObject", f"{OTHER_WORKSPACE}/notes/a.parquet", DENIED, DENIED, DENIED),
    ("s3:PutObject", f"{OTHER_WORKSPACE}/notes/a.parquet", DENIED, DENIED, DENIED),
    ("s3:ListBucket", OTHER_WORKSPACE, DENIED, DENIED, DENIED),
    ("s3:GetObject", f"{S3}{LAKE}-copy/loans/part-0.parquet", DENIED, DENIED, DENIED),
    ("s3:PutObject", f"{S3}{REPORTS}-outside/report.parquet", DENIED, DENIED, DENIED),
    ("s3:GetObject", f"{S3}elsewhere/a.parquet", DENIED, DENIED, DENIED),
    ("s3:ListAllMyBuckets", "*", DENIED, DENIED, DENIED),
    ("s3:GetObjectVersion", LAKE_OBJECT, DENIED, DENIED, DENIED),
    ("s3:PutObjectAcl", OWN_OBJECT, DENIED, DENIED, DENIED),
    ("s3:PutBucketAcl", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("s3:PutBucketPolicy", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("s3:PutBucketPublicAccessBlock", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("s3:PutReplicationConfiguration", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("s3:PutEncryptionConfiguration", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("s3:DeleteBucket", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("s3:CreateAccessPoint", f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/a", DENIED, DENIED, DENIED),
    ("glue:GetTable", f"{GLUE}:table/lake/loans", ALLOWED, ALLOWED, ALLOWED),
    ("glue:GetDatabase", f"{GLUE}:database/lake", ALLOWED, ALLOWED, ALLOWED),
    ("glue:BatchGetPartition", f"{GLUE}:catalog", ALLOWED, ALLOWED, ALLOWED),
    ("glue:GetTable", f"arn:aws:glue:{REGION}:999988887777:table/lake/loans", DENIED, DENIED, DENIED),
    ("glue:UpdateTable", f"{GLUE}:table/lake/loans", DENIED, DENIED, DENIED),
    ("glue:DeleteTable", f"{GLUE}:table/lake/loans", DENIED, DENIED, DENIED),
    ("glue:GetDataCatalogEncryptionSettings", f"{GLUE}:catalog", DENIED, DENIED, DENIED),
    (
        "athena:StartQueryExecution",
        f"{WORKGROUP}/sg-env-01jabcdefghjkmnpqrstvwxyz0",
        ALLOWED,
        ALLOWED,
        ALLOWED,
    ),
    ("athena:GetQueryResults", f"{WORKGROUP}/sg-env-01jabcdefghjkmnpqrstvwxyz0", ALLOWED, ALLOWED, ALLOWED),
    ("athena:StartQueryExecution", f"{WORKGROUP}/primary", DENIED, DENIED, DENIED),
    ("athena:UpdateWorkGroup", f"{WORKGROUP}/sg-env-01jabcdefghjkmnpqrstvwxyz0", DENIED, DENIED, DENIED),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/any", DENIED, DENIED, DENIED),
    (
        "iam:CreatePolicyVersion",
        f"arn:aws:iam::{ACCOUNT}:policy/sluicegate/boundary/b",
        DENIED,
        DENIED,
        DENIED,
    ),
    (
        "sts:AssumeRole",
        f"arn:aws:iam::{ACCOUNT}:role/sluicegate/env/sg-env-{ENVIRONMENT}",
        DENIED,
        DENIED,
        DENIED,
    ),
    ("organizations:LeaveOrganization", "*", DENIED, DENIED, DENIED),
    ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any", DENIED, DENIED, DENIED),
    (
        "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a",
        DENIED,
        DENIED,
        DENIED,
    ),
]


def _question(tier: Tier, action: str, resource: str, **context: str) -> Question:
    return Question(
        principal=ROLE,
        action=action,
        resource=resource,
        identity=[EVERYTHING],
        boundary=boundary_document(an_order(tier)),
        context={**SIGNED_IN_HEADER, **{key.replace("__", ":"): value for key, value in context.items()}},
        account=ACCOUNT,
    )


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_allows_and_denies_what_its_table_says(oracle: Oracle, tier: Tier) -> None:
    column = list(Tier).index(tier) + 2
    answers = oracle.ask_many([_question(tier, row[0], row[1]) for row in TABLE])
    found = [(row[0], row[1], answer) for row, answer in zip(TABLE, answers, strict=True)]
    assert found == [(row[0], row[1], row[column]) for row in TABLE]


@pytest.mark.parametrize("tier", Tier)
def test_no_bucket_policy_that_names_the_role_opens_another_bucket(oracle: Oracle, tier: Tier) -> None:
    resource = f"{OTHER_WORKSPACE}/notes/a.parquet"
    question = Question(
        principal=ROLE,
        action="s3:GetObject",
        resource=resource,
        identity=[EVERYTHING],
        boundary=boundary_document(an_order(tier)),
        resource_policy={
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:*", "Resource": resource}],
        },
        context=SIGNED_IN_HEADER,
        account=ACCOUNT,
    )
    assert oracle.ask_many([question]) == [DENIED]


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("form", ["POST", "REST-QUERY-STRING"])
def test_a_request_signed_in_a_link_or_a_form_is_denied(oracle: Oracle, tier: Tier, form: str) -> None:
    question = _question(tier, "s3:GetObject", OWN_OBJECT, s3__authType=form)
    assert oracle.ask_many([question]) == [DENIED]


@pytest.mark.parametrize("tier", Tier)
def test_the_data_of_another_account_is_denied_even_under_the_name_of_the_lake(oracle: Oracle, tier: Tier) -> None:
    question = _question(tier, "s3:GetObject", LAKE_OBJECT, aws__ResourceAccount="999988887777")
    assert oracle.ask_many([question]) == ["ImplicitlyDenied"]


@pytest.mark.parametrize("tier", Tier)
def test_an_access_point_is_denied(oracle: Oracle, tier: Tier) -> None:
    point = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/a"
    through = _question(tier, "s3:GetObject", f"{point}/object/notes/a", s3__DataAccessPointArn=point)
    assert oracle.ask_many([through]) == [DENIED]


KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
DECIDED_BY_IAM = {
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
VIA_S3 = f"s3.{REGION}.amazonaws.com"
# The evaluator does not know the keys of an encryption context; another key of text stands in for it.
STAND_IN = "kms:CallerAccount"
# action, service, bucket or object, then research, validation, operation
KEYS: list[tuple[str, str, str, Decision, Decision, Decision]] = [
    ("kms:Decrypt", VIA_S3, f"{S3}{WORKSPACE}", ALLOWED, ALLOWED, ALLOWED),
    ("kms:GenerateDataKey", VIA_S3, f"{S3}{WORKSPACE}", ALLOWED, ALLOWED, ALLOWED),
    ("kms:Decrypt", VIA_S3, LAKE_OBJECT, ALLOWED, ALLOWED, ALLOWED),
    ("kms:GenerateDataKey", VIA_S3, f"{S3}{REPORTS}", "ImplicitlyDenied", "ImplicitlyDenied", ALLOWED),
    ("kms:Decrypt", VIA_S3, OTHER_WORKSPACE, "ImplicitlyDenied", "ImplicitlyDenied", "ImplicitlyDenied"),
    ("kms:Decrypt", f"ebs.{REGION}.amazonaws.com", f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("kms:CreateGrant", VIA_S3, f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
    ("kms:PutKeyPolicy", VIA_S3, f"{S3}{WORKSPACE}", DENIED, DENIED, DENIED),
]


@pytest.mark.parametrize("tier", Tier)
def test_keys_serve_only_s3_and_only_for_the_buckets_of_the_environment(oracle: Oracle, tier: Tier) -> None:
    column = list(Tier).index(tier) + 3
    boundary = json.dumps(boundary_document(an_order(tier)))
    assert '"kms:EncryptionContext:aws:s3:arn"' in boundary
    questions = [
        Question(
            principal=ROLE,
            action=action,
            resource=KEY,
            identity=[EVERYTHING],
            boundary=json.loads(boundary.replace("kms:EncryptionContext:aws:s3:arn", STAND_IN)),
            resource_policy=DECIDED_BY_IAM,
            context={"kms:ViaService": service, STAND_IN: used_for},
            account=ACCOUNT,
        )
        for action, service, used_for, *_ in KEYS
    ]
    answers = oracle.ask_many(questions)
    assert list(zip(KEYS, answers, strict=True)) == [(row, row[column]) for row in KEYS]


def test_a_key_called_directly_is_denied(oracle: Oracle) -> None:
    question = Question(
        principal=ROLE,
        action="kms:Decrypt",
        resource=KEY,
        identity=[EVERYTHING],
        boundary=boundary_document(an_order()),
        account=ACCOUNT,
    )
    assert oracle.ask_many([question]) == [DENIED]


def test_what_is_never_done_is_said_by_name_as_well() -> None:
    statements = boundary_document(an_order(Tier.OPERATION))["Statement"]
    assert isinstance(statements, list)
    never = [s for s in statements if s.get("Sid") == "Never"]
    assert never == [{"Sid": "Never", "Effect": "Deny", "Action": list(NEVER), "Resource": ["*"]}]
