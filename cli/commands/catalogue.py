"""`data`: what the catalogue holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.answer import Doc
from cli.connect import connect
from cli.lazy import group
from cli.render import AsJson, line, listing, table

app = group("Data sources that can be asked for.")


@app.callback()
def data() -> None:
    """Data sources that can be asked for."""


@app.command(name="list")
def list_(
    q: Annotated[str | None, typer.Option("--q", metavar="TEXT", help="Only with this in name or title.")] = None,
    classification: Annotated[str | None, typer.Option("--class", help="Only of this classification.")] = None,
    kind: Annotated[str | None, typer.Option(help="s3-prefix or glue-table.")] = None,
    product: Annotated[str | None, typer.Option(help="Only of this data product.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Only with this label, such as personal.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only of this team.")] = None,
    contract: Annotated[str | None, typer.Option(help="Only under this contract in force (id or name).")] = None,
    columns: Annotated[bool, typer.Option("--columns", help="Show each table's columns too.")] = False,
    as_json: AsJson = False,
) -> None:
    """The catalogue: what there is, how sensitive it is, which contract covers it.

    The first column can be given to `sluice request` as it stands.
    """
    asked = {"q": q, "classification": classification, "kind": kind, "product": product}
    with connect() as client:
        found = list(client.every("/v1/sources", **asked, label=label, owner=owner, contract=contract))
    listing(found, as_json=as_json, show=_show_columns if columns else _show_all)


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("source", "classification", "classes", "contract", "title"),
        [
            (
                item.text("uri"),
                item.text("classification"),
                ", ".join(item.texts("classes")),
                _contract(item.record("contract")),
                item.text("title"),
            )
            for item in found
        ],
        empty="The catalogue holds nothing of that kind that you may see.",
    )


def _show_columns(found: Sequence[Doc]) -> None:
    for item in found:
        line(f"{item.text('uri')}  {item.text('title')} ({item.text('classification')})")
        for part in item.records("columns"):
            classes = f" [{', '.join(part.texts('classes'))}]" if part.texts("classes") else ""
            line(f"  {part.text('group')} ({part.text('classification')}){classes}: {', '.join(part.texts('columns'))}")


def _contract(contract: Doc) -> str:
    return f"{contract.text('name')} {contract.text('version')}".strip() or "none"
