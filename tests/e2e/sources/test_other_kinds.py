"""One grant over files, a table, a stream, a secret and images, used on the embedded AWS inside and beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platform_api.embedded.organisation import filled, sample_text
from platform_api.embedded.services import LOANS, SECRET_VALUE
from tests.support.lent import Client, clients, delivered, refused
from tests.support.platform import FACTS, Cast, Story, in_force, made

ASK = "/v1/access-requests"
PLACE = "000000000000/us-east-1"
TABLE = f"dynamodb://{PLACE}/loan-status"
STATUS = f"{TABLE}/attributes/loan,status"
STREAM = f"kinesis://{PLACE}/loan-events"


@pytest.fixture(scope="module")
def services(cast: Cast, story: Story) -> dict[str, Any]:
    """The second sample contract, in force and accepted by the story's activity."""
    text = filled(sample_text("services.odcs.yaml"), cast.platform.now())
    return in_force(cast, text, story.activity)


@pytest.fixture(scope="module")
def uris(cast: Cast, services: dict[str, Any]) -> dict[str, str]:
    """The catalogued sources by kind, each under that contract."""
    found = {}
    for kind in ("dynamodb-table", "kinesis-stream", "secret", "image-repository"):
        (item,) = cast.dana.get("/v1/sources", kind=kind).json()["items"]
        assert (item["contract"]["id"], item["region"]) == (services["id"], "us-east-1")
        assert "select" in item["operations"]
        found[kind] = item["uri"]
    return found


@pytest.fixture(scope="module")
def asked(uris: dict[str, str]) -> list[dict[str, Any]]:
    """Five sources of five kinds, of the table two attributes."""
    parts = {**uris, "dynamodb-table": STATUS}
    both = ["describe", "select"]
    return [FACTS, *({"kind": kind, "uri": uri, "operations": both} for kind, uri in parts.items())]


@pytest.fixture(scope="module")
def grant(cast: Cast, story: Story, asked: list[dict[str, Any]]) -> dict[str, Any]:
    """The grant of them all."""
    answer = made(cast.dana.post(ASK, story.asking(sources=asked), key="other-kinds-1"))
    again = cast.dana.post(ASK, story.asking(sources=asked), key="other-kinds-1")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == answer
    found: dict[str, Any] = answer["grant"]
    return found


@pytest.fixture(scope="module")
def aws(cast: Cast, grant: dict[str, Any]) -> Client:
    """Clients with the grant's own credentials."""
    return clients(delivered(cast, grant["id"]))


