"""What the rulebook desk needs of others. Adapters are in `platform_api`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

from policy.rulebook import Rulebook
from policy.versions import Json, RulebookVersion

if TYPE_CHECKING:
    from policy.change.recorded import Counted, LiveGrant, PastDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done to a version, by which person: every write commits with the record of it."""

    action: str
    actor: str
    at: datetime
    about: Mapping[str, str]
    details: Mapping[str, Json] = field(default_factory=dict)


class RulebookStore(Protocol):
    """Every version of the rulebook. A write that names an old revision raises `Overtaken`."""

    def get(self, version: str) -> RulebookVersion | None:
        """The version, or None."""
        ...

    def live(self) -> RulebookVersion | None:
        """The version that decides, or None."""
        ...

    def versions(self) -> Sequence[RulebookVersion]:
        """Every version, the newest first."""
        ...

    def next_number(self) -> int:
        """One more than the highest number that was ever given."""
        ...

    def add(self, draft: RulebookVersion, deed: Deed) -> RulebookVersion:
        """Commits a new draft; `Overtaken` when its number was given meanwhile."""
        ...

    def save(self, version: RulebookVersion, deed: Deed) -> RulebookVersion:
        """Commits the version as given if its revision is still the stored one; returns it with the next."""
        ...

    def activate(self, version: RulebookVersion, over: RulebookVersion, deed: Deed) -> RulebookVersion:
        """Commits, all or nothing: `over` is retired, `version` is live, whatever else was proposed or approved is a
        draft again, and every live grant is due to be decided anew. `Overtaken` unless `over` is live at that moment.
        """
        ...


class Rights(Protocol):
    """What the rules that are live right now allow people to do with a version, and who is the same person."""

    def may(self, person: str, action: str, version: RulebookVersion, now: datetime) -> bool:
        """Whether that person is still known, and permitted; every doubt is no."""
        ...

    def people_behind(self, person: str) -> frozenset[str]:
        """The human behind a login, the same for every login of one person; none when unknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Which of the recorded decisions a draft is put to: the newest `last` of a time span, or all of it."""

    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def at_most(self, most: int) -> "Extent":
        """The same, and no more than so many decisions."""
        return replace(self, last=most if self.last is None else min(self.last, most))


Steps: TypeAlias = Callable[[str, int, int | None], None]
"""Hears how far a longer work is: which part of it, how much is done, of how much where that is known."""
EVERY = Extent()
MOST_AT_ONCE = 10_000
"""Decisions that are replayed where nobody hears how far it is: for a proposal, and for an answer in one piece."""


def unheard(part: str, done: int, of: int | None) -> None:
    """Steps that nobody listens to."""


class ChangeAnalysis(Protocol):
    """What a draft would change, were it live."""

    def impact(
        self, live: Rulebook, draft: Rulebook, now: datetime, extent: Extent = EVERY, step: Steps = unheard
    ) -> Mapping[str, Json]:
        """The summary that an approver reads, in plain values."""
        ...


class LiveGrants(Protocol):
    """The grants that were given under older rules."""

    def changing(self) -> "Callable[[datetime], Sequence[str]]":
        """To be asked before other rules go live. What it answers is called after: it decides every live grant
        under today's rules, and answers the ids of those that no longer pass and end, whoever was the first to see.
        """
        ...


class QuestionLog(Protocol):
    """What was asked of the rules, as it was recorded, and what today's live grants stand on."""

    def recorded(self, extent: Extent) -> "Counted[PastDecision]":
        """The decisions of an extent, the newest first, read as they are taken and never held together."""
        ...

    def live(self, now: datetime) -> "Counted[LiveGrant]":
        """Every grant that gives access, with its questions on today's facts."""
        ...
