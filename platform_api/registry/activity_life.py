"""Stopping an activity: suspended and back, retiring, and retired once nothing of it is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from jit_engine.domain.activity import ACTIVITY_MOVES, ActivityState
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId
from jit_engine.domain.subject import Subject
from jit_engine.errors import NotFound, WrongState
from platform_api.registry.errors import ActivityNotEmpty
from platform_api.registry.records import ActivityRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What an activity still has: grants that are not closed, roles that are not deleted, environments with a stack."""

    grants: int
    roles: int
    environments: int


class StoppedActivities(Protocol):
    """What is needed of the registry's store."""

    def activity(self, id: ActivityId) -> ActivityRecord | None:
        """The activity, or None."""
        ...

    def remains_of(self, activity: ActivityId) -> Remains:
        """What it still has."""
        ...

    def move_activity(self, activity: ActivityRecord, reason: str, event: Event) -> ActivityRecord:
        """Commits it in its new state, or raises `LostRace`.

        When it is stopped, every grant of it that gives access is revoked in the same transaction, with `reason`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityLife:
    """Moves an activity after it was active. Whether the rules permit it is asked before."""

    store: StoppedActivities

    def suspend(self, id: ActivityId, by: Subject, reason: str, now: datetime) -> ActivityRecord:
        """Suspended: its grants are revoked, and none is given until it is resumed."""
        return self._move(self._found(id), ActivityState.SUSPENDED, by, reason, now)

    def resume(self, id: ActivityId, by: Subject, reason: str, now: datetime) -> ActivityRecord:
        """Active again; what was revoked stays revoked."""
        record = self._found(id)
        if record.activity.ends_at <= now:
            raise WrongState(kind="activity", id=id, state="over", fix="its end has passed: retire it")
        if record.activity.state is not ActivityState.SUSPENDED:
            fix = "only a suspended activity is resumed"
            raise WrongState(kind="activity", id=id, state=record.activity.state.value, fix=fix)
        return self._move(record, ActivityState.ACTIVE, by, reason, now)

    def retire(self, id: ActivityId, by: Subject, reason: str, now: datetime) -> ActivityRecord:
        """Retiring, with its grants revoked; asked again, retired, or `ActivityNotEmpty` with what is left."""
        record = self._found(id)
        if record.activity.state is not ActivityState.RETIRING:
            return self._move(record, ActivityState.RETIRING, by, reason, now)
        left = self.store.remains_of(id)
        if left != Remains(grants=0, roles=0, environments=0):
            raise ActivityNotEmpty(activity=id, grants=left.grants, roles=left.roles, environments=left.environments)
        return self._move(record, ActivityState.RETIRED, by, reason, now)

    def _found(self, id: ActivityId) -> ActivityRecord:
        record = self.store.activity(id)
        if record is None:
            raise NotFound(kind="activity", id=id)
        return record

    def _move(
        self, record: ActivityRecord, state: ActivityState, by: Subject, reason: str, now: datetime
    ) -> ActivityRecord:
        here = record.activity
        if state not in ACTIVITY_MOVES[here.state]:
            fix = f"it cannot become {state.value}"
            raise WrongState(kind="activity", id=here.id, state=here.state.value, fix=fix)
        details: dict[str, Json] = {"from": here.state.value, "reason": reason}
        event = Event(
            action=f"activity.{state.value}", actor=by.id, at=now, about={"activity": here.id}, details=details
        )
        return self.store.move_activity(replace(record, activity=replace(here, state=state)), reason, event)
