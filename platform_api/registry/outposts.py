"""The places of environments in other accounts than their own: wanted by a request, made by a reconciler.

An account that fails or does not answer keeps its own outposts waiting and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, assert_never

from jit_engine.domain.activity import ActivityState, EnvironmentState, Place
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.errors import AccountNotServed, EngineError
from jit_engine.ports import LostRace
from platform_api.provisioning.errors import ProvisioningError
from platform_api.provisioning.outcome import Failed, InProgress, Ready
from platform_api.provisioning.plan import plan_environment
from platform_api.registry.ports import RegistryStore
from platform_api.registry.provision import (
    ACTOR,
    LEASE,
    LONGEST_BACK_OFF,
    MOST_TRIES,
    POLL,
    EnvironmentProvisioner,
    Ground,
    order_of,
    place_made,
)

FAILED_AGAIN: Final = timedelta(days=1)
"""When one that failed six times is looked at again, as a grant that is stuck; a request has it looked at sooner."""


class OutpostState(StrEnum):
    """Where an outpost is; only `ready` may hold grants."""

    WANTED = "wanted"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outpost:
    """The place of an environment in one account. `place` is None until it is ready."""

    environment: EnvironmentId
    activity: ActivityId
    account: str
    state: OutpostState
    created_at: datetime
    due_at: datetime | None
    place: Place | None = None
    stack: str | None = None
    template_digest: str | None = None
    tries: int = 0
    last_error: str | None = None
    version: int = 0


class Outposts(Protocol):
    """The store. A write commits with its audit record; one that names an old version raises `LostRace`."""

    def want(self, outpost: Outpost, event: Event) -> bool:
        """Commits that it is wanted, unless it is there already; whether it was new."""
        ...

    def keep(self, outpost: Outpost, event: Event) -> Outpost:
        """Commits it as given; returns it with the next version."""
        ...

    def of(self, environment: EnvironmentId) -> Sequence[Outpost]:
        """Those of an environment, by account."""
        ...

    def claim_due_outposts(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Outpost]:
        """Those that are due, each claimed for this caller."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutpostAccount:
    """An account that outposts are made in. `check_answering` raises `AwsUnavailable` while it does not answer."""

    ground: Ground
    provisioner: EnvironmentProvisioner
    check_answering: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutpostReconciler:
    """Makes what is wanted, in the accounts that the settings name."""

    store: Outposts
    registry: RegistryStore
    accounts: Mapping[str, OutpostAccount]

    def want(self, environment: EnvironmentId, activity: ActivityId, account: str, now: datetime) -> None:
        """Commits that an environment is to have a place there; one that has failed is tried again at once."""
        if account not in self.accounts:
            raise AccountNotServed(account=account)
        outpost = Outpost(
            environment=environment,
            activity=activity,
            account=account,
            state=OutpostState.WANTED,
            created_at=now,
            due_at=now,
        )
        if self.store.want(outpost, _event("wanted", outpost, now, {})):
            return
        for known in self.store.of(environment):
            if known.account == account and known.state is OutpostState.FAILED:
                again = replace(known, state=OutpostState.WANTED, tries=0, due_at=now)
                with suppress(LostRace):  # whoever moved it on is looking at it just now
                    self.store.keep(again, _event("wanted", again, now, {"last_error": known.last_error}))

    def step(self, now: datetime, limit: int = 10) -> int:
        """Takes each that is due a step further; how many were looked at."""
        taken = 0
        for outpost in self.store.claim_due_outposts(now, limit, LEASE):
            try:
                self._advance(outpost, now)
            except LostRace:
                continue
            except Exception as error:  # noqa: BLE001 - one that cannot be made must not hold up the others
                with suppress(LostRace):
                    self._try_failed(outpost, type(error).__name__, now)
            taken += 1
        return taken

    def _advance(self, outpost: Outpost, now: datetime) -> Outpost:
        """One step; every call may be repeated, and the intent is on record since it was wanted."""
        environment = self.registry.environment(outpost.environment)
        activity = self.registry.activity(outpost.activity)
        there = self.accounts.get(outpost.account)
        home = None if environment is None else environment.environment.place
        if there is None:
            return self._try_failed(outpost, "the settings no longer name this account", now)
        if activity is None or environment is None or home is None:
            return self._try_failed(outpost, "its environment is not there", now)
        if activity.activity.state is not ActivityState.ACTIVE:
            return self._try_failed(outpost, "its activity is not active", now)
        if environment.environment.state is not EnvironmentState.ACTIVE or environment.environment.expires_at <= now:
            return self._try_failed(outpost, "its environment is not active", now)
        ground = replace(there.ground, vpc_endpoints=home.vpc_endpoints)  # where the person works, not where data lies
        try:
            there.check_answering()
            plan = plan_environment(order_of(environment, activity, self.registry.catalogue(), ground, away=True))
            there.provisioner.start(plan)
            seen = there.provisioner.observe(plan)
        except (EngineError, ProvisioningError) as error:
            return self._try_failed(outpost, str(error), now)
        outpost = replace(outpost, stack=plan.stack_name, template_digest=plan.template_digest)
        match seen:
            case InProgress():
                waiting = replace(outpost, due_at=now + POLL, last_error=None)
                return self.store.keep(waiting, _event("observed", waiting, now, {"lines": len(seen.events)}))
            case Ready():
                done = replace(
                    outpost,
                    state=OutpostState.READY,
                    place=place_made(ground, seen.resources),
                    due_at=None,
                    tries=0,
                    last_error=None,
                )
                details: dict[str, Json] = {"stack": plan.stack_name, "digest": plan.template_digest}
                return self.store.keep(done, _event("ready", done, now, {**details, "repaired": list(seen.repaired)}))
            case Failed():
                return self._try_failed(outpost, seen.reason, now)
            case _:
                assert_never(seen)

    def _try_failed(self, outpost: Outpost, reason: str, now: datetime) -> Outpost:
        """Back off, doubling; after the sixth try it has failed, and is looked at again now and then."""
        tries = outpost.tries + 1
        failed = tries >= MOST_TRIES
        again = FAILED_AGAIN if failed else min(POLL * 2 ** (tries - 1), LONGEST_BACK_OFF)
        state = OutpostState.FAILED if failed else outpost.state
        left = replace(outpost, state=state, tries=tries, last_error=reason[:500], due_at=now + again)
        event = _event("try-failed", left, now, {"reason": left.last_error, "tries": tries})
        if tries == MOST_TRIES:
            event = replace(event, action="alarm.outpost-failed")
        return self.store.keep(left, event)


def _event(what: str, outpost: Outpost, now: datetime, details: Mapping[str, Json]) -> Event:
    return Event(
        action=f"environment.outpost-{what}",
        actor=ACTOR,
        at=now,
        about={"environment": outpost.environment, "activity": outpost.activity},
        details={"account": outpost.account, **details},
    )
