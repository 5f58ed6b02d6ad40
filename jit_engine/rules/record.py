"""Verdicts as plain JSON: what the record keeps, the API answers and the audit trail holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from jit_engine.domain.approval import Approval
from jit_engine.domain.event import Json
from jit_engine.domain.held import HeldSource
from jit_engine.domain.ids import ActivityId, EnvironmentId, RequestId, SubjectId
from jit_engine.domain.request import AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import Operation
from jit_engine.domain.subject import Subject
from jit_engine.domain.verdict import (
    Breach,
    Clearance,
    ContractVerdict,
    Gate,
    Refusal,
    RuleVerdict,
    SourceVerdict,
    Withheld,
)
from jit_engine.sources.kinds import source_of_uri

Record = dict[str, Json]


def clearance_record(clearance: Clearance) -> Record:
    """The decision that opened a grant."""
    return {
        "outcome": "cleared",
        "asked": request_record(clearance.request),
        "ends_at": clearance.ends_at.isoformat(),
        "shortened": clearance.shortened,
        "rulebook": clearance.rulebook,
        "catalogue_generation": clearance.catalogue_generation,
        "sources": [verdict_record(verdict) for verdict in clearance.verdicts],
    }


def refusal_record(refusal: Refusal) -> Record:
    """The decision that refused."""
    return {
        "outcome": "refused",
        "asked": request_record(refusal.request),
        "rulebook": refusal.rulebook,
        "reasons": [_breach(breach) for breach in refusal.breaches],
        "sources": [verdict_record(verdict) for verdict in refusal.verdicts],
    }


def request_record(request: AccessRequest) -> Record:
    """What was asked, complete enough to be decided again."""
    return {
        "request": request.id,
        "subject": request.subject.id,
        "activity": request.activity,
        "environment": request.environment,
        "purpose": request.purpose,
        "duration_seconds": None if request.duration is None else int(request.duration.total_seconds()),
        "ends_at": None if request.ends_at is None else request.ends_at.isoformat(),
        "mode": request.mode.value,
        "justification": request.justification,
        "ticket": request.ticket,
        "starts_at": None if request.starts_at is None else request.starts_at.isoformat(),
        "break_glass": request.break_glass,
        "renews": request.renews,
        "approvals": [approval_record(approval) for approval in request.approvals],
        "sources": [
            {"source": ask.source.uri, "operations": sorted(ask.operations), "job": ask.job, **_columns_named(ask)}
            for ask in request.asks
        ],
        **containers_record(request),
    }


def containers_record(request: AccessRequest) -> Record:
    """The containers that were asked for; nothing where none was, as before they could be."""
    found: list[Json] = [
        {
            "uri": one.uri,
            "operations": sorted(one.operations),
            "catalogue_generation": one.generation,
            "sources": list(one.sources),
            "lacking": [{"source": each.source, "operations": sorted(each.operations)} for each in one.lacking],
        }
        for one in request.containers
    ]
    return {"containers": found} if found else {}


def cleared_request(decision: Mapping[str, Json], subject: Subject) -> AccessRequest:
    """The request behind a recorded clearance, cut to the sources that were cleared, for deciding it again."""
    asked, passed = decision["asked"], _passed(decision)
    if not isinstance(asked, Mapping):
        raise ValueError("not a recorded clearance")
    return AccessRequest(
        id=RequestId(str(asked["request"])),
        subject=subject,
        activity=ActivityId(str(asked["activity"])),
        environment=EnvironmentId(str(asked["environment"])),
        purpose=str(asked["purpose"]),
        duration=None,
        ends_at=None,
        mode=Mode.ALL,
        asks=tuple(_ask(verdict) for verdict in passed),
        justification=str(asked["justification"]),
        ticket=str(asked.get("ticket", "")),
        break_glass=asked.get("break_glass") is True,
        approvals=tuple(_approval(one) for one in _records(asked.get("approvals", ()))),
    )


def cleared_asks(decision: Mapping[str, Json]) -> tuple[SourceAsk, ...]:
    """What a recorded clearance cleared."""
    return tuple(_ask(verdict) for verdict in _passed(decision))


def held_sources(decision: Mapping[str, Json]) -> tuple[HeldSource, ...]:
    """What a recorded clearance cleared, with the columns that were named, and whether anything in it is withheld."""
    return tuple(
        HeldSource(ask=replace(_ask(verdict), columns=_named_columns(verdict)), whole=not verdict.get("without"))
        for verdict in _passed(decision)
    )


def refused_by(decision: Mapping[str, Json]) -> Gate | None:
    """The first gate that refused a source of a recorded decision; None where none did."""
    said = (verdict.get("refused_by") for verdict in _records(decision.get("sources", ())))
    return next((Gate(gate) for gate in said if isinstance(gate, str)), None)


def _named_columns(verdict: Mapping[str, Json]) -> frozenset[str] | None:
    columns = verdict.get("columns")
    return frozenset(str(c) for c in columns) if isinstance(columns, Sequence) else None


def _passed(decision: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    return [verdict for verdict in _records(decision["sources"]) if verdict["passes"] is True]


def approval_record(approval: Approval) -> Record:
    """One person's yes, complete enough to be read back."""
    longest = approval.longest
    return {
        "approver": approval.approver,
        "groups": sorted(approval.groups),
        "at": approval.at.isoformat(),
        "shown_sha256": approval.shown_sha256,
        "terms_sha256": approval.terms_sha256,
        "holds": sorted(approval.holds),
        "longest_seconds": None if longest is None else int(longest.total_seconds()),
        "comment": approval.comment,
        "release": approval.release,
    }


