"""The registry in memory, held to the same suite as the database's; also the engine's source of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jit_engine.contracts.column_labels import data_labels
from jit_engine.contracts.terms import COMMITTED, HAS_BOUND, ContractState, version_order
from jit_engine.domain.activity import EnvironmentState
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem
from jit_engine.domain.event import Event
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, ReviewId, SubjectId
from jit_engine.domain.subject import Person, Subject
from jit_engine.ports import Facts, LostRace
from jit_engine.rules.classifying import classified
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


class MemoryRegistry:
    """`RegistryStore` and the engine's `FactSource` in memory, with the audit trail in `events`."""

    def __init__(
        self,
        *,
        entries: Iterable[DirectoryEntry] = (),
        approvals: Iterable[StandingApproval] = (),
        purposes: Mapping[str, str | None] | None = None,
        items: Sequence[CatalogueItem] = (),
    ) -> None:
        self.entries = list(entries)
        self.approvals = list(approvals)
        self.events: list[Event] = []
        self._purposes = dict(purposes or {})
        self._catalogue = Catalogue(generation=0, items=tuple(items))
        self._activities: dict[ActivityId, ActivityRecord] = {}
        self._environments: dict[EnvironmentId, EnvironmentRecord] = {}
        self._reviews: dict[ReviewId, Review] = {}
        self._contracts: dict[tuple[ContractId, str], ContractRecord] = {}
        self._acceptances: dict[tuple[ActivityId, ContractId, str], Acceptance] = {}

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        """As the engine's port says."""
        record, place = self.activity(activity), self.environment(environment)
        return Facts(
            activity=None if record is None else record.activity,
            owner=None if record is None else self.subject(record.activity.owner),
            environment=None if place is None else place.environment,
            contracts=tuple(record.contract for record in self.contracts_in_force()),
            catalogue=self._catalogue,
            purposes=self.purposes(),
            held=frozenset(),
        )

    def elsewhere(self, activity: ActivityId, environment: EnvironmentId) -> tuple[Facts, ...]:
        """As the port says."""
        there = [one.environment for one in self.environments_of(activity) if one.environment.id != environment]
        active = [one.id for one in there if one.state is EnvironmentState.ACTIVE]
        return tuple(self.facts_for(activity, other) for other in active)

    def subject_of(self, issuer: str, login: str) -> Subject | None:
        """As the port says."""
        return next((e.subject for e in self.entries if (e.issuer, e.login) == (issuer, login)), None)

    def subject(self, id: SubjectId) -> Subject | None:
        """As the port says."""
        return next((entry.subject for entry in self.entries if entry.subject.id == id), None)

    def people_behind(self, id: SubjectId) -> frozenset[str]:
        """As the port says."""
        known = {entry.subject.id: entry for entry in self.entries}
        entry = known.get(id)
        if entry is None or (entry.person is None and not isinstance(entry.subject, Person)):
            return frozenset()
        named = entry.person or entry.subject.id
        other = known.get(SubjectId(named))
        return frozenset({named if other is None else other.person or named})

    def directory(self) -> Sequence[DirectoryEntry]:
        """As the port says."""
        return sorted(self.entries, key=lambda entry: (entry.login, entry.subject.id))

    def standing_approvals(self, teams: frozenset[str]) -> Sequence[StandingApproval]:
        """As the port says."""
        return [approval for approval in self.approvals if approval.team in teams]

    def purposes(self) -> dict[str, str | None]:
        """As the port says."""
        return dict(self._purposes)

    def catalogue(self) -> Catalogue:
        """As the port says."""
        return self._catalogue

    def change_catalogue(
        self, generation: int, put: Sequence[CatalogueItem], removed: Sequence[CatalogueItem], event: Event
    ) -> None:
        """As the port says."""
        if generation != self._catalogue.generation:
            raise LostRace("the catalogue has changed since it was read")
        self._change(put, removed)
        self.events.append(event)

    def _change(self, put: Sequence[CatalogueItem], removed: Sequence[CatalogueItem] = ()) -> None:
        items = {item.source.uri: item for item in self._catalogue.items}
        items |= {item.source.uri: item for item in put}
        for gone in removed:
            items.pop(gone.source.uri, None)
        kept = tuple(items[uri] for uri in sorted(items))
        self._catalogue = Catalogue(generation=self._catalogue.generation + 1, items=kept)

    def activity(self, id: ActivityId) -> ActivityRecord | None:
        """As the port says; what was accepted is looked up, as in the database."""
        record = self._activities.get(id)
        if record is None:
            return None
        accepted = frozenset((contract, version) for activity, contract, version in self._acceptances if activity == id)
        return replace(record, activity=replace(record.activity, accepted=accepted))

    def activity_named(self, name: str) -> ActivityRecord | None:
        """As the port says."""
        found = next((key for key, record in self._activities.items() if record.activity.name == name), None)
        return None if found is None else self.activity(found)

    def environment(self, id: EnvironmentId) -> EnvironmentRecord | None:
        """As the port says."""
        return self._environments.get(id)

    def environments_of(self, activity: ActivityId) -> Sequence[EnvironmentRecord]:
        """As the port says."""
        found = [record for record in self._environments.values() if record.environment.activity == activity]
        return sorted(found, key=lambda record: record.environment.id)

    def review(self, id: ReviewId) -> Review | None:
        """As the port says."""
        return self._reviews.get(id)

    def review_of(self, environment: EnvironmentId) -> Review | None:
        """As the port says."""
        found = [review for review in self._reviews.values() if review.environment == environment]
        return max(found, key=lambda review: review.id, default=None)

    def contract(self, id: ContractId, version: str) -> ContractRecord | None:
        """As the port says."""
        return self._contracts.get((id, version))

    def contract_versions(self, id: ContractId) -> Sequence[ContractRecord]:
        """As the port says."""
        found = [record for record in self._contracts.values() if record.contract.id == id]
        return sorted(found, key=lambda record: record.created_at)

    def contracts_in_force(self) -> Sequence[ContractRecord]:
        """As the port says."""
        found = [r for r in self._contracts.values() if r.contract.state is ContractState.IN_FORCE]
        return sorted(found, key=lambda record: record.contract.id)

    def contracts_committed(self) -> Sequence[ContractRecord]:
        """As the port says."""
        return [r for r in self._contracts.values() if r.contract.state in COMMITTED]

    def contracts_signed(self) -> Sequence[ContractRecord]:
        """As the port says."""
        return [r for r in self._contracts.values() if r.contract.state is ContractState.SIGNED]

    def contract_names(self) -> Sequence[tuple[ContractId, str]]:
        """As the port says."""
        bound = HAS_BOUND | {ContractState.ENDED}
        return [(r.contract.id, r.contract.name) for r in self._contracts.values() if r.contract.state in bound]

    def register(self, activity: ActivityRecord, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        """As the port says."""
        if activity.activity.id in self._activities or self.activity_named(activity.activity.name) is not None:
            raise LostRace("there already")
        self._check_new(environment, review)
        self._activities[activity.activity.id] = activity
        self._add(environment, review, event)

    def add_environment(self, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        """As the port says."""
        self._check_new(environment, review)
        self._add(environment, review, event)

    def save_activity(self, activity: ActivityRecord, event: Event) -> ActivityRecord:
        """As the port says."""
        _check_version(self._activities.get(activity.activity.id), activity)
        saved = replace(activity, version=activity.version + 1)
        self._activities[activity.activity.id] = saved
        self.events.append(event)
        return saved

    def save_environment(self, environment: EnvironmentRecord, event: Event) -> EnvironmentRecord:
        """As the port says."""
        _check_version(self._environments.get(environment.environment.id), environment)
        saved = replace(environment, version=environment.version + 1)
        self._environments[environment.environment.id] = saved
        self.events.append(event)
        return saved

    def save_review(
        self, review: Review, environment: EnvironmentRecord, activity: ActivityRecord, event: Event
    ) -> None:
        """As the port says."""
        _check_version(self._reviews.get(review.id), review)
        _check_version(self._environments.get(environment.environment.id), environment)
        _check_version(self._activities.get(activity.activity.id), activity)
        self._reviews[review.id] = replace(review, version=review.version + 1)
        self._environments[environment.environment.id] = replace(environment, version=environment.version + 1)
        self._activities[activity.activity.id] = replace(activity, version=activity.version + 1)
        self.events.append(event)

    def propose_contract(self, contract: ContractRecord, event: Event) -> None:
        """As the port says."""
        if contract.contract.key in self._contracts:
            raise LostRace("there already")
        self._contracts[contract.contract.key] = contract
        self.events.append(event)

    def save_contract(self, contract: ContractRecord, event: Event) -> ContractRecord:
        """As the port says."""
        _check_version(self._contracts.get(contract.contract.key), contract)
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
        saved = replace(contract, version=contract.version + 1)
        self._contracts[contract.contract.key] = saved
        self._classify(saved, event)
        self.events.append(event)
        return saved

    def _classify(self, contract: ContractRecord, event: Event) -> None:
        terms, labels = contract.contract, data_labels(contract.document)
        tables = [i for i in self._catalogue.items if isinstance(i, TableItem) and terms.covers(i.source)]
        changed = [n for item in tables if (n := classified(item, labels.tables.get(item.source.table, {}))) != item]
        if terms.state is ContractState.IN_FORCE and changed:
            self._change(changed)
            self.events.append(replace(event, action="catalogue.classified", details={}))

    def accept(self, acceptance: Acceptance, event: Event) -> None:
        """As the port says."""
        key = (acceptance.activity, *acceptance.contract)
        if key in self._acceptances:
            raise LostRace("there already")
        self._acceptances[key] = acceptance
        self.events.append(event)

    def claim_due_environments(self, now: datetime, limit: int, lease: timedelta) -> Sequence[EnvironmentRecord]:
        """As the port says."""
        unapproved = (EnvironmentState.SUBMITTED, EnvironmentState.REJECTED)
        due = [
            (record.due_at, record)
            for record in self._environments.values()
            if record.due_at is not None and record.due_at <= now and record.environment.state not in unapproved
        ]
        claimed = [
            replace(record, due_at=now + lease, version=record.version + 1)
            for _, record in sorted(due, key=lambda pair: pair[0])[:limit]
        ]
        self._environments.update({record.environment.id: record for record in claimed})
        return claimed

    def _check_new(self, environment: EnvironmentRecord, review: Review) -> None:
        if environment.environment.id in self._environments or review.id in self._reviews:
            raise LostRace("there already")

    def _add(self, environment: EnvironmentRecord, review: Review, event: Event) -> None:
        self._environments[environment.environment.id] = environment
        self._reviews[review.id] = review
        self.events.append(event)


Versioned = ActivityRecord | EnvironmentRecord | Review | ContractRecord


def _check_version(stored: Versioned | None, given: Versioned) -> None:
    if stored is None or stored.version != given.version:
        raise LostRace("another version")
