"""`contract`: data contracts, from proposal to acceptance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.answer import Doc
from cli.connect import connect
from cli.failure import InputInvalid
from cli.find import activity_id, contract_id
from cli.lazy import group
from cli.paths import at
from cli.people import named
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, note, print_json, table
from cli.times import in_words, local

app = group("Data contracts: proposed by producers, signed by owners, accepted by an activity.")

_VERDICTS = {
    "widens": "access widens",
    "narrows": "access narrows",
    "both": "access widens and narrows",
    "equal": "access is equal",
    "words": "only words change",
}
_Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="Its id or name.")]
_Version = Annotated[str, typer.Option(metavar="V", help="Its version, such as 1.2.0.")]


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An ODCS 3.2 document with our usage terms.")],
    as_json: AsJson = False,
) -> None:
    """Check a contract in a file, without the platform.

    Every problem comes with its line. Exits with 1 when there is one.
    """
    from cli.contract_files import ContractFileInvalid, placed, read_contract_file, shown, unheld

    try:
        contract = read_contract_file(file)
    except ContractFileInvalid as invalid:
        if as_json:
            print_json({"valid": False, "problems": [shown(p) for p in invalid.problems], "unenforceable": []})
        raise
    clauses = unheld(contract)
    if as_json:
        print_json({"valid": True, "problems": [], "unenforceable": [shown(p) for p in clauses]})
        return
    line(f"{file} is a contract: {contract.terms.name}, version {contract.terms.version}.")
    for problem in clauses:
        note(f"cannot be signed yet: {placed(file, problem)}")


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An ODCS 3.2 document with our usage terms.")],
    as_json: AsJson = False,
) -> None:
    """Save a draft, or write over your own of that version."""
    from cli.yaml_file import read_text

    with connect() as client:
        made = client.create("/v1/contracts/drafts", {"document_yaml": read_text(file)})
        made = named(client, made, as_json=as_json)
    answer(made, as_json=as_json, show=_show)


@app.command()
def propose(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An ODCS 3.2 document with our usage terms.")
    ] = None,
    draft: Annotated[str | None, typer.Option(metavar="CONTRACT", help="Your draft instead of a file.")] = None,
    version: Annotated[str | None, typer.Option(metavar="V", help="The draft's version.")] = None,
    as_json: AsJson = False,
) -> None:
    """Propose a contract, or a new version of one."""
    from cli.yaml_file import read_text

    if (file is None) == (draft is None) or (draft is None) != (version is None):
        raise InputInvalid("give either FILE, or --draft CONTRACT with --version V")
    with connect() as client:
        if file is not None:
            made = client.create("/v1/contracts", {"document_yaml": read_text(file)})
        else:
            path = at("contracts", contract_id(client, draft or ""), "versions", version or "", "proposal")
            made = client.create(path, {})
        made = named(client, made, as_json=as_json)
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
        found = named(client, client.create(path, {"role": role}), as_json=as_json)
    answer(found, as_json=as_json, show=_show_changed)


@app.command()
def end(
    contract: _Contract,
    version: _Version,
    reason: Annotated[str, typer.Option(help="Why; it stands in the record.")],
    as_json: AsJson = False,
) -> None:
    """End one version, or withdraw a proposed one.

    Its live grants are revoked; they are named.
    """
    with connect() as client:
        path = at("contracts", contract_id(client, contract), "versions", version, "end")
        found = named(client, client.create(path, {"reason": reason}), as_json=as_json)
    answer(found, as_json=as_json, show=_show_changed)


@app.command(name="diff")
def diff_(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="Its id or name; or the older of two files.")],
    other: Annotated[str | None, typer.Argument(metavar="[FILE]", help="The newer of two files.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="V", help="The one in force by default.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="V", help="The latest by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """What one version changes against another, or one file against another.

    Each line says whether it widens or narrows access. For two files the platform is not asked.
    """
    if other is not None:
        from cli.contract_files import difference_of_files

        if from_ or to:
            raise InputInvalid("give two files, or a contract with --from and --to")
        answer(difference_of_files(Path(contract), Path(other)), as_json=as_json, show=_show_difference)
        return
    with connect() as client:
        found_id = contract_id(client, contract)
        latest = to or client.get(at("contracts", found_id)).text("version")
        params = {} if from_ is None else {"from": from_}
        found = client.get(at("contracts", found_id, "versions", latest, "difference"), **params)
    answer(found, as_json=as_json, show=_show_difference)


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
    state: Annotated[str | None, typer.Option(help="draft, proposed, signed, in-force, superseded or ended.")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The contracts that you may see, every version of them."""
    with connect() as client:
        found = client.part("/v1/contracts", state=state, limit=limit, cursor=cursor)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(
    contract: _Contract,
    version: Annotated[str | None, typer.Option(metavar="V", help="The latest by default.")] = None,
    document: Annotated[bool, typer.Option("--document", help="Its document alone, as JSON.")] = False,
    as_json: AsJson = False,
) -> None:
    """One version: its signatures, and each clause."""
    with connect() as client:
        wanted = at("contracts", contract_id(client, contract))
        found = client.get(wanted if version is None else f"{wanted}{at('versions', version).removeprefix('/v1')}")
        found = named(client, found, as_json=as_json)
    if document:
        print_json(found.record("document"))
        return
    answer(found, as_json=as_json, show=_show)


