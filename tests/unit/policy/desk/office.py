"""A rulebook desk with everything around it in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from policy.desk import Activated, RulebookDesk
from policy.ports import EVERY, Extent, Steps, unheard
from policy.rulebook import Rulebook
from policy.versions import Json, RulebookState, RulebookVersion
from tests.fakes.rulebooks import MemoryRulebooks

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULE = """@id("{0}") @title("A rule") @owner("somebody")
permit (principal in Team::"{0}", action == Action::"viewSources", resource);
"""
GUS, PRIYA, OLGA = "pe_gus", "pe_priya", "pe_olga"
CASES = """
cases:
  - name: Science sees the sources
    who: {kind: person, id: dana, teams: [%s]}
    action: view-sources
    data: {kind: platform, id: sluicegate}
    expect: allow
"""


def rule(name: str) -> str:
    return RULE.format(name)


def live_book(text: str = rule("old")) -> RulebookVersion:
    return RulebookVersion(
        version="sample", number=1, title="Sample", text=text, cases="", state=RulebookState.LIVE, authors=(),
        rollback_of=None, created_at=NOW, live_at=NOW, proposal=None, approvals=(), revision=0,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """The desk's other ports: who may approve, what an analysis says, which grants end."""

    approvers: set[str] = field(default_factory=lambda: {GUS, PRIYA, OLGA})
    humans: dict[str, str] = field(default_factory=dict)
    analysed: list[tuple[str, str]] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)

    def may(self, person: str, action: str, version: RulebookVersion, now: datetime) -> bool:
        """By the set."""
        return action == "approvePolicy" and person in self.approvers

    def people_behind(self, person: str) -> frozenset[str]:
        """Everybody is themselves, but for logins that are somebody else's."""
        return frozenset({self.humans.get(person, person)})

    def impact(
        self, live: Rulebook, draft: Rulebook, now: datetime, extent: Extent = EVERY, step: Steps = unheard
    ) -> Mapping[str, Json]:
        """Which pair it was."""
        self.analysed.append((live.version, draft.version))
        return {"lead": [f"{live.version} to {draft.version}"]}

    def changing(self) -> Callable[[datetime], Sequence[str]]:
        """The list."""
        return lambda _: self.ending


@dataclass(slots=True)
class Office:
    """A desk with everything around it."""

    store: MemoryRulebooks = field(default_factory=lambda: MemoryRulebooks(live_book()))
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def desk(self) -> RulebookDesk:
        """The desk."""
        return RulebookDesk(store=self.store, rights=self.around, analysis=self.around, grants=self.around)

    def drafted(self, name: str = "new", by: str = GUS, cases: str = "") -> RulebookVersion:
        return self.desk.draft(by, title="A change", text=rule(name), cases=cases, now=NOW)

    def proposed(self, name: str = "new", by: str = GUS) -> RulebookVersion:
        draft = self.drafted(name, by)
        return self.desk.propose(by, draft.version, NOW, revision=draft.revision)

    def approve(self, version: RulebookVersion, by: str = PRIYA) -> RulebookVersion:
        """Approves what was read."""
        against = version.proposal.against if version.proposal else ""
        return self.desk.approve(by, version.version, digest=version.digest, against=against, now=NOW)

    def approved(self, name: str = "new", by: str = GUS, approver: str = PRIYA) -> RulebookVersion:
        return self.approve(self.proposed(name, by), approver)

    def activated(self, name: str = "new") -> Activated:
        agreed = self.approved(name)
        return self.desk.activate(GUS, agreed.version, NOW, revision=agreed.revision)

    def done(self) -> list[str]:
        """What was recorded, in order."""
        return [deed.action for deed in self.store.deeds]
