"""The engine as it runs for real, on a SQLite ledger and the embedded AWS, with an eye on every step boundary."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from jit_engine.aws.calls import Calls
from jit_engine.aws.minter import AwsMinter
from jit_engine.domain.activity import Place
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantHead, Lane
from jit_engine.domain.held import HeldGrant, Unless
from jit_engine.domain.ids import EnvironmentId, GrantId, RequestId
from jit_engine.domain.label import Label, LabelRise
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.deliver import Deliver
from jit_engine.flows.reconcile import Reconcile
from jit_engine.flows.request_access import RequestAccess
from jit_engine.flows.revoke import Revoke
from jit_engine.flows.sweep import Sweep
from jit_engine.ports import Credentials, DecidedAnew, Evidence, Facts, Ledger, RoleOwner
from platform_api.db.audit import AuditTrail
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.engine import Database, create_engine
from platform_api.db.label_rows import read_label
from platform_api.db.ledger import SqlLedger
from platform_api.db.revocations import SqlRevocations
from platform_api.embedded.aws_bootstrap import EmbeddedAccount
from tests.contract.minter.cloud import Cloud
from tests.fakes import world
from tests.fakes.artefacts import enforcement
from tests.fakes.aws_faults import FaultyCalls, When

Watch = Callable[[When, str], object]
"""Told of both sides of every AWS write and every write of the ledger."""
HOUR = timedelta(hours=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a play takes place: all that another process needs in order to act in it."""

    account: EmbeddedAccount
    database: str
    grant: str
    began: datetime

    def write(self, file: Path) -> None:
        """Writes it down for a child; the keys are those of a loopback AWS that lives as long as the test."""
        text = {**asdict(self), "began": self.began.isoformat()}
        file.write_text(json.dumps(text), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Setting:
        """What `write` wrote."""
        found = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            account=EmbeddedAccount(**found["account"]),
            database=found["database"],
            grant=found["grant"],
            began=datetime.fromisoformat(found["began"]),
        )


class WatchedLedger:
    """A ledger whose every write has a boundary before it and one after its commit."""

    def __init__(self, ledger: Ledger, watch: Watch) -> None:
        self._ledger = ledger
        self._watch = watch

    def open(
        self,
        grant: Grant,
        clearance: Clearance,
        evidence: Evidence,
        event: Event,
        waiting: WaitingRequest | None = None,
        unless: Unless | None = None,
    ) -> Grant:
        """As the port says."""
        opened = (grant, clearance, evidence, event, waiting, unless)
        return self._watched(event.action, lambda: self._ledger.open(*opened))

    def refuse(self, refusal: Refusal, evidence: Evidence, event: Event, waiting: WaitingRequest | None = None) -> None:
        """As the port says."""
        self._watched(event.action, lambda: self._ledger.refuse(refusal, evidence, event, waiting))

    def save(
        self, grant: Grant, event: Event, decided: DecidedAnew | None = None, rise: LabelRise | None = None
    ) -> Grant:
        """As the port says."""
        return self._watched(event.action, lambda: self._ledger.save(grant, event, decided, rise))

    def get(self, grant: GrantId) -> Grant | None:
        """As the port says."""
        return self._ledger.get(grant)

    def head(self, grant: GrantId) -> GrantHead | None:
        """As the port says."""
        return self._ledger.head(grant)

    def alike(self, request: AccessRequest, but: GrantId | None = None) -> Sequence[HeldGrant]:
        """As the port says."""
        return self._ledger.alike(request, but)

    def decision_of(self, grant: GrantId) -> Mapping[str, Json]:
        """As the port says."""
        return self._ledger.decision_of(grant)

    def claim_due(
        self,
        now: datetime,
        limit: int,
        lease: timedelta,
        lane: Lane = Lane.ALL,
        busy: Collection[str] = (),
        each: int | None = None,
    ) -> Sequence[Grant]:
        """As the port says."""
        return self._watched(f"claim {lane}", lambda: self._ledger.claim_due(now, limit, lease, lane, busy, each))

    def postpone(self, grant: Grant, due_at: datetime) -> None:
        """As the port says."""
        self._watched("postpone", lambda: self._ledger.postpone(grant, due_at))

    def role_owners(self, names: Sequence[str]) -> Mapping[str, RoleOwner]:
        """As the port says."""
        return self._ledger.role_owners(names)

    def active_roles(self, after: GrantId | None, limit: int) -> Sequence[RoleOwner]:
        """As the port says."""
        return self._ledger.active_roles(after, limit)

    def grant_of_role(self, name: str) -> Grant | None:
        """As the port says."""
        return self._ledger.grant_of_role(name)

    def note(self, event: Event) -> None:
        """As the port says."""
        self._watched(event.action, lambda: self._ledger.note(event))

    def _watched(self, what: str, write: Callable[[], T]) -> T:
        self._watch(When.BEFORE, f"ledger:{what}")
        done = write()
        self._watch(When.AFTER, f"ledger:{what}")
        return done


