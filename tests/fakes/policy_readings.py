"""What was read of the sources' own policies, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jit_engine.domain.event import Event
from jit_engine.domain.resource_policy import DuePolicies, PolicyReading


@dataclass(slots=True)
class MemoryPolicyReadings:
    """A `PolicyReadings` of these resources, each with its account."""

    named: dict[str, str]
    due: dict[str, datetime] = field(default_factory=dict)
    kept: dict[str, PolicyReading] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[DuePolicies]:
        found = [name for name in sorted(self.named) if self.due.get(name, now) <= now][:limit]
        self.due.update(dict.fromkeys(found, now + lease))
        return tuple(DuePolicies(resource=name, account=self.named[name]) for name in found)

    def keep(self, reading: PolicyReading, due_at: datetime, event: Event) -> bool:
        if reading.resource not in self.named:
            return False
        before = self.kept.get(reading.resource)
        self.kept[reading.resource] = reading
        self.due[reading.resource] = due_at
        if before is not None and (before.digest, before.findings) == (reading.digest, reading.findings):
            return False
        self.events.append(event)
        return True
