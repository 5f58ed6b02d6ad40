"""What a contract's document says about its columns: how sensitive they are, and what kind of data they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.view import Node, custom, inner_columns
from jit_engine.domain.classification import Classification

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLabels:
    """A column's classification (None: the document is silent) and its labels, such as `personal`."""

    classification: Classification | None
    classes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLabels:
    """What a document says about its data. `product` and `domain` may be empty; columns by table and name."""

    product: str
    domain: str
    tables: Mapping[str, Mapping[str, ColumnLabels]]


def data_labels(document: Mapping[str, DocumentJson]) -> DataLabels:
    """The labels of a document that has been read. Without `dataProduct` its name is the product's."""
    root = Node(document)
    return DataLabels(
        product=_name(root["dataProduct"].text or root["name"].text),
        domain=_name(root["domain"].text),
        tables={
            _physical(table): {_physical(column): _of_column(column) for column in table["properties"]}
            for table in root["schema"]
        },
    )


def _of_column(column: Node) -> ColumnLabels:
    """The strictest of the column and all within it, which is not granted apart."""
    nodes = (column, *inner_columns(column))
    levels = [Classification(text) for node in nodes if (text := node["classification"].text)]
    named = [value for node in nodes for name, value in custom(node) if name == "dataCategory"]
    return ColumnLabels(
        classification=max(levels, key=lambda level: level.rank, default=None),
        classes=frozenset(_name(text) for value in named for text in (value.text, *value.texts) if text),
    )


def _physical(node: Node) -> str:
    return node["physicalName"].text or node["name"].text


def _name(text: str) -> str:
    """`text` as a name of the catalogue: `Loan applications` is `loan-applications`."""
    return _NOT_IN_A_NAME.sub("-", text.lower()).strip("-")[:63].strip("-")
