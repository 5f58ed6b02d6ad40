"""What people decide about workspaces: taking a contract out of a label, and legal holds. Two people for the former."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, SubjectId
from jit_engine.domain.label import Label
from jit_engine.domain.subject import Person, Subject
from jit_engine.errors import InvalidValue, NotFound, WrongState
from jit_engine.flows.purge import LabelledWorkspace
from jit_engine.ports import LostRace
from jit_engine.rules.evidence import plain
from platform_api.ids import NewId
from platform_api.registry.errors import FourEyes, PeopleOnly
from platform_api.registry.four_eyes import PeopleBehind, is_somebody_else


class DeclassificationState(StrEnum):
    """`asked` moves once, to one of the others."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declassification:
    """The wish to take contracts out of a workspace's label. `label` is the label as it was when it was asked."""

    id: str
    environment: EnvironmentId
    activity: ActivityId
    contracts: tuple[ContractId, ...]
    label: Label
    reason: str
    asked_by: SubjectId
    asked_at: datetime
    state: DeclassificationState = DeclassificationState.ASKED
    decided_by: SubjectId | None = None
    decided_at: datetime | None = None
    comment: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """While it stands, nothing of the activity is purged."""

    id: str
    activity: ActivityId
    reason: str
    placed_by: SubjectId
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChange:
    """One line of a label's history; `label` is what it was afterwards."""

    at: datetime
    actor: str
    what: str
    label: Label
    details: Mapping[str, Json]


class WorkspaceStore(Protocol):
    """What is needed of the store; every write commits with its event, or raises `LostRace`."""

    def workspace(self, environment: EnvironmentId) -> LabelledWorkspace | None: ...
    def changes(self, environment: EnvironmentId) -> Sequence[LabelChange]: ...
    def legal_hold(self, activity: ActivityId) -> LegalHold | None: ...
    def place_hold(self, hold: LegalHold, event: Event) -> None: ...
    def release_hold(self, hold: LegalHold, by: SubjectId, event: Event) -> None: ...
    def declassification(self, id: str) -> Declassification | None: ...
    def declassifications(self, environment: EnvironmentId) -> Sequence[Declassification]: ...
    def ask_declassification(self, asked: Declassification, event: Event) -> None: ...
    def decide_declassification(
        self, decided: Declassification, lowered: LabelledWorkspace | None, event: Event
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceDesk:
    """The rules have been asked before; what is checked here is form, state and that two people are at it."""

    store: WorkspaceStore
    people: PeopleBehind
    new_id: NewId

    def ask(
        self, by: Subject, environment: EnvironmentId, contracts: Sequence[ContractId], reason: str, now: datetime
    ) -> Declassification:
        """A declassification that waits for another person. Raises `PeopleOnly` or `InvalidValue`."""
        person = _person(by, "ask for a declassification")
        workspace = self._workspace(environment)
        wanted = tuple(sorted(set(contracts)))
        if unknown := [one for one in wanted if one not in workspace.label.contracts]:
            fix = "name contracts of the label (`sluice workspace show`)"
            raise InvalidValue(field="contracts", given=", ".join(unknown), fix=fix)
        asked = Declassification(
            id=self.new_id("dc", now),
            environment=environment,
            activity=workspace.activity,
            contracts=wanted,
            label=workspace.label,
            reason=reason,
            asked_by=person.id,
            asked_at=now,
        )
        details: dict[str, Json] = {"contracts": list(wanted), "reason": reason}
        self.store.ask_declassification(
            asked, _event("workspace.declassification-asked", asked, person.id, now, details)
        )
        return asked

    def decide(
        self,
        by: Subject,
        id: str,
        environment: EnvironmentId,
        state: DeclassificationState,
        comment: str,
        now: datetime,
    ) -> Declassification:
        """The declassification as decided; approved, the label is lowered in the same commit.

        Raises `FourEyes` for whoever asked for it, `WrongState` when it has been decided, and when those parts of the
        label are not any more what was asked about.
        """
        person = _person(by, "decide a declassification")
        found = self.store.declassification(id)
        if found is None or found.environment != environment:
            raise NotFound(kind="declassification", id=id)
        if not is_somebody_else(person.id, [found.asked_by], self.people):
            raise FourEyes(what="you asked for this declassification", fix="have another person decide it")
        approved = state is DeclassificationState.APPROVED
        if found.state is not DeclassificationState.ASKED or state is DeclassificationState.ASKED:
            raise WrongState(kind="declassification", id=id, state=found.state.value, fix="ask for a new one")
        workspace = self._workspace(environment)
        if approved and _parts(workspace.label, found) != _parts(found.label, found):
            raise WrongState(kind="declassification", id=id, state="outdated", fix="the label has changed: ask anew")
        decided = replace(found, state=state, decided_by=person.id, decided_at=now, comment=comment)
        lowered = replace(workspace, label=workspace.label.without(found.contracts)) if approved else None
        details: dict[str, Json] = {
            "declassification": id,
            "contracts": list(found.contracts),
            "reason": found.reason,
            "comment": comment,
            "label": plain(workspace.label if lowered is None else lowered.label),
        }
        event = _event(f"workspace.declassification-{state.value}", found, person.id, now, details)
        self.store.decide_declassification(decided, lowered, event)
        return decided

    def hold(self, by: Subject, activity: ActivityId, reason: str, now: datetime) -> LegalHold:
        """The hold that stands now. Raises `WrongState` where one stood already."""
        person = _person(by, "place a legal hold")
        hold = LegalHold(
            id=self.new_id("lh", now), activity=activity, reason=reason, placed_by=person.id, placed_at=now
        )
        event = _about(activity, "activity.held", person.id, now, {"reason": reason})
        try:
            self.store.place_hold(hold, event)
        except LostRace as stands:
            raise WrongState(kind="activity", id=activity, state="held", fix="a legal hold stands already") from stands
        return hold

    def release(self, by: Subject, activity: ActivityId, reason: str, now: datetime) -> LegalHold:
        """The hold that was released. Raises `NotFound` where none stands."""
        person = _person(by, "release a legal hold")
        hold = self.store.legal_hold(activity)
        if hold is None:
            raise NotFound(kind="legal hold", id=activity)
        details: dict[str, Json] = {"reason": reason, "hold": hold.id}
        self.store.release_hold(hold, person.id, _about(activity, "activity.hold-released", person.id, now, details))
        return hold

    def _workspace(self, environment: EnvironmentId) -> LabelledWorkspace:
        found = self.store.workspace(environment)
        if found is None:
            raise NotFound(kind="workspace label", id=environment)
        return found


def _parts(label: Label, of: Declassification) -> set[object]:
    return {mark for mark in label.marks if mark.contract in of.contracts}


def _person(by: Subject, what: str) -> Person:
    if not isinstance(by, Person):
        raise PeopleOnly(what=what)
    return by


def _event(action: str, of: Declassification, actor: SubjectId, now: datetime, details: dict[str, Json]) -> Event:
    about = {"activity": of.activity, "environment": of.environment}
    return Event(action=action, actor=actor, at=now, about=about, details=details)


def _about(activity: ActivityId, action: str, actor: SubjectId, now: datetime, details: dict[str, Json]) -> Event:
    return Event(action=action, actor=actor, at=now, about={"activity": activity}, details=details)
