"""The column groups of a table, from what was known of each column and what its contract says.

Nothing here ever lowers what was known: only a column that nobody has classified takes what its contract says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from jit_engine.contracts.column_labels import ColumnLabels
from jit_engine.domain.catalogue import ColumnGroup, TableItem
from jit_engine.domain.classification import Classification

UNCLASSIFIED = "unclassified"
"""The label, and the group, of columns about which nobody has said anything: they are restricted."""

_Key = tuple[Classification, frozenset[str]]
_UNKNOWN: _Key = (Classification.RESTRICTED, frozenset({UNCLASSIFIED}))


def column_groups(
    columns: Sequence[str], known: Sequence[ColumnGroup], said: Mapping[str, ColumnLabels]
) -> tuple[ColumnGroup, ...]:
    """Each of `columns` in one group, in the order of `known`, then as they come.

    A column stays in its group unless the contract makes it stricter; one that is new or becomes stricter joins the
    group of its classification and labels. Groups that are left empty go.
    """
    before = {column: group for group in known for column in group.columns}
    there = frozenset(columns)
    members: dict[str, list[str]] = {group.name: [] for group in known}
    keys = {group.name: (group.classification, group.classes) for group in known}
    for column in (*(c for c in before if c in there), *(c for c in columns if c not in before)):
        group = before.get(column)
        was = None if group is None else (group.classification, group.classes)
        key = _strictest(was, said.get(column))
        name = group.name if group is not None and key == was else _named(key, keys)
        keys[name] = key
        members.setdefault(name, []).append(column)
    return tuple(
        ColumnGroup(name=name, columns=tuple(some), classification=keys[name][0], classes=keys[name][1])
        for name, some in members.items()
        if some
    )


def classified(item: TableItem, said: Mapping[str, ColumnLabels]) -> TableItem:
    """The table with what its contract says about its columns."""
    columns = [column for group in item.groups for column in group.columns]
    return replace(item, groups=column_groups(columns, item.groups, said))


def _strictest(was: _Key | None, said: ColumnLabels | None) -> _Key:
    level, classes = (None, frozenset[str]()) if said is None else (said.classification, said.classes)
    if was is None or UNCLASSIFIED in was[1]:
        kept = _UNKNOWN[1] if was is None else was[1]
        return (Classification.RESTRICTED, kept | classes) if level is None else (level, kept - _UNKNOWN[1] | classes)
    return (was[0] if level is None or level.rank < was[0].rank else level, was[1] | classes)


def _named(key: _Key, keys: Mapping[str, _Key]) -> str:
    """The group of that classification and these labels, or a new name for it."""
    for name, other in keys.items():
        if other == key:
            return name
    level, classes = key
    name = UNCLASSIFIED if key == _UNKNOWN else "-".join((level.value, *sorted(classes)))[:60]
    return next(n for n in (name, *(f"{name}-{count}" for count in range(2, len(keys) + 3))) if n not in keys)