def test_one_grant_covers_every_kind_and_says_so(grant: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    assert {source["uri"] for source in grant["sources"]} == {
        "s3://acme-prod-lake/loans/facts/",
        *(one["uri"] for one in asked[1:]),
    }
    assert len(grant["contracts"]) >= 2
    assert len(grant["principals"]) == 1


def test_of_a_table_the_named_attributes_are_read_and_nothing_else(aws: Client) -> None:
    dynamodb, one = aws("dynamodb"), {":loan": {"S": LOANS[0][0]}}
    ask = {"TableName": "loan-status", "KeyConditionExpression": "loan = :loan", "ExpressionAttributeValues": one}
    names = {"#s": "status"}
    inside = dynamodb.query(**ask, ProjectionExpression="loan, #s", ExpressionAttributeNames=names)
    assert inside["Items"] == [{"loan": {"S": LOANS[0][0]}, "status": {"S": LOANS[0][1]}}]
    assert dynamodb.describe_table(TableName="loan-status")["Table"]["TableName"] == "loan-status"
    assert refused(dynamodb.query, **ask, ProjectionExpression="loan, balance")
    assert refused(dynamodb.query, **ask)
    assert refused(dynamodb.scan, TableName="loan-status")
    assert refused(dynamodb.get_item, TableName="loan-status", Key={"loan": one[":loan"]})
    assert refused(dynamodb.put_item, TableName="loan-status", Item={"loan": {"S": "x"}})
    assert refused(dynamodb.delete_table, TableName="loan-status")
    assert refused(dynamodb.list_tables)
    assert refused(dynamodb.describe_table, TableName="another")


def test_a_stream_is_read_and_never_written(aws: Client) -> None:
    kinesis = aws("kinesis")
    (shard,) = kinesis.list_shards(StreamName="loan-events")["Shards"]
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/loan-events"
    iterator = kinesis.get_shard_iterator(StreamARN=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    assert kinesis.get_records(StreamARN=arn, ShardIterator=iterator["ShardIterator"])["Records"] == []
    assert refused(kinesis.put_record, StreamName="loan-events", Data=b"x", PartitionKey="x")
    assert refused(kinesis.list_shards, StreamName="another")
    assert refused(kinesis.list_streams)


def test_a_secret_is_read_and_no_other(aws: Client, uris: dict[str, str]) -> None:
    secrets = aws("secretsmanager")
    assert json.loads(secrets.get_secret_value(SecretId="lending/bureau-key")["SecretString"]) == json.loads(
        SECRET_VALUE
    )
    assert secrets.describe_secret(SecretId="lending/bureau-key")["ARN"].endswith(uris["secret"].rpartition("/")[2])
    assert refused(secrets.get_secret_value, SecretId="lending/another")
    assert refused(secrets.put_secret_value, SecretId="lending/bureau-key", SecretString="x")
    assert refused(secrets.list_secrets)


def test_images_are_listed_and_never_pushed(aws: Client) -> None:
    ecr = aws("ecr")
    assert ecr.list_images(repositoryName="lending/notebook")["imageIds"] == []
    assert ecr.get_authorization_token()["authorizationData"]
    assert refused(ecr.list_images, repositoryName="lending/another")
    assert refused(ecr.put_image, repositoryName="lending/notebook", imageManifest="{}")


def test_what_is_asked_is_recorded_explained_and_replayed(cast: Cast, grant: dict[str, Any]) -> None:
    found = cast.dana.get(f"{ASK}/{grant['request']}").json()
    assert [source["passes"] for source in found["decision"]["sources"]] == [True] * 5
    assert STATUS in {source["source"] for source in found["decision"]["sources"]}
    (decision,) = cast.dana.get("/v1/decisions", grant=grant["id"]).json()["items"]
    explained = made(cast.dana.get(f"/v1/decisions/{decision['id']}/explanation"))
    assert (explained["matches"], explained["differences"]) == (True, [])


def test_a_refusal_offers_the_kinds_that_would_pass(cast: Cast, story: Story, uris: dict[str, str]) -> None:
    insert = {"kind": "kinesis-stream", "uri": uris["kinesis-stream"], "operations": ["insert"]}
    secret = {"kind": "secret", "uri": uris["secret"], "operations": ["select"]}
    problem = cast.dana.post(ASK, story.asking(sources=[secret, insert])).json()
    assert problem["code"] == "access-refused"
    assert [source["passes"] for source in problem["sources"]] == [True, False]
    assert [one["source"] for one in problem["offers"][0]["request"]["sources"]] == [uris["secret"]]


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        ("dynamodb-table", f"dynamodb://{PLACE}/*"),
        ("dynamodb-table", STREAM),
        ("secret", f"secret://{PLACE}/lending/bureau-key"),
        ("kinesis-stream", f"kinesis://{PLACE}/loan-events/../x"),
    ],
)
def test_what_names_no_source_of_the_kind_is_refused_by_its_field(
    cast: Cast, story: Story, kind: str, uri: str
) -> None:
    answer = cast.dana.post(ASK, story.asking(sources=[FACTS, {"kind": kind, "uri": uri, "operations": ["select"]}]))
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert "sources[1].uri" in json.dumps(problem)


def test_a_source_that_nobody_catalogued_is_refused(cast: Cast, story: Story) -> None:
    other = {"kind": "secret", "uri": f"secret://{PLACE}/lending/other-abcdef", "operations": ["select"]}
    problem = cast.dana.post(ASK, story.asking(sources=[other])).json()
    assert (problem["status"], problem["code"]) == (422, "invalid-value")
    assert "catalogue" in json.dumps(problem)
