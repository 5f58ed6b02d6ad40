"""Whether a grant that was given would be given today: the one question behind every delivery and every re-decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from jit_engine.domain.activity import Place
from jit_engine.domain.event import Json
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId
from jit_engine.domain.spans import in_words
from jit_engine.domain.subject import Subject
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.iam.plan import PlannedPart, mints_the_same, parts_of
from jit_engine.ports import DecidedAnew, DecisionOutcome, Facts
from jit_engine.rules.clearance import Judges, clear
from jit_engine.rules.evidence import evidence_of, record_of
from jit_engine.rules.record import clearance_record, cleared_request, held_to
from jit_engine.rules.treatments import durations_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The same would not be cleared as it was: a source is gone, the policy another, the end earlier."""

    why: str


def decide_anew(
    grant: Grant, decision: Mapping[str, Json], subject: Subject, facts: Facts, judges: Judges, now: datetime
) -> Clearance | Refusal | Changed:
    """Today's verdict on what `decision` once cleared.

    A `Clearance` says that the grant stands as it is: policy, end and length are what they would be today.
    """
    try:
        verdict = clear(cleared_request(decision, subject), facts, judges, now)
    except (InvalidValue, NotFound) as gone:
        return Changed(why=f"what it rests on is gone ({gone})")
    if isinstance(verdict, Refusal):
        return verdict
    if held_to(clearance_record(verdict)) != held_to(decision):
        return Changed(why="other columns or rows of it may be seen now")
    place = verdict.environment.place
    then = replace(verdict, ends_at=grant.ends_at)
    if place is None or not mints_the_same(_parts(then, place, grant.id, facts), grant.principals):
        return Changed(why="the catalogue or the environment changed")
    if verdict.sessions_end_by < grant.ends_at:
        return Changed(why=f"contract, activity or environment now end at {verdict.sessions_end_by.isoformat()}")
    longest = min(durations_of(verdict.request.asks, verdict.request, facts, verdict.contracts))
    if grant.ends_at - grant.created_at > longest:
        return Changed(why=f"the contract now allows {in_words(longest)} at most")
    return verdict


def _parts(clearance: Clearance, place: Place, grant: GrantId, facts: Facts) -> tuple[PlannedPart, ...]:
    return parts_of(clearance, place, grant, facts.contracts, elsewhere=facts.elsewhere)


def recorded_anew(
    outcome: DecisionOutcome,
    decision: Mapping[str, Json],
    subject: Subject,
    facts: Facts,
    judges: Judges,
    now: datetime,
    reason: str | None,
) -> DecidedAnew:
    """Such a verdict for the record, with what it was taken from; taken once more, from that alone."""
    evidence = evidence_of(cleared_request(decision, subject), facts, judges, now)
    return DecidedAnew(outcome=outcome, evidence=evidence, record=record_of(evidence, judges), reason=reason)
