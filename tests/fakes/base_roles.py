"""The store of base roles in memory, held to the same suite as the database's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jit_engine.domain.base_role import BaseRole, BaseState
from jit_engine.domain.event import Event
from jit_engine.domain.ids import EnvironmentId
from jit_engine.ports import LostRace


class MemoryBaseRoles:
    """`jit_engine.flows.base_roles.BaseRoleStore` in memory; `events` is its audit trail."""

    def __init__(self) -> None:
        self.kept: dict[str, BaseRole] = {}
        self.events: list[Event] = []

    def open(self, base: BaseRole, event: Event) -> BaseRole:
        """As the port says."""
        if base.name.lower() in self.kept:
            raise LostRace("there already")
        return self._put(base, event)

    def keep(self, base: BaseRole, event: Event) -> BaseRole:
        """As the port says."""
        stored = self.kept.get(base.name.lower())
        if stored is None or stored.version != base.version:
            raise LostRace("another version")
        return self._put(replace(base, version=base.version + 1), event)

    def every(self, environment: EnvironmentId, account: str) -> Sequence[BaseRole]:
        """As the port says."""
        some = [one for one in self.kept.values() if (one.environment, one.account) == (environment, account)]
        return sorted(some, key=lambda one: one.generation)

    def current(self, environment: EnvironmentId, account: str) -> BaseRole | None:
        """As the port says."""
        ready = [one for one in self.every(environment, account) if one.state is BaseState.READY]
        return ready[-1] if ready else None

    def of_name(self, name: str) -> BaseRole | None:
        """As the port says."""
        return self.kept.get(name.lower())

    def _put(self, base: BaseRole, event: Event) -> BaseRole:
        self.kept[base.name.lower()] = base
        self.events.append(event)
        return base
