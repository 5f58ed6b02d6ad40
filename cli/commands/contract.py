"""`contract`: data contracts, from proposal to acceptance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.answer import Doc
from cli.connect import connect
from cli.find import activity_id, contract_id
from cli.lazy import group
from cli.paths import at
from cli.render import AsJson, answer, facts, line, listing, note, table
from cli.times import local

app = group("Data contracts: proposed by producers, signed by owners, accepted by an activity.")

_Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="Its id or name.")]
_Version = Annotated[str, typer.Option(metavar="V", help="Its version, such as 1.2.0.")]


@app.command()
def propose(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An ODCS 3.2 document with our usage terms.")],
    as_json: AsJson = False,
) -> None:
    """Propose a contract, or a new version of one."""
    from cli.yaml_file import read_text

    with connect() as client:
        made = client.create("/v1/contracts", {"document_yaml": read_text(file)})
    answer(made, as_json=as_json, show=_show)


@app.command()
def sign(
    contract: _Contract,
    version: _Version,
    role: Annotated[str, typer.Option(help="As whom: data-owner or privacy-office.")],
    as_json: AsJson = False,
) -> None:
    """Sign one version.

    It is in force once everybody needed has signed.
    """
    with connect() as client:
        path = at("contracts", contract_id(client, contract), "versions", version, "signatures")
        found = client.create(path, {"role": role})
    answer(found, as_json=as_json, show=_show)


@app.command()
def accept(
    contract: _Contract,
    version: _Version,
    activity: Annotated[str, typer.Option(help="The activity that accepts (id or name).")],
    as_json: AsJson = False,
) -> None:
    """Accept one version and its duties for an activity that you own."""
    with connect() as client:
        path = at("contracts", contract_id(client, contract), "versions", version, "acceptances")
        found = client.create(path, {"activity": activity_id(client, activity)})
    answer(found, as_json=as_json, show=_show_accepted)


@app.command(name="list")
def list_(
    state: Annotated[str | None, typer.Option(help="proposed, in-force, superseded or ended.")] = None,
    as_json: AsJson = False,
) -> None:
    """The contracts that you may see."""
    with connect() as client:
        found = list(client.every("/v1/contracts", state=state))
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(
    contract: _Contract,
    version: Annotated[str | None, typer.Option(metavar="V", help="The latest by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """One version: its signatures, and each clause."""
    with connect() as client:
        wanted = at("contracts", contract_id(client, contract))
        found = client.get(wanted if version is None else f"{wanted}{at('versions', version).removeprefix('/v1')}")
    answer(found, as_json=as_json, show=_show)


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("name", "version", "state", "id", "owner", "ends"),
        [
            (
                item.text("name"),
                item.text("version"),
                item.text("state"),
                item.text("id"),
                item.text("owner_team"),
                local(item.text("ends_at")),
            )
            for item in found
        ],
        empty="No contracts that you may see.",
    )


def _show(contract: Doc) -> None:
    facts(
        [
            ("name", contract.text("name")),
            ("id", contract.text("id")),
            ("version", contract.text("version")),
            ("state", contract.text("state")),
            ("proposer", contract.text("proposer")),
            ("owner", contract.text("owner_team")),
            ("from", local(contract.text("starts_at"))),
            ("until", local(contract.text("ends_at"))),
            ("purposes", ", ".join(contract.texts("purposes"))),
            ("sha-256", contract.text("document_sha256")),
        ]
    )
    signed = {signature.text("role") for signature in contract.records("signatures")}
    for signature in contract.records("signatures"):
        line(f"signed as {signature.text('role')} by {signature.text('by')} at {local(signature.text('at'))}")
    if contract.records("clauses"):
        line()
        table(
            ("clause", "held", "says", "by"),
            [(c.text("clause"), c.text("hold"), c.text("text"), c.text("by")) for c in contract.records("clauses")],
            empty="",
        )
    for role in contract.texts("needed"):
        if role not in signed and contract.text("state") == "proposed":
            ids = f"{contract.text('id')} --version {contract.text('version')}"
            note(f"still to sign: {role} (sluice contract sign {ids} --role {role})")


def _show_accepted(accepted: Doc) -> None:
    line(
        f"{accepted.text('activity')} accepts {accepted.text('contract')} {accepted.text('version')} "
        f"and its duties, since {local(accepted.text('at'))}."
    )
