"""What the contract desk takes and answers besides the contracts themselves."""

from collections.abc import Sequence
from typing import Self

from pydantic import ConfigDict

from jit_engine.contracts.difference import ContractDiff
from jit_engine.contracts.problems import Problem
from jit_engine.domain.grant import Grant
from platform_api.registry.contracts import Examined
from platform_api.registry.records import ContractRecord
from platform_api.schemas.contracts import ContractShown
from platform_api.schemas.wire import Asked, Line, Moment, Shown


class EndAsked(Asked):
    """Why a version ends."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The data has moved to another product."}]})

    reason: Line


class ContractChanged(ContractShown):
    """A version that was signed or ended, with the grants that no longer pass and are being revoked for it."""

    revoked_grants: list[str]

    @classmethod
    def after(cls, record: ContractRecord, revoked: Sequence[Grant], uncatalogued: Sequence[str] | None = None) -> Self:
        """The contract of a record, and those grants."""
        shown = ContractShown.of(record, uncatalogued)
        return cls(**shown.model_dump(), revoked_grants=[grant.id for grant in revoked])


class RestingGrantShown(Shown):
    """A live grant that rests on a contract."""

    id: str
    holder: str
    activity: str
    sources: list[str]
    state: str
    ends_at: Moment


class RestingShown(Shown):
    """The live grants that rest on a version, the oldest first, and in how many activities."""

    grants: list[RestingGrantShown]
    activities: int

    @classmethod
    def of(cls, grants: Sequence[Grant]) -> Self:
        """Of these grants."""
        shown = [
            RestingGrantShown(
                id=grant.id,
                holder=grant.subject,
                activity=grant.activity,
                sources=sorted({uri for principal in grant.principals for uri in principal.sources}),
                state=grant.state.value,
                ends_at=grant.ends_at,
            )
            for grant in grants
        ]
        return cls(grants=shown, activities=len({grant.activity for grant in grants}))


class ProblemShown(Shown):
    """One problem of a document: where, in which line of its text, what, and how to mend it."""

    path: str
    line: int | None
    message: str
    fix: str

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The problem."""
        return cls(path=problem.path, line=problem.line, message=problem.message, fix=problem.fix)


class ContractExamined(Shown):
    """What the desk would say of a document. `valid`: it reads as a contract; `proposable`, `signable`: as it says.

    `uncatalogued` is data that it names and the catalogue lacks: nobody can ask for it until it is catalogued.
    """

    valid: bool
    proposable: bool
    signable: bool
    problems: list[ProblemShown]
    obstacles: list[str]
    unenforceable: list[ProblemShown]
    needed: list[str]
    uncatalogued: list[str]

    @classmethod
    def of(cls, found: Examined) -> Self:
        """What was found."""
        valid = found.contract is not None
        return cls(
            valid=valid,
            proposable=valid and not found.obstacles,
            signable=valid and not found.obstacles and not found.unenforceable,
            problems=[ProblemShown.of(problem) for problem in found.problems],
            obstacles=list(found.obstacles),
            unenforceable=[ProblemShown.of(problem) for problem in found.unenforceable],
            needed=[role.value for role in found.needed],
            uncatalogued=list(found.uncatalogued),
        )


class DifferenceLineShown(Shown):
    """One difference in words: `widens`, `narrows`, or `changes` without either."""

    clause: str
    text: str
    effect: str


class DifferenceShown(Shown):
    """What one version changes against another."""

    contract: str
    from_version: str
    to_version: str
    verdict: str
    lines: list[DifferenceLineShown]

    @classmethod
    def of(cls, old: ContractRecord, new: ContractRecord, found: ContractDiff) -> Self:
        """The difference of two records."""
        return cls(
            contract=new.contract.id,
            from_version=old.contract.version,
            to_version=new.contract.version,
            verdict=found.verdict.value,
            lines=[DifferenceLineShown(clause=x.clause, text=x.text, effect=x.effect.value) for x in found.lines],
        )
