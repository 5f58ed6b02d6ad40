"""Fills the embedded account with the sample's sources that are not made of files."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from jit_engine.domain.catalogue import ServiceItem
from jit_engine.domain.services import DynamoTable, ImageRepository, KinesisStream, Secret
from platform_api.embedded.aws_clients import CONFIG, root_session
from platform_api.embedded.errors import SampleInvalid
from platform_api.embedded.organisation import Organisation

if TYPE_CHECKING:
    from boto3 import Session

LOANS = (("2024-001", "running", "4200"), ("2024-002", "in arrears", "900"), ("2024-003", "repaid", "0"))
"""Loan, status and balance: made up."""
SECRET_VALUE = json.dumps({"bureau": "example", "key": "sample-only"})


def load_services(organisation: Organisation, *, endpoint_url: str) -> tuple[str, ...]:
    """Makes tables with their items, streams, secrets and repositories of the catalogue; safe to repeat.

    The root's key is used, as for the lake. Raises `SampleInvalid` for a kind that the embedded AWS cannot hold, and
    for a secret whose ARN ends in other characters than the catalogue says.
    """
    session = root_session(organisation.region)
    loaded = []
    for item in organisation.catalogue_items():
        if isinstance(item, ServiceItem):
            _load(session, endpoint_url, item)
            loaded.append(item.source.uri)
    return tuple(loaded)


def _load(session: Session, endpoint_url: str, item: ServiceItem) -> None:
    match item.source:
        case DynamoTable(table=table):
            _load_table(session, endpoint_url, table)
        case KinesisStream(stream=stream):
            kinesis = session.client("kinesis", endpoint_url=endpoint_url, config=CONFIG)
            with contextlib.suppress(kinesis.exceptions.ResourceInUseException):
                kinesis.create_stream(StreamName=stream, ShardCount=1)
        case Secret(secret=secret):
            name = secret[:-7]
            secrets = session.client("secretsmanager", endpoint_url=endpoint_url, config=CONFIG)
            with contextlib.suppress(secrets.exceptions.ResourceExistsException):
                secrets.create_secret(Name=name, SecretString=SECRET_VALUE, Description=item.title)
            arn = secrets.describe_secret(SecretId=name)["ARN"]
            if not arn.endswith(f":secret:{secret}"):
                raise SampleInvalid(file="organisation.yaml", problem=f"{item.source.uri} is {arn} in this AWS")
        case ImageRepository(images=images):
            ecr = session.client("ecr", endpoint_url=endpoint_url, config=CONFIG)
            with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
                ecr.create_repository(repositoryName=images)
        case _:
            raise SampleInvalid(file="organisation.yaml", problem=f"the embedded AWS holds no {item.source.kind}")


def _load_table(session: Session, endpoint_url: str, table: str) -> None:
    dynamodb = session.client("dynamodb", endpoint_url=endpoint_url, config=CONFIG)
    with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "loan", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "loan", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    for loan, status, balance in LOANS:
        item = {"loan": {"S": loan}, "status": {"S": status}, "balance": {"N": balance}}
        dynamodb.put_item(TableName=table, Item=item)
