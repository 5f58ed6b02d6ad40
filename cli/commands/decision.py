"""`policy decisions` and `policy explain`: what was decided, and one of them taken again."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from cli.answer import Doc, Json
from cli.client import Client
from cli.connect import connect
from cli.failure import ExitCode, InputInvalid, NotFound
from cli.find import activity_id
from cli.paths import at
from cli.people import named, named_part, subject_id
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, multiline, note, table
from cli.times import local, zoned
from cli.verdicts import HEADINGS, verdict_reasons, verdict_rows

_KINDS = {"de": None, "rq": "request", "gr": "grant"}
"""What can be explained, by the prefix of its id: a decision itself, or the filter that finds those about it."""
_LONGEST = 300


def decisions(
    outcome: Annotated[str | None, typer.Option(help="granted, refused, waiting, ended or kept.")] = None,
    refused_by: Annotated[
        str | None, typer.Option(help="invariants, contract, rules, columns, or request for the request itself.")
    ] = None,
    activity: Annotated[str | None, typer.Option(help="Only of this activity (id or name).")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this person or workload (id or name).")] = None,
    rulebook: Annotated[str | None, typer.Option(help="Only under this version of the rules.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From this moment on (with zone).")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this moment (with zone).")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The recorded decisions that you may see, the newest first."""
    with connect() as client:
        found = client.part(
            "/v1/decisions",
            outcome=outcome,
            refused_by=refused_by,
            activity=None if activity is None else activity_id(client, activity),
            subject=None if subject is None else subject_id(client, subject),
            rulebook=rulebook,
            since=None if since is None else zoned(since, "--since"),
            until=None if until is None else zoned(until, "--until"),
            limit=limit,
            cursor=cursor,
        )
        found = named_part(client, found, as_json=as_json)
    listing(found, as_json=as_json, show=_show_all)


def explain(
    of: Annotated[str, typer.Argument(metavar="DECISION|REQUEST|GRANT", help="An id: de_…, rq_… or gr_….")],
    as_json: AsJson = False,
) -> None:
    """Take a recorded decision again from what it was taken from, and say whether it comes out the same.

    Of a request or a grant, the newest decision about it. Ends with 1 when the outcome differs.
    """
    with connect() as client:
        decision = _decision(client, of)
        found = client.get(at("decisions", decision, "explanation"))
        found = named(client, found, as_json=as_json)
    answer(found, as_json=as_json, show=_show)
    if not found.flag("matches"):
        sys.exit(ExitCode.FAILED)


def _decision(client: Client, of: str) -> str:
    """The id of the decision that is meant."""
    prefix = of.partition("_")[0]
    if prefix not in _KINDS:
        raise InputInvalid(
            f"{of} is no decision, request or grant", next_step="give an id that starts with de_, rq_ or gr_"
        )
    kind = _KINDS[prefix]
    if kind is None:
        return of
    about = [item.text("id") for item in client.every("/v1/decisions", **{kind: of})]
    if not about:
        raise NotFound(
            f"no decision about {of} that you may see", next_step="`sluice policy decisions` shows those that you may"
        )
    if about[1:]:
        note(f"the newest of {len(about)} decisions about {of}; before it: {', '.join(about[1:])}")
    return about[0]


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "outcome", "gate", "decided", "subject", "purpose", "sources", "rulebook", "request", "grant"),
        [
            (
                item.text("id"),
                item.text("outcome"),
                item.text("refused_by"),
                local(item.text("decided_at")),
                item.text("subject"),
                item.record("decision").record("asked").text("purpose"),
                _sources(item),
                item.text("rulebook"),
                item.text("request"),
                item.text("grant"),
            )
            for item in found
        ],
        empty="No decisions that you may see.",
    )


def _sources(item: Doc) -> str:
    """What was refused, or else all that was asked for: the first of it, and how many more."""
    judged = item.record("decision").records("sources")
    refused = [one for one in judged if not one.flag("passes")] if item.text("outcome") == "refused" else []
    uris = [one.text("source") for one in refused or judged]
    return f"{uris[0]} and {len(uris) - 1} more" if uris[1:] else "".join(uris)


def _show(found: Doc) -> None:
    decision, recorded = found.record("decision"), found.record("recorded")
    asked = recorded.record("asked")
    facts(
        [
            ("decision", decision.text("id")),
            ("outcome", decision.text("outcome")),
            ("reason", decision.text("reason") or recorded.text("why")),
            ("decided", local(decision.text("decided_at"))),
            ("request", decision.text("request")),
            ("grant", decision.text("grant")),
            ("subject", decision.text("subject")),
            ("activity", decision.text("activity")),
            ("environment", decision.text("environment")),
            ("purpose", asked.text("purpose")),
            ("justification", asked.text("justification")),
            ("until", local(recorded.text("ends_at")) if recorded.has("ends_at") else ""),
            ("shortened", recorded.text("shortened")),
            *((name.replace("_", " "), _versions(found, name)) for name in ("rulebook", "invariants", "policy_schema")),
        ]
    )
    line()
    sources = recorded.records("sources")
    table(HEADINGS, verdict_rows(sources), empty="No source was judged.")
    for told in verdict_reasons(sources):
        line(told)
    for reason in recorded.records("reasons"):
        line(f"{reason.text('clause')} {reason.text('code')}: next: {reason.text('next_step')}")
    line()
    _show_again(found)
    _show_rules(found.records("rules"))
    _show_facts(found.record("facts").records("differing"))


def _versions(found: Doc, name: str) -> str:
    versions = found.record("judged_by").record(name)
    then, today = versions.text("recorded"), versions.text("today")
    return then if then == today else f"{then} (today {today})"


def _show_again(found: Doc) -> None:
    if found.flag("matches"):
        line("Taken again from what was recorded: it comes out exactly the same.")
    elif found.has("recomputed"):
        line("Taken again from what was recorded, IT DIFFERS:")
        rows = [(d.text("path"), _said(d, "recorded"), _said(d, "recomputed")) for d in found.records("differences")]
        table(("where", "recorded", "taken again"), rows, empty="Nowhere.")
    else:
        line("It COULD NOT BE TAKEN AGAIN.")
    for told in found.texts("notes"):
        line(f"  {told}")


def _show_rules(rules: Sequence[Doc]) -> None:
    line()
    line("The rules that determined it, as they read then:" if rules else "No rule determined it.")
    for rule in rules:
        line(f"  {rule.text('title')} ({rule.text('effect')}, {rule.text('owner')}; {rule.text('version')})")
        text = rule.text("text") or f"{rule.text('id')}: its text of that version is not kept"
        print("\n".join(f"    {part}" for part in multiline(text.strip()).split("\n")))


def _show_facts(differing: Sequence[Doc]) -> None:
    line()
    if not differing:
        line("Every fact that it was taken from is the same today.")
        return
    line("Facts that are others today:")
    rows = [(fact.text("path"), _said(fact, "recorded"), _said(fact, "today")) for fact in differing]
    table(("fact", "then", "today"), rows, empty="")


def _said(found: Doc, side: str) -> str:
    """A value in a cell; of a whole record only that there is one."""
    value: Json = found.fields.get(side)
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return "there"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
