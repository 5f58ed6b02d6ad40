"""What a difference says of access as it works: columns with their treatment, rows and time, by tier and who asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jit_engine.contracts.difference_lines import DiffLine, Effect, spoken
from jit_engine.contracts.effective import (
    TableTerms,
    Use,
    highest_without_approval,
    longest_duration,
    profiles_of,
    table_terms,
)
from jit_engine.contracts.profiles import PrincipalKind
from jit_engine.contracts.row_comparison import is_within
from jit_engine.contracts.terms import Contract
from jit_engine.domain.classification import Classification
from jit_engine.domain.row_filter import RowFilter
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment

_UNDESCRIBED: Final = ""
"""Stands for a column that neither version describes; no column has this name."""
_PEOPLE: Final = {PrincipalKind.INTERACTIVE: "people", PrincipalKind.HEADLESS: "pipelines"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A line but for those whom it is about, whose names take the place of `{}`."""

    clause: str
    text: str
    effect: Effect


def access_lines(old: Contract, new: Contract) -> Iterator[DiffLine]:
    """A line for everything that somebody may see, or may see for longer, in one version and not in the other.

    Tiers, operations and tables that only one of the versions has are told of elsewhere.
    """
    said: dict[_Said, dict[Tier, set[PrincipalKind]]] = defaultdict(lambda: defaultdict(set))
    for tier in Tier:
        for kind in PrincipalKind:
            for operation in Operation:
                if _may(old, tier, kind, operation) and _may(new, tier, kind, operation):
                    use = Use(tier=tier, operations=frozenset({operation}), kind=kind)
                    for line in _of_use(old, new, use, operation):
                        said[line][tier].add(kind)
    for line, tiers in sorted(said.items(), key=lambda each: (each[0].clause, each[0].text, each[0].effect)):
        who = ", ".join(_who(old, tier, kinds) for tier, kinds in tiers.items())
        yield DiffLine(clause=line.clause, text=line.text.replace("{}", who), effect=line.effect)


def _may(contract: Contract, tier: Tier, kind: PrincipalKind, operation: Operation) -> bool:
    stage = contract.stages.get(tier)
    is_open = stage is not None and (stage.interactive or kind is PrincipalKind.HEADLESS)
    return is_open and stage is not None and operation in stage.operations


def _who(contract: Contract, tier: Tier, kinds: set[PrincipalKind]) -> str:
    stage = contract.stages.get(tier)
    possible = set(PrincipalKind) if stage is not None and stage.interactive else {PrincipalKind.HEADLESS}
    return tier.value if kinds >= possible else f"{tier.value} ({', '.join(sorted(_PEOPLE[kind] for kind in kinds))})"


def _of_use(old: Contract, new: Contract, use: Use, operation: Operation) -> Iterator[_Said]:
    had, has = profiles_of(old, use) is not None, profiles_of(new, use) is not None
    if had is not has:
        verb, effect = ("gains", Effect.WIDENS) if has else ("loses", Effect.NARROWS)
        text = f"{{}} {verb} {operation.value}: {'an' if has else 'no'} access profile fits"
        yield _Said(clause="roles.accessProfile", text=text, effect=effect)
    if not had or not has:
        return
    if not operation.writes:
        for table in sorted(_tables(old) & _tables(new)):
            before, after = table_terms(old, table, use), table_terms(new, table, use)
            if before is not None and after is not None:
                yield from _of_columns(table, _names(old, new, table), before, after)
                yield from _of_rows(table, before.row_filter, after.row_filter)
    yield from _of_time(old, new, use)
    yield from _of_approval(old, new, use)


def _tables(contract: Contract) -> set[str]:
    return {table for scope in contract.tables for table in scope.tables}


def _names(old: Contract, new: Contract, table: str) -> list[str]:
    both = (*old.described, *new.described)
    return [*sorted({c.name for one in both if one.table == table for c in one.columns}), _UNDESCRIBED]


def _of_columns(table: str, names: list[str], before: TableTerms, after: TableTerms) -> Iterator[_Said]:
    for name in names:
        was, is_ = before.of(name), after.of(name)
        if was is is_:
            continue
        column = f"column {table}.{name}" if name else f"any column of {table} that is not described"
        effect = Effect.WIDENS if is_.strictness < was.strictness else Effect.NARROWS
        text = f"{{}} sees {column} {was.value} → {is_.value}"
        if Treatment.EXCLUDED in (was, is_) and Treatment.CLEAR in (was, is_):
            text = f"{{}} {'gains' if effect is Effect.WIDENS else 'loses'} {column}"
        yield _Said(clause="schema", text=text, effect=effect)


def _of_rows(table: str, before: RowFilter | None, after: RowFilter | None) -> Iterator[_Said]:
    if before == after:
        return
    spelled = [f"where {one.sql}" if one is not None else "all" for one in (before, after)]
    text = f"rows of {table} for {{}}: {spelled[0]} → {spelled[1]}"
    narrows, widens = is_within(after, before), is_within(before, after)
    if narrows and widens:
        yield _Said(clause="roles.rowFilter", text=f"{text} (the same rows)", effect=Effect.CHANGES)
    if not narrows:
        yield _Said(clause="roles.rowFilter", text=f"{text} (shows rows that were withheld)", effect=Effect.WIDENS)
    if not widens:
        yield _Said(clause="roles.rowFilter", text=f"{text} (withholds rows that were shown)", effect=Effect.NARROWS)


def _of_time(old: Contract, new: Contract, use: Use) -> Iterator[_Said]:
    """Only where a profile has a say: the contract's own maximum has a line of its own."""
    if not profiles_of(old, use) and not profiles_of(new, use):
        return
    was, is_ = longest_duration(old, use), longest_duration(new, use)
    if was != is_:
        effect = Effect.WIDENS if is_ > was else Effect.NARROWS
        text = f"longest grant for {{}}: {spoken(was)} → {spoken(is_)}"
        yield _Said(clause="roles.maxDuration", text=text, effect=effect)


def _of_approval(old: Contract, new: Contract, use: Use) -> Iterator[_Said]:
    was, is_ = highest_without_approval(old, use), highest_without_approval(new, use)
    if was is not is_:
        effect = Effect.WIDENS if _rank(is_) > _rank(was) else Effect.NARROWS
        text = f"without approval for {{}}: up to {_level(was)} → {_level(is_)}"
        yield _Said(clause="roles.autoApproveUpTo", text=text, effect=effect)


def _rank(level: Classification | None) -> int:
    return len(Classification) if level is None else level.rank


def _level(level: Classification | None) -> str:
    return "what the approval clauses say" if level is None else level.value
