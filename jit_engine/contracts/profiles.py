"""Columns and rows as a contract caps them: what each table's columns show by tier, and who has which profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from jit_engine.domain.classification import Classification
from jit_engine.domain.row_filter import RowFilter
from jit_engine.domain.source import Operation
from jit_engine.domain.subject import Person, Subject
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment


class PrincipalKind(StrEnum):
    """Who asks: a person at a keyboard, or a workload."""

    INTERACTIVE = "interactive"
    HEADLESS = "headless"


def kind_of(subject: Subject) -> PrincipalKind:
    """The kind of principal that a subject is."""
    return PrincipalKind.INTERACTIVE if isinstance(subject, Person) else PrincipalKind.HEADLESS


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedColumn:
    """A column by its name in the catalogue, with the most that each tier sees of it; clear where it is not named."""

    name: str
    caps: dict[Tier, Treatment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedTable:
    """A table with the columns that the contract describes, which are all that it ever lets be seen."""

    table: str
    columns: tuple[DescribedColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessProfile:
    """What one role may do. Columns and row filters are by table; one that is not named is not included.

    `columns` is None where the contract describes no column. `auto_approve_up_to`: the highest classification that
    is given without approval; None leaves it to the approval clauses.
    """

    role: str
    stages: frozenset[Tier]
    operations: frozenset[Operation]
    kinds: frozenset[PrincipalKind]
    columns: dict[str, frozenset[str]] | None
    row_filters: dict[str, RowFilter]
    max_duration: timedelta | None
    auto_approve_up_to: Classification | None

    def fits(self, tier: Tier, operation: Operation, kind: PrincipalKind) -> bool:
        """Whether the profile is the one for this."""
        return tier in self.stages and operation in self.operations and kind in self.kinds
