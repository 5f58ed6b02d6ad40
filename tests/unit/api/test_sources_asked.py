"""Sources in a request for access: every kind of the list, by its URI, and nothing that is not exactly one."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from jit_engine.domain.source import Operation
from jit_engine.errors import InvalidValue
from jit_engine.rules.expanding import ContainerAsk
from jit_engine.sources.kinds import KINDS
from platform_api.schemas.sources_asked import AnyAsked, ContainerAsked, PrefixAsked, ServiceAsked, TableAsked

PLACE = "111122223333/us-east-1"
URIS = {
    "dynamodb-table": f"dynamodb://{PLACE}/loan-status/keys/2023,2024/attributes/id,status",
    "redshift-database": f"redshift://{PLACE}/warehouse/loans",
    "redshift-workgroup": f"redshift-serverless://{PLACE}/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
    "rds-database": f"rds://{PLACE}/cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "bedrock-model": f"bedrock://{PLACE}/amazon.nova-lite-v1:0/abcdefgh1234/3",
    "kinesis-stream": f"kinesis://{PLACE}/loan-events",
    "secret": f"secret://{PLACE}/lending/scoring-AbCdEf",
    "image-repository": f"ecr://{PLACE}/lending/notebooks",
    "package-repository": f"codeartifact://{PLACE}/acme/python",
    "public-endpoint": "https://data.ecb.europa.eu",
}
SERVICES = [kind for kind in KINDS if kind.name in URIS]


def read(**fields: object) -> PrefixAsked | TableAsked | ServiceAsked:
    one = read_any(**fields)
    assert not isinstance(one, ContainerAsked)
    return one


def read_any(**fields: object) -> AnyAsked:
    one: AnyAsked = TypeAdapter(AnyAsked).validate_python({"operations": [Operation.SELECT], **fields}, strict=True)
    return one


def test_every_kind_of_the_list_can_be_asked_for() -> None:
    assert {kind.name for kind in KINDS} == {*URIS, "s3-prefix", "glue-table"}
    for kind in SERVICES:
        source = read(kind=kind.name, uri=URIS[kind.name]).ask("999999999999", "eu-west-1").source
        assert (source.kind, source.uri) == (kind.name, URIS[kind.name])


@pytest.mark.parametrize(
    "uri",
    [f"dynamodb://{PLACE}/*", f"dynamodb://{PLACE}/loan-status/keys/b,a", f"dynamodb://{PLACE}/loan-status/keys/${{a}}",
     f"dynamodb://{PLACE}/loan-status/index/by-date", f"DynamoDB://{PLACE}/loan-status",
     f"dynamodb:{PLACE}/loan-status",
     f"dynamodb://{PLACE}/loan-status/", f"dynamodb://{PLACE}//loan-status", "dynamodb://1/us-east-1/loan-status",
     f"dynamodb://{PLACE}/loan-status\n", "arn:aws:dynamodb:us-east-1:111122223333:table/loan-status", "",
     URIS["secret"], "s3://lake/loans/"],
)  # fmt: skip
def test_what_is_not_the_one_uri_of_a_source_of_that_kind_is_refused_with_the_way_to_write_it(uri: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        read(kind="dynamodb-table", uri=uri).ask("111122223333", "us-east-1")
    assert refused.value.field == "uri"
    assert refused.value.fix


def test_a_container_is_asked_for_by_the_uri_of_its_kind() -> None:
    for kind, uri in (("glue-database", f"glue://{PLACE}/loans"), ("data-product", "product://lending/loans")):
        ask = read_any(kind=kind, uri=uri).ask("", "")
        assert isinstance(ask, ContainerAsk)
        assert (ask.uri, ask.operations) == (uri, frozenset({Operation.SELECT}))
    for kind, uri in (("data-product", f"glue://{PLACE}/loans"), ("glue-database", "product://lending/loans")):
        with pytest.raises(InvalidValue) as refused:
            read_any(kind=kind, uri=uri).ask("", "")
        assert refused.value.field == "uri"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "dynamodb-table", "uri": URIS["dynamodb-table"], "table": "another"},
        {"kind": "dynamodb-table", "uri": URIS["dynamodb-table"], "columns": ["id"]},
        {"kind": "dynamodb-table", "uri": "x" * 5000},
        {"kind": "dynamodb-table"},
        {"kind": "sqs-queue", "uri": URIS["secret"]},
        {"uri": URIS["secret"]},
        {"kind": "s3-prefix", "uri": "s3://lake/loans/"},
        {"kind": "secret", "uri": URIS["secret"], "operations": ["drop"]},
    ],
)
def test_unknown_kinds_fields_and_operations_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(**fields)
