"""A second account of the lending company: ratings that lie there, the environment's place, and whether it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jit_engine.domain.activity import Place
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsUnavailable
from jit_engine.ports import Facts
from platform_api.provisioning.order import environment_names
from tests.fakes import world

ELSEWHERE = "210987654321"
RATINGS = S3Prefix(account=ELSEWHERE, bucket="far-lake", prefix="ratings/")


def place_in(account: str, environment: EnvironmentId = world.ENVIRONMENTS[Tier.RESEARCH]) -> Place:
    """The environment's place in an account that is not its own, by the names that provisioning gives."""
    names = environment_names(environment, account)
    return replace(
        world.place(environment),
        account=account,
        workspace_bucket=names.workspace,
        workspace_key_arn=f"arn:aws:kms:{world.REGION}:{account}:key/8c1f1f0e-0000-4000-8000-000000000002",
        boundary_arn=f"arn:aws:iam::{account}:policy/sluicegate/boundary/{names.boundary}",
        workgroup=names.workgroup,
        broker_role_arn=f"arn:aws:iam::{account}:role/sluicegate/sluicegate-broker",
    )


def facts_of_two(*elsewhere: Place) -> Facts:
    """Loans at home and ratings elsewhere, both under one contract; the environment has these places elsewhere."""
    items = tuple(world.prefix_item(each) for each in (world.FACTS_PREFIX, RATINGS))
    known = world.facts(
        contracts=(world.contract(prefixes=(world.FACTS_PREFIX, RATINGS)),),
        catalogue=Catalogue(generation=1, items=items),
    )
    return replace(known, elsewhere=elsewhere)


@dataclass(slots=True)
class FakeAccounts:
    """`jit_engine.accounts.Accounts`: remembers what is wanted, and which accounts do not answer."""

    silent: set[str] = field(default_factory=set)
    wanted: list[tuple[EnvironmentId, str]] = field(default_factory=list)

    def check_answering(self, account: str) -> None:
        """As the port says."""
        if account in self.silent:
            raise AwsUnavailable(operation=f"any call in account {account}", retry_after=timedelta(seconds=5))

    def want_place(self, environment: EnvironmentId, activity: ActivityId, account: str, now: datetime) -> None:
        """As the port says."""
        if (environment, account) not in self.wanted:
            self.wanted.append((environment, account))
