"""`policy`: the rules that decide, and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.answer import Doc
from cli.commands import decision, rulebook, speed
from cli.connect import connect
from cli.paths import at
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, multiline, table

app = rulebook.app
decisions, explain = app.command()(decision.decisions), app.command()(decision.explain)
bench = app.command()(speed.bench)


@app.command(name="list")
def list_(
    q: Annotated[str | None, typer.Option("--q", metavar="TEXT", help="Only with this in id or title.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only of this team.")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Every rule in force."""
    with connect() as client:
        found = client.part("/v1/policies", q=q, owner=owner, limit=limit, cursor=cursor)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(rule: Annotated[str, typer.Argument(metavar="RULE", help="Its id.")], as_json: AsJson = False) -> None:
    """One rule with its text and, in plain English, what it says."""
    with connect() as client:
        found = client.get(at("policies", rule))
    answer(found, as_json=as_json, show=_show)


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "effect", "owner", "editable", "title"),
        [
            (item.text("id"), item.text("effect"), item.text("owner"), item.text("editable"), item.text("title"))
            for item in found
        ],
        empty="No rules that you may see.",
    )


def _show(rule: Doc) -> None:
    facts(
        [
            ("id", rule.text("id")),
            ("title", rule.text("title")),
            ("says", rule.text("sentence")),
            ("no form", rule.text("not_a_form")),
            ("effect", rule.text("effect")),
            ("owner", rule.text("owner")),
            ("editable", rule.text("editable")),
            ("advice", rule.text("advice")),
            ("rulebook", rule.text("rulebook")),
        ]
    )
    line()
    print(multiline(rule.text("text")))
