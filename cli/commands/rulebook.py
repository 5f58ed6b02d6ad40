"""`policy`: the versions of the rules, from a file to live and back again."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from cli.answer import Doc, Json
from cli.connect import connect
from cli.failure import CommandFailed, Unavailable
from cli.lazy import group
from cli.paths import at
from cli.people import named, named_part
from cli.render import AsJson, AtMost, Cursor, answer, clean, counted, facts, line, listing, multiline, note, table
from cli.times import local, zoned

app = group("Policies: the rules of the live rulebook, the invariants of the tiers, and how rules change.")
"""The command `policy`; `cli.commands.policy` adds those that only read the live rules."""

_Version = Annotated[str, typer.Argument(metavar="VERSION", help="Its name, as `sluice policy versions` shows it.")]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="Cedar text.")]
_Cases = Annotated[Path | None, typer.Option(metavar="FILE", help="Test cases, in YAML or JSON.")]
_Title = Annotated[str, typer.Option(help="In one line, what the change is for.")]
_Reason = Annotated[str, typer.Option(help="Why, in a sentence.")]
_Revision = Annotated[
    int | None, typer.Option(min=0, help="The revision that you read; refused when it was changed since.")
]


@app.command()
def versions(
    state: Annotated[str | None, typer.Option(help="draft, proposed, approved, live, retired…")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The versions of the rules, the newest first."""
    with connect() as client:
        found = client.part("/v1/rulebooks", state=state, limit=limit, cursor=cursor)
        found = named_part(client, found, as_json=as_json)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def version(version: _Version, as_json: AsJson = False) -> None:
    """One version: who judged it, what it would change, and its text."""
    with connect() as client:
        found = named(client, client.get(at("rulebooks", version)), as_json=as_json)
    answer(found, as_json=as_json, show=_show_whole)


@app.command()
def validate(file: _File, cases: _Cases = None, as_json: AsJson = False) -> None:
    """Look at a file of rules without keeping it: every problem and every warning at its line."""
    with connect() as client:
        found = client.act("/v1/rulebooks/validate", _body(file, cases))
    answer(found, as_json=as_json, show=_show_valid)


@app.command(name="test")
def try_cases(file: _File, cases: _Cases = None, as_json: AsJson = False) -> None:
    """Run test cases on a file of rules, and the invariants' own."""
    with connect() as client:
        found = client.act("/v1/rulebooks/test", _body(file, cases))
    answer(found, as_json=as_json, show=_show_cases)
    if not found.flag("passed"):
        failed = sum(not result.flag("passed") for result in found.records("results"))
        raise CommandFailed(
            f"not every test case holds: {counted(failed, 'case')} above came out otherwise",
            next_step="mend the rules or the case",
        )


@app.command()
def draft(file: _File, title: _Title, cases: _Cases = None, as_json: AsJson = False) -> None:
    """Keep a file of rules as a new version."""
    with connect() as client:
        made = client.create("/v1/rulebooks", {"title": title, **_body(file, cases)})
    answer(made, as_json=as_json, show=_show)


@app.command()
def edit(
    version: _Version,
    file: _File,
    title: Annotated[str | None, typer.Option(help="Another title; the old one by default.")] = None,
    cases: _Cases = None,
    as_json: AsJson = False,
) -> None:
    """Give a draft another text.

    A proposal and an approval end with that. Without --cases it keeps its test cases.
    """
    with connect() as client:
        path = at("rulebooks", version)
        before = client.get(path)
        body: dict[str, Json] = {
            "title": title or before.text("title"),
            "revision": before.whole("revision"),
            "cases": before.text("cases"),
            **_body(file, cases),
        }
        found = client.replace(path, body)
    answer(found, as_json=as_json, show=_show)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A version.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Another.")],
) -> None:
    """What differs between two versions: in their rules, and in their test cases."""
    with connect() as client:
        before, after = client.get(at("rulebooks", old)), client.get(at("rulebooks", new))
    differing = [*_differing(before, after, "text", "rules"), *_differing(before, after, "cases", "test cases")]
    for each in differing:
        line(each)
    if not differing:
        note("The rules are the same, and so are the test cases.")
    _caution(after)


