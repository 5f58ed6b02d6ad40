"""What a difference says of columns and of access profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jit_engine.contracts.difference_lines import (
    DiffLine,
    Effect,
    compared,
    names_changed,
    only,
    ranked,
    set_changed,
    spoken,
)
from jit_engine.contracts.durations import read_duration
from jit_engine.contracts.view import Node, columns, custom
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json


def column_lines(old: Node, new: Node) -> Iterator[DiffLine]:
    """Columns described or not, their classification and treatment."""
    before, after = described_columns(old), described_columns(new)
    for path in sorted(after.keys() - before.keys()):
        text = f"describes column {path} ({after[path]['classification'].text})"
        yield DiffLine(clause="schema", text=text, effect=Effect.WIDENS)
    for path in sorted(before.keys() - after.keys()):
        yield DiffLine(clause="schema", text=f"no longer describes column {path}", effect=Effect.NARROWS)
    levels = tuple(level.value for level in Classification)
    for path in sorted(before.keys() & after.keys()):
        was, is_ = before[path], after[path]
        yield from ranked(
            "schema",
            f"column {path}",
            was["classification"].text,
            is_["classification"].text,
            levels,
            Effect.NARROWS,
            Effect.WIDENS,
        )
        for name in ("masking", "dataCategory"):
            treated = [dict(custom(one)).get(name, Node(None)).value for one in (was, is_)]
            if treated[0] != treated[1]:
                text = f"{name} of column {path}: {_plain(treated[0])} → {_plain(treated[1])}"
                effect = _masking_effect(treated[0], treated[1]) if name == "masking" else Effect.CHANGES
                yield DiffLine(clause=f"schema.{name}", text=text, effect=effect)


def described_columns(document: Node) -> dict[str, Node]:
    """Every column by the table and the name that it has; the same column of a list stands under the last."""
    found: dict[str, Node] = {}
    for table in document["schema"]:
        name = table["physicalName"].text or table["name"].text
        for column in columns(Node({"schema": [table.value]})):
            found[f"{name}.{column['name'].text}"] = column
    return found


def _masking_effect(old: Json, new: Json) -> Effect:
    before, after = _mask(old), _mask(new)
    if before[0] == after[0]:
        if before[1] == after[1] or not (before[1] <= after[1] or after[1] <= before[1]):
            return Effect.CHANGES
        return Effect.WIDENS if before[1] < after[1] else Effect.NARROWS
    return Effect.NARROWS if after[0] > before[0] else Effect.WIDENS


def _mask(value: Json) -> tuple[int, frozenset[str]]:
    """How much is hidden, and the tiers in which it is not."""
    if not isinstance(value, Mapping):
        return 0, frozenset()
    node = Node(value)
    return (2 if node["method"].text == "exclude" else 1), frozenset(node["unless"].texts)


def profile_lines(old: Node, new: Node) -> Iterator[DiffLine]:
    """Access profiles by the name of their role."""
    before, after = _profiles(old), _profiles(new)
    for role in sorted(before.keys() | after.keys()):
        clause = f"roles.{role}"
        was, is_ = before.get(role), after.get(role)
        if was is None:
            yield DiffLine(clause=clause, text=f"adds access profile {role}", effect=Effect.WIDENS)
        elif is_ is None:
            yield DiffLine(clause=clause, text=f"removes access profile {role}", effect=Effect.NARROWS)
        else:
            yield from _of_profile(clause, role, was, is_)


def _of_profile(clause: str, role: str, old: Node, new: Node) -> Iterator[DiffLine]:
    who = ", ".join(new["stages"].texts) or role
    for key, name in (("stages", "tier"), ("operations", "operation"), ("principals", "kind of principal")):
        yield from only(f"{clause}.{key}", f"{name} of {role}:", old[key], new[key])
    included = [frozenset(one["columns"]["include"].texts) for one in (old, new)]
    if old["columns"]["include"].is_there and new["columns"]["include"].is_there:
        yield from set_changed(
            f"{clause}.columns", f"{who} gains column", f"{who} loses column", included[0], included[1]
        )
    else:
        yield from only(f"{clause}.columns", "column", old["columns"]["include"], new["columns"]["include"])
    excluded = [frozenset(one["columns"]["exclude"].texts) for one in (old, new)]
    yield from names_changed(f"{clause}.columns", f"{who} loses column", f"{who} gains column", *excluded)
    row_filters = [one["rowFilter"].value for one in (old, new)]
    if row_filters[0] != row_filters[1]:
        effect = Effect.CHANGES if None not in row_filters else Effect.NARROWS
        effect = Effect.WIDENS if row_filters[1] is None else effect
        text = f"rows of {who}: {spoken(row_filters[0])} → {spoken(row_filters[1])}"
        yield DiffLine(clause=f"{clause}.rowFilter", text=text, effect=effect)
    longest = [read_duration(one["maxDuration"].text) for one in (old, new)]
    if longest[0] is not None and longest[1] is not None:
        yield from compared(
            f"{clause}.maxDuration",
            f"maximum duration of {role}",
            longest[0],
            longest[1],
            more=Effect.WIDENS,
            less=Effect.NARROWS,
        )
    levels = ("", *(level.value for level in Classification))
    before, after = (one["autoApproveUpTo"].text for one in (old, new))
    yield from ranked(f"{clause}.autoApproveUpTo", f"{role} without approval up to", before, after, levels)
    told = {"stages", "operations", "principals", "columns", "rowFilter", "autoApproveUpTo"}
    told |= {"maxDuration"} if None not in longest else set()
    rest = [{k: v for k, v in mapping(one.value).items() if k not in told} for one in (old, new)]
    if rest[0] != rest[1]:
        yield DiffLine(clause=clause, text=f"access profile {role} differs", effect=Effect.CHANGES)


def _profiles(document: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for role in document["roles"]:
        profile = dict(custom(role)).get("accessProfile")
        if profile is not None:
            found[role["role"].text] = profile
    return found


def mapping(value: Json) -> Mapping[str, Json]:
    """The mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def _plain(value: Json) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {spoken(inner)}" for key, inner in value.items()) or "nothing"
    return spoken(value)
