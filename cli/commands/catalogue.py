"""`data`: what the catalogue holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from cli.answer import Doc, Json
from cli.connect import connect
from cli.containers import container_kind, path_of, show_containers, show_one_container
from cli.failure import InputInvalid
from cli.find import source_uri
from cli.imports import IMPORTS, import_each
from cli.lazy import group
from cli.people import named
from cli.render import AsJson, AtMost, Cursor, answer, line, listing, table

app = group("Data sources that can be asked for.")

_SAID = (
    ("closed", "closed: one dataset of one schema, and nothing that is not catalogued"),
    ("keeps_history", "its raw files keep deleted rows and dropped columns"),
    ("erasure", "rows are erased from it on demand"),
)


@app.callback()
def data() -> None:
    """Data sources that can be asked for."""


@app.command(name="list")
def list_(
    q: Annotated[str | None, typer.Option("--q", metavar="TEXT", help="Only with this in name or title.")] = None,
    classification: Annotated[str | None, typer.Option("--class", help="Only of this classification.")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as s3-prefix, glue-table, glue-view or secret.")] = None,
    product: Annotated[str | None, typer.Option(help="Only of this data product.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Only with this label, such as personal.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only of this team.")] = None,
    contract: Annotated[str | None, typer.Option(help="Only under this contract in force (id or name).")] = None,
    columns: Annotated[bool, typer.Option("--columns", help="Show each table's columns too.")] = False,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The catalogue: what there is, how sensitive it is, which contract covers it.

    The first column can be given to `sluice request` as it stands.
    """
    asked = {"q": q, "classification": classification, "kind": kind, "product": product}
    with connect() as client:
        found = client.part(
            "/v1/sources", **asked, label=label, owner=owner, contract=contract, limit=limit, cursor=cursor
        )
    listing(found, as_json=as_json, show=_show_columns if columns else _show_all)


_Q = Annotated[str | None, typer.Option("--q", metavar="TEXT", help="Only with this in name, owner or domain.")]
_Owner = Annotated[str | None, typer.Option(help="Only with something of this team.")]
_Label = Annotated[str | None, typer.Option("--label", help="Only with something so labelled, such as personal.")]
_Class = Annotated[str | None, typer.Option("--class", help="Only where this classification is the highest.")]
_Contract = Annotated[str | None, typer.Option(help="Only with something under this contract in force.")]
_Domain = Annotated[str | None, typer.Option(help="Only with something of this domain.")]


