"""Kinds of source that nobody offers, and parts of one that its kind cannot keep apart: refused, never widened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.abuse.mint.door import Bad, check_refused
from tests.abuse.rows import rows
from tests.support.platform import FACTS, Cast, Story
from tests.support.standing import Standing

TABLE = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["select"]}
CLAIMS = {"account": "111122223333", "region": "eu-west-1", "table": "claims"}
MODEL = {"kind": "bedrock", "region": "eu-west-1", "model": "anthropic.claude-3-haiku-20240307-v1:0"}
GUARDRAIL = "arn:aws:bedrock:eu-west-1:111122223333:guardrail/gr123"


def unknown(**given: Any) -> Bad:
    """A source of a kind that there is not."""
    return Bad(given={"sources": [given]}, field="sources[0]")


def more(source: dict[str, Any], **given: Any) -> Bad:
    """A good source with a field that its kind does not have."""
    (field,) = given
    return Bad(given={"sources": [{**source, **given}]}, field=f"sources[0].{field}")


FILTERS = [f"f{n:02}" for n in range(11)]
ASKED: dict[str, Bad] = {
    "MINT-037 keys and attributes": unknown(
        kind="dynamodb", **CLAIMS, leading_keys=["A-0001"], attributes=["id", "amount"],
        actions=["dynamodb:Query", "dynamodb:GetItem"],
    ),
    "MINT-038 a scan under a key": unknown(
        kind="dynamodb", **CLAIMS, leading_keys=["A-0001"], actions=["dynamodb:Scan"],
    ),
    "MINT-038 items of a prefix": more(FACTS, leading_keys=["A-0001"]),
    "MINT-043 columns of a prefix": more(FACTS, columns=["id", "amount"]),
    "MINT-043 rows of a prefix": more(FACTS, rows="region = 'EU'"),
    "MINT-044 eleven filters": unknown(
        kind="lakeformation", database="claims_db", table="claims", data_filters=FILTERS,
    ),
    "MINT-044 eleven filters of a table": more(TABLE, data_filters=FILTERS),
    "MINT-046 one filter": unknown(kind="lakeformation", database="claims_db", table="claims", data_filters=["f1"]),
    "MINT-046 a filter of a table": more(TABLE, data_filters=["f1"]),
    "MINT-050 every model": unknown(**{**MODEL, "model": "*"}, guardrail=f"{GUARDRAIL}:1"),
    "MINT-052 a guardrail without its version": unknown(**MODEL, guardrail=GUARDRAIL),
    "MINT-053 a batch job and an agent": unknown(
        **MODEL, actions=["bedrock:InvokeModel", "bedrock:CreateModelInvocationJob", "bedrock:InvokeAgent"],
    ),
    "MINT-055 an access grant that writes": unknown(
        kind="s3_access_grants", target="s3://corp-claims/team-a/*", permission="READWRITE",
    ),
    "MINT-055 a permission for operations": more(FACTS, permission="READWRITE"),
    "MINT-056 every index": unknown(
        kind="s3vectors", arn="arn:aws:s3vectors:eu-west-1:111122223333:bucket/vb/index/*",
        actions=["s3vectors:QueryVectors", "s3vectors:GetVectors"],
    ),
    "MINT-056 no kind": unknown(bucket="corp-claims", prefix="team-a/", operations=["select"]),
    "MINT-056 a kind in another case": unknown(**{**FACTS, "kind": "S3-Prefix"}),
    "MINT-056 a kind that looks like one": unknown(**{**FACTS, "kind": "s3-рrefix"}),
    "MINT-056 two kinds": unknown(**{**FACTS, "kind": ["s3-prefix", "glue-table"]}),
}  # fmt: skip


@pytest.mark.parametrize("bad", rows(ASKED))
def test_what_no_kind_offers_is_refused_before_aws_hears_of_it(
    without_aws: Cast, story: Story, standing: Standing, bad: Bad
) -> None:
    check_refused(without_aws, story, standing, bad)
