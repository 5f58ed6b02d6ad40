"""What a draft is tried on, as it was recorded, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from policy.change.access import Access, Reason, Subject
from policy.change.search import Direction
from policy.question import EntityRef, Question

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Generic[T]):
    """Things that come one by one, and how many there were when that began."""

    of: int
    each: Iterator[T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A question to the editable rules as it was recorded, with the facts of that time."""

    id: str
    question: Question
    was: Reason
    rulebook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverAsked:
    """A part of a decision that never reached the editable rules: an invariant or a contract refused before."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A decision that is recorded in a form which this release does not read."""

    id: str


PastDecision: TypeAlias = tuple[Recorded | NeverAsked | Unreadable, ...]
"""One decision: its questions, or why there are none. It is empty where nothing could be decided any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGrant:
    """A grant that is in force, with the questions that must all be allowed for it to stay, on today's facts."""

    id: str
    holder: EntityRef
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDecision:
    """A recorded question whose effective access the draft changes, with both reasons.

    `was` is what the record says; `live` what today's rules say of the recorded facts, which may differ from it.
    """

    id: str
    direction: Direction
    subject: Subject
    principal: EntityRef
    before: Access
    after: Access
    was: Reason
    live: Reason
    draft: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedGrant:
    """A live grant that the draft would end, by the first of its questions that it refuses."""

    id: str
    holder: EntityRef
    subject: Subject
    live: Reason
    draft: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of the known people and things within the changed rules' reach were ever asked about."""

    people: int
    people_asked: int
    resources: int
    resources_asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The questions out of reach that were decided all the same, to test that they need not be.

    Each decision was drawn with the probability `rate`; `differing` names those that came out otherwise under the
    draft, which should be none.
    """

    rate: float
    seed: int
    decided: int
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of it. Of `asked`, those `in_reach` of a changed rule were decided again; the others stood.

    `changed` and `unlike_the_record` hold the first so many of `changed_count` and `unlike_count`.
    `unlike_the_record`: within reach, today's rules say otherwise than the record, on the same facts.
    `refused_already`: grants that today's rules would refuse as well, so that the draft does not end them.
    """

    decisions: int
    unreadable: int
    asked: int
    in_reach: int
    never_asked: int
    sample: Sample
    changed: tuple[ChangedDecision, ...]
    changed_count: int
    unlike_the_record: tuple[str, ...]
    unlike_count: int
    grants: int
    ended: tuple[EndedGrant, ...]
    refused_already: tuple[str, ...]
    coverage: Coverage | None
