"""Contracts in files, read as the platform reads them and without asking it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cli.answer import Doc, Json
from cli.failure import CommandFailed, ExitCode
from cli.render import clean
from cli.yaml_file import read_text

if TYPE_CHECKING:
    from jit_engine.contracts.difference import ContractText
    from jit_engine.contracts.problems import Problem


class ContractFileInvalid(CommandFailed):
    """A file that is no contract; every problem is told with its line."""

    code: ClassVar[str] = "contract-invalid"
    exit_code = ExitCode.FAILED

    def __init__(self, file: Path, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = problems
        super().__init__(f"{file} is no contract: {len(problems)} problem{'s' if len(problems) != 1 else ''}")

    @property
    def lines(self) -> tuple[str, ...]:
        """The message for people: one line a problem, in the form that editors jump by."""
        return (self.what, *(placed(self.file, problem) for problem in self.problems))


def placed(file: Path, problem: Problem) -> str:
    """`file:line: path: what is wrong: how to mend it`."""
    line = "" if problem.line is None else f":{problem.line}"
    return clean(f"{file}{line}: {problem.path}: {problem.message}: {problem.fix}")


def shown(problem: Problem) -> Json:
    """A problem as the API shows it."""
    return {"path": problem.path, "line": problem.line, "message": problem.message, "fix": problem.fix}


def read_contract_file(file: Path) -> ContractText:
    """The contract of a file; raises `ContractFileInvalid` with every problem."""
    from jit_engine.contracts.difference import ContractText
    from jit_engine.contracts.document import document_id, read_contract, read_document
    from jit_engine.contracts.problems import ContractInvalid
    from jit_engine.domain.ids import ContractId, SubjectId

    try:
        read = read_document(read_text(file))
        name, nobody = ContractId(document_id(read.value)), SubjectId("nobody")
        terms = read_contract(read.value, contract_id=name, proposer=nobody, lines=read.lines)
    except ContractInvalid as error:
        raise ContractFileInvalid(file, error.problems) from error
    return ContractText(terms=terms, document=read.value)


def unheld(contract: ContractText) -> tuple[Problem, ...]:
    """The clauses that keep a contract from being signed."""
    from jit_engine.contracts.holds import unenforceable

    return unenforceable(contract.document)


def difference_of_files(old: Path, new: Path) -> Doc:
    """What one file changes against another, as the API shows it. Purposes are compared as they stand."""
    from jit_engine.contracts.difference import diff

    before, after = read_contract_file(old), read_contract_file(new)
    found = diff(before, after, {})
    return Doc(
        {
            "contract": after.terms.id,
            "from_version": before.terms.version,
            "to_version": after.terms.version,
            "verdict": found.verdict.value,
            "lines": [{"clause": x.clause, "text": x.text, "effect": x.effect.value} for x in found.lines],
        }
    )
