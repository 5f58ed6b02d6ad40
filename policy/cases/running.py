"""Cases asked of a rulebook, and of the invariants, which are always asked too."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy.cases.case import Answer, Case
from policy.cases.invariants import invariant_cases
from policy.cases.slices import question_of
from policy.decision import Decision, Why
from policy.engine import Engine, invariants


class Suite(StrEnum):
    """Whose case it is."""

    RULEBOOK = "rulebook"
    INVARIANTS = "invariants"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What came of a case: the decision that stands, with its rules, and what is wrong with it, if anything."""

    suite: Suite
    case: Case
    decision: Decision
    problem: str | None

    @property
    def passed(self) -> bool:
        """Whether what was expected came of it."""
        return self.problem is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """Every result, the rulebook's own first."""

    results: tuple[CaseResult, ...]

    @property
    def passed(self) -> bool:
        """Whether all did."""
        return all(result.passed for result in self.results)

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """Those that did not."""
        return tuple(result for result in self.results if not result.passed)


def run_cases(engine: Engine, cases: Sequence[Case]) -> CaseRun:
    """The rulebook's cases, each asked as a real question is: the invariants first, then the rules; contracts are
    not. Then the cases of the invariants, asked of them alone.
    """
    own = tuple(_result(Suite.RULEBOOK, case, _effective(engine, case)) for case in cases)
    always = tuple(
        _result(Suite.INVARIANTS, case, invariants().decide(question_of(case))) for case in invariant_cases()
    )
    return CaseRun(results=own + always)


def _effective(engine: Engine, case: Case) -> Decision:
    question = question_of(case)
    first = invariants().decide(question)
    return engine.decide(question) if first.allowed else first


def _result(suite: Suite, case: Case, decision: Decision) -> CaseResult:
    return CaseResult(suite=suite, case=case, decision=decision, problem=_problem(case, decision))


def _problem(case: Case, decision: Decision) -> str | None:
    if decision.why is Why.FAILED:  # no refusal that anybody meant, whatever was expected
        return f"could not be decided: {'; '.join(decision.errors)}"
    by = ", ".join(rule.id for rule in decision.rules) or "no rule permits it"
    if decision.allowed is not (case.expect is Answer.ALLOW):
        return f"expected {case.expect.value}, was {'allowed' if decision.allowed else 'denied'}: {by}"
    if case.rule is not None and case.rule not in {rule.id for rule in decision.rules}:
        return f"expected {case.rule} to decide, decided: {by}"
    return None
