"""Typed looks into a document that its schema has already checked, and a collector of what is still wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.problems import Path, Problem, json_path
from jit_engine.contracts.text import line_of

VENDOR: Final = "sluicegate"
"""The vendor of the custom properties that are ours."""


class Node:
    """A value of the document with its place. What is absent or of another kind reads as empty."""

    __slots__ = ("path", "value")

    def __init__(self, value: DocumentJson, path: Path = ()) -> None:
        self.value = value
        self.path = path

    def __getitem__(self, key: str) -> Node:
        return Node(self.value.get(key) if isinstance(self.value, Mapping) else None, (*self.path, key))

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, Mapping) and key in self.value

    def __iter__(self) -> Iterator[Node]:
        if isinstance(self.value, Sequence) and not isinstance(self.value, str):
            for index, inner in enumerate(self.value):
                yield Node(inner, (*self.path, index))

    @property
    def text(self) -> str:
        """The text, or the empty one."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The list's texts."""
        return tuple(inner.text for inner in self)

    @property
    def is_there(self) -> bool:
        """Whether anything but null stands here."""
        return self.value is not None


def custom(holder: Node) -> Iterator[tuple[str, Node]]:
    """The custom properties of `holder` that are ours: name and value."""
    for entry in holder["customProperties"]:
        if entry["vendor"].text == VENDOR:
            yield entry["property"].text, entry["value"]


def columns(document: Node) -> Iterator[Node]:
    """Every property of every schema object, nested ones included, in the document's order."""
    for table in document["schema"]:
        yield from inner_columns(table)


def inner_columns(holder: Node) -> Iterator[Node]:
    """Every property within a table or a column, however deep."""
    for column in holder["properties"]:
        yield column
        yield from inner_columns(column)
    if holder["items"].is_there:
        yield from inner_columns(holder["items"])


class Findings:
    """Collects problems while a document is read."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self.problems: list[Problem] = []
        self._lines = lines

    def add(self, node: Node, message: str, fix: str) -> None:
        """Notes one problem at `node`."""
        self.problems.append(
            Problem(path=json_path(node.path), line=line_of(node.path, self._lines), message=message, fix=fix)
        )