@app.command()
def enforcement(contract: _Contract, as_json: AsJson = False) -> None:
    """Who enforces each clause of the latest version, how that was verified, when it was last seen."""
    with connect() as client:
        found = client.get(at("contracts", contract_id(client, contract), "enforcement"))
    answer(found, as_json=as_json, show=_show_enforcement)


def _show_enforcement(found: Doc) -> None:
    table(
        ("clause", "how", "mechanism", "verified against", "last seen"),
        [
            (
                row.text("clause"),
                row.text("hold"),
                "; ".join(one.text("name") for one in row.records("mechanisms")) or "nothing",
                "; ".join(", ".join(one.texts("verified")) for one in row.records("mechanisms")),
                "; ".join(local(one.text("last_seen")) or "never" for one in row.records("mechanisms")),
            )
            for row in found.records("clauses")
        ],
        empty="No clauses.",
    )


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
    for uri in contract.texts("uncatalogued"):
        line(f"not catalogued, so that nobody can ask for it yet: {uri}")
    signed = {signature.text("role") for signature in contract.records("signatures")}
    for signature in contract.records("signatures"):
        line(f"signed as {signature.text('role')} by {signature.text('by')} at {local(signature.text('at'))}")
    if contract.records("clauses"):
        line()
        table(
            ("clause", "held", "says", "by"),
            [
                (c.text("clause"), c.text("hold"), in_words(c.text("text")), c.text("by"))
                for c in contract.records("clauses")
            ],
            empty="",
        )
    for role in contract.texts("needed"):
        if role not in signed and contract.text("state") == "proposed":
            ids = f"{contract.text('id')} --version {contract.text('version')}"
            note(f"still to sign: {role} (sluice contract sign {ids} --role {role})")


def _show_changed(contract: Doc) -> None:
    _show(contract)
    if contract.text("state") == "signed":
        note(f"everybody has signed; it comes into force at {local(contract.text('starts_at'))}")
    for grant in contract.texts("revoked_grants"):
        line(f"no longer passes, and is being revoked: grant {grant}")


def _show_difference(found: Doc) -> None:
    line(f"{found.text('from_version')} → {found.text('to_version')}: {_VERDICTS.get(found.text('verdict'), '')}")
    for row in found.records("lines"):
        line(f"  {row.text('effect'):8}  {in_words(row.text('text'))}  ({row.text('clause')})")


def _show_accepted(accepted: Doc) -> None:
    line(
        f"{accepted.text('activity')} accepts {accepted.text('contract')} {accepted.text('version')} "
        f"and its duties, since {local(accepted.text('at'))}."
    )
