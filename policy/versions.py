"""The versions of the editable rulebook: what each holds, and the one table of its life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TypeAlias

from policy.refusals import WrongRulebookState
from policy.rulebook import Rulebook

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"
"""JSON without floats, as the audit trail takes it."""


class RulebookState(StrEnum):
    """Where a version is. Only a live one decides."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    LIVE = "live"
    RETIRED = "retired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


RULEBOOK_MOVES: Mapping[RulebookState, frozenset[RulebookState]] = {
    RulebookState.DRAFT: frozenset({RulebookState.PROPOSED, RulebookState.WITHDRAWN}),
    # Back to a draft: it was edited, or what it was judged against is no longer live.
    RulebookState.PROPOSED: frozenset(
        {RulebookState.APPROVED, RulebookState.REJECTED, RulebookState.WITHDRAWN, RulebookState.DRAFT}
    ),
    # Back to proposed: whoever approved it may no longer approve.
    RulebookState.APPROVED: frozenset(
        {
            RulebookState.LIVE,
            RulebookState.REJECTED,
            RulebookState.WITHDRAWN,
            RulebookState.DRAFT,
            RulebookState.PROPOSED,
        }
    ),
    RulebookState.LIVE: frozenset({RulebookState.RETIRED}),
    # For good: to go back to an old text is a new version, with a fresh approval.
    RulebookState.RETIRED: frozenset(),
    RulebookState.REJECTED: frozenset(),
    RulebookState.WITHDRAWN: frozenset(),
}
EDITABLE = frozenset({RulebookState.DRAFT, RulebookState.PROPOSED, RulebookState.APPROVED})
"""States in which the text may still change; a change always leads back to a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A version as it was proposed: by whom, its digest, the live version it is to follow, and what it would change."""

    by: str
    at: datetime
    digest: str
    against: str
    impact: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's approval of one digest in place of one live version, and of nothing else."""

    by: str
    at: datetime
    digest: str
    against: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookVersion:
    """One version of the editable rules.

    `version` is the name by which decisions speak of it, `number` its place among all versions: it only rises.
    `authors` holds everybody who wrote or proposed it, as persons; it is empty for the rules that an installation
    starts with. `cases` is the text of its test cases. `revision` is the fence of writes.
    """

    version: str
    number: int
    title: str
    text: str
    cases: str
    state: RulebookState
    authors: tuple[str, ...]
    rollback_of: str | None
    created_at: datetime
    live_at: datetime | None
    proposal: Proposal | None
    approvals: tuple[Approval, ...]
    revision: int

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of the text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def cases_sha256(self) -> str:
        """The SHA-256 (hex) of the test cases' text."""
        return sha256(self.cases.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """The SHA-256 (hex) of both digests: what an approval is bound to."""
        return sha256(f"{self.sha256}:{self.cases_sha256}".encode()).hexdigest()

    @property
    def rulebook(self) -> Rulebook:
        """What an engine loads."""
        return Rulebook(version=self.version, text=self.text)

    def moved(self, state: RulebookState, fix: str) -> "RulebookVersion":
        """This version in another state; raises `WrongRulebookState` when the table has no such move."""
        if state not in RULEBOOK_MOVES[self.state]:
            raise WrongRulebookState(version=self.version, state=self.state.value, fix=fix)
        return replace(self, state=state)

    def as_draft(self) -> "RulebookVersion":
        """This version as a draft again: its proposal and every approval have ended."""
        if self.state not in EDITABLE:
            raise WrongRulebookState(
                version=self.version, state=self.state.value, fix="start a new draft from its text"
            )
        return replace(self, state=RulebookState.DRAFT, proposal=None, approvals=())
