"""What a difference says of columns and of access profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jit_engine.contracts.difference_lines import (
    DiffLine,
    Effect,
    ranked,
    spoken,
)
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.view import Node, columns, custom
from jit_engine.domain.classification import Classification


def column_lines(old: Node, new: Node) -> Iterator[DiffLine]:
    """Columns described or not, their classification, and what is said of them; what that comes to: `access_lines`."""
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
                yield DiffLine(clause=f"schema.{name}", text=text, effect=Effect.CHANGES)


def described_columns(document: Node) -> dict[str, Node]:
    """Every column by the table and the name that it has; the same column of a list stands under the last."""
    found: dict[str, Node] = {}
    for table in document["schema"]:
        name = table["physicalName"].text or table["name"].text
        for column in columns(Node({"schema": [table.value]})):
            found[f"{name}.{column['name'].text}"] = column
    return found


def profile_lines(old: Node, new: Node) -> Iterator[DiffLine]:
    """Access profiles by the name of their role: that they differ. What that comes to is told of access."""
    before, after = _profiles(old), _profiles(new)
    for role in sorted(before.keys() | after.keys()):
        was, is_ = before.get(role), after.get(role)
        verb = "adds" if was is None else "removes" if is_ is None else "changes"
        if was is None or is_ is None or was.value != is_.value:
            text = f"{verb} access profile {role}"
            yield DiffLine(clause=f"roles.{role}", text=text, effect=Effect.CHANGES)


def _profiles(document: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for role in document["roles"]:
        profile = dict(custom(role)).get("accessProfile")
        if profile is not None:
            found[role["role"].text] = profile
    return found


def mapping(value: DocumentJson) -> Mapping[str, DocumentJson]:
    """The mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def _plain(value: DocumentJson) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {spoken(inner)}" for key, inner in value.items()) or "nothing"
    return spoken(value)
