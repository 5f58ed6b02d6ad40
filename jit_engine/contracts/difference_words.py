"""What of a document differs in nothing but words: all that no other part of the comparison reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from jit_engine.contracts.difference_columns import described_columns, mapping
from jit_engine.contracts.difference_lines import DiffLine, Effect
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.view import VENDOR, Node, columns

Document = Mapping[str, DocumentJson]
_COMPARED: Final = frozenset({"version", "schema", "customProperties", "roles", "servers", "team"})
_OF_SERVERS: Final = frozenset({"account", "database", "location", "type", "customProperties"})
_OF_COLUMNS: Final = frozenset({"classification", "customProperties", "properties", "items"})


def words_changed(old: Document, new: Document) -> tuple[DiffLine, ...]:
    """A line for each part of the document that differs in nothing but words."""
    before, after = _words(old), _words(new)
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return tuple(DiffLine(clause=key, text=f"{key}: other words", effect=Effect.CHANGES) for key in keys)


def _words(document: Document) -> dict[str, DocumentJson]:
    """The document without all that is compared elsewhere, by its parts."""
    root = Node(document)
    parts: dict[str, DocumentJson] = {key: value for key, value in document.items() if key not in _COMPARED}
    parts["servers"] = [_without(server.value, lambda key: key in _OF_SERVERS) for server in root["servers"]]
    parts["roles"] = [_without(role.value, lambda key: key == "customProperties") for role in root["roles"]]
    parts["team"] = _without(root["team"].value, lambda key: key == "name")
    parts["schema"] = [_without(table.value, lambda key: key == "properties") for table in root["schema"]]
    parts["columns"] = {
        name: _without(c.value, _OF_COLUMNS.__contains__) for name, c in described_columns(root).items()
    }
    for name, holders in (
        ("customProperties", [root]),
        ("server properties", list(root["servers"])),
        ("column properties", list(columns(root))),
        ("role properties", list(root["roles"])),
    ):
        parts[name] = [
            [_without(entry.value, _is_value_of_ours(entry)) for entry in one["customProperties"]] for one in holders
        ]
    return parts


def _is_value_of_ours(entry: Node) -> Callable[[str], bool]:
    """Values of our own properties are compared elsewhere, but for what describes a server."""
    ours = entry["vendor"].text == VENDOR and entry["property"].text in (
        "usageContract",
        "accessProfile",
        "masking",
        "dataCategory",
        "awsRegion",
        "awsAccount",
    )
    return lambda key: ours and key == "value"


def _without(value: DocumentJson, drop: Callable[[str], bool]) -> DocumentJson:
    return {key: inner for key, inner in mapping(value).items() if not drop(key)}
