"""What the rulebook desk needs of others. Adapters are in `platform_api`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from policy.engine import Engine
from policy.rulebook import Rulebook
from policy.versions import Json, RulebookVersion


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
    """What the rules that are live right now allow people to do with a version."""

    def may(self, person: str, action: str, version: RulebookVersion, now: datetime) -> bool:
        """Whether that person is still known, and permitted; every doubt is no."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How one test case came out; `found` says what was answered where that is not what was expected."""

    name: str
    passes: bool
    found: str


class CaseBook(Protocol):
    """Test cases of rules, kept as text with the rules they are about."""

    def check(self, cases: str) -> None:
        """Raises `CasesInvalid` with everything that is wrong with them; an empty text holds none."""
        ...

    def run(self, engine: Engine, cases: str) -> Sequence[CaseResult]:
        """Every case, put to the rules; those of the invariants are always among them."""
        ...


class ChangeAnalysis(Protocol):
    """What a draft would change, were it live."""

    def impact(self, live: Rulebook, draft: Rulebook, now: datetime) -> Mapping[str, Json]:
        """The summary that an approver reads, in plain values."""
        ...


class LiveGrants(Protocol):
    """The grants that were given under older rules."""

    def decide_anew(self, now: datetime) -> Sequence[str]:
        """Decides every live grant under today's rules; answers the ids of those that no longer pass and now end."""
        ...
