"""`activity`: research activities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.answer import Doc
from cli.commands.review import review_lines
from cli.connect import connect
from cli.find import activity_id, contract_id
from cli.lazy import group
from cli.paths import at
from cli.people import named
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, note, table
from cli.times import local

app = group("Research activities: register, list, look at, suspend, resume and retire them.")


@app.command()
def register(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The activity as YAML or JSON.")],
    as_json: AsJson = False,
) -> None:
    """Register an activity and order its first environment.

    \b
    The file:
      name: credit-risk            # lower-case letters, digits, hyphens
      title: Credit risk by purpose
      purposes: [lending/credit-risk-research]
      contracts: [German credit applications]   # names or ids
      data_classification: confidential
      cost_center: CC-4711
      monthly_budget_usd: 500
      ends_at: 2030-12-31T00:00:00Z
      template: standard-research
    """
    from cli.yaml_file import read_object

    document = read_object(file)
    with connect() as client:
        contracts = [contract_id(client, name) for name in document.texts("contracts")]
        body = {**document.fields, "contracts": contracts} if document.has("contracts") else document.fields
        made = client.create("/v1/activities", body)
    answer(made, as_json=as_json, show=_show_registered)


@app.command(name="list")
def list_(
    state: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The activities that you may see."""
    with connect() as client:
        found = client.part("/v1/activities", state=state, limit=limit, cursor=cursor)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id or name.")], as_json: AsJson = False
) -> None:
    """One activity."""
    with connect() as client:
        found = named(client, client.get(at("activities", activity_id(client, activity))), as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def suspend(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id or name.")],
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")],
    as_json: AsJson = False,
) -> None:
    """Suspend an activity: its grants are revoked at once, and none is given until it is resumed."""
    _move(activity, "suspend", reason, as_json=as_json)


@app.command()
def resume(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id or name.")],
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")],
    as_json: AsJson = False,
) -> None:
    """Resume a suspended activity. What was revoked stays revoked."""
    _move(activity, "resume", reason, as_json=as_json)


@app.command()
def retire(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id or name.")],
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")],
    as_json: AsJson = False,
) -> None:
    """Retire an activity: its grants are revoked at once. Ask again once nothing of it is left."""
    _move(activity, "retire", reason, as_json=as_json)


def _move(activity: str, verb: str, reason: str, *, as_json: bool) -> None:
    with connect() as client:
        moved = client.create(at("activities", activity_id(client, activity), verb), {"reason": reason})
    answer(moved, as_json=as_json, show=lambda doc: line(f"{doc.text('name')} is {doc.text('state')}."))


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("name", "id", "state", "classification", "ends", "title"),
        [
            (
                item.text("name"),
                item.text("id"),
                item.text("state"),
                item.text("data_classification"),
                local(item.text("ends_at")),
                item.text("title"),
            )
            for item in found
        ],
        empty="No activities that you may see. Register one: sluice activity register FILE.yaml",
    )


def _show(activity: Doc) -> None:
    accepted = (f"{item.text('contract')} {item.text('version')}" for item in activity.records("accepted"))
    facts(
        [
            ("name", activity.text("name")),
            ("title", activity.text("title")),
            ("id", activity.text("id")),
            ("state", activity.text("state")),
            ("owner", activity.text("owner")),
            ("members", ", ".join(activity.texts("members"))),
            ("purposes", ", ".join(activity.texts("purposes"))),
            ("classification", activity.text("data_classification")),
            ("contracts", ", ".join(activity.texts("contracts"))),
            ("accepted", ", ".join(accepted)),
            ("cost center", activity.text("cost_center")),
            ("ends", local(activity.text("ends_at"))),
            ("registered", local(activity.text("created_at"))),
        ]
    )


def _show_registered(made: Doc) -> None:
    activity, environment, review = made.record("activity"), made.record("environment"), made.record("review")
    line(f"Registered {activity.text('name')} as {activity.text('id')} ({activity.text('state')}).")
    for told in review_lines(review):
        line(told)
    line(f"Environment {environment.text('id')} ({environment.text('tier')}) is {environment.text('state')}.")
    note(f"next: sluice env wait {environment.text('id')}")
