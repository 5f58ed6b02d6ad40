"""The loop beside the API: ends grants that are due, provisions environments, sweeps. Any number may run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from platform_api.wiring import Platform

SWEEP_EVERY = timedelta(minutes=5)
URGENT_PERIOD = 1.0
"""Seconds between two looks for revocations: the Deny has to be written within five of the commit."""
CLAIMERS = 2
"""Grants ended at once by one worker: most of such a time is waiting for AWS."""
KEYS_KEPT = timedelta(hours=24)
"""How long an idempotency key is remembered, at least."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Worker:
    """One worker. Whatever fails is logged by its kind and tried again at the next turn; the loop never ends by it.

    It goes by the database's time, which all workers share. `ahead` moves its clock, on the embedded platform only.
    """

    platform: Platform
    period: timedelta | None = None
    ahead: timedelta = timedelta()
    claimers: int = CLAIMERS
    _swept_at: datetime | None = field(default=None, init=False)

    def run(self, stop: threading.Event) -> None:
        """Works until `stop` is set; takes the next turn soon while there is more to do.

        Revocations have a lane of their own: whatever else takes long, each Deny is written within seconds.
        """
        period = (self.period or self.platform.settings.limits.reconciler_period).total_seconds()
        lanes = [
            self._lane("urgent", self.platform.reconcile.urgent, min(period, URGENT_PERIOD), stop),
            *(self._lane("reconcile", self.platform.reconcile.step, period, stop) for _ in range(self.claimers)),
        ]
        while not stop.is_set():
            busy = self._part("turn", lambda: self._beside(self.now()))
            stop.wait(period / 10 if busy else period)
        for lane in lanes:
            lane.join()

    def _lane(
        self, name: str, work: Callable[[datetime], int], period: float, stop: threading.Event
    ) -> threading.Thread:
        def turns() -> None:
            while not stop.is_set():
                busy = self._part(name, lambda: work(self.now()))
                stop.wait(period / 10 if busy else period)

        lane = threading.Thread(target=turns, name=f"worker: {name}", daemon=True)
        lane.start()
        return lane

    def now(self) -> datetime:
        """The time that it works by."""
        return self.platform.database.now() + self.ahead

    def once(self, now: datetime) -> int:
        """One turn at `now`; how many contracts, grants and environments were tended."""
        return self._part("reconcile", lambda: self.platform.reconcile.step(now)) + self._beside(now)

    def _beside(self, now: datetime) -> int:
        """All that is not a grant's end."""
        tended = self._part("contracts", lambda: len(self.platform.contracts.enter(now)))
        tended += self._part("waiting requests", lambda: self.platform.mint_waiting.step(now))
        tended += self._part("source policies", lambda: self.platform.read_policies.step(now))
        tended += self._part("provision", lambda: len(self.platform.provisioning.step(now)))
        tended += self._part("outposts", lambda: self.platform.outposts.step(now))
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            self._part("sweep", lambda: self.platform.sweep(now))
            self._part("purge", lambda: self.platform.purge(now))
            self._part("sweep artefacts", lambda: self.platform.enforce.sweep(now))
            self._part("wake outdated grants", lambda: self.platform.ledger.wake_outdated(now))
            self._part("forget keys", lambda: self.platform.keys.forget(now - KEYS_KEPT))
        return tended

    def _part(self, name: str, work: Callable[[], int]) -> int:
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the loop outlives whatever happens in a turn
            # Only the kind and our own code: a driver's message may hold what it was given.
            log.warning("turn failed", part=name, error=type(error).__name__, code=getattr(error, "code", None))
            return 0
