"""Data products and databases, as people name and read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cli.answer import Doc
from cli.render import facts, line, table

_PRODUCT: Final = "product://"
_GLUE: Final = "glue://"
KINDS: Final = {"data-product": "product://DOMAIN/NAME", "glue-database": "glue://ACCOUNT/REGION/DATABASE"}
"""The kinds of container, each as its URI is typed."""


def container_kind(address: str) -> str | None:
    """The kind of container that `address` names, `product://domain/name` or `glue://account/region/database`."""
    if address.startswith(_PRODUCT) and len(address) > len(_PRODUCT):
        return "data-product"
    parts = address.removeprefix(_GLUE).split("/")
    is_database = address.startswith(_GLUE) and len(parts) == 3 and all(parts) and parts[0].isdigit()
    return "glue-database" if is_database and ":" not in address.removeprefix(_GLUE) else None


def path_of(kind: str) -> str:
    """Where the API shows one of that kind."""
    return f"/v1/catalogue/{'products' if kind == 'data-product' else 'databases'}/item"


def show_containers(found: Sequence[Doc]) -> None:
    """The list."""
    rows = [
        (
            one.text("uri"),
            ", ".join(one.texts("owners")),
            one.text("classification"),
            ", ".join(one.texts("classes")),
            _counts(one),
            _contracts(one),
        )
        for one in found
    ]
    headings = ("container", "owner", "classification", "classes", "sources", "contracts")
    table(headings, rows, empty="The catalogue holds nothing of that kind that you may see.")


def show_one_container(found: Doc) -> None:
    """One with everything in it."""
    facts(
        [
            ("uri", found.text("uri")),
            ("owners", ", ".join(found.texts("owners"))),
            ("domains", ", ".join(found.texts("domains"))),
            ("classification", found.text("classification")),
            ("classes", ", ".join(found.texts("classes"))),
            ("sources", _counts(found)),
            ("contracts", _contracts(found)),
        ]
    )
    line()
    rows = [
        (
            item.text("uri"),
            item.text("classification"),
            ", ".join(item.texts("classes")),
            item.record("contract").text("name") or "none",
            item.text("title"),
        )
        for item in found.records("items")
    ]
    table(("source", "classification", "classes", "contract", "title"), rows, empty="Nothing is in it.")


def _counts(one: Doc) -> str:
    counts = one.record("counts")
    return ", ".join(f"{counts.whole(kind)} {kind}" for kind in counts.fields)


def _contracts(one: Doc) -> str:
    covering = [
        f"{contract.text('name')} {contract.text('version')} ({contract.whole('sources')} of {one.whole('sources')})"
        for contract in one.records("contracts")
    ]
    return ", ".join(covering) or "none"
