"""One embedded AWS for each worker's tests of it, with its platform account."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from platform_api.embedded.aws_bootstrap import EmbeddedAccount, bootstrap
from platform_api.embedded.aws_clients import CONFIG, isolated_session, root_session
from platform_api.embedded.aws_process import EmbeddedAws

ClientOf = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The running AWS and a client by service name for each of its callers."""

    aws: EmbeddedAws
    account: EmbeddedAccount
    root: ClientOf
    user: ClientOf
    broker: ClientOf
    provisioner: ClientOf


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An embedded AWS with its platform account, empty otherwise."""
    folder = tmp_path_factory.mktemp("embedded-aws")
    with EmbeddedAws(state_dir=folder, environment={"PATH": os.environ["PATH"]}) as aws:
        yield world_of(aws, bootstrap(endpoint_url=aws.endpoint_url, state_dir=folder))


def world_of(aws: EmbeddedAws, account: EmbeddedAccount) -> World:
    """Clients for the root, the platform's user and its two roles."""

    def clients(session: Any) -> ClientOf:
        return lambda service: session.client(service, endpoint_url=aws.endpoint_url, config=CONFIG)

    user = clients(
        isolated_session(
            region=account.region,
            access_key_id=account.access_key_id,
            secret_access_key=account.secret_access_key,
        )
    )

    def role(arn: str) -> ClientOf:
        lent = user("sts").assume_role(RoleArn=arn, RoleSessionName="contract-test", ExternalId=account.external_id)[
            "Credentials"
        ]
        return clients(
            isolated_session(
                region=account.region,
                access_key_id=lent["AccessKeyId"],
                secret_access_key=lent["SecretAccessKey"],
                session_token=lent["SessionToken"],
            )
        )

    return World(
        aws=aws,
        account=account,
        root=clients(root_session(account.region)),
        user=user,
        broker=role(account.broker_role_arn),
        provisioner=role(account.provisioner_role_arn),
    )
