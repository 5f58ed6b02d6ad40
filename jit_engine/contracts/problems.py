"""What is wrong with a contract's document: every problem with its place and its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from jit_engine.errors import EngineError

MOST_PROBLEMS: Final = 100
"""Problems that one error lists: a hostile document cannot make its answer larger than itself."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem: its JSON path (`$.servers[0].location`), its line if there was text, and the fix."""

    path: str
    line: int | None
    message: str
    fix: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path} (line {self.line})"
        return f"{place}: {self.message}: {self.fix}"


class ContractInvalid(EngineError):
    """A document that is no contract; `problems` names all that was found, in the document's order."""

    code: ClassVar[str] = "contract-invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems[:MOST_PROBLEMS]
        self.left_out = len(problems) - len(self.problems)
        count = f"{len(problems)} problems" if len(problems) != 1 else "1 problem"
        super().__init__(f"the contract has {count}; the first: {problems[0]}")


class ClauseNotEnforceable(EngineError):
    """A contract with clauses that nothing here holds; signing it would promise what is not done."""

    code: ClassVar[str] = "clause-not-enforceable"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("not enforceable yet: " + "; ".join(f"{p.path} {p.message}" for p in problems))


def json_path(path: Path) -> str:
    """`$.servers[0].location` of its steps; a key that is no plain word is quoted."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isascii() and step.replace("_", "a").replace("-", "a").isalnum():
            text += f".{step}"
        else:
            text += f"[{step[:80]!r}]"
    return text
