"""The embedded AWS with what provisioning would have made for the sample company, laid down by its root."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from jit_engine.aws.calls import AwsAccess, AwsCalls
from jit_engine.aws.throttle import TokenBucket
from jit_engine.domain.tier import Tier
from jit_engine.ports import Credentials
from platform_api.embedded.aws_bootstrap import EmbeddedAccount
from platform_api.embedded.aws_clients import CONFIG, isolated_session, root_session
from platform_api.provisioning.boundary import boundary_document
from platform_api.provisioning.order import BOUNDARY_PATH, PROBE_KEY, environment_names
from tests.fakes import world

OBJECTS = {
    world.LAKE: ("lending/facts/part-0", "lending/facts-2/part-0", "lending/personal/part-0", "root"),
    world.REPORTS: ("monthly/part-0", "monthly-2/part-0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A running embedded AWS, seen by its root, by the broker, and by whoever holds a session."""

    account: EmbeddedAccount

    def root(self, service: str) -> Any:
        """A client of the account's root: to look, and to meddle."""
        return root_session(self.account.region).client(service, endpoint_url=self.account.endpoint_url, config=CONFIG)

    def user(self, service: str) -> Any:
        """A client of the platform's user."""
        session = isolated_session(
            region=self.account.region,
            access_key_id=self.account.access_key_id,
            secret_access_key=self.account.secret_access_key,
        )
        return session.client(service, endpoint_url=self.account.endpoint_url, config=CONFIG)

    def holder(self, keys: Credentials, service: str = "s3") -> Any:
        """A client with a session's keys, as the person has it."""
        session = isolated_session(
            region=self.account.region,
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            session_token=keys.session_token,
        )
        return session.client(service, endpoint_url=self.account.endpoint_url, config=CONFIG)

    def broker(self) -> AwsCalls:
        """The engine's calls, signed as the broker role; a test does not wait for the throttle."""
        return AwsCalls(
            AwsAccess(
                region=self.account.region,
                endpoint_url=self.account.endpoint_url,
                access_key_id=self.account.access_key_id,
                secret_access_key=self.account.secret_access_key,
                external_id=self.account.external_id,
            ),
            self.account.broker_role_arn,
            TokenBucket(rate=10_000.0, burst=10_000.0),
        )

    def roles(self) -> list[str]:
        """The names of every role under /jit/, as the root sees them."""
        pages = self.root("iam").get_paginator("list_roles").paginate(PathPrefix="/jit/")
        return sorted(role["RoleName"] for page in pages for role in page["Roles"])


def lay_down(account: EmbeddedAccount) -> Cloud:
    """Lake, reports, and for each tier its workspace with the marker and its boundary. Safe to repeat."""
    cloud = Cloud(account=account)
    s3, iam = cloud.root("s3"), cloud.root("iam")
    for bucket, keys in OBJECTS.items():
        s3.create_bucket(Bucket=bucket)
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    for tier, environment in world.ENVIRONMENTS.items():
        names = environment_names(environment)
        s3.create_bucket(Bucket=names.workspace)
        s3.put_object(Bucket=names.workspace, Key=PROBE_KEY, Body=environment.encode())
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_policy(
                PolicyName=names.boundary,
                Path=BOUNDARY_PATH,
                PolicyDocument=json.dumps(boundary_document(world.order(Tier(tier)))),
            )
    return cloud
