"""Workspaces whose contracts or whose activity has ended: quarantined at once, emptied after a set time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from jit_engine.domain.activity import ActivityState, EnvironmentState, Place
from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.domain.label import Label
from jit_engine.errors import EngineError
from jit_engine.ports import Facts, FactSource, LostRace

PURGE_AFTER = timedelta(days=14)
"""How long a quarantined workspace is kept: for a renewed contract, a declassification or a legal hold to arrive."""
_SPENT_ACTIVITY = frozenset({ActivityState.RETIRED, ActivityState.REJECTED})
_SPENT_ENVIRONMENT = frozenset({EnvironmentState.RETIRED, EnvironmentState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledWorkspace:
    """A workspace that may hold governed data. `purge_at` and `quarantined_for` are set while it is quarantined."""

    environment: EnvironmentId
    activity: ActivityId
    label: Label
    version: int
    quarantined_at: datetime | None = None
    quarantined_for: str | None = None
    purge_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was there before it was deleted: every version of every object and every unfinished upload.

    `sha256` is over one line for each, in the order of the listing.
    """

    objects: int
    bytes: int
    sha256: str


class Workspaces(Protocol):
    """The store of labels. A write commits with its audit record and raises `LostRace` as `Ledger.save` does."""

    def labelled(self) -> Sequence[LabelledWorkspace]:
        """Every workspace whose label is not empty."""
        ...

    def quarantine(self, workspace: LabelledWorkspace, reason: str, purge_at: datetime, event: Event) -> None:
        """Marks it, and makes every active grant of the environment due."""
        ...

    def release(self, workspace: LabelledWorkspace, event: Event) -> None:
        """Takes it out of quarantine."""
        ...

    def begin_purge(self, workspace: LabelledWorkspace, manifest: Manifest, event: Event) -> LabelledWorkspace | None:
        """Commits what is about to be deleted; None where a legal hold or a grant that is not closed forbids it."""
        ...

    def purged(self, workspace: LabelledWorkspace, manifest: Manifest, event: Event) -> None:
        """Empties the label; what the environment's earlier grants have held is not held any more."""
        ...


class Purger(Protocol):
    """What may list and delete in workspaces, and never read them. Every call may be repeated."""

    def manifest(self, place: Place) -> Manifest:
        """What is there now of all that grants can write."""
        ...

    def empty(self, place: Place) -> None:
        """Deletes it; raises an `EngineError` unless nothing is left."""
        ...


def why_quarantined(facts: Facts, now: datetime) -> str | None:
    """Why nobody may use the workspace any more, or None."""
    activity, environment = facts.activity, facts.environment
    if activity is None or environment is None:
        return "the registry does not know it any more"
    if activity.state in _SPENT_ACTIVITY or now >= activity.ends_at:
        return "the activity has ended"
    if environment.state in _SPENT_ENVIRONMENT or now >= environment.expires_at:
        return "the environment has ended"
    valid = {one.id for one in facts.contracts if one.ends_at > now}
    gone = sorted(facts.label.contracts - valid)
    return f"contract {', '.join(gone)} is no longer in force" if gone else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """One look at every labelled workspace; any number of processes may run it.

    1. What has to be quarantined is, with the time of its purge; what need not be any more is released.
    2. When that time has come: what is there is listed, and the list's digest is committed before anything is deleted.
    3. A legal hold stops it there, and so does a grant of the environment that is not closed: it could still write.
    4. Everything is deleted, all versions, in every account that the environment has a place in; only when nothing is
       left the label is emptied, and that is recorded.
    """

    workspaces: Workspaces
    facts: FactSource
    purger: Purger
    after: timedelta = PURGE_AFTER

    def __call__(self, now: datetime) -> int:
        """How many workspaces were changed. What lost a race, or failed, is looked at again at the next turn; one that
        fails holds up no other, and its error is raised at the end.
        """
        changed, failed = 0, None
        for workspace in self.workspaces.labelled():
            try:
                changed += self._tend(workspace, now)
            except LostRace:
                continue
            except EngineError as error:
                failed = error
        if failed is not None:
            raise failed
        return changed

    def _tend(self, workspace: LabelledWorkspace, now: datetime) -> bool:
        facts = self.facts.facts_for(workspace.activity, workspace.environment)
        reason = why_quarantined(facts, now)
        if reason is None:
            if workspace.quarantined_at is not None:
                self.workspaces.release(workspace, _event("workspace.released", workspace, now, {}))  # 1
            return workspace.quarantined_at is not None
        if workspace.purge_at is None:
            purge_at = now + self.after
            details: dict[str, Json] = {"reason": reason, "purge_at": purge_at.isoformat()}
            event = _event("workspace.quarantined", workspace, now, details)
            self.workspaces.quarantine(workspace, reason, purge_at, event)
            return True
        home = None if facts.environment is None else facts.environment.place
        if now < workspace.purge_at or home is None:
            return False
        return self._purge(workspace, (home, *facts.elsewhere), reason, now)

    def _purge(self, workspace: LabelledWorkspace, places: Sequence[Place], reason: str, now: datetime) -> bool:
        manifest = _together([self.purger.manifest(place) for place in places])  # 2
        details: dict[str, Json] = {
            "reason": reason,
            "place": places[0].workspace.uri,
            "elsewhere": [place.workspace.uri for place in places[1:]],
            "objects": manifest.objects,
            "bytes": manifest.bytes,
            "manifest_sha256": manifest.sha256,
        }
        event = _event("workspace.purge-begun", workspace, now, details)
        begun = self.workspaces.begin_purge(workspace, manifest, event)
        if begun is None:  # 3
            return False
        for place in places:
            self.purger.empty(place)  # 4
        self.workspaces.purged(begun, manifest, _event("workspace.purged", workspace, now, details))
        return True


def _together(each: Sequence[Manifest]) -> Manifest:
    """What is there in all of an environment's accounts; the digest of one is its own, of several that of theirs."""
    if len(each) == 1:
        return each[0]
    sha256 = hashlib.sha256("\n".join(one.sha256 for one in each).encode()).hexdigest()
    return Manifest(objects=sum(one.objects for one in each), bytes=sum(one.bytes for one in each), sha256=sha256)


def _event(action: str, workspace: LabelledWorkspace, now: datetime, details: dict[str, Json]) -> Event:
    about = {"activity": workspace.activity, "environment": workspace.environment}
    return Event(action=action, actor="system:purge", at=now, about=about, details=details)
