"""The text of a decision's evidence, read: exactly what it says, or not at all."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from jit_engine.domain.event import Json
from jit_engine.errors import EngineError
from jit_engine.ports import Evidence, Facts
from jit_engine.rules.evidence import FORMAT, is_said_by, plain
from platform_api.db.errors import EvidenceUnreadable

_START: Final = '{"evidence":{"facts":'
"""How `decision_rows.evidence_text` begins: its names are sorted."""
_MOST_KNOWN: Final = 16
_LONGEST: Final = 100_000
"""Characters of facts that are worth keeping: what is longer is read every time."""
_DECODER: Final = json.JSONDecoder()


class KnownFacts:
    """The facts of the texts that were read last. Decisions that follow one another mostly share theirs."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Facts] = OrderedDict()

    def at_start_of(self, text: str) -> tuple[str, Facts] | None:
        """The facts that a text begins with, as text and read; None where they were not kept."""
        if not text.startswith(_START):
            return None
        for known in reversed(self._kept):
            if text.startswith(known, len(_START)):  # a whole JSON object ends where it ends
                self._kept.move_to_end(known)
                return known, self._kept[known]
        return None

    def keep(self, text: str, facts: Facts) -> None:
        """Those of a text that was read whole and found to say nothing else."""
        if not text.startswith(_START):
            return
        _, end = _DECODER.raw_decode(text, len(_START))
        spelled = text[len(_START) : end]
        if len(spelled) <= _LONGEST:
            self._kept[spelled] = facts
        if len(self._kept) > _MOST_KNOWN:
            self._kept.popitem(last=False)


def evidence_in(decision: str, text: str, known: KnownFacts | None = None) -> Evidence:
    """The evidence that a stored text spells; `EvidenceUnreadable` unless it says exactly that and nothing else.

    `known` saves reading the same facts over and over; the answer is the same without.
    """
    found = known.at_start_of(text) if known else None
    if found is None:
        evidence = _read(decision, json.loads(text), None)
        if known:
            known.keep(text, evidence.facts)
        return evidence
    spelled, facts = found
    rest: object = json.loads(f"{_START}null{text[len(_START) + len(spelled) :]}")
    return _read(decision, rest, facts)


def _read(decision: str, document: object, facts: Facts | None) -> Evidence:
    """The evidence of a document; where `facts` are given, the document says them and has null in their place."""
    form = document.get("format") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(form, int) or not 1 <= form <= FORMAT:
        why = f"it is in form {form}, and this release reads forms 1 to {FORMAT}"
        raise EvidenceUnreadable(decision=decision, why=why)
    try:
        said = document["evidence"]
        evidence = _adapter().validate_python(said if facts is None else {**said, "facts": facts})
    except (ValidationError, KeyError, EngineError) as unfit:
        raise EvidenceUnreadable(decision=decision, why=f"its form is not the one it names ({unfit})") from unfit
    if not (_is_said_but_facts(evidence, said) if facts else _is_said(evidence, said)):
        raise EvidenceUnreadable(decision=decision, why="something in it is not understood")
    return evidence


def _is_said(evidence: Evidence, said: Json) -> bool:
    """The same as `is_said_by`, at less work for what this release wrote."""
    return plain(evidence) == said or is_said_by(evidence, said)


def _is_said_but_facts(evidence: Evidence, said: Mapping[str, Json]) -> bool:
    names = ("request", "now", "schema", "invariants", "rulebook")
    return said.keys() == {"facts", *names} and all(is_said_by(getattr(evidence, name), said[name]) for name in names)


@cache
def _adapter() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)
