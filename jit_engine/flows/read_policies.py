"""The loop that reads the sources' own policies anew, so that nothing is offered that the owner has left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from jit_engine.domain.event import Event, Json
from jit_engine.domain.resource_policy import DuePolicies, OwnPolicies, PolicyReading
from jit_engine.errors import AwsUnavailable
from jit_engine.iam.resource_policies import findings_in

LEASE = timedelta(minutes=2)
AT_ONCE = 20
"""Resources read in one turn of the worker."""
EVERY = timedelta(hours=1)
AFTER_A_FINDING = timedelta(minutes=5)
"""How soon a resource is looked at again whose owner has something to repair."""


class OwnPolicyReader(Protocol):
    """Reads what one resource of an account says itself about who gets in; see `iam.resource_policies`."""

    def __call__(self, resource: str) -> OwnPolicies:
        """Everything that can be read; what is refused is named in `unread`. Raises `AwsUnavailable`."""
        ...


class PolicyReadings(Protocol):
    """The latest reading of each resource whose own policies govern a source of the catalogue."""

    def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[DuePolicies]:
        """Resources that are due, or were never read, each claimed for this caller as `Ledger.claim_due`."""
        ...

    def keep(self, reading: PolicyReading, due_at: datetime, event: Event) -> bool:
        """Commits the reading; whether it says something else than the one before, and only then with the record.

        Other findings make every live grant due.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPolicies:
    """`readers` by account; the platform's own accounts are those whose roles must not be let in."""

    readings: PolicyReadings
    readers: Mapping[str, OwnPolicyReader]

    def step(self, now: datetime) -> int:
        """Reads what is due; how many resources were read.

        An AWS that does not answer leaves the last reading, which counts for less and less until it is too old.
        """
        return sum(self._read(due, now) for due in self.readings.claim(now, AT_ONCE, LEASE))

    def _read(self, due: DuePolicies, now: datetime) -> bool:
        reader = self.readers.get(due.account)
        try:
            if reader is None:
                found = OwnPolicies(unread=(f"policy of {due.resource}: account {due.account} is not served here",))
            else:
                found = reader(due.resource)
        except AwsUnavailable:
            return False
        reading = PolicyReading(
            resource=due.resource,
            account=due.account,
            checked_at=now,
            digest=digest_of(found),
            findings=findings_in(found, tuple(self.readers)),
        )
        again = now + (EVERY if reading.is_clean else AFTER_A_FINDING)
        self.readings.keep(reading, again, _event(reading))
        return True


def digest_of(found: OwnPolicies) -> str:
    """The SHA-256 of everything that was read."""
    return sha256(repr(found).encode()).hexdigest()


def _event(reading: PolicyReading) -> Event:
    told: list[Json] = [
        {"policy": f.policy, "statement": f.statement, "why": f.why, "repair": f.repair} for f in reading.findings
    ]
    return Event(
        action="source.policies-changed",
        actor="system:policies",
        at=reading.checked_at,
        about={"resource": reading.resource},
        details={"account": reading.account, "digest": reading.digest, "findings": told},
    )
