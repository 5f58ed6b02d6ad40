"""The AWS accounts that are minted in: the minter of each, and whether anything new may be begun there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import AccountNotServed
from jit_engine.ports import Minter

Minters = Mapping[str, Minter]
"""The minter of each account, by its twelve digits."""
ExternalIds = Mapping[str, str]
"""What the trust of each account's roles demands; every account has one of its own."""


def minter_in(minters: Minters, account: str) -> Minter:
    """The minter of that account; raises `AccountNotServed` when the platform has none."""
    minter = minters.get(account)
    if minter is None:
        raise AccountNotServed(account=account)
    return minter


class Accounts(Protocol):
    """What has to be known of an account before something is begun in it."""

    def check_answering(self, account: str) -> None:
        """Raises `AwsUnavailable` while the account does not answer, so that nothing new is begun there."""
        ...

    def want_place(self, environment: EnvironmentId, activity: ActivityId, account: str, now: datetime) -> None:
        """Commits that the environment is to have a place in that account; one that is wanted already is left alone."""
        ...


class HomeOnly:
    """The accounts of a platform that mints in its environments' own account alone."""

    def check_answering(self, account: str) -> None:
        """Nothing is known against it."""

    def want_place(self, environment: EnvironmentId, activity: ActivityId, account: str, now: datetime) -> None:
        """Raises `AccountNotServed`."""
        raise AccountNotServed(account=account)


def accounts_of(clearance: Clearance, home: Place) -> tuple[str, ...]:
    """The accounts in which a clearance is minted, sorted; what lies in none is reached from the environment's own."""
    return tuple(sorted({cleared.ask.source.account or home.account for cleared in clearance.cleared}))