def _approval(record: Mapping[str, Json]) -> Approval:
    longest = record["longest_seconds"]
    return Approval(
        approver=SubjectId(str(record["approver"])),
        groups=_texts(record["groups"]),
        at=datetime.fromisoformat(str(record["at"])),
        shown_sha256=str(record["shown_sha256"]),
        terms_sha256=str(record["terms_sha256"]),
        holds=_texts(record["holds"]),
        longest=timedelta(seconds=longest) if isinstance(longest, int) else None,
        comment=str(record["comment"]),
        release=record["release"] is True,
    )


def _records(value: Json) -> Sequence[Mapping[str, Json]]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError("not a recorded list")
    return [one for one in value if isinstance(one, Mapping)]


def _texts(value: Json) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError("not a recorded list")
    return frozenset(str(one) for one in value)


def _ask(verdict: Mapping[str, Json]) -> SourceAsk:
    operations = verdict["operations"]
    if not isinstance(operations, Sequence):
        raise ValueError("not a recorded verdict")
    return SourceAsk(
        source=source_of_uri(str(verdict["source"]), account=str(verdict["account"])),
        operations=frozenset(Operation(str(o)) for o in operations),
        columns=_columns_had(verdict),
        job=None if verdict.get("job") is None else str(verdict["job"]),
    )


def _columns_had(verdict: Mapping[str, Json]) -> frozenset[str] | None:
    """The only columns that were cleared, or those that were named; None where the table was had whole."""
    obligations = verdict.get("obligations")
    columns = obligations["columns"] if isinstance(obligations, Mapping) else None
    columns = verdict.get("columns") if columns is None else columns
    return frozenset(str(c) for c in columns) if isinstance(columns, Sequence) else None


def held_to(decision: Mapping[str, Json]) -> dict[str, tuple[frozenset[str] | None, str | None]]:
    """The columns and the row filter of every source of a recorded decision that is held to some."""
    found: dict[str, tuple[frozenset[str] | None, str | None]] = {}
    sources = decision["sources"]
    for verdict in sources if isinstance(sources, Sequence) else ():
        obligations = verdict.get("obligations") if isinstance(verdict, Mapping) and verdict["passes"] is True else None
        if isinstance(verdict, Mapping) and isinstance(obligations, Mapping):
            columns, rows = obligations["columns"], obligations["row_filter"]
            names = frozenset(str(c) for c in columns) if isinstance(columns, Sequence) else None
            found[str(verdict["source"])] = (names, None if rows is None else str(rows))
    return found


