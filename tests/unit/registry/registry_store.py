"""A registry in memory, with the fences and the events of the real one, for the flows' unit tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jit_engine.contracts.terms import COMMITTED, HAS_BOUND, ContractState, version_order
from jit_engine.domain.activity import EnvironmentState
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.event import Event
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, ReviewId, SubjectId
from jit_engine.domain.subject import Subject
from jit_engine.ports import LostRace
from platform_api.registry.coverage import overlaps
from platform_api.registry.errors import ContractOverlap
from platform_api.registry.records import (
    Acceptance,
    ActivityRecord,
    ContractRecord,
    DirectoryEntry,
    EnvironmentRecord,
    Review,
    StandingApproval,
)

_WAITING = (EnvironmentState.APPROVED, EnvironmentState.PROVISIONING)


class MemoryRegistry:
    """Satisfies `RegistryStore`; `events` is what was committed, in order."""

    def __init__(
        self,
        *,
        people: Sequence[DirectoryEntry] = (),
        standing: Sequence[StandingApproval] = (),
        purposes: dict[str, str | None] | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.acceptances: list[Acceptance] = []
        self._people = list(people)
        self._standing = list(standing)
        self._purposes = dict(purposes or {})
        self._catalogue = catalogue or Catalogue(generation=1, items=())
        self._activities: dict[ActivityId, ActivityRecord] = {}
        self._environments: dict[EnvironmentId, EnvironmentRecord] = {}
        self._reviews: dict[ReviewId, Review] = {}
        self._contracts: dict[tuple[ContractId, str], ContractRecord] = {}

    def subject_of(self, issuer: str, login: str) -> Subject | None:
        return next((e.subject for e in self._people if (e.issuer, e.login) == (issuer, login)), None)

    def subject(self, id: SubjectId) -> Subject | None:
        return next((e.subject for e in self._people if e.subject.id == id), None)

    def directory(self) -> Sequence[DirectoryEntry]:
        return tuple(self._people)

    def standing_approvals(self, teams: frozenset[str]) -> Sequence[StandingApproval]:
        return [one for one in self._standing if one.team in teams]

    def purposes(self) -> dict[str, str | None]:
        return dict(self._purposes)

    def catalogue(self) -> Catalogue:
        return self._catalogue

    def activity(self, id: ActivityId) -> ActivityRecord | None:
        return self._activities.get(id)

    def activity_named(self, name: str) -> ActivityRecord | None:
        return next((r for r in self._activities.values() if r.activity.name == name), None)

    def environment(self, id: EnvironmentId) -> EnvironmentRecord | None:
        return self._environments.get(id)

    def environments_of(self, activity: ActivityId) -> Sequence[EnvironmentRecord]:
        return [r for r in self._environments.values() if r.environment.activity == activity]

    def review(self, id: ReviewId) -> Review | None:
        return self._reviews.get(id)

    def review_of(self, environment: EnvironmentId) -> Review | None:
        return next((r for r in self._reviews.values() if r.environment == environment), None)

    def contract(self, id: ContractId, version: str) -> ContractRecord | None:
        return self._contracts.get((id, version))

    def contract_versions(self, id: ContractId) -> Sequence[ContractRecord]:
        return [r for (one, _), r in self._contracts.items() if one == id]

    def contracts_in_force(self) -> Sequence[ContractRecord]:
        return [r for r in self._contracts.values() if r.contract.state is ContractState.IN_FORCE]

    def contracts_committed(self) -> Sequence[ContractRecord]:
        return [r for r in self._contracts.values() if r.contract.state in COMMITTED]

    def contracts_signed(self) -> Sequence[ContractRecord]:
        return [r for r in self._contracts.values() if r.contract.state is ContractState.SIGNED]

    def contract_names(self) -> Sequence[tuple[ContractId, str]]:
        bound = HAS_BOUND | {ContractState.ENDED}
        return [(r.contract.id, r.contract.name) for r in self._contracts.values() if r.contract.state in bound]

    def register(self, activity: ActivityRecord, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        self._activities[activity.activity.id] = activity
        self.add_environment(environment, review, event)

    def add_environment(self, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        self._environments[environment.environment.id] = environment
        self._reviews[review.id] = review
        self.events.append(event)

    def save_activity(self, activity: ActivityRecord, event: Event) -> ActivityRecord:
        key = activity.activity.id
        _check_fence(self._activities[key].version, activity.version)
        self._activities[key] = replace(activity, version=activity.version + 1)
        self.events.append(event)
        return self._activities[key]

    def save_environment(self, environment: EnvironmentRecord, event: Event) -> EnvironmentRecord:
        key = environment.environment.id
        _check_fence(self._environments[key].version, environment.version)
        self._environments[key] = replace(environment, version=environment.version + 1)
        self.events.append(event)
        return self._environments[key]

    def save_review(
        self, review: Review, environment: EnvironmentRecord, activity: ActivityRecord, event: Event
    ) -> None:
        _check_fence(self._reviews[review.id].version, review.version)
        _check_fence(self._environments[environment.environment.id].version, environment.version)
        _check_fence(self._activities[activity.activity.id].version, activity.version)
        self._reviews[review.id] = replace(review, version=review.version + 1)
        self._environments[environment.environment.id] = replace(environment, version=environment.version + 1)
        self._activities[activity.activity.id] = replace(activity, version=activity.version + 1)
        self.events.append(event)

    def propose_contract(self, contract: ContractRecord, event: Event) -> None:
        if contract.contract.key in self._contracts:
            raise LostRace
        self._contracts[contract.contract.key] = contract
        self.events.append(event)

    def save_contract(self, contract: ContractRecord, event: Event) -> ContractRecord:
        key = contract.contract.key
        _check_fence(self._contracts[key].version, contract.version)
        terms = contract.contract
        if terms.state in COMMITTED:
            others = [record.contract for record in self.contracts_committed()]
            if paths := overlaps(terms, others, event.at):
                raise ContractOverlap(paths=paths)
        if terms.state is ContractState.IN_FORCE:
            for other in self.contract_versions(terms.id):
                earlier = version_order(other.contract.version) < version_order(terms.version)
                if other.contract.state in COMMITTED and earlier:
                    old = other.contract.moved(ContractState.SUPERSEDED)
                    self._contracts[old.key] = replace(other, contract=old, version=other.version + 1)
        self._contracts[key] = replace(contract, version=contract.version + 1)
        self.events.append(event)
        return self._contracts[key]

    def accept(self, acceptance: Acceptance, event: Event) -> None:
        record = self._activities[acceptance.activity]
        accepted = record.activity.accepted | {acceptance.contract}
        self._activities[acceptance.activity] = replace(record, activity=replace(record.activity, accepted=accepted))
        self.acceptances.append(acceptance)
        self.events.append(event)

    def claim_due_environments(self, now: datetime, limit: int, lease: timedelta) -> Sequence[EnvironmentRecord]:
        due = [
            r
            for r in self._environments.values()
            if r.environment.state in _WAITING and r.due_at is not None and r.due_at <= now
        ]
        for record in due[:limit]:
            claimed = replace(record, due_at=now + lease, version=record.version + 1)
            self._environments[record.environment.id] = claimed
        return [self._environments[r.environment.id] for r in due[:limit]]


def _check_fence(stored: int, given: int) -> None:
    if stored != given:
        raise LostRace
