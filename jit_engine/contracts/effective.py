"""What a contract comes to for a use of its data: columns with their treatment, rows and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce

from jit_engine.contracts.profiles import AccessProfile, PrincipalKind
from jit_engine.contracts.terms import Contract
from jit_engine.domain.classification import Classification
from jit_engine.domain.row_filter import RowFilter, both
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Who wants to do what, as far as profiles tell it apart."""

    tier: Tier
    operations: frozenset[Operation]
    kind: PrincipalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TableTerms:
    """The most that a contract lets be seen of one table. `columns` None: all of them, whatever they are."""

    columns: frozenset[str] | None
    caps: Mapping[str, Treatment]
    row_filter: RowFilter | None

    def of(self, column: str) -> Treatment:
        """The most that is shown of a column."""
        if self.columns is not None and column not in self.columns:
            return Treatment.EXCLUDED
        return self.caps.get(column, Treatment.CLEAR)


def profiles_of(contract: Contract, use: Use) -> tuple[AccessProfile, ...] | None:
    """The profile of each operation; none where the contract has no profiles, None where an operation lacks one."""
    if not contract.profiles:
        return ()
    found: dict[str, AccessProfile] = {}
    for operation in use.operations:
        fitting = [one for one in contract.profiles if one.fits(use.tier, operation, use.kind)]
        if len(fitting) != 1:
            return None
        found[fitting[0].role] = fitting[0]
    return tuple(found[role] for role in sorted(found))


def table_terms(contract: Contract, table: str, use: Use) -> TableTerms | None:
    """What is left of a table for `use`: of several profiles what all of them allow; None where one is missing."""
    profiles = profiles_of(contract, use)
    if profiles is None:
        return None
    described = next((one.columns for one in contract.described if one.table == table), ())
    caps = {column.name: column.caps[use.tier] for column in described if use.tier in column.caps}
    columns: frozenset[str] | None = None
    if described and (profiles or caps):
        # By inclusion, always: a column that is renamed or added later is not among them.
        columns = frozenset(column.name for column in described)
    filters: list[RowFilter | None] = [None]
    for profile in profiles:
        if profile.columns is not None:
            named = profile.columns.get(table, frozenset())
            columns = named if columns is None else columns & named
        filters.append(profile.row_filters.get(table))
    return TableTerms(columns=columns, caps=caps, row_filter=reduce(both, filters))


def limited_tables(contract: Contract, use: Use) -> tuple[str, ...]:
    """The tables of which `use` is to see less than all that the contract describes, by column or by row."""
    found = []
    for name in sorted({table for scope in contract.tables for table in scope.tables}):
        terms = table_terms(contract, name, use)
        described = next((one.columns for one in contract.described if one.table == name), ())
        if terms is None or terms.row_filter or any(terms.of(c.name) is not Treatment.CLEAR for c in described):
            found.append(name)
    return tuple(found)


def longest_duration(contract: Contract, use: Use) -> timedelta:
    """The longest that a grant for `use` may last."""
    spans = [one.max_duration for one in profiles_of(contract, use) or () if one.max_duration is not None]
    return min([contract.max_duration, *spans])


def highest_without_approval(contract: Contract, use: Use) -> Classification | None:
    """The highest classification that profiles let pass without approval; None where they say nothing of it."""
    levels = [o.auto_approve_up_to for o in profiles_of(contract, use) or () if o.auto_approve_up_to is not None]
    return min(levels, key=lambda level: level.rank, default=None)
