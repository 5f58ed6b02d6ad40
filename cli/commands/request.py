"""`request` asks for access; `requests` shows what was asked and decided."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.answer import Doc, Json
from cli.commands.approvals import waiting_lines
from cli.connect import connect
from cli.failure import ExitCode, InputInvalid, Unavailable
from cli.find import activity_id, environment_id, source_uris
from cli.lazy import group, single
from cli.offers import body_of, offer_lines
from cli.paths import at
from cli.people import named, named_part
from cli.problem import ApiProblem
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, note, print_json, table
from cli.source_kinds import help_lines
from cli.source_text import sources_of
from cli.times import duration as check_duration
from cli.times import local, now, until, zoned
from cli.verdicts import HEADINGS, container_lines, verdict_reasons, verdict_rows

if TYPE_CHECKING:
    from cli.client import Client

request = single()
requests = group("Requests for access and what was decided.")

_WAITING = ("awaiting-approval", "ready")
_POLL = 1.0
_ONE_JOB = "together"
_REFUSED = ("access-refused", "duration-too-long", "no-enforcer")


@request.command(
    name="request",
    epilog=f"""
\b
Sources:
  s3://BUCKET/PREFIX/                    everything beneath the prefix
  glue:DATABASE.TABLE                    a table of the platform's own account
  glue://ACCOUNT/REGION/DATABASE/TABLE   a table, as `sluice data list` shows it
  glue:DATABASE.TABLE:COLUMN,COLUMN      these columns of a table alone
  glue://ACCOUNT/REGION/DATABASE         every table that is catalogued in a database
  product://DOMAIN/NAME                  everything that is catalogued in a data product
{help_lines()}
  SCHEME://...                           any of them, as `sluice data list` shows it
  ...=select,describe                    what is to be done (this is the default);
                                         of describe, select, insert, delete

\b
Example:
  sluice request --activity credit-risk --env research \\
      --purpose lending/credit-risk-research --duration PT1H \\
      s3://acme-prod-lake/loans/facts/ glue:loans.applications=select
""",
)
def request_(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help="What data, and what is to be done.")],
    activity: Annotated[str, typer.Option(help="For which activity (id or name).")],
    env: Annotated[str, typer.Option(metavar="ENV", help="In which environment: its tier, or its id.")],
    purpose: Annotated[str, typer.Option(help="For which of the activity's purposes.")],
    duration: Annotated[
        str | None, typer.Option(metavar="DURATION", help="For how long (PT1H); else the contract's default.")
    ] = None,
    ends_at: Annotated[str | None, typer.Option(metavar="TIME", help="Not beyond this moment (with zone).")] = None,
    mode: Annotated[str, typer.Option(help="all: one refusal refuses all; partial: what passes is granted.")] = "all",
    justification: Annotated[str | None, typer.Option(help="Why; it goes into the record.")] = None,
    ticket: Annotated[str | None, typer.Option(help="The ticket that this belongs to.")] = None,
    starts_at: Annotated[str | None, typer.Option(metavar="TIME", help="Start later (with zone).")] = None,
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="An emergency: one other person releases it instead of approvals.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Another grant, though a live one gives all of it.")] = False,
    accept_offer: Annotated[
        bool, typer.Option("--accept-offer", help="When refused, ask for the first thing that would be granted.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is granted, or will not be.")] = False,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait at most.")] = "PT30M",
    together: Annotated[
        bool, typer.Option("--together", help="One job uses all of it: have it in one session, or be refused.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide, but grant nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for access to one or more sources for one purpose.

    Each source gets its own verdict: first the tier's invariants, then its contract, then the policies; a later one is
    not asked once one refused. Ends with 0 when granted and 3 when refused (also for a dry run). With --json a refusal
    goes to the standard output too: it is the answer.
    """
    body: dict[str, Json] = {
        "purpose": purpose,
        "mode": _mode(mode),
        "dry_run": dry_run,
    }
    named = sources_of(sources, job=_ONE_JOB if together else None)
    if duration is not None:
        check_duration(duration, "--duration")
        body["duration"] = duration
    if ends_at is not None:
        body["ends_at"] = zoned(ends_at, "--ends-at")
    if justification is not None:
        body["justification"] = justification
    if ticket is not None:
        body["ticket"] = ticket
    if starts_at is not None:
        body["starts_at"] = zoned(starts_at, "--starts-at")
    if break_glass:
        body["break_glass"] = True
    if anew:
        body["anew"] = True
    patience = check_duration(timeout, "--timeout").total_seconds()
    with connect() as client:
        wanted = activity_id(client, activity)
        body["activity"], body["environment"] = wanted, environment_id(client, env, wanted)
        body["sources"] = source_uris(client, named)
        try:
            made = client.create("/v1/access-requests", body)
        except ApiProblem as problem:
            if problem.document.text("code") not in _REFUSED:
                raise
            offers = problem.document.records("offers")
            if not accept_offer or not offers:
                _tell_refusal(problem, as_json=as_json)
            note("asked for instead: " + ", ".join(offers[0].texts("changes")))
            made = client.create("/v1/access-requests", {**body, **body_of(offers[0])})
        if wait and made.has("waiting"):
            made = _granted_in_time(client, made, patience)
    answer(made, as_json=as_json, show=_show_outcome)
    if made.text("outcome") in ("would-be-refused", "refused", "declined", "expired", "withdrawn"):
        sys.exit(ExitCode.REFUSED)


