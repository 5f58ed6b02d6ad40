"""`workspace`: what an environment's workspace may hold, its declassification, and legal holds."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.answer import Doc
from cli.connect import connect
from cli.find import activity_id
from cli.lazy import group
from cli.paths import at
from cli.people import named
from cli.render import AsJson, answer, facts, line, note
from cli.times import local

app = group("Workspaces: what they may hold of the data that was read beside them.")

_Id = Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="The environment's id.")]
_Activity = Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id or name.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit trail.")]


@app.command()
def show(environment: _Id, as_json: AsJson = False) -> None:
    """The label of a workspace, and whether it is quarantined."""
    with connect() as client:
        found = named(client, client.get(at("environments", environment, "workspace")), as_json=as_json, brief=True)
    answer(found, as_json=as_json, show=_show)


@app.command()
def declassify(
    environment: _Id,
    contract: Annotated[list[str], typer.Option(help="A contract's id, as the label shows it; again for more.")],
    reason: _Reason,
    as_json: AsJson = False,
) -> None:
    """Ask to take contracts out of the label; another person decides."""
    with connect() as client:
        path = at("environments", environment, "declassifications")
        made = client.create(path, {"contracts": contract, "reason": reason})
    answer(made, as_json=as_json, show=_show_asked)


@app.command()
def decide(
    environment: _Id,
    declassification: Annotated[str, typer.Argument(metavar="ID", help="The declassification's id.")],
    decision: Annotated[str, typer.Argument(metavar="approve|refuse")],
    comment: Annotated[str, typer.Option(help="What you looked at; it is kept in the audit trail.")],
    as_json: AsJson = False,
) -> None:
    """Approve or refuse a declassification that somebody else asked for."""
    with connect() as client:
        path = at("environments", environment, "declassifications", declassification, "decision")
        made = client.create(path, {"decision": decision, "comment": comment})
    answer(made, as_json=as_json, show=lambda doc: line(f"{doc.text('id')} is {doc.text('state')}."))


@app.command()
def hold(activity: _Activity, reason: _Reason, as_json: AsJson = False) -> None:
    """Place a legal hold: nothing of the activity is purged while it stands."""
    with connect() as client:
        made = client.act(at("activities", activity_id(client, activity), "legal-hold"), {"reason": reason})
    answer(
        made, as_json=as_json, show=lambda doc: line(f"Legal hold {doc.text('id')} stands on {doc.text('activity')}.")
    )


@app.command()
def release(activity: _Activity, reason: _Reason, as_json: AsJson = False) -> None:
    """Release the legal hold on an activity."""
    with connect() as client:
        path = at("activities", activity_id(client, activity), "legal-hold", "release")
        made = client.act(path, {"reason": reason})
    answer(made, as_json=as_json, show=lambda doc: line(f"Legal hold {doc.text('id')} is released."))


def _show_asked(made: Doc) -> None:
    line(f"Declassification {made.text('id')} is {made.text('state')}.")
    ids = f"{made.text('environment')} {made.text('id')}"
    note(f"next, by another person: sluice workspace decide {ids} approve --comment WHY")


def _show(found: Doc) -> None:
    label, held = found.record("label"), found.record("legal_hold")
    facts(
        [
            ("environment", found.text("environment")),
            ("classification", label.text("classification")),
            ("quarantined", local(found.text("quarantined_at"))),
            ("because", found.text("quarantined_for")),
            ("purged at", local(found.text("purge_at"))),
            ("legal hold", held.text("reason")),
        ]
    )
    for mark in label.records("marks"):
        line(f"contract {mark.text('contract')} {mark.text('version')}: {mark.text('classification')}")
    for one in found.records("declassifications"):
        line(f"declassification {one.text('id')} is {one.text('state')}: {one.text('reason')}")
    for change in found.records("history"):
        line(f"{local(change.text('at'))}  {change.text('what')}  by {change.text('actor')}")
