"""The test cases that a rulebook carries: questions in plain ids, and what has to come of them."""

from policy.cases.case import Actor, Answer, Case, Circumstances, Thing
from policy.cases.invariants import invariant_cases
from policy.cases.reading import case_count, cases_from_document, cases_from_text
from policy.cases.running import CaseResult, CaseRun, Suite, run_cases
from policy.cases.slices import question_of

__all__ = [
    "Actor",
    "Answer",
    "Case",
    "CaseResult",
    "CaseRun",
    "Circumstances",
    "Suite",
    "Thing",
    "case_count",
    "cases_from_document",
    "cases_from_text",
    "invariant_cases",
    "question_of",
    "run_cases",
]