@app.command()
def impact(
    version: _Version,
    last: Annotated[int | None, typer.Option(min=1, help="Replay only so many recorded decisions, the newest.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Replay from this moment on (with zone).")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Replay what was before this moment (with zone).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What a version would change, were it live. How far it is, is told as it works."""
    with connect() as client:
        said = client.stream(
            at("rulebooks", version, "impact"),
            last=None if last is None else str(last),
            since=None if since is None else zoned(since, "--since"),
            until=None if until is None else zoned(until, "--until"),
        )
        found = _last_of(said)
    answer(found, as_json=as_json, show=_show_impact)


@app.command(name="form")
def form_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A rule as a form, in YAML or JSON.")],
    as_json: AsJson = False,
) -> None:
    """The Cedar text that a form says, and on the standard error its sentence."""
    from cli.yaml_file import read_object

    body: dict[str, Json] = {"form": read_object(file).fields}
    with connect() as client:
        found = client.act("/v1/rulebooks/forms", body)
    answer(found, as_json=as_json, show=_show_form)


@app.command()
def propose(version: _Version, revision: _Revision = None, as_json: AsJson = False) -> None:
    """Propose a draft. Its test cases have to pass."""
    found = _done(version, "propose", revision, {}, as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def approve(
    version: _Version,
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="What you read, so that nothing else is approved.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Approve what somebody else proposed, as it stands now."""
    with connect() as client:
        shown = client.get(at("rulebooks", version))
        body = {"digest": digest or shown.text("digest"), "against": shown.text("against") or "none"}
        found = named(client, client.create(at("rulebooks", version, "approve"), body), as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def reject(version: _Version, reason: _Reason, revision: _Revision = None, as_json: AsJson = False) -> None:
    """Reject what somebody else proposed."""
    found = _done(version, "reject", revision, {"reason": reason}, as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def withdraw(version: _Version, reason: _Reason, revision: _Revision = None, as_json: AsJson = False) -> None:
    """Give a draft or a proposal up."""
    found = _done(version, "withdraw", revision, {"reason": reason}, as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def activate(version: _Version, revision: _Revision = None, as_json: AsJson = False) -> None:
    """Make an approved version live, at once and everywhere."""
    found = _done(version, "activate", revision, {}, as_json=as_json)
    answer(found, as_json=as_json, show=_show_activated)


@app.command()
def rollback(version: _Version, as_json: AsJson = False) -> None:
    """Draft the text of a retired version anew; it is proposed and approved as any other."""
    with connect() as client:
        found = named(client, client.create(at("rulebooks", version, "rollback"), {}), as_json=as_json)
    answer(found, as_json=as_json, show=_show)


def _differing(before: Doc, after: Doc, field: str, what: str) -> Iterator[str]:
    old, new = (f"{what} of version {one.text('version')}" for one in (before, after))
    return difflib.unified_diff(before.text(field).splitlines(), after.text(field).splitlines(), old, new, lineterm="")


def _last_of(said: Iterator[Doc]) -> Doc:
    """The analysis at the end of the lines; what comes before is told: each part's beginning and end, and between
    them a line a second.
    """
    part, told = "", 0.0
    for each in said:
        if each.has("impact"):
            return each.record("impact")
        step = each.record("progress")
        now = monotonic()
        if step.text("part") != part or step.text("done") == step.text("of") or now - told >= 1:
            part, told = step.text("part"), now
            of = f" of {step.text('of')}" if step.has("of") else ""
            note(f"{part}: {step.text('done')}{of}")
    raise Unavailable("the platform broke off before the analysis was done", next_step="try again")


def _done(version: str, deed: str, revision: int | None, body: dict[str, Json], *, as_json: bool) -> Doc:
    """What came of a deed on the revision that was read; without one, on the version as it stands."""
    with connect() as client:
        read = client.get(at("rulebooks", version)).whole("revision") if revision is None else revision
        found = client.create(at("rulebooks", version, deed), {**body, "revision": read})
        return named(client, found, as_json=as_json)


def _body(file: Path, cases: Path | None) -> dict[str, Json]:
    from cli.yaml_file import read_text

    text: dict[str, Json] = {"text": read_text(file)}
    return text if cases is None else {**text, "cases": read_text(cases)}


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("version", "state", "title", "proposed by", "approved by", "live"),
        [
            (
                item.text("version"),
                item.text("state"),
                item.text("title"),
                item.text("proposed_by"),
                ", ".join(approval.text("by") for approval in item.records("approvals")),
                local(item.text("live_at")) if item.has("live_at") else "",
            )
            for item in found
        ],
        empty="No versions that you may see.",
    )


def _show(found: Doc) -> None:
    name = found.text("version")
    facts(
        [
            ("version", name),
            ("title", found.text("title")),
            ("state", found.text("state")),
            ("authors", ", ".join(found.texts("authors"))),
            ("back to", found.text("rollback_of")),
            ("against", found.text("against")),
            ("digest", found.text("digest")),
            ("revision", found.text("revision")),
        ]
    )
    for approval in found.records("approvals"):
        line(f"approved by {approval.text('by')} at {local(approval.text('at'))}")
    _caution(found)
    read = f"{name} --revision {found.text('revision')}"
    following = {
        "draft": f"sluice policy propose {read}",
        "proposed": f"somebody else: sluice policy approve {name}",
        "approved": f"sluice policy activate {read}",
    }.get(found.text("state"))
    if following:
        note(f"next: {following}")


def _caution(found: Doc) -> None:
    """What has to be known of a version, where it is judged."""
    for caution in found.texts("cautions"):
        note(f"caution: {clean(caution)}")


def _show_whole(found: Doc) -> None:
    _show(found)
    _show_lead(found.record("impact"))
    _show_warnings(found)
    line()
    print(multiline(found.text("text")))


def _show_valid(found: Doc) -> None:
    _show_warnings(found)
    line(
        f"{counted(len(found.records('rules')), 'rule')}, {counted(len(found.records('warnings')), 'warning')}: valid."
    )


def _show_warnings(found: Doc) -> None:
    for warning in found.records("warnings"):
        line(f"line {warning.text('line')} ({warning.text('rule')}): {warning.text('message')}; {warning.text('fix')}")


def _show_cases(found: Doc) -> None:
    results = found.records("results")
    for result in results:
        if not result.flag("passed"):
            line(f"fails   {result.text('name')}: {result.text('problem')}")
    own = [result for result in results if result.text("suite") == "rulebook"]
    passing = sum(result.flag("passed") for result in results)
    line(f"{passing} of {len(results)} pass: {len(own)} of the rulebook, {len(results) - len(own)} of the invariants.")


def _show_impact(found: Doc) -> None:
    line(f"Version {found.text('version')} in place of version {found.text('against')}:")
    _show_lead(found.record("impact"))


def _show_form(found: Doc) -> None:
    note(found.text("sentence"))
    print(multiline(found.text("cedar").rstrip("\n")))


def _show_lead(impact: Doc) -> None:
    for sentence in impact.texts("lead"):
        line(f"  {clean(sentence)}")


def _show_activated(found: Doc) -> None:
    line(f"Version {found.text('version')} is live; version {found.text('retired')} is retired.")
    _caution(found)
    for grant in found.texts("ended_grants"):
        line(f"  no longer passes, and is being revoked: {grant}")