@requests.command(name="list")
def list_(
    outcome: Annotated[str | None, typer.Option(help="Such as granted, refused or awaiting-approval.")] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those that wait, for people or their start.")
    ] = False,
    activity: Annotated[str | None, typer.Option(help="Only of this activity (id or name).")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The requests that you may see."""
    with connect() as client:
        wanted = None if activity is None else activity_id(client, activity)
        waits = "true" if waiting else None
        found = client.part(
            "/v1/access-requests", outcome=outcome, activity=wanted, waiting=waits, limit=limit, cursor=cursor
        )
        found = named_part(client, found, as_json=as_json)
    listing(found, as_json=as_json, show=_show_all)


@requests.command()
def show(
    request_id: Annotated[str, typer.Argument(metavar="ID", help="The request's id.")], as_json: AsJson = False
) -> None:
    """One request: what was asked, each verdict, what came of it."""
    with connect() as client:
        found = client.get(at("access-requests", request_id))
        found = named(client, found, as_json=as_json)
    answer(found, as_json=as_json, show=_show)


@requests.command()
def withdraw(
    request_id: Annotated[str, typer.Argument(metavar="ID", help="The request's id.")],
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")],
    as_json: AsJson = False,
) -> None:
    """Take a request back that still waits."""
    with connect() as client:
        found = client.act(at("access-requests", request_id, "withdraw"), {"reason": reason})
    answer(found, as_json=as_json, show=lambda doc: line(f"The request is {doc.text('state')}."))


def _granted_in_time(client: Client, made: Doc, patience: float) -> Doc:
    """The request once it no longer waits; raises `Unavailable` when the patience is over."""
    request, ends, told = made.text("request_id"), time.monotonic() + patience, ""
    while True:
        found = client.get(at("access-requests", request))
        state = found.record("waiting").text("state")
        if state != told:
            for each in waiting_lines(found):
                note(each)
            told = state
        if state not in _WAITING:
            return found
        if time.monotonic() >= ends:
            raise Unavailable(f"{request} is still {state}", next_step=f"look again: sluice requests show {request}")
        time.sleep(_POLL)


def _mode(text: str) -> str:
    if text not in ("all", "partial"):
        raise InputInvalid(f"--mode: {text} is no mode", next_step="choose all or partial")
    return text


def _tell_refusal(problem: ApiProblem, *, as_json: bool) -> None:
    """Says the refusal, and ends the command."""
    if as_json:
        print_json(problem.document)
        note(f"{problem.document.text('title')} ({problem.document.text('code')})")
    else:
        for told in problem.lines:
            note(told)
        for told in container_lines(problem.document.records("containers")):
            note(told)
        _note_verdicts(problem.document.records("sources"))
        for told in offer_lines(problem.document.records("offers")):
            note(told)
        if identity := problem.document.text("request_id"):
            note(f"the record: sluice requests show {identity}")
    sys.exit(problem.exit_code)


def _note_verdicts(sources: Sequence[Doc]) -> None:
    for row in verdict_rows(sources):
        source, operations, tier, contract, policy, verdict = row
        note(f"{verdict:<8} {source} ({operations})")
        note(f"         tier: {tier}; contract: {contract}; policy: {policy}")
    for told in verdict_reasons(sources):
        note(told)


def _show_verdicts(sources: Sequence[Doc]) -> None:
    table(HEADINGS, verdict_rows(sources), empty="No verdicts.")
    for told in verdict_reasons(sources):
        line(told)


def _show_outcome(made: Doc) -> None:
    if made.has("waiting"):
        for each in waiting_lines(made):
            line(each)
        if grant_id := made.record("waiting").text("grant"):
            note(f"next: sluice run --grant {grant_id} -- COMMAND")
        else:
            note(f"next: sluice requests show {made.text('request_id') or made.text('id')}")
        return
    grant = made.record("grant")
    if made.text("outcome") == "held":
        line(f"You hold all of this already: {grant.text('id')}, until {until(grant.text('ends_at'), now())}.")
        line("Nothing was minted.")
        if grant.text("state") == "active":
            note(f"next: sluice run --grant {grant.text('id')} -- COMMAND")
        else:
            note(f"it is {grant.text('state')} now; look again: sluice grant show {grant.text('id')}")
        note("      to have another grant all the same, ask with --anew")
        return
    outcome = {
        "would-be-granted": "This would be granted",
        "would-be-refused": "This would be refused",
        "would-await-approval": "This would wait for approvals",
    }.get(made.text("outcome"), f"Granted: {grant.text('id')}")
    ends = grant.text("ends_at") or made.text("ends_at")
    line(f"{outcome}{f', until {until(ends, now())}' if ends else ''}.")
    if shortened := made.text("shortened") or grant.text("shortened"):
        line(f"Shortened: {shortened}")
    for held in made.records("held"):
        what = f"{held.text('source')} ({', '.join(held.texts('operations'))})"
        line(f"You hold {what} already, by {held.text('grant')} until {until(held.text('ends_at'), now())}.")
    if covering := made.text("covered_by"):
        line(f"Grant {covering} gives all of it: without --anew you would be told of it, and nothing would be minted.")
    for told in container_lines(grant.records("containers") or made.records("containers")):
        line(told)
    line()
    _show_verdicts(made.records("sources"))
    principals = grant.records("principals") or made.records("principals")
    _show_profiles(principals)
    for told in offer_lines(made.records("offers")):
        line(told)
    if grant.has("id"):
        option = f" --profile {principals[0].text('profile')}" if len(principals) > 1 else ""
        note(f"next: sluice run --grant {grant.text('id')}{option} -- COMMAND")
        note(f"      sluice grant show {grant.text('id')}   (the exact policy, and why)")


def _show_profiles(principals: Sequence[Doc]) -> None:
    """How it is minted; which source is used through which profile, where there are several."""
    if len(principals) == 1:
        only = principals[0]
        line(f"Minted as a {only.text('way')} in account {only.text('account')}: {only.text('why')}.")
    if len(principals) < 2:
        return
    line()
    line("It takes several profiles, and an AWS client uses one at a time:")
    table(
        ("profile", "account", "region", "minted as", "sources", "why"),
        [
            (
                one.text("profile"),
                one.text("account"),
                one.text("region"),
                one.text("way"),
                ", ".join(one.texts("sources")),
                one.text("why"),
            )
            for one in principals
        ],
        empty="None.",
    )


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "outcome", "decided", "subject", "grant"),
        [
            (
                item.text("id"),
                item.text("outcome"),
                local(item.text("decided_at")),
                item.text("subject"),
                _grant_of(item),
            )
            for item in found
        ],
        empty="No requests that you may see.",
    )


def _show(found: Doc) -> None:
    decision = found.record("decision")
    asked = decision.record("asked")
    facts(
        [
            ("id", found.text("id")),
            ("outcome", found.text("outcome")),
            ("decided", local(found.text("decided_at"))),
            ("subject", found.text("subject")),
            ("activity", asked.text("activity")),
            ("environment", asked.text("environment")),
            ("purpose", asked.text("purpose")),
            ("justification", asked.text("justification")),
            ("shortened", decision.text("shortened")),
            ("rulebook", decision.text("rulebook")),
            ("grant", _grant_of(found)),
        ]
    )
    if found.has("waiting"):
        for told in waiting_lines(found):
            line(told)
    for told in container_lines(asked.records("containers")):
        line(told)
    line()
    _show_verdicts(decision.records("sources"))
    for reason in decision.records("reasons"):
        line(f"{reason.text('clause')} {reason.text('code')}: next: {reason.text('next_step')}")


def _grant_of(found: Doc) -> str:
    return found.record("grant").text("id") or (found.text("grant") if found.has("grant") else "")
