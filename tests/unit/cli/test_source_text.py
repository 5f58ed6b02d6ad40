"""How sources are written."""

from __future__ import annotations

import pytest

from cli.failure import InputInvalid
from cli.source_kinds import TYPED
from cli.source_text import source_of
from jit_engine.domain.source import Operation
from jit_engine.sources.kinds import KINDS

BOTH = ["select", "describe"]
LOANS = {"kind": "s3-prefix", "bucket": "lake"}
TABLE = {"kind": "glue-table", "database": "loans", "table": "facts"}
FULL = {**TABLE, "account": "111122223333", "region": "us-east-1"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("s3://lake/loans/", {**LOANS, "prefix": "loans/", "operations": BOTH}),
        ("s3://lake/loans/=select", {**LOANS, "prefix": "loans/", "operations": ["select"]}),
        ("s3://lake/loans/=insert,describe", {**LOANS, "prefix": "loans/", "operations": ["insert", "describe"]}),
        ("s3://lake/year=2024/", {**LOANS, "prefix": "year=2024/", "operations": BOTH}),
        ("s3://lake/year=2024/=delete", {**LOANS, "prefix": "year=2024/", "operations": ["delete"]}),
        ("s3://lake/=odd/", {**LOANS, "prefix": "=odd/", "operations": BOTH}),
        ("s3://lake/loans", {**LOANS, "prefix": "loans", "operations": BOTH}),
        ("s3://lake/year=2024", {**LOANS, "prefix": "year=2024", "operations": BOTH}),
        ("s3://lake/", {**LOANS, "prefix": "", "operations": BOTH}),
        ("glue:loans.facts", {**TABLE, "operations": BOTH}),
        ("glue:loans.facts=describe", {**TABLE, "operations": ["describe"]}),
        ("glue://loans/facts", {**TABLE, "operations": BOTH}),
        ("glue://111122223333/us-east-1/loans/facts=select", {**FULL, "operations": ["select"]}),
    ],
)
def test_a_source_is_read_as_it_is_meant(text: str, meant: dict[str, object]) -> None:
    assert source_of(text) == meant


@pytest.mark.parametrize(
    "text",
    ["lake/loans/", "s3://", "s3://lake", "s3:///loans/", "glue:loans", "glue:loans.facts.more", "glue://a/b/c",
     "glue://111122223333/us-east-1//facts", "s3://lake/loans/=", "s3://lake/loans/=read", "s3://lake/loans/=select,",
     "s3://lake/loans/=select,select", "glue:loans.facts=SELECT", "arn:aws:s3:::lake/loans/", "", "="],
)  # fmt: skip
def test_what_names_no_source_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        source_of(text)
    assert refused.value.next_step


def test_columns_of_a_table_are_named_after_a_colon() -> None:
    table = {"kind": "glue-table", "database": "loans", "table": "applications"}
    wanted = {**table, "columns": ["purpose", "outcome"]}
    assert source_of("glue:loans.applications:purpose,outcome=select") == {**wanted, "operations": ["select"]}
    assert source_of("glue://000000000000/us-east-1/loans/applications:purpose")["columns"] == ["purpose"]
    for text in ("glue:loans.applications:", "glue:loans.applications:a,,b", "glue:loans.applications:a,a"):
        with pytest.raises(InputInvalid, match="columns, each once"):
            source_of(text)


@pytest.mark.parametrize(
    ("text", "kind", "uri", "operations"),
    [
        ("dynamodb:loan-status", "dynamodb-table", "dynamodb:loan-status", BOTH),
        ("dynamodb:loan-status:b,a=select", "dynamodb-table", "dynamodb:loan-status:b,a", ["select"]),
        ("bedrock:amazon.nova-lite-v1:0", "bedrock-model", "bedrock:amazon.nova-lite-v1:0", ["select"]),
        ("bedrock:amazon.nova-lite-v1:0=select,describe", "bedrock-model", "bedrock:amazon.nova-lite-v1:0", BOTH),
        ("redshift://111122223333/us-east-1/c/d", "redshift-database", "redshift://111122223333/us-east-1/c/d",
         ["select"]),
        ("endpoint:data.ecb.europa.eu", "public-endpoint", "https://data.ecb.europa.eu", ["select"]),
        ("secret://111122223333/us-east-1/a/b-AbCdEf=describe", "secret", "secret://111122223333/us-east-1/a/b-AbCdEf",
         ["describe"]),
    ],
)  # fmt: skip
def test_a_source_of_any_kind_is_typed_by_name_or_by_uri(text: str, kind: str, uri: str, operations: list[str]) -> None:
    assert source_of(text) == {"kind": kind, "uri": uri, "operations": operations}


def test_what_can_be_typed_is_what_the_engine_offers() -> None:
    services = [kind for kind in KINDS if kind.name not in ("s3-prefix", "glue-table")]
    assert [(typed.kind, typed.scheme, typed.describes) for typed in TYPED] == [
        (kind.name, kind.scheme, Operation.DESCRIBE in kind.offers) for kind in services
    ]