def verdict_record(verdict: SourceVerdict) -> Record:
    """One source; a gate that was not asked says so, for a later gate is never consulted after a refusal."""
    refused_by = verdict.refused_by
    return {
        "source": verdict.ask.source.uri,
        "account": verdict.ask.source.account,
        "operations": sorted(verdict.ask.operations),
        "job": verdict.ask.job,
        "passes": verdict.passes,
        "refused_by": None if refused_by is None else refused_by.value,
        "invariants": _rules(verdict.invariants),
        "contract": _contract(verdict.contract),
        "rules": _rules(verdict.rules),
        **_columns_named(verdict.ask),
        **obligations_record(verdict),
        **withheld_record(verdict),
    }


def _columns_named(ask: SourceAsk) -> Record:
    """Nothing where nobody named columns: a decision of before they could be named then reads the same."""
    return {} if ask.columns is None else {"columns": sorted(ask.columns)}


def obligations_record(of: SourceVerdict) -> Record:
    """The columns and rows that a source is held to; nothing where a table is had whole, for the same reason."""
    verdict = of.columns
    if verdict is None or (verdict.passes and verdict.obligations.enforcer is None):
        return {}
    found = verdict.obligations
    return {
        "obligations": {
            "passes": verdict.passes,
            "breaches": [_breach(breach) for breach in verdict.breaches],
            "columns": None if found.columns is None else list(found.columns),
            "row_filter": None if found.row_filter is None else found.row_filter.sql,
            "enforcer": None if found.enforcer is None else found.enforcer.value,
            "treatments": [
                {
                    "group": one.group,
                    "columns": list(one.columns),
                    "classification": one.classification.value,
                    "rules": one.rules.value,
                    "contract": one.contract.value,
                    "shown": one.shown.value,
                    "why": one.why,
                }
                for one in found.treatments
            ],
        }
    }


def withheld_record(of: SourceVerdict) -> Record:
    """The parts of a source that are withheld; nothing where it is given whole."""
    return {"without": [_withheld(part) for part in of.without]} if of.without else {}


def _withheld(part: Withheld) -> Record:
    return {
        "item": part.item,
        "files": [files.uri for files in part.files],
        "refused_by": part.refused_by.value,
        "why": part.why,
        "rules": [{"id": rule.id, "title": rule.title, "advice": rule.advice} for rule in part.rules],
        "breaches": [_breach(breach) for breach in part.breaches],
        "questions": list(part.questions),
        "refused_questions": list(part.refused_questions),
    }


def _rules(verdict: RuleVerdict | None) -> Record:
    if verdict is None:
        return {"consulted": False}
    return {
        "consulted": True,
        "passes": verdict.passes,
        "why": verdict.why,
        "rules": [{"id": rule.id, "title": rule.title, "advice": rule.advice} for rule in verdict.rules],
        "refused_item": verdict.refused_item,
        "rulebook": verdict.rulebook,
        "questions": verdict.questions,
        "refused_questions": list(verdict.refused_questions),
    }


def _contract(verdict: ContractVerdict | None) -> Record:
    if verdict is None:
        return {"consulted": False}
    return {
        "consulted": True,
        "passes": verdict.passes,
        "contract": None if verdict.contract is None else {"id": verdict.contract[0], "version": verdict.contract[1]},
        "breaches": [_breach(breach) for breach in verdict.breaches],
    }


def _breach(breach: Breach) -> Record:
    return {
        "code": breach.code,
        "clause": breach.clause,
        "given": breach.given,
        "allowed": breach.allowed,
        "next_step": breach.next_step,
    }
