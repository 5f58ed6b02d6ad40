"""The answers: per source what contract and rules say, and for the whole a clearance or a refusal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jit_engine.contracts.terms import ApprovalRule
from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.ids import ContractId
from jit_engine.domain.obligations import ColumnTreatment, Obligations
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.row_filter import RowFilter
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.view import View


class Gate(StrEnum):
    """Which check said no. They are asked in this order and the first that refuses ends it."""

    INVARIANTS = "invariants"
    CONTRACT = "contract"
    RULES = "rules"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A contract clause that the request exceeds."""

    code: str
    clause: str
    given: str
    allowed: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """A rule or invariant that determined an answer."""

    id: str
    title: str
    advice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractVerdict:
    """What the coarse terms say of one source. `contract` is None when no contract covers it.

    `approval` is the clause that has people say yes, None where nobody is asked. `inside` are the verdicts of other
    contracts, on what lies inside, that have people say yes. `bases` are the verdicts on what a view is made of.
    """

    contract: tuple[ContractId, str] | None
    breaches: tuple[Breach, ...]
    approval: ApprovalRule | None = None
    inside: tuple["ContractVerdict", ...] = ()
    bases: tuple["ContractVerdict", ...] = ()

    @property
    def asking(self) -> tuple["ContractVerdict", ...]:
        """Every verdict that has people say yes: of its own, of what lies inside, of what it is made of."""
        own = (self, *self.inside, *(each for base in self.bases for each in base.asking))
        return tuple(one for one in own if one.approval is not None)

    @property
    def passes(self) -> bool:
        """No clause exceeded, under a contract that is there."""
        return self.contract is not None and not self.breaches


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """What Cedar says of one source, over everything inside it.

    `why` is permitted, forbidden, not-permitted or failed; `refused_item` names what inside the source
    was refused when it is not the source itself, `refused_questions` every question (`read s3://…`) that was.
    """

    passes: bool
    why: str
    rules: tuple[NamedRule, ...]
    refused_item: str | None
    rulebook: str
    questions: int
    refused_questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnVerdict:
    """What contract and rules leave of a table, and why that cannot be had, if it cannot."""

    obligations: Obligations
    breaches: tuple[Breach, ...]

    @property
    def passes(self) -> bool:
        """Whether what is left is something, is all that was named, and can be enforced."""
        return not self.breaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Something inside a source that is denied while the rest is given: which item, where its files lie, and why.

    `questions` is every question about what lies there, which is not asked of the rest; `refused_questions` those
    that a rule refused.
    """

    item: str
    files: tuple[S3Prefix, ...]
    refused_by: Gate
    why: str
    rules: tuple[NamedRule, ...]
    breaches: tuple[Breach, ...]
    questions: tuple[str, ...]
    refused_questions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceVerdict:
    """All that was found out about one source. A gate that was not asked is None, and the record says so.

    `columns` is about tables alone, and found out once contract and rules have been asked.
    `without` is what of it is denied; the gates' verdicts are then about the rest.
    """

    ask: SourceAsk
    invariants: RuleVerdict
    contract: ContractVerdict | None
    rules: RuleVerdict | None
    columns: ColumnVerdict | None = None
    without: tuple[Withheld, ...] = ()

    @property
    def refused_by(self) -> Gate | None:
        """The first gate that refused; None when every gate was asked and passed."""
        if not self.invariants.passes:
            return Gate.INVARIANTS
        if self.contract is None or not self.contract.passes:
            return Gate.CONTRACT
        if self.rules is None or not self.rules.passes:
            return Gate.RULES
        if self.columns is not None and not self.columns.passes:
            return Gate.COLUMNS
        return None

    @property
    def passes(self) -> bool:
        """Every gate asked, every gate passed."""
        return self.refused_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedSource:
    """One ask that passed, with the prefixes that its data is read from or written to as files.

    The prefix itself, a table's location, or none for what is not made of files. With `columns` (the only ones to
    be seen) or a `row_filter` there are none either: what is seen of them is an enforcer's to show.
    `without` are prefixes inside of the files that are denied whatever else is given.
    `key_arn` is the KMS key that the data is encrypted with, where it is one of the account's own.
    `treatment` is the view that Lake Formation shows, where the source is a treatment; `behind` are the tables and
    views that it is made of, by URI, each with the digest of its definition, or nothing for a table.
    """

    ask: SourceAsk
    files: tuple[S3Prefix, ...]
    columns: tuple[str, ...] | None = None
    row_filter: RowFilter | None = None
    treatments: tuple[ColumnTreatment, ...] = ()
    without: tuple[S3Prefix, ...] = ()
    key_arn: str | None = None
    treatment: View | None = None
    behind: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every column and row may be seen, so that the files themselves may be read."""
        return self.columns is None and self.row_filter is None


_KEY = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Permission to mint, for exactly what is `cleared` until `ends_at`. Only `clear()` makes one.

    `endpoints` are those outside of which it does not work; with none it works from anywhere.

    `sessions_end_by` is what no AWS session may outlive (contract, environment); `shortened` says in words why
    the end is earlier than asked, or is None.
    """

    request: AccessRequest
    activity: Activity
    environment: Environment
    cleared: tuple[ClearedSource, ...]
    verdicts: tuple[SourceVerdict, ...]
    contracts: frozenset[tuple[ContractId, str]]
    decided_at: datetime
    ends_at: datetime
    sessions_end_by: datetime
    shortened: str | None
    rulebook: str
    catalogue_generation: int
    endpoints: frozenset[str] = frozenset()
    key: object

    def __post_init__(self) -> None:
        if self.key is not _KEY:
            raise TypeError("a Clearance is made by clear() only")


def clearance_key() -> object:
    """What `clear()` shows to make a `Clearance`; an architecture test holds that nobody else calls this."""
    return _KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No. With a verdict for every source, and what concerns the request as a whole in `breaches`."""

    request: AccessRequest
    verdicts: tuple[SourceVerdict, ...]
    breaches: tuple[Breach, ...]
    decided_at: datetime
    rulebook: str
