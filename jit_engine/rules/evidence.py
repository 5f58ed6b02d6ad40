"""What a decision was taken from, cut to what it read; and taking it again from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from jit_engine.contracts.breaches import lineage
from jit_engine.contracts.terms import Contract
from jit_engine.domain.activity import Activity
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.event import Json
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.resource_policy import Safeguards
from jit_engine.domain.subject import Subject
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import InvalidValue, NotFound
from jit_engine.ports import Evidence, Facts
from jit_engine.rules.clearance import Judges, clear
from jit_engine.rules.containers import contracts_about
from jit_engine.rules.entities import reached, slice_for, subject_ref
from jit_engine.rules.labels import contracts_of_label
from jit_engine.rules.questions import data_context
from jit_engine.rules.record import Record, clearance_record, refusal_record
from jit_engine.rules.safeguards import policing
from jit_engine.rules.treatments import telling_questions
from policy import SCHEMA_VERSION, Question

FORMAT = 15
"""The number of the form in which evidence is kept. Raise it when a type changes that evidence is made of.

Earlier forms are read as long as they lack nothing but fields that have a default: what was not known then is the
default now. 2: columns, rows and treatments. 3: approvals, tickets and starts. 4: jobs. 6: renewals. 8: labels.
9: what has to hold around a source, and endpoints. 11: views. 12: parts of databases. 13: the environment's places in
other accounts, which no decision reads: they are left
out. 14: workgroups of grants. 15: containers that were asked for.
"""


def evidence_of(request: AccessRequest, facts: Facts, judges: Judges, now: datetime) -> Evidence:
    """What `clear` reads of these facts: deciding from it gives the same record as deciding from all of them.

    1. People are their ids, teams and trainings; names are left out, and members who do not ask.
    2. Contracts are those that cover something asked for or reached, and those of the workspace's label, as they were
       read; the data is what is reached.
    3. Purposes are the request's and the activity's, with everything above and beneath them, because a rule
       can ask about both. (Only a rule that compares two purposes which it names itself could tell the difference.)
    """
    subject = _nameless(request.subject)
    owner = None if facts.owner is None else _nameless(facts.owner)
    return Evidence(
        request=replace(request, subject=subject),
        facts=Facts(
            activity=None if facts.activity is None else _cut_members(facts.activity, subject),
            owner=owner,
            environment=facts.environment,
            contracts=_about(request, facts),
            catalogue=_reached(request, facts.catalogue),
            purposes=_related(request, facts),
            held=facts.held,
            label=facts.label.seen_by(request.subject.id),
            safeguards=_guarding(request, facts),
        ),
        now=now,
        schema=SCHEMA_VERSION,
        invariants=judges.invariants.version,
        rulebook=judges.rulebook.version,
    )


def redecide(evidence: Evidence, judges: Judges) -> Clearance | Refusal:
    """The decision, taken again from its evidence alone; raises what `clear` raises."""
    return clear(evidence.request, evidence.facts, judges, evidence.now)


def record_of(evidence: Evidence, judges: Judges) -> Record:
    """The record of the decision that follows from the evidence, also where nothing could be decided any more."""
    try:
        verdict = redecide(evidence, judges)
    except (InvalidValue, NotFound) as gone:
        return {"outcome": "impossible", "code": gone.code, "why": str(gone)}
    return clearance_record(verdict) if isinstance(verdict, Clearance) else refusal_record(verdict)


def plain(value: object) -> Json:
    """A value of the core as JSON, always in the same spelling: sets are sorted, times are UTC."""
    if isinstance(value, str | int | None) and not isinstance(value, Enum):
        return value
    match value:
        case Enum():
            return plain(value.value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return _duration(value)
        case frozenset():
            return sorted((plain(item) for item in value), key=str)
        case tuple() | list():
            return [plain(item) for item in value]
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
    return {name: plain(getattr(value, name)) for name in _names(type(value))}


def is_said_by(value: object, document: Json) -> bool:
    """Whether `document` says exactly `value`; a field at its default may be left out, as earlier forms do."""
    match value:
        case tuple() | list():
            if not isinstance(document, list) or len(value) != len(document):
                return False
            return all(is_said_by(one, said) for one, said in zip(value, document, strict=True))
        case Mapping():
            named = {str(plain(key)): inner for key, inner in value.items()}
            if not isinstance(document, Mapping) or named.keys() != document.keys():
                return False
            return all(is_said_by(inner, document[name]) for name, inner in named.items())
    if not is_dataclass(value) or isinstance(value, type):
        return plain(value) == document
    if not isinstance(document, Mapping) or not document.keys() <= set(_names(type(value))):
        return False
    return all(
        is_said_by(getattr(value, one.name), document[one.name])
        if one.name in document
        else _is_default(one, getattr(value, one.name))
        for one in fields(value)
    )


def _is_default(of: Field[object], value: object) -> bool:
    if of.default_factory is not MISSING:
        return value == of.default_factory()
    return of.default is not MISSING and value == of.default


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _FIELDS:
        if not is_dataclass(kind):
            raise TypeError(f"evidence holds no {kind.__name__}")
        _FIELDS[kind] = tuple(field.name for field in fields(kind))
    return _FIELDS[kind]


_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
"""The fields of the few kinds of value there are, looked up once."""


def facts_shown(evidence: Evidence) -> dict[str, Json]:
    """The facts in the form in which two readings of them are compared: everything under a name of its own."""
    facts = evidence.facts
    return {
        "subject": plain(evidence.request.subject),
        "activity": plain(facts.activity),
        "owner": plain(facts.owner),
        "environment": plain(facts.environment),
        "contracts": {f"{contract.id} {contract.version}": plain(contract) for contract in facts.contracts},
        "data": {item.source.uri: plain(item) for item in facts.catalogue.items},
        "purposes": plain(facts.purposes),
        "held": plain(facts.held),
        "label": plain(facts.label),
        "safeguards": _safeguards_shown(facts.safeguards),
    }


def _safeguards_shown(safeguards: Safeguards | None) -> Json:
    """What was found, without when: a reading that says the same is no difference."""
    if safeguards is None:
        return None
    return {
        "network from": plain(safeguards.network_from),
        "findings": {reading.resource: plain(reading.findings) for reading in safeguards.readings},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place at which two documents differ; None on a side where there is nothing."""

    path: str
    one: Json
    other: Json


