"""The AWS accounts of the settings: one set of clients, one throttle and one judgement of its answering for each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jit_engine.accounts import ExternalIds, Minters
from jit_engine.aws.calls import AwsAccess, AwsCalls, client_as
from jit_engine.aws.glue_catalogue import GlueCatalogue
from jit_engine.aws.minter import AwsMinter
from jit_engine.aws.reach import Reach
from jit_engine.aws.throttle import Throttle
from jit_engine.domain.activity import Place
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.errors import AccountNotServed, EngineError
from jit_engine.flows.purge import Manifest
from platform_api.account_settings import AccountSettings
from platform_api.provisioning.aws import Provisioner
from platform_api.provisioning.purging import WorkspacePurger
from platform_api.registry.provision import Ground
from platform_api.settings import Settings


@dataclass(slots=True)
class RoleClients:
    """boto3 clients that act as one role, each made once: they are safe to share between threads."""

    access: AwsAccess
    role_arn: str
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, service: str) -> Any:
        """The client of that service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = client_as(self.access, self.role_arn, service)
            return self._clients[service]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccount:
    """One account as this process meets it. `named` is what the settings say of it; `broker` acts as its broker."""

    named: AccountSettings
    access: AwsAccess
    reach: Reach
    broker: AwsCalls

    def calls_as(self, role_arn: str) -> AwsCalls:
        """Calls as another role of the platform's there; of its own throttle, for it writes nothing to IAM."""
        return AwsCalls(access=self.access, role_arn=role_arn, reach=self.reach)

    def barred(self) -> str | None:
        """The first of the platform's roles there that it cannot become, with what AWS says; None when it can be all.

        Nothing is changed by looking.
        """
        roles = (self.named.broker, self.named.provisioner, self.named.purger, self.named.enforcer_role_arn)
        for role in filter(None, roles):
            try:
                found = self.calls_as(role)("sts", "get_caller_identity", {}).get("Account")
            except EngineError as error:
                return f"{role}: {error}"
            if found != self.named.account_id:
                return f"{role}: it belongs to account {found}"
        return None

    def ground(self, vpc_endpoints: frozenset[str] = frozenset()) -> Ground:
        """Where environments are made there."""
        return Ground(
            account=self.named.account_id,
            region=self.named.region,
            broker_role_arn=self.named.broker,
            vpc_endpoints=vpc_endpoints,
        )

    def provisioner(self) -> Provisioner:
        """What makes environments there."""
        return Provisioner(client=RoleClients(self.access, self.named.provisioner))

    def definitions(self) -> GlueCatalogue:
        """What describes the tables there."""
        calls = self.calls_as(self.named.provisioner)
        return GlueCatalogue(calls=calls, account=self.named.account_id, region=self.named.region)


class AwsAccounts(Mapping[str, AwsAccount]):
    """Every account of the settings by its number, the platform's own first."""

    def __init__(self, settings: Settings, throttle: Throttle) -> None:
        home = settings.aws
        own = AccountSettings(
            account_id=home.account_id,
            region=home.region,
            external_id=home.external_id,
            broker_role_arn=home.broker_role_arn,
            provisioner_role_arn=home.provisioner_role_arn,
            purger_role_arn=home.purger_role_arn,
            enforcer_role_arn=home.enforcer_role_arn,
        )
        self.home = home.account_id
        self._accounts = {one.account_id: _account(one, settings, throttle) for one in (own, *settings.accounts)}

    def __getitem__(self, account: str) -> AwsAccount:
        return self._accounts[account]

    def __iter__(self) -> Iterator[str]:
        return iter(self._accounts)

    def __len__(self) -> int:
        return len(self._accounts)

    @property
    def elsewhere(self) -> tuple[AwsAccount, ...]:
        """Those beside the platform's own."""
        return tuple(one for account, one in self._accounts.items() if account != self.home)

    @property
    def enforced(self) -> frozenset[str]:
        """Those that name a role for enforcers."""
        return frozenset(account for account, one in self.items() if one.named.enforcer_role_arn is not None)

    @property
    def minters(self) -> Minters:
        """What mints in each."""
        return {
            account: AwsMinter(calls=one.broker, external_id=one.named.external_id) for account, one in self.items()
        }

    @property
    def definitions(self) -> Mapping[str, GlueCatalogue]:
        """What describes the tables of each."""
        return {account: one.definitions() for account, one in self.items()}

    @property
    def external_ids(self) -> ExternalIds:
        """What the trust of each account's roles demands."""
        return {account: one.named.external_id for account, one in self.items()}

    @property
    def budgets(self) -> Mapping[str, int]:
        """How many roles may stand in those accounts that have a number of their own."""
        return {account: one.named.roles for account, one in self.items() if one.named.roles is not None}


def _account(named: AccountSettings, settings: Settings, throttle: Throttle) -> AwsAccount:
    home = settings.aws
    access = AwsAccess(
        region=named.region,
        endpoint_url=home.endpoint_url,
        access_key_id=None if home.access_key_id is None else home.access_key_id.get_secret_value(),
        secret_access_key=None if home.secret_access_key is None else home.secret_access_key.get_secret_value(),
        external_id=named.external_id,
    )
    reach = Reach(account=named.account_id)
    broker = AwsCalls(access=access, role_arn=named.broker, bucket=throttle.of(named.account_id), reach=reach)
    return AwsAccount(named=named, access=access, reach=reach, broker=broker)


Wanting = Callable[[EnvironmentId, ActivityId, str, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedAccounts:
    """`jit_engine.accounts.Accounts` on the accounts of the settings."""

    accounts: AwsAccounts
    want: Wanting

    def check_answering(self, account: str) -> None:
        """Raises `AwsUnavailable` while the account does not answer this process."""
        self.accounts[account].reach.check()

    def want_place(self, environment: EnvironmentId, activity: ActivityId, account: str, now: datetime) -> None:
        """Commits that the environment is to have a place in that account."""
        self.want(environment, activity, account, now)


class AccountsPurger:
    """`jit_engine.flows.purge.Purger` in every account, as the purger of each."""

    def __init__(self, accounts: AwsAccounts) -> None:
        self._purgers = {
            account: WorkspacePurger(client=RoleClients(one.access, one.named.purger))
            for account, one in accounts.items()
        }

    def manifest(self, place: Place) -> Manifest:
        """What is there; raises `AccountNotServed` for a place in an account that the settings no longer name."""
        return self._of(place).manifest(place)

    def empty(self, place: Place) -> None:
        """Deletes it."""
        self._of(place).empty(place)

    def _of(self, place: Place) -> WorkspacePurger:
        if place.account not in self._purgers:
            raise AccountNotServed(account=place.account)
        return self._purgers[place.account]
