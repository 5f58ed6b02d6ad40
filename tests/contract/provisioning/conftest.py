"""A running embedded AWS with a lake, and the platform's roles in it."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from platform_api.embedded.aws_bootstrap import EmbeddedAccount, bootstrap
from platform_api.embedded.aws_clients import CONFIG, isolated_session, root_session
from platform_api.embedded.aws_process import EmbeddedAws
from platform_api.provisioning.aws import Provisioner
from platform_api.provisioning.guards import ClientFactory
from tests.unit.provisioning.orders import LAKE, REPORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The embedded AWS as root sees it, and the platform's roles in it."""

    account: EmbeddedAccount

    def root(self, service: str) -> Any:
        """A client of the account's root: to look, and to meddle."""
        session = root_session(self.account.region)
        return session.client(service, endpoint_url=self.account.endpoint_url, config=CONFIG)

    def become(self, role_arn: str, *, through: Callable[[str], Any] | None = None) -> ClientFactory:
        """Clients of a session of a role, assumed by the platform's user or `through` another's clients."""
        sts = (through or self._user)("sts")
        keys = sts.assume_role(RoleArn=role_arn, RoleSessionName="test", ExternalId=self.account.external_id)[
            "Credentials"
        ]
        session = isolated_session(
            region=self.account.region,
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )
        return lambda service: session.client(service, endpoint_url=self.account.endpoint_url, config=CONFIG)

    def _user(self, service: str) -> Any:
        session = isolated_session(
            region=self.account.region,
            access_key_id=self.account.access_key_id,
            secret_access_key=self.account.secret_access_key,
        )
        return session.client(service, endpoint_url=self.account.endpoint_url, config=CONFIG)


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state_dir = tmp_path_factory.mktemp("aws")
    with EmbeddedAws(state_dir=state_dir, environment={}) as aws:
        made = Cloud(account=bootstrap(endpoint_url=aws.endpoint_url, state_dir=state_dir))
        for bucket in (LAKE, REPORTS, "elsewhere"):
            made.root("s3").create_bucket(Bucket=bucket)
            made.root("s3").put_object(Bucket=bucket, Key="loans/a.txt", Body=b"1")
        yield made


@pytest.fixture
def client(cloud: Cloud) -> ClientFactory:
    """Clients with the provisioner role's credentials: its least privilege holds in every test."""
    return cloud.become(cloud.account.provisioner_role_arn)


@pytest.fixture
def provisioner(client: ClientFactory) -> Provisioner:
    return Provisioner(client=client)


_NUMBERS = itertools.count()


@pytest.fixture
def environment_id() -> str:
    """An id that no other test of this process uses."""
    return f"en_01JABCDEFGHJKMNPQRSTVW{next(_NUMBERS):04}"
