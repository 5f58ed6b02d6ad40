"""The flows of the engine over fakes, as one desk that a test can talk to."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jit_engine.accounts import ExternalIds, Minters
from jit_engine.domain.activity import Place
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import EnvironmentId, GrantId
from jit_engine.domain.request import AccessRequest
from jit_engine.enforcers.ports import Enforcer
from jit_engine.errors import AwsUnavailable
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.deliver import Deliver
from jit_engine.flows.enforce import Enforcement
from jit_engine.flows.reconcile import Reconcile
from jit_engine.flows.request_access import RequestAccess
from jit_engine.flows.revoke import Revoke
from jit_engine.flows.sweep import Sweep
from jit_engine.rules.clearance import Judges
from tests.fakes import world
from tests.fakes.accounts import FakeAccounts, place_in
from tests.fakes.artefacts import enforcement
from tests.fakes.base_roles import MemoryBaseRoles
from tests.fakes.ledger import MemoryLedger
from tests.fakes.minter import FakeMinter

DOWN = AwsUnavailable(operation="iam:any", retry_after=timedelta(seconds=15))
"""What AWS says while it is down."""


@dataclass(slots=True)
class Desk:
    """A platform of fakes at one moment, `now`, which a test moves on."""

    facts: world.FakeFacts = field(default_factory=world.FakeFacts)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    minter: FakeMinter = field(default_factory=FakeMinter)
    elsewhere: dict[str, FakeMinter] = field(default_factory=dict)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    base_roles: MemoryBaseRoles = field(default_factory=MemoryBaseRoles)
    judges: Judges = field(default_factory=world.judges)
    enforcers: tuple[Enforcer, ...] = ()
    now: datetime = world.NOW
    _tokens: itertools.count[int] = field(default_factory=itertools.count)
    _reconcile: Reconcile | None = None
    _enforce: Enforcement | None = None

    @property
    def minters(self) -> Minters:
        return {world.ACCOUNT: self.minter, **self.elsewhere}

    @property
    def external_ids(self) -> ExternalIds:
        return {account: f"the-external-id-of-{account}" for account in self.minters}

    @property
    def bases(self) -> BaseRoles:
        return BaseRoles(store=self.base_roles, minters=self.minters, external_ids=self.external_ids)

    @property
    def labelled(self) -> world.FakeFacts:
        """The facts, with the labels that the ledger has been told."""
        self.facts.label_of = lambda environment: self.ledger.labels.get(environment, self.facts.now_known.label)
        return self.facts

    def ask(self, request: AccessRequest | None = None) -> Grant:
        """Requests access."""
        return self.request_access(request or world.request(), self.now)

    @property
    def request_access(self) -> RequestAccess:
        return RequestAccess(
            facts=self.labelled,
            ledger=self.ledger,
            minters=self.minters,
            bases=self.bases,
            judges=lambda: self.judges,
            external_ids=self.external_ids,
            new_grant_id=lambda _: GrantId(f"gr_01JABCDEFGHJKMNPQRSTVW{len(self.ledger.grants):04}"),
            token=self.token,
            enforce=self.enforce,
            accounts=self.accounts,
        )

    @property
    def deliver(self) -> Deliver:
        return Deliver(
            facts=self.labelled,
            ledger=self.ledger,
            minters=self.minters,
            bases=self.bases,
            judges=lambda: self.judges,
            token=self.token,
        )

    @property
    def enforce(self) -> Enforcement:
        """What stands beside the roles, over artefacts that are remembered."""
        if self._enforce is None:
            self._enforce = enforcement(self.ledger, *self.enforcers)
        return self._enforce

    @property
    def revoke(self) -> Revoke:
        return Revoke(ledger=self.ledger, live=self.ledger)

    def granted(self) -> Grant:
        """A grant of what the desk is about."""
        return self.ask()

    def revoked(self) -> Grant:
        """A grant with a session out, taken back."""
        grant = self.granted()
        self.deliver(grant.id, world.ADA, self.now)
        return self.revoke(grant.id, world.ADA, "no longer needed", self.now)

    @property
    def sweep(self) -> Sweep:
        return Sweep(ledger=self.ledger, minters=self.minters, bases=self.bases)

    @property
    def reconcile(self) -> Reconcile:
        """One process's reconciler, with what it remembers."""
        if self._reconcile is None:
            self._reconcile = Reconcile(
                ledger=self.ledger,
                minters=self.minters,
                bases=self.bases,
                place_of=_place_of,
                token=self.token,
                where="here",
                enforce=self.enforce,
            )
        return self._reconcile

    def restart(self) -> None:
        """Another process takes over; what was only in memory is gone."""
        self._reconcile = None

    def later(self, **span: float) -> datetime:
        """Moves the clock."""
        self.now += timedelta(**span)
        for minter in (self.minter, *self.elsewhere.values()):
            minter.now = self.now
        return self.now

    def step(self, times: int = 1) -> None:
        """Lets the reconciler tend what is due, each time half a second later."""
        for _ in range(times):
            self.reconcile.step(self.now)
            self.later(seconds=0.5)

    def grant(self, grant: Grant) -> Grant:
        """The grant as the ledger has it."""
        return self.ledger.grants[grant.id]

    def token(self) -> str:
        """Text that was not there before."""
        return f"token-{next(self._tokens):05}"

    def actions(self) -> list[str]:
        """The audit trail, as a list of what happened."""
        return [event.action for event in self.ledger.events]


def _place_of(environment: EnvironmentId, account: str) -> Place | None:
    return world.place(environment) if account == world.ACCOUNT else place_in(account, environment)
