"""The log of questions that a draft of the rules is tried on: recorded decisions, and the live grants of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jit_engine.domain.event import Json
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId, SubjectId
from jit_engine.domain.subject import Subject
from jit_engine.ports import Evidence, FactSource
from jit_engine.rules.entities import subject_ref
from jit_engine.rules.evidence import questions_of
from jit_engine.rules.record import cleared_request
from platform_api.db.decisions import Span, StoredDecision
from policy import Question
from policy.change.access import Reason
from policy.change.recorded import Counted, LiveGrant, NeverAsked, PastDecision, Recorded, Unreadable
from policy.ports import Extent


class Decisions(Protocol):
    """What is needed of the store of decisions."""

    def count(self, span: Span, last: int | None = None) -> int:
        """How many decisions there are in a time span; no more than `last` are counted."""
        ...

    def stream(self, span: Span, last: int | None = None) -> Iterator[tuple[StoredDecision, Evidence | None]]:
        """The decisions of a time span, the newest first; one in a form that is not read has no evidence."""
        ...


class Grants(Protocol):
    """What is needed of the ledger."""

    def giving(self) -> Sequence[Grant]:
        """Every grant that gives access or is about to."""
        ...

    def decision_of(self, grant: GrantId) -> Mapping[str, Json]:
        """The recorded decision that opened the grant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedQuestions:
    """`policy.ports.QuestionLog` over the stores."""

    decisions: Decisions
    grants: Grants
    facts: FactSource
    subject_of: Callable[[SubjectId], Subject | None]

    def recorded(self, extent: Extent) -> Counted[PastDecision]:
        """As the port says; a decision's questions share their facts."""
        span = Span(since=extent.since, until=extent.until)
        return Counted(
            of=self.decisions.count(span, extent.last),
            each=(tuple(_parts(*found)) for found in self.decisions.stream(span, extent.last)),
        )

    def live(self, now: datetime) -> Counted[LiveGrant]:
        """As the port says; a grant whose holder has left ends anyway and is left out."""
        grants = self.grants.giving()
        return Counted(of=len(grants), each=self._live(grants, now))

    def _live(self, grants: Sequence[Grant], now: datetime) -> Iterator[LiveGrant]:
        for grant in grants:
            subject = self.subject_of(grant.subject)
            if subject is None:
                continue
            request = cleared_request(self.grants.decision_of(grant.id), subject)
            facts = self.facts.facts_for(grant.activity, grant.environment)
            asked = tuple(question for _, asked in questions_of(request, facts, now) for question in asked)
            yield LiveGrant(id=grant.id, holder=subject_ref(subject), questions=asked)


def _parts(stored: StoredDecision, evidence: Evidence | None) -> Iterator[Recorded | NeverAsked | Unreadable]:
    verdicts = stored.record.get("sources")
    if not isinstance(verdicts, Sequence) or isinstance(verdicts, str):
        return  # nothing could be decided any more
    if evidence is None:
        yield Unreadable(id=stored.id)
        return
    asked = questions_of(evidence.request, evidence.facts, evidence.now)
    for (_, questions), verdict in zip(asked, verdicts, strict=True):
        rules = verdict["rules"] if isinstance(verdict, Mapping) else None
        if not isinstance(rules, Mapping) or rules["consulted"] is not True:
            yield NeverAsked(id=stored.id)
            continue
        refused = rules["refused_questions"]
        named = rules["rules"]
        if not isinstance(refused, Sequence) or not isinstance(named, Sequence):
            continue
        ids = tuple(str(rule["id"]) for rule in named if isinstance(rule, Mapping))
        passes = Reason(allowed=True, why="permitted", rules=() if refused else ids)
        fails = Reason(allowed=False, why=str(rules["why"]), rules=ids)
        withheld = _withheld(verdict)
        for question in questions:
            said = _spelled(question)
            was = withheld.get(said, fails if refused and said in refused else passes)
            if was is not None:  # what a contract withheld was never asked
                yield Recorded(id=stored.id, question=question, was=was, rulebook=stored.rulebook)


def _withheld(verdict: object) -> dict[str, Reason | None]:
    """What was answered about things that a container is given without; None where the rules were not asked."""
    found: dict[str, Reason | None] = {}
    parts = verdict.get("without") if isinstance(verdict, Mapping) else None
    for part in parts if isinstance(parts, Sequence) else ():
        found |= dict.fromkeys(map(str, part["questions"]))
        rules = tuple(str(rule["id"]) for rule in part["rules"])
        was = Reason(allowed=False, why=str(part["why"]), rules=rules)
        found |= dict.fromkeys(map(str, part["refused_questions"]), was)
    return found


def _spelled(question: Question) -> str:
    """A question as a verdict names it."""
    return f"{question.action} {question.resource.id}"
