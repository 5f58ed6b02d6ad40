"""An outpost store in memory, held to the suite of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jit_engine.domain.event import Event
from jit_engine.domain.ids import EnvironmentId
from jit_engine.ports import LostRace
from platform_api.registry.outposts import Outpost


@dataclass(slots=True)
class MemoryOutposts:
    """`platform_api.registry.outposts.Outposts`."""

    kept: dict[tuple[EnvironmentId, str], Outpost] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def want(self, outpost: Outpost, event: Event) -> bool:
        """As the port says."""
        key = (outpost.environment, outpost.account)
        if key in self.kept:
            return False
        self.kept[key] = outpost
        self.events.append(event)
        return True

    def keep(self, outpost: Outpost, event: Event) -> Outpost:
        """As the port says."""
        key = (outpost.environment, outpost.account)
        if key not in self.kept or self.kept[key].version != outpost.version:
            raise LostRace("another version")
        self.kept[key] = replace(outpost, version=outpost.version + 1)
        self.events.append(event)
        return self.kept[key]

    def of(self, environment: EnvironmentId) -> Sequence[Outpost]:
        """As the port says."""
        return [one for (of, _), one in sorted(self.kept.items()) if of == environment]

    def claim_due_outposts(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Outpost]:
        """As the port says."""
        due = [(key, one) for key, one in sorted(self.kept.items()) if one.due_at is not None and one.due_at <= now]
        for key, one in due[:limit]:
            self.kept[key] = replace(one, due_at=now + lease, version=one.version + 1)
        return [self.kept[key] for key, _ in due[:limit]]
