"""`audit`: who did what, and the proof that the record of it was not changed."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.answer import Doc, doc_of, parse
from cli.audit_export import fetch_export, verify_export
from cli.connect import connect
from cli.failure import ExitCode, InputInvalid
from cli.find import activity_id
from cli.lazy import group
from cli.render import AsJson, Cursor, answer, facts, line, listing, note, table
from cli.times import local, zoned

app = group("The audit trail: read it, export it, verify it.")


@app.command()
def show(
    grant: Annotated[str | None, typer.Option(metavar="ID", help="Only about this grant.")] = None,
    activity: Annotated[str | None, typer.Option(help="Only about this activity (id or name).")] = None,
    environment: Annotated[str | None, typer.Option(metavar="ID", help="Only about this environment.")] = None,
    contract: Annotated[str | None, typer.Option(metavar="ID", help="Only about this contract.")] = None,
    rulebook: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Only about this version of the rules.")
    ] = None,
    actor: Annotated[str | None, typer.Option(metavar="ID", help="Only what this person or workload did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, such as grant.revoking.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only from then on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many records.")] = 200,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The story of a grant, an activity or a person."""
    with connect() as client:
        wanted = None if activity is None else activity_id(client, activity)
        found = client.part(
            "/v1/audit",
            limit=limit,
            cursor=cursor,
            activity=wanted,
            grant=grant,
            environment=environment,
            contract=contract,
            rulebook=rulebook,
            actor=actor,
            action=action,
            since=None if since is None else zoned(since, "--since"),
            until=None if until is None else zoned(until, "--until"),
        )
    listing(found, as_json=as_json, show=_show_story)


@app.command()
def root(as_json: AsJson = False) -> None:
    """Size and root of the log now. Keep them somewhere else: an export is verified against them."""
    with connect() as client:
        found = client.get("/v1/audit/root")
    answer(found, as_json=as_json, show=lambda doc: facts([("size", doc.text("size")), ("root", doc.text("root"))]))


@app.command()
def export(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")],
    as_json: AsJson = False,
) -> None:
    """Write the whole log to a file, with its root.

    Size and root go to FILE.root.json. Keep that apart from the log: who can change both can make them agree.
    """
    with connect() as client:
        head = fetch_export(client, output)
    answer(head, as_json=as_json, show=lambda doc: _show_exported(doc, output))


@app.command()
def verify(
    export: Annotated[Path | None, typer.Option(metavar="FILE", help="Verify this export, on this machine.")] = None,
    root: Annotated[str | None, typer.Option(metavar="HEX", help="The root that was kept.")] = None,
    size: Annotated[int | None, typer.Option(min=0, help="The size that was kept.")] = None,
    root_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Size and root, as `export` wrote them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the log, or an export of it.

    The platform's own copy, or with --export a file against a root that was kept.

    Ends with 1, and names the records, when something was changed, removed, added or moved.
    """
    if export is None:
        if root is not None or size is not None or root_file is not None:
            raise InputInvalid(
                "--root, --size and --root-file go with --export", next_step="name the file: --export FILE"
            )
        with connect() as client:
            found = client.act("/v1/audit/verify", {})
    else:
        found = verify_export(export, *_expected(root, size, root_file), progress=lambda n: note(f"{n} records read"))
    answer(found, as_json=as_json, show=_show_verified)
    if not found.flag("ok"):
        raise typer.Exit(ExitCode.FAILED)


def _expected(root: str | None, size: int | None, file: Path | None) -> tuple[str, int]:
    if file is not None:
        try:
            kept = doc_of(parse(file.read_bytes()[:65536]))
        except (OSError, ValueError) as error:
            raise InputInvalid(f"{file} cannot be read as size and root: {error}") from error
        root, size = kept.text("root"), kept.whole("size")
    if root is None or size is None:
        raise InputInvalid(
            "an export is verified against a root that was kept outside of it",
            next_step="give --root HEX and --size N, or --root-file FILE",
        )
    if len(root) != 64 or not set(root.lower()) <= set("0123456789abcdef"):
        raise InputInvalid(f"--root: {root} is not 64 hexadecimal digits", next_step="see `sluice audit root`")
    return root, size


def _show_story(records: Sequence[Doc]) -> None:
    """Oldest first; what all records are about is said once, above."""
    abouts = [record.record("about").fields for record in records]
    shared = (
        {name: value for name, value in abouts[0].items() if all(a.get(name) == value for a in abouts)}
        if abouts
        else {}
    )
    if len(records) > 1 and shared:
        line(f"About {_pairs(Doc(shared))}")
        line()
    else:
        shared = {}
    table(
        ("no", "time", "who", "action", "what"),
        [
            (
                record.text("seq"),
                local(record.text("at")),
                record.text("actor_name") or record.text("actor"),
                record.text("action"),
                "; ".join(
                    filter(None, (_pairs(_without(record.record("about"), shared)), _pairs(record.record("details"))))
                ),
            )
            for record in sorted(records, key=lambda record: record.whole("seq"))
        ],
        empty="Nothing is recorded about that, or nothing that you may see.",
    )


def _without(doc: Doc, names: Container[str]) -> Doc:
    return Doc({name: value for name, value in doc.fields.items() if name not in names})


def _pairs(doc: Doc) -> str:
    """`name: value` for what is short, and a count for what is not: `--json` has it all."""
    told = []
    for name, value in doc.fields.items():
        if isinstance(value, str | int | float):
            told.append(f"{name}: {doc.text(name)}")
        elif value:
            short = json.dumps(value, ensure_ascii=False)
            told.append(f"{name}: {short}" if len(short) <= 80 else f"{name}: {len(value)} items")
    return "; ".join(told)


def _show_exported(head: Doc, output: Path) -> None:
    line(f"Wrote {head.text('size')} records to {output}.")
    line(f"Root {head.text('root')} (also in {output}.root.json; keep that apart).")


def _show_verified(found: Doc) -> None:
    if found.flag("ok"):
        line(f"The log holds: {found.text('size')} records, root {found.text('root')}.")
        return
    line(f"The log does NOT hold: {found.text('size')} records, root {found.text('root')}.")
    for bad in found.records("bad"):
        named = f"record {bad.text('seq')}: " if bad.has("seq") else ""
        line(f"  {named}{bad.text('what')}")
