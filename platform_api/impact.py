"""What a draft of the rules would change here: in this directory, for the decisions on record and the live grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Subject
from jit_engine.flows.redecide import Redecide
from jit_engine.rules.entities import (
    EntitySlice,
    add_activity,
    add_environment,
    add_item,
    add_purposes,
    add_subject,
    ref,
)
from platform_api.authorize import ARulebook, Authorizer
from platform_api.db.registry import SqlRegistry
from platform_api.paging import Page, PageAsk
from policy import Entity, Rulebook
from policy.change import NeverAsked, Recorded, edit_between, prove, replay, summary, witnesses, world_of
from policy.ports import EVERY, Extent, QuestionLog, Steps, unheard
from policy.versions import Json, RulebookVersion

T = TypeVar("T")

MOST_RECORDS = 10_000
"""Recorded questions that are put to a draft, the newest first, at most."""
_STRIDE = 500
"""Records that are read between one step and the next."""
_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookImpact:
    """`policy.ports.ChangeAnalysis` over the registry, the ledger and the recorded decisions."""

    registry: SqlRegistry
    questions: QuestionLog

    def impact(
        self, live: Rulebook, draft: Rulebook, now: datetime, extent: Extent = EVERY, step: Steps = unheard
    ) -> Mapping[str, Json]:
        """Proof for any directory, witnesses in today's, replay of what was asked and of what is granted."""
        step("proof", 0, 1)
        edit = edit_between(live, draft)
        proof = prove(edit.old, edit.new)
        step("proof", 1, 1)
        world = world_of(self._known(now), now)
        step("witnesses", 0, 1)
        found = witnesses(edit, world)
        step("witnesses", 1, 1)
        records = self._records(extent, step)

        def replayed(done: int) -> None:
            step("replay", done, len(records))

        replayed(0)
        return summary(proof, found, replay(edit, records, self.questions.live(now), world=world, progress=replayed))

    def _records(self, extent: Extent, step: Steps) -> list[Recorded | NeverAsked]:
        """Those of the extent, read whole so that it is known how many they are."""
        last = MOST_RECORDS if extent.last is None else min(extent.last, MOST_RECORDS)
        records: list[Recorded | NeverAsked] = []
        for record in self.questions.recorded(last=last, since=extent.since, until=extent.until):
            records.append(record)
            if len(records) % _STRIDE == 0:
                step("reading", len(records), None)
        return records

    def _known(self, now: datetime) -> tuple[Entity, ...]:
        """Everybody and everything that rules can be about, but single contracts, reviews and grants."""
        registry, slice_ = self.registry, EntitySlice()
        subjects = {entry.subject.id: entry.subject for entry in registry.directory()}
        activities = [
            record.activity
            for record in _every(lambda ask: registry.activities(ask, None))
            if record.activity.owner in subjects
        ]
        known = {activity.id for activity in activities}
        purposes: dict[str, str | None] = {name: None for one in activities for name in one.purposes}
        add_purposes(slice_, purposes | registry.purposes())
        for activity in activities:
            add_activity(slice_, activity, subjects[activity.owner], now)
        for record in _every(lambda ask: registry.environments(ask, None)):
            if record.environment.activity in known:
                add_environment(slice_, record.environment, now)
        catalogue = registry.catalogue()
        for item in catalogue.items:
            add_item(slice_, item, catalogue)
        slice_.add(ref("Platform", "sluicegate"))
        slice_.add(ref("Rulebook", "live"), {"authors": frozenset()})
        for subject in subjects.values():
            add_subject(slice_, subject, activities)
        return slice_.entities()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRights:
    """`policy.ports.Rights` by the directory and the rules of this very moment."""

    subject: Callable[[SubjectId], Subject | None]
    authorizer: Authorizer

    def may(self, person: str, action: str, version: RulebookVersion, now: datetime) -> bool:
        """Whether they are still in the directory, and permitted."""
        found = self.subject(SubjectId(person))
        thing = ARulebook(version=version.version, authors=frozenset(version.authors))
        return found is not None and self.authorizer.is_allowed(found, action, thing, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAnew:
    """`policy.ports.LiveGrants` by the flow that decides live grants anew."""

    redecide: Redecide

    def changing(self) -> Callable[[datetime], Sequence[str]]:
        """The live grants are read here, and decided anew by what is answered."""
        before = self.redecide.giving()
        return lambda now: [grant.id for grant in self.redecide.every(now, before)]


def _every(read: Callable[[PageAsk], Page[T]]) -> Iterator[T]:
    """All rows of a list, page after page."""
    cursor: str | None = None
    while True:
        page = read(PageAsk(limit=_PAGE, cursor=cursor))
        yield from page.items
        if page.next_cursor is None:
            return
        cursor = page.next_cursor