@app.command()
def products(
    q: _Q = None,
    owner: _Owner = None,
    label: _Label = None,
    classification: _Class = None,
    contract: _Contract = None,
    domain: _Domain = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Data products: who owns them, what is in them, how sensitive it is, which contracts cover how much of it.

    The first column can be given to `sluice data show` and `sluice request` as it stands.
    """
    asked = {"q": q, "owner": owner, "label": label, "classification": classification, "domain": domain}
    _list_containers("products", asked, contract=contract, limit=limit, cursor=cursor, as_json=as_json)


@app.command()
def databases(
    q: _Q = None,
    owner: _Owner = None,
    label: _Label = None,
    classification: _Class = None,
    contract: _Contract = None,
    domain: _Domain = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Databases of the Glue data catalogue, by what is catalogued of them.

    The first column can be given to `sluice data show` and `sluice request` as it stands.
    """
    asked = {"q": q, "owner": owner, "label": label, "classification": classification, "domain": domain}
    _list_containers("databases", asked, contract=contract, limit=limit, cursor=cursor, as_json=as_json)


def _list_containers(
    what: str,
    asked: Mapping[str, str | None],
    *,
    contract: str | None,
    limit: int | None,
    cursor: str | None,
    as_json: bool,
) -> None:
    with connect() as client:
        found = client.part(f"/v1/catalogue/{what}", **asked, contract=contract, limit=limit, cursor=cursor)
    listing(found, as_json=as_json, show=show_containers)


@app.command(name="import")
def import_(
    database: Annotated[list[str] | None, typer.Option(help="Only this database; repeat for more.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="TEAM", help="Whose the new tables are.")] = None,
    product: Annotated[str | None, typer.Option(help="The data product of the new tables.")] = None,
    domain: Annotated[str | None, typer.Option(help="The domain of the new tables.")] = None,
    account: Annotated[
        str | None, typer.Option(help="The AWS account to read, the platform's own unless named.")
    ] = None,
    all_accounts: Annotated[bool, typer.Option("--all-accounts", help="Read every account of the platform.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take out what is described no longer.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it all, change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the catalogue up to what the Glue data catalogue of an AWS account describes.

    Each account is imported by itself: where one fails, the others are imported all the same, and the command fails.
    A new column is restricted until a contract classifies it; nothing that is classified is ever lowered. Grants that
    a change touches are decided anew. Try it with --dry-run first.
    """
    body: dict[str, Json] = {"databases": list(database or ()), "remove": remove, "dry_run": dry_run}
    given = {"owner": owner, "product": product, "domain": domain}
    body |= {name: value for name, value in given.items() if value is not None}
    if all_accounts and account is not None:
        raise InputInvalid("--account and --all-accounts exclude each other", next_step="give one of the two")
    with connect() as client:
        if all_accounts:
            import_each(client, body, as_json=as_json, show=_show_import)
            return
        named = body if account is None else {**body, "account": account}
        found = client.act(IMPORTS, named)
    answer(found, as_json=as_json, show=_show_import)


def _show_import(found: Doc) -> None:
    tables = found.records("tables")
    rows = [(one.text("change"), one.text("uri"), one.text("classification"), one.text("why")) for one in tables]
    table(("change", "table", "classification", "why"), rows, empty="Nothing is described there.")
    generation = found.whole("generation")
    line("Nothing was changed." if found.flag("dry_run") else f"The catalogue is of generation {generation}.")


@app.command()
def show(
    source: Annotated[str, typer.Argument(help="As a list has it, product://… too, or short: glue:loans.facts.")],
    as_json: AsJson = False,
) -> None:
    """One source: columns, files, contract, what it reaches, and whether its own policies keep it enforceable.

    A source that is not enforceable is given to nobody until its owner has repaired what is shown here. Of a data
    product or a database: what is in it, and which contracts cover how much of it.
    """
    with connect() as client:
        if (kind := container_kind(source)) is not None:
            answer(client.whole(path_of(kind), uri=source), as_json=as_json, show=show_one_container)
            return
        found = client.get("/v1/sources/item", uri=source_uri(client, source))
        found = named(client, found, as_json=as_json, brief=True)
    answer(found, as_json=as_json, show=_show_one)


def _show_one(item: Doc) -> None:
    _show_columns([item])
    line(f"of {item.text('owner')}, product {item.text('product')}")
    line(f"contract: {_contract(item.record('contract'))}")
    for file in item.texts("files"):
        line(f"files in {file}")
    if item.text("copy_of"):
        line(f"a copy of {item.text('copy_of')}")
    for name, words in _SAID:
        if item.flag(name):
            line(words)
    if item.record("view").texts("bases"):
        _show_view(item.record("view"))
    policies = item.record("policies")
    line(f"its own policies: {policies.text('state')}, read {policies.text('checked_at') or 'never'}")
    for finding in policies.records("findings"):
        line(f"  {finding.text('policy')}, {finding.text('statement')}: {finding.text('why')}")
        line(f"    repair: {finding.text('repair')}")
    reached = item.records("reached")
    for one in reached:
        line(f"reaches {one.text('uri')} ({', '.join((one.text('classification'), *one.texts('classes')))})")
    if item.whole("reached_count") > len(reached):
        line(f"and {item.whole('reached_count') - len(reached)} more")


@app.command()
def certify(
    view: Annotated[str, typer.Argument(help="As the list has it: glue://account/region/database/view")],
    definition: Annotated[str, typer.Option(metavar="SHA256", help="The digest that `sluice data show` shows.")],
    as_json: AsJson = False,
) -> None:
    """Certify, as an owner of the tables behind it, that a view of just this definition is a treatment of them.

    It is then read without its tables, once every team behind it has certified it, and until its definition changes.
    """
    with connect() as client:
        found = client.act("/v1/catalogue/views/certificates", {"sha256": definition}, uri=view)
    answer(found, as_json=as_json, show=_show_view)


@app.command()
def uncertify(
    view: Annotated[str, typer.Argument(help="As the list has it: glue://account/region/database/view")],
    as_json: AsJson = False,
) -> None:
    """Take back your teams' certificates of a view. Its grants are decided anew."""
    with connect() as client:
        found = client.act("/v1/catalogue/views/certificates/withdraw", {}, uri=view)
    answer(found, as_json=as_json, show=_show_view)


def _show_view(view: Doc) -> None:
    for base in view.texts("bases"):
        line(f"a view of {base}")
    rights = view.text("definer") or "the reader's own rights"
    line(f"read with {rights}; definition {view.text('sha256')}")
    for one in view.records("certificates"):
        void = "void, for its definition has changed: " if one.flag("is_void") else ""
        line(f"{void}certified for {one.text('team')} by {one.text('by')}, {one.text('at')}")
    waiting = ", ".join(view.texts("owners")) or "nobody"
    line("a treatment: read without its tables" if view.flag("is_treatment") else f"to be certified by {waiting}")


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("source", "classification", "classes", "contract", "policies", "title"),
        [
            (
                item.text("uri"),
                item.text("classification"),
                ", ".join(item.texts("classes")),
                _contract(item.record("contract")),
                item.record("policies").text("state"),
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
