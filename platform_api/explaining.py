"""A recorded decision taken once more, from what it was taken from: whether it comes out the same, and what changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from jit_engine.domain.event import Json
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Person, Subject, Workload
from jit_engine.ports import Evidence, FactSource
from jit_engine.rules.clearance import Judges
from jit_engine.rules.evidence import Difference, differences, evidence_of, facts_shown, record_of
from platform_api.db.decisions import StoredDecision
from policy import SCHEMA_VERSION, Engine, Rule, Rulebook, RulebookInvalid
from policy.versions import RulebookVersion

_KEPT_ENGINES = 4
"""Parsed rulebooks that are kept for the next explanation: a large one takes seconds to read."""


class Decisions(Protocol):
    """What is needed of the store of decisions."""

    def evidence(self, decision: str) -> Evidence:
        """What it was taken from, checked against the audit trail."""
        ...


class Rulebooks(Protocol):
    """What is needed of the store of rulebooks."""

    def get(self, version: str) -> RulebookVersion | None:
        """That version, whatever its state."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """One of the things that a decision is judged by: its version then, and today."""

    recorded: str
    today: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule that determined the decision. `text` is None where it can no longer be told how it read."""

    rule: Rule
    version: str
    editable: bool
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What came of taking the decision again. `recomputed` is None when that was not possible: `notes` say why."""

    matches: bool
    recomputed: Mapping[str, Json] | None
    differences: tuple[Difference, ...]
    schema: Versions
    invariants: Versions
    rulebook: Versions
    notes: tuple[str, ...]
    facts_recorded: Mapping[str, Json]
    facts_today: Mapping[str, Json]
    facts_differing: tuple[Difference, ...]
    rules: tuple[RuleText, ...]


@dataclass(slots=True)
class Explainer:
    """Explains recorded decisions. Reads only."""

    decisions: Decisions
    rulebooks: Rulebooks
    facts: FactSource
    subject_of: Callable[[SubjectId], Subject | None]
    judges: Callable[[], Judges]
    _engines: OrderedDict[str, Engine] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, stored: StoredDecision, now: datetime) -> Explanation:
        """1. The evidence, if it is what was recorded; else `DecisionAltered` or `EvidenceUnreadable`.
        2. The decision, taken from it under the rulebook of then and the invariants and the code of today.
        3. The facts of then beside those of today.
        """
        evidence, live = self.decisions.evidence(stored.id), self.judges()  # 1
        then, why_not = self._engine(evidence.rulebook)
        recomputed = None  # 2
        if then is not None:
            recomputed = record_of(evidence, Judges(invariants=live.invariants, rulebook=then))
        found = () if recomputed is None else tuple(differences(_judged(stored.record), _judged(recomputed)))
        recorded, today = facts_shown(evidence), facts_shown(self._today(evidence, live, now))  # 3
        schema = Versions(recorded=evidence.schema, today=SCHEMA_VERSION)
        invariants = Versions(recorded=evidence.invariants, today=live.invariants.version)
        return Explanation(
            matches=recomputed is not None and not found,
            recomputed=recomputed,
            differences=found,
            schema=schema,
            invariants=invariants,
            rulebook=Versions(recorded=evidence.rulebook, today=live.rulebook.version),
            notes=(*([why_not] if why_not else []), *_changed(schema, invariants)),
            facts_recorded=recorded,
            facts_today=today,
            facts_differing=tuple(differences(recorded, today)),
            rules=tuple(_rules(stored.record, evidence, then, live.invariants)),
        )

    def _engine(self, version: str) -> tuple[Engine | None, str | None]:
        """The rulebook of that version, or why there is none."""
        with self._lock:
            if version in self._engines:
                self._engines.move_to_end(version)
                return self._engines[version], None
        stored = self.rulebooks.get(version)
        if stored is None:
            return None, f"rulebook {version} is not stored any more, so the decision could not be taken again"
        try:
            engine = Engine.load(Rulebook(version=version, text=stored.text))
        except RulebookInvalid as invalid:
            return None, f"rulebook {version} cannot be loaded under today's schema {SCHEMA_VERSION}: {invalid}"
        with self._lock:
            self._engines[version] = engine
            while len(self._engines) > _KEPT_ENGINES:
                self._engines.popitem(last=False)
        return engine, None

    def _today(self, evidence: Evidence, live: Judges, now: datetime) -> Evidence:
        """The same request with today's facts; one who has left has neither teams nor trainings.

        What was reached then is among them, also where the request would not reach it any more.
        """
        request = evidence.request
        subject = self.subject_of(request.subject.id) or _departed(request.subject)
        facts = self.facts.facts_for(request.activity, request.environment)
        today = evidence_of(replace(request, subject=subject), facts, live, now)
        both = {item.source.uri for one in (evidence, today) for item in one.facts.catalogue.items}
        items = tuple(item for item in facts.catalogue.items if item.source.uri in both)
        return replace(today, facts=replace(today.facts, catalogue=replace(facts.catalogue, items=items)))


def _departed(subject: Subject) -> Subject:
    match subject:
        case Person():
            return replace(subject, teams=frozenset(), trainings=frozenset())
        case Workload():
            return replace(subject, teams=frozenset())


def _judged(record: Mapping[str, Json]) -> dict[str, Json]:
    """A record without the versions of the invariants, which are compared by themselves."""
    sources = record.get("sources")
    if not isinstance(sources, Sequence) or isinstance(sources, str):
        return dict(record)
    return {**record, "sources": [_without_version(source) for source in sources]}


def _without_version(source: Json) -> Json:
    if not isinstance(source, Mapping):
        return source
    invariants = source.get("invariants")
    kept = {n: v for n, v in invariants.items() if n != "rulebook"} if isinstance(invariants, Mapping) else invariants
    return {**source, "invariants": kept}


def _changed(schema: Versions, invariants: Versions) -> Iterator[str]:
    for name, versions in (("policy schema", schema), ("tier invariants", invariants)):
        if versions.recorded != versions.today:
            yield (
                f"the {name} changed since, from {versions.recorded} to {versions.today}: "
                "the decision was taken again under today's"
            )


def _rules(record: Mapping[str, Json], evidence: Evidence, then: Engine | None, always: Engine) -> Iterator[RuleText]:
    """The rules that the record names, each once, with the text that they had."""
    for rule_id in _named(record, "invariants"):
        same = evidence.invariants == always.version
        for rule in always.rules:
            if rule.id == rule_id:
                text = always.source_of(rule_id) if same else None
                yield RuleText(rule=rule, version=evidence.invariants, editable=False, text=text)
    if then is None:
        return
    for rule_id in _named(record, "rules"):
        for rule in then.rules:
            if rule.id == rule_id:
                yield RuleText(rule=rule, version=then.version, editable=True, text=then.source_of(rule_id))


def _named(record: Mapping[str, Json], gate: str) -> list[str]:
    """The ids of the rules that a gate named, in the order of the sources."""
    found: dict[str, None] = {}
    sources = record.get("sources")
    for source in sources if isinstance(sources, list) else []:
        verdict = source.get(gate) if isinstance(source, Mapping) else None
        rules = verdict.get("rules") if isinstance(verdict, Mapping) else None
        for rule in rules if isinstance(rules, list) else []:
            if isinstance(rule, Mapping):
                found[str(rule.get("id"))] = None
    return list(found)
