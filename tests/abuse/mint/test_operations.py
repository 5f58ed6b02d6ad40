"""What is to be done with the data, as somebody spells it: words of a closed list, never an action of AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.iam.grant_policy import grant_statements
from jit_engine.sources.kinds import KINDS
from tests.abuse.mint.door import Bad, check_refused, source
from tests.abuse.rows import rows
from tests.fakes.world import FACTS_PREFIX, GRANT, LOANS, REPORT_PREFIX, ask, cleared, place_of
from tests.support.platform import FACTS, Cast, Story, made
from tests.support.standing import Standing

ACTIONS = {
    "MINT-058": ["s3:*", "s3:Get*", "s3:*Object", "S3:*"],
    "MINT-059": ["*", "*:*", "**"],
    "MINT-061": ["S3:getobject", "s3:getObject", "SELECT", "Select"],
    "MINT-062": ["s3:GetObject ", " s3:GetObject", "select ", "select\n", "select\0"],
    "MINT-064": ["s3:?etObject", "?elect"],
    "MINT-065": ['s3:GetObject","s3:DeleteObject', 'select","delete', "select,delete"],
    "MINT-067": ["iam:PassRole", "iam:*"],
    "MINT-068": ["sts:AssumeRole", "sts:GetFederationToken"],
    "MINT-070": ["s3:PutBucketPolicy", "s3:PutObjectAcl", "s3:PutBucketNotification"],
    "MINT-071": ["lakeformation:GetDataAccess", "lakeformation:GrantPermissions"],
    "MINT-073": ["athena:CreateNamedQuery", "athena:CreatePreparedStatement", "glue:CreateTable"],
    "MINT-074": ["lambda:InvokeFunction", "states:StartExecution"],
}
"""By case: what somebody gives for an operation, neighbours included."""


def operations(*given: object) -> Bad:
    return source(operations=list(given), field="operations[0]", code="fields-invalid")


SMUGGLED: dict[str, Bad] = {
    f"{case} {text!r}": operations(text) for case, texts in ACTIONS.items() for text in texts
} | {
    "MINT-058 beside a good one": source(
        operations=["select", "s3:*"], field="operations[1]", code="fields-invalid",
    ),
    "MINT-061 a good one twice": source(operations=["select", "select"], field="operations", code="invalid-value"),
    "MINT-062 a number": operations(1),
    "MINT-064 a full-width word": operations("ｓelect"),
    "MINT-065 a list in the list": operations(["select"]),
    "MINT-065 text in place of the list": source(operations="select", field="operations", code="fields-invalid"),
    "MINT-059 in a field of its own": source(actions=["*"], field="actions", code="fields-invalid"),
    "MINT-070 as a statement": Bad(
        given={"statements": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, field="statements",
    ),
    "MINT-076 NotAction": source(NotAction="iam:*", field="NotAction", code="fields-invalid"),
    "MINT-077 NotResource": source(NotResource="arn:aws:s3:::x/*", field="NotResource", code="fields-invalid"),
    "MINT-043 columns of a prefix": source(columns=["id", "amount"], field="columns", code="fields-invalid"),
    "MINT-047 a key of one's own": source(kms_key="*", field="kms_key", code="fields-invalid"),
    "MINT-047 a literal key": source(
        kms_key="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        field="kms_key", code="fields-invalid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", rows(SMUGGLED))
def test_an_operation_that_is_no_word_of_ours_is_refused_before_aws_hears_of_it(
    without_aws: Cast, story: Story, standing: Standing, bad: Bad
) -> None:
    check_refused(without_aws, story, standing, bad)


WORKSPACE = {
    "kms:Decrypt", "kms:GenerateDataKey", "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation",
    "s3:GetObject", "s3:ListBucket", "s3:ListMultipartUploadParts", "s3:PutObject",
}  # fmt: skip
"""What a grant's own workspace takes, whatever was asked for."""


@pytest.mark.case(*ACTIONS)
def test_the_actions_of_a_policy_come_from_the_closed_tables_alone() -> None:
    known = {action for kind in KINDS for offer in kind.offers.values() for action in offer.actions} | WORKSPACE
    wanted = (ask(FACTS_PREFIX), ask(LOANS, Operation.DESCRIBE, Operation.SELECT))
    for tier in Tier:
        more = (ask(REPORT_PREFIX, Operation.INSERT),) if tier is Tier.OPERATION else ()
        clearance = cleared(*wanted, *more, tier=tier)
        allowed = {
            action
            for statement in grant_statements(clearance, place_of(clearance), GRANT)
            for action in statement.actions
            if type(statement).__name__ == "Allow"
        }
        assert allowed <= known
        assert not any("*" in action or "?" in action for action in allowed)
        assert not any(action.startswith(("iam:", "sts:", "lambda:")) for action in allowed)


@pytest.mark.case("MINT-041")
@pytest.mark.usefixtures("given_back")
def test_a_table_grant_changes_nothing_in_the_catalogue_and_queries_in_one_workgroup(
    cast: Cast, story: Story, standing: Standing
) -> None:
    """No default database is named: it is not needed to read a table that is named in full."""
    table: dict[str, Any] = {
        "kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"],
    }  # fmt: skip
    grant = made(cast.dana.post("/v1/access-requests", story.asking(sources=[table])))["grant"]
    allows = [s for s in policy_of(grant)["Statement"] if s["Effect"] == "Allow"]
    actions = {action for statement in allows for action in statement["Action"]}
    glue = {action for action in actions if action.startswith("glue:")}
    assert glue <= {f"glue:{verb}" for verb in
                    ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")}  # fmt: skip
    assert not any(action.startswith(("glue:Create", "glue:Update", "glue:Delete")) for action in actions)
    (workgroups,) = [s["Resource"] for s in allows if any(a.startswith("athena:") for a in s["Action"])]
    assert len(workgroups) == 1
    assert "*" not in workgroups[0]
    reads = [arn for s in allows if "s3:GetObject" in s["Action"] for arn in s["Resource"]]
    lake = [arn for arn in reads if f":::{FACTS['bucket']}" in arn]
    assert lake == [f"arn:aws:s3:::{FACTS['bucket']}/{FACTS['prefix']}*"]
    writes = [arn for s in allows if "s3:PutObject" in s["Action"] for arn in s["Resource"]]
    assert writes
    assert all(arn.partition("/")[2] in ("work/*", f"athena/{grant['id']}/*") for arn in writes)


def policy_of(grant: dict[str, Any]) -> dict[str, Any]:
    """The policy of a grant's only principal."""
    found = grant["policy"] if "policy" in grant else grant["principals"][0]["policy"]
    policy: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
    return policy
