"""What the policy room raises: one base class, stable codes, structured fields."""

from dataclasses import dataclass
from typing import ClassVar


class PolicyError(Exception):
    """Anything that policy refuses to work with; `code` is stable and made for programs."""

    code: ClassVar[str] = "policy-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a rulebook; `line` counts from 1, `rule` is its `@id` where one could be read."""

    line: int
    message: str
    rule: str | None = None

    def __str__(self) -> str:
        return f"line {self.line}{f' ({self.rule})' if self.rule else ''}: {self.message}"


class RulebookInvalid(PolicyError):
    """A rulebook that must not be loaded, with every problem found in it."""

    code = "rulebook-invalid"

    def __init__(self, version: str, problems: tuple[Problem, ...]) -> None:
        self.version = version
        self.problems = problems
        listed = "\n".join(f"  {problem}" for problem in problems)
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"rulebook {version} has {count} to correct:\n{listed}")


class SchemaBroken(PolicyError):
    """The schema that ships with this package does not parse: a defect of the build, not of a caller."""

    code = "policy-schema-broken"


class QuestionUnfit(PolicyError):
    """A question that cannot be put to the rules; the engine answers it with a refusal."""

    code = "question-unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One thing wrong with a document; `field` is the way to it, such as `who.teams[0]` or `cases[2].expect`."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class FormInvalid(PolicyError):
    """A form that is no rule, with every problem found in it."""

    code = "rule-form-invalid"

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        self.problems = problems
        super().__init__("the form is no rule yet: " + "; ".join(map(str, problems)))


class CasesInvalid(PolicyError):
    """Test cases that cannot be read, with every problem found in them."""

    code = "rule-cases-invalid"

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        self.problems = problems
        super().__init__("the test cases cannot be read: " + "; ".join(map(str, problems)))
