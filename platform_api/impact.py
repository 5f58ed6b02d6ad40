"""What a draft of the rules would change here: in this directory, for the decisions on record and the live grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from jit_engine.domain.catalogue import TableItem
from jit_engine.domain.ids import SubjectId
from jit_engine.flows.redecide import Redecide
from jit_engine.ports import Directory
from jit_engine.rules.entities import (
    EntitySlice,
    add_activity,
    add_environment,
    add_item,
    add_purposes,
    add_subject,
    group_ref,
    ref,
)
from platform_api.authorize import ARulebook, Authorizer
from platform_api.db.registry import SqlRegistry
from platform_api.paging import Page, PageAsk
from policy import Entity, EntityRef, Rulebook
from policy.change import edit_between, prove, replay, summary, witnesses, world_of
from policy.ports import EVERY, Extent, QuestionLog, Steps, unheard
from policy.versions import Json, RulebookVersion

T = TypeVar("T")

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
        step("proof", 0, None)
        edit = edit_between(live, draft)
        proof = prove(edit.old, edit.new, progress=step)
        world = world_of(self._known(now), now, self._columns())
        found = witnesses(edit, world, progress=step)
        decisions, grants = self.questions.recorded(extent), self.questions.live(now)
        expected = {"replay": decisions.of, "grants": grants.of}

        def replayed(part: str, done: int) -> None:
            step(part, done, max(done, expected[part]))  # more may have come while it was read

        replayed("replay", 0)
        replay_ = replay(edit, decisions.each, grants.each, world=world, progress=replayed)
        step("grants", grants.of, grants.of)  # those whose holder has left are done, too
        return summary(proof, found, replay_)

    def _columns(self) -> dict[EntityRef, tuple[str, ...]]:
        """The columns of every group, by name."""
        tables = (item for item in self.registry.catalogue().items if isinstance(item, TableItem))
        return {group_ref(table, group): group.columns for table in tables for group in table.groups}

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

    directory: Directory
    authorizer: Authorizer

    def may(self, person: str, action: str, version: RulebookVersion, now: datetime) -> bool:
        """Whether they are still in the directory, and permitted."""
        found = self.directory.subject(SubjectId(person))
        thing = ARulebook(version=version.version, authors=frozenset(version.authors))
        return found is not None and self.authorizer.is_allowed(found, action, thing, now)

    def people_behind(self, person: str) -> frozenset[str]:
        """As the directory says."""
        return self.directory.people_behind(SubjectId(person))


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