class Stage:
    """The flows over one database and one AWS, and the moments of the play."""

    def __init__(self, setting: Setting, watch: Watch, faults: FaultyCalls | None = None) -> None:
        self.setting = setting
        self.cloud = Cloud(account=setting.account)
        self.database = Database(create_engine(f"sqlite:///{setting.database}"))
        self.ledger: Ledger = WatchedLedger(SqlLedger(self.database), watch)
        self.calls: Calls = faults or FaultyCalls(self.cloud.broker())
        if isinstance(self.calls, FaultyCalls):
            self.calls.watch = lambda when, name: watch(when, name) if _writes(name) else None
        self.minter = AwsMinter(calls=self.calls, external_id=setting.account.external_id, sleep=lambda _: None)
        self.minters = {world.ACCOUNT: self.minter}
        self.bases = BaseRoles(
            store=SqlBaseRoles(self.database),
            minters=self.minters,
            external_ids={world.ACCOUNT: setting.account.external_id},
        )
        self.facts = world.FakeFacts(_facts(setting.began), label_of=self._label_of)
        self.judges = world.judges()
        self._tokens = itertools.count()
        self.enforce = enforcement(self.ledger)
        self.reconcile = Reconcile(
            ledger=self.ledger,
            minters=self.minters,
            bases=self.bases,
            place_of=_place_of,
            token=self._token,
            where="here",
            enforce=self.enforce,
        )

    def _label_of(self, environment: EnvironmentId) -> Label:
        with self.database.read() as connection:
            return read_label(connection, environment)

    @property
    def grant(self) -> GrantId:
        """The id of the play's only grant."""
        return GrantId(self.setting.grant)

    def mint(self) -> Grant:
        """Requests access."""
        asked = world.request(id=RequestId(self.grant.replace("gr_", "rq_")))
        flow = RequestAccess(
            facts=self.facts,
            ledger=self.ledger,
            minters=self.minters,
            bases=self.bases,
            judges=lambda: self.judges,
            external_ids={world.ACCOUNT: self.setting.account.external_id},
            new_grant_id=lambda _: self.grant,
            token=self._token,
            enforce=self.enforce,
        )
        return flow(asked, self.setting.began)

    def deliver(self) -> Credentials:
        """Hands out a session."""
        flow = Deliver(
            facts=self.facts,
            ledger=self.ledger,
            minters=self.minters,
            bases=self.bases,
            judges=lambda: self.judges,
            token=self._token,
        )
        return flow(self.grant, world.ADA, self.setting.began).credentials

    def revoke(self) -> None:
        """Takes the grant back."""
        revoke = Revoke(ledger=self.ledger, live=SqlRevocations(self.database))
        revoke(self.grant, world.ADA, "no longer needed", self.setting.began)

    def tend(self, *, after: timedelta, times: int = 1) -> None:
        """Lets the reconciler step, at moments half a second apart."""
        for number in range(times):
            self.reconcile.step(self.setting.began + after + number * timedelta(seconds=0.5))

    def sweep(self, *, after: timedelta) -> int:
        """Looks for roles that no row owns."""
        return Sweep(ledger=self.ledger, minters=self.minters, bases=self.bases)(self.setting.began + after)

    def row(self) -> Grant | None:
        """The grant as the ledger has it."""
        return self.ledger.get(self.grant)

    def trail(self) -> list[str]:
        """What the audit trail says, oldest first; it has to verify."""
        trail = AuditTrail(self.database)
        assert trail.verify().ok
        entries = [trail.record(seq) for seq in range(1, trail.head().size + 1)]
        return [str(entry.record["action"]) for entry in entries if entry is not None]

    def close(self) -> None:
        """Lets the database go."""
        self.database.close()

    def _token(self) -> str:
        return f"token-{next(self._tokens):05}"


def whole_life(stage: Stage) -> None:
    """From the request to the deleted role, through everything that writes."""
    stage.mint()
    stage.deliver()
    stage.revoke()
    stage.tend(after=timedelta(0), times=4)
    stage.tend(after=HOUR + timedelta(seconds=1))


def _writes(name: str) -> bool:
    service, _, operation = name.partition(":")
    return (service == "iam" and not operation.startswith(("get_", "list_"))) or name == "sts:assume_role"


def _facts(now: datetime) -> Facts:
    """The company's facts, about the real now: the embedded AWS keeps real time."""
    later = now + timedelta(days=30)
    known = world.facts()
    assert known.environment is not None
    return replace(
        known,
        activity=world.activity(ends_at=later),
        environment=replace(known.environment, expires_at=later),
        contracts=(world.contract(starts_at=now - timedelta(days=1), ends_at=later),),
    )


def _place_of(environment: EnvironmentId, account: str) -> Place | None:
    return world.place(environment)


def whole_second(moment: datetime) -> datetime:
    """A moment as a play begins: in UTC, without a fraction."""
    return moment.astimezone(UTC).replace(microsecond=0)
