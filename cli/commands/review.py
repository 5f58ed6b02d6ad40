"""`review`: architecture reviews of environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.answer import Doc
from cli.connect import connect
from cli.find import activity_id
from cli.lazy import group
from cli.paths import at
from cli.people import named
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, table
from cli.times import local

app = group("Architecture reviews: the fast path decides what it can, named reviewers the rest.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The review's id.")]
_Comment = Annotated[str, typer.Option(help="Why; it goes into the record.")]


@app.command(name="list")
def list_(
    state: Annotated[str | None, typer.Option(help="open, approved or rejected.")] = None,
    activity: Annotated[str | None, typer.Option(help="Only of this activity (id or name).")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The reviews that you may see."""
    with connect() as client:
        wanted = None if activity is None else activity_id(client, activity)
        found = client.part("/v1/reviews", state=state, activity=wanted, limit=limit, cursor=cursor)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(review: _Id, as_json: AsJson = False) -> None:
    """One review, with every criterion and what was found."""
    with connect() as client:
        found = named(client, client.get(at("reviews", review)), as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@app.command()
def approve(review: _Id, comment: _Comment, as_json: AsJson = False) -> None:
    """Approve an environment that the fast path did not."""
    _decide(review, "approve", comment, as_json=as_json)


@app.command()
def reject(review: _Id, comment: _Comment, as_json: AsJson = False) -> None:
    """Reject an environment."""
    _decide(review, "reject", comment, as_json=as_json)


def review_lines(review: Doc) -> list[str]:
    """The outcome, and each criterion with what was found."""
    state, decider = review.text("state"), review.text("decided_by")
    by = f" by {decider or 'the fast path'}" if state == "approved" else f" by {decider}" if decider else ""
    lines = [f"Review {review.text('id')} is {state}{by} ({review.text('rule_set')})."]
    for criterion in review.records("criteria"):
        mark = "met    " if criterion.flag("met") else "NOT MET"
        lines.append(f"  {mark}  {criterion.text('title')}: {criterion.text('found')}")
    return lines


def _decide(review: str, decision: str, comment: str, *, as_json: bool) -> None:
    with connect() as client:
        found = client.create(at("reviews", review, "decision"), {"decision": decision, "comment": comment})
        found = named(client, found, as_json=as_json)
    answer(found, as_json=as_json, show=_show)


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "state", "activity", "environment", "due", "not met"),
        [
            (
                item.text("id"),
                item.text("state"),
                item.text("activity"),
                item.text("environment"),
                local(item.text("due_at")),
                "; ".join(c.text("title") for c in item.records("criteria") if not c.flag("met")),
            )
            for item in found
        ],
        empty="No reviews that you may see.",
    )


def _show(review: Doc) -> None:
    for told in review_lines(review):
        line(told)
    facts(
        [
            ("activity", review.text("activity")),
            ("environment", review.text("environment")),
            ("author", review.text("author")),
            ("due", local(review.text("due_at"))),
            ("decided", local(review.text("decided_at"))),
            ("comment", review.text("comment")),
        ]
    )
