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
from policy.change import edit_between, prove, replay, summary, witnesses, world_of
from policy.ports import QuestionLog
from policy.versions import Json, RulebookVersion

T = TypeVar("T")

MOST_RECORDS = 10_000
"""Recorded questions that are put to a draft, the newest first."""
_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookImpact:
    """`policy.ports.ChangeAnalysis` over the registry, the ledger and the recorded decisions."""

    registry: SqlRegistry
    questions: QuestionLog

    def impact(self, live: Rulebook, draft: Rulebook, now: datetime) -> Mapping[str, Json]:
        """Proof for any directory, witnesses in today's, replay of what was asked and of what is granted."""
        edit = edit_between(live, draft)
        world = world_of(self._known(now), now)
        records = self.questions.recorded(last=MOST_RECORDS)
        return summary(
            prove(edit.old, edit.new),
            witnesses(edit, world),
            replay(edit, records, self.questions.live(now), world=world),
        )

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

    def decide_anew(self, now: datetime) -> Sequence[str]:
        """The ids of the grants that end."""
        return [grant.id for grant in self.redecide.every(now)]


def _every(read: Callable[[PageAsk], Page[T]]) -> Iterator[T]:
    """All rows of a list, page after page."""
    cursor: str | None = None
    while True:
        page = read(PageAsk(limit=_PAGE, cursor=cursor))
        yield from page.items
        if page.next_cursor is None:
            return
        cursor = page.next_cursor
