"""`approvals`: requests that wait for people, what exactly they ask for, and your word on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from cli.answer import Doc, Json
from cli.connect import connect
from cli.find import activity_id
from cli.lazy import group
from cli.paths import at
from cli.people import named, named_part
from cli.render import AsJson, AtMost, Cursor, answer, clean, facts, line, listing, note, table
from cli.times import duration as check_duration
from cli.times import local, now, spoken, until
from cli.verdicts import gate_name

app = group("Approvals: requests that wait for people, and your word on them.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The request's id.")]
_Comment = Annotated[str, typer.Option(help="Why; it goes into the record.")]
_Shown = Annotated[str, typer.Option("--shown", metavar="SHA256", help="What you looked at: `approvals show` says it.")]
_Longest = Annotated[str | None, typer.Option(metavar="DURATION", help="Not for longer than this (PT1H).")]

_WAITING = ("awaiting-approval", "ready")


@app.command(name="list")
def list_(
    activity: Annotated[str | None, typer.Option(help="Only of this activity (id or name).")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Requests that wait for approvals, as far as you may see them."""
    with connect() as client:
        wanted = None if activity is None else activity_id(client, activity)
        found = client.part(
            "/v1/access-requests", outcome="awaiting-approval", activity=wanted, limit=limit, cursor=cursor
        )
        found = named_part(client, found, as_json=as_json)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(request: _Id, as_json: AsJson = False) -> None:
    """What an approver decides about: derived on the platform at this moment."""
    with connect() as client:
        found = named(client, client.get(at("access-requests", request, "approvals")), as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def approve(request: _Id, shown: _Shown, comment: _Comment, longest: _Longest = None, as_json: AsJson = False) -> None:
    """Approve exactly what you looked at.

    When it has changed since, nothing is approved: look again.
    """
    _say(request, "approvals", {"decision": "approve", "shown_sha256": shown, "comment": comment}, longest, as_json)


@app.command()
def decline(request: _Id, comment: _Comment, as_json: AsJson = False) -> None:
    """Decline a request; one no is enough."""
    body: dict[str, Json] = {"decision": "decline", "shown_sha256": "0" * 64, "comment": comment}
    _say(request, "approvals", body, None, as_json)


@app.command()
def release(request: _Id, shown: _Shown, comment: _Comment, longest: _Longest = None, as_json: AsJson = False) -> None:
    """Release access in an emergency, as the second person.

    It stands for the contract's approvals, for nothing else, and is an alarm in the audit trail.
    """
    _say(request, "release", {"shown_sha256": shown, "comment": comment}, longest, as_json)


def waiting_lines(found: Doc) -> list[str]:
    """What a request waits for, in words."""
    waiting = found.record("waiting")
    state = waiting.text("state")
    starts, ends = waiting.text("starts_at"), until(waiting.text("expires_at"), now())
    given = len(waiting.records("approvals"))
    lines = [f"{found.text('request_id') or found.text('id')} is {state}."]
    if state == "awaiting-approval":
        lines.append(f"It waits for approvals ({given} given), until {ends}.")
    if starts:
        lines.append(f"It is to start at {local(starts)}; it is decided again then.")
    if reason := waiting.text("reason"):
        lines.append(f"Reason: {reason}")
    return lines


def _say(request: str, what: str, body: dict[str, Json], longest: str | None, as_json: bool) -> None:
    if longest is not None:
        check_duration(longest, "--longest")
        body["longest"] = longest
    with connect() as client:
        found = client.create(at("access-requests", request, what), body)
    answer(found, as_json=as_json, show=_show_state)


def _show_state(found: Doc) -> None:
    line(f"The request is {found.text('state')}; approvals given: {len(found.records('approvals'))}.")


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "asked", "subject", "purpose"),
        [
            (item.text("id"), local(item.text("decided_at")), item.text("subject"), item.text("purpose"))
            for item in found
        ],
        empty="No request waits for approvals, as far as you may see.",
    )


def _show(found: Doc) -> None:
    shown = found.record("shown")
    terms = shown.record("terms")
    person, activity = terms.record("person"), terms.record("activity")
    facts(
        [
            ("request", found.text("request")),
            ("state", f"{found.text('state')}, until {until(found.text('expires_at'), now())}"),
            ("person", f"{person.text('name')} ({person.text('id')}), {', '.join(person.texts('teams'))}"),
            ("activity", f"{activity.text('title')} ({activity.text('name')}, {activity.text('id')})"),
            ("tier", terms.record("environment").text("tier")),
            ("purpose", terms.text("purpose")),
            ("justification", terms.text("justification")),
            ("ticket", terms.text("ticket")),
            ("emergency", "yes" if terms.flag("break_glass") else ""),
            ("starts", local(terms.text("starts_at"))),
            ("for", _length(terms.whole("duration_seconds"))),
            ("holds besides", ", ".join(shown.texts("holds")) or "nothing"),
        ]
    )
    line()
    table(
        ("source", "operations", "classification", "permitted by"),
        [
            (
                source.text("source"),
                ", ".join(source.texts("operations")),
                ", ".join([source.text("classification"), *source.texts("classes")]),
                ", ".join(source.texts("permitted_by")),
            )
            for source in terms.records("sources")
        ],
        empty="No sources.",
    )
    for left in shown.records("left_out"):
        why = ", ".join(left.texts("reasons"))
        line(f"left out: {clean(left.text('source'))}, refused by {gate_name(left.text('refused_by'))} ({clean(why)})")
    line()
    for need in found.records("needs"):
        line(f"needs: {need.text('clause')}")
    waits = found.text("state") in _WAITING
    for approval in found.records("approvals"):
        void = approval.text("void") if waits else ""  # what has changed since counts only until it is granted
        line(f"given: {approval.text('approver')} at {local(approval.text('at'))}{f' (void: {void})' if void else ''}")
    line(f"shown: {found.text('shown_sha256')}")
    if not waits:
        return
    verb = "release" if terms.flag("break_glass") else "approve"
    note(f"next: sluice approvals {verb} {found.text('request')} --shown {found.text('shown_sha256')} --comment WHY")


def _length(seconds: int) -> str:
    return spoken(timedelta(seconds=seconds))