def differences(one: Json, other: Json, path: str = "") -> Iterator[Difference]:
    """Every place at which two documents differ, as deep as they have the same form."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in [*one, *(name for name in other if name not in one)]:
            yield from differences(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other) and _hold_records(one, other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{place}]")
    elif one != other:
        yield Difference(path=path, one=one, other=other)


def questions_of(
    request: AccessRequest, facts: Facts, now: datetime
) -> Iterator[tuple[SourceAsk, tuple[Question, ...]]]:
    """The questions behind each source, in the order in which they are asked; none where facts are missing.

    Of a column group only `readClear`: whoever compares treatments asks for them all.
    All of them share their context and their facts as the same objects.
    """
    if facts.activity is None or facts.owner is None or facts.environment is None:
        return
    entities = slice_for(request, facts, now)
    context = data_context(request, facts.environment, now)
    principal = subject_ref(request.subject)
    for ask in request.asks:
        asked = telling_questions(ask, facts)
        yield (
            ask,
            tuple(
                Question(principal=principal, action=action, resource=resource, context=context, entities=entities)
                for action, resource in asked
            ),
        )


def _about(request: AccessRequest, facts: Facts) -> tuple[Contract, ...]:
    about = {contract.key for contract in (*contracts_about(request, facts), *contracts_of_label(facts))}
    return tuple(contract for contract in facts.contracts if contract.key in about)


def _nameless(subject: Subject) -> Subject:
    return replace(subject, name="")


def _cut_members(activity: Activity, subject: Subject) -> Activity:
    return replace(activity, members=activity.members & {subject.id, activity.owner})


def _reached(request: AccessRequest, catalogue: Catalogue) -> Catalogue:
    kept = {item.source.uri for item in reached(request, catalogue)}
    return replace(catalogue, items=tuple(item for item in catalogue.items if item.source.uri in kept))


def _guarding(request: AccessRequest, facts: Facts) -> Safeguards | None:
    """The readings of the policies of what is asked for."""
    if facts.safeguards is None:
        return None
    named = [ask.source for ask in request.asks]
    sources = [*named, *(base for source in named for base in facts.catalogue.bases_of(source))]
    kept = {resource for source in sources for resource, _ in policing(source, facts.catalogue.item(source))}
    readings = facts.safeguards.readings
    return replace(facts.safeguards, readings=tuple(reading for reading in readings if reading.resource in kept))


def _related(request: AccessRequest, facts: Facts) -> dict[str, str | None]:
    named = {request.purpose} | (frozenset() if facts.activity is None else facts.activity.purposes)
    kept = {above for purpose in named for above in lineage(purpose, facts.purposes)}
    kept |= {name for name in facts.purposes if named & set(lineage(name, facts.purposes))}
    return {name: parent for name, parent in sorted(facts.purposes.items()) if name in kept}


def _duration(span: timedelta) -> str:
    """ISO 8601, in seconds."""
    seconds, rest = divmod(span, timedelta(seconds=1))
    return f"PT{seconds}S" if not rest else f"PT{seconds}.{rest.microseconds:06d}S"


def _hold_records(one: list[Json], other: list[Json]) -> bool:
    return all(isinstance(item, Mapping) for item in (*one, *other))
