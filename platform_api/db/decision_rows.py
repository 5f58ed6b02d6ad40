"""A decision as it is written: its texts, their digests, and its name in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.event import Event, Json
from jit_engine.domain.ids import GrantId
from jit_engine.ports import DecidedAnew, DecisionOutcome, Evidence
from jit_engine.rules.evidence import FORMAT, plain
from jit_engine.rules.record import refused_by
from platform_api.db.tables.decisions import DecisionRow
from platform_api.ids import new_id

KEPT_AS = "kept_as"
"""Where an audit record keeps the digests of its decision."""
_NEW = sa.insert(DecisionRow.table())


class RefusedBy(StrEnum):
    """What refused a request: the first `Gate` that refused a source of it, or the request as a whole was at fault."""

    INVARIANTS = "invariants"
    CONTRACT = "contract"
    RULES = "rules"
    COLUMNS = "columns"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision on its way into the table."""

    id: str
    outcome: DecisionOutcome
    evidence: Evidence
    evidence_text: str
    evidence_sha256: str
    record_text: str
    record_sha256: str
    grant: GrantId | None
    reason: str | None
    refused_by: RefusedBy | None

    def named_in(self, event: Event) -> Event:
        """The event with the decision's id and with the digests of what is stored of it."""
        digests: dict[str, Json] = {"evidence_sha256": self.evidence_sha256, "record_sha256": self.record_sha256}
        about = {**event.about, "decision": self.id}
        return replace(event, about=about, details={**event.details, KEPT_AS: digests})


def new_decision(
    outcome: DecisionOutcome,
    evidence: Evidence,
    record: Mapping[str, Json],
    *,
    grant: GrantId | None,
    reason: str | None = None,
) -> NewDecision:
    """A decision with an id of its own, which sorts by the moment of deciding."""
    kept, record_text = evidence_text(evidence), text_of(record)
    return NewDecision(
        id=new_id("de", evidence.now),
        outcome=outcome,
        evidence=evidence,
        evidence_text=kept,
        evidence_sha256=digest(kept),
        record_text=record_text,
        record_sha256=digest(record_text),
        grant=grant,
        reason=reason,
        refused_by=RefusedBy(refused_by(record) or RefusedBy.REQUEST) if outcome is DecisionOutcome.REFUSED else None,
    )


def decision_anew(decided: DecidedAnew, grant: GrantId) -> NewDecision:
    """A decision that changes a live grant."""
    return new_decision(decided.outcome, decided.evidence, decided.record, grant=grant, reason=decided.reason)


def insert_decision(connection: Connection, decision: NewDecision) -> None:
    """Writes it into the transaction at hand."""
    request = decision.evidence.request
    values = {
        "id": decision.id,
        "request": request.id,
        "grant_id": decision.grant,
        "outcome": decision.outcome.value,
        "reason": decision.reason,
        "refused_by": None if decision.refused_by is None else decision.refused_by.value,
        "subject": request.subject.id,
        "activity": request.activity,
        "environment": request.environment,
        "rulebook": decision.evidence.rulebook,
        "decided_at": decision.evidence.now,
        "evidence": decision.evidence_text,
        "evidence_sha256": decision.evidence_sha256,
        "record": decision.record_text,
        "record_sha256": decision.record_sha256,
    }
    connection.execute(_NEW, values)


def evidence_text(evidence: Evidence) -> str:
    """Evidence as it is stored, with the number of its form."""
    return text_of({"format": FORMAT, "evidence": plain(evidence)})


def text_of(document: Json) -> str:
    """JSON as ASCII text, which any database gives back as it took it."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def digest(text: str) -> str:
    """The SHA-256 of a text, in hex."""
    return sha256(text.encode()).hexdigest()
