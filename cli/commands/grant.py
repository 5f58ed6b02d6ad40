"""`grant`: what was given, its policy, its credentials, its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from cli import delivery
from cli.answer import Doc, Json
from cli.commands.approvals import waiting_lines
from cli.commands.revocation import follow
from cli.connect import connect
from cli.connections import connection_lines
from cli.find import activity_id, contract_id
from cli.lazy import group
from cli.paths import at
from cli.people import named, subject_id
from cli.render import AsJson, AtMost, Cursor, answer, counted, facts, line, listing, multiline, note, print_json, table
from cli.times import duration, local, now, until, zoned
from cli.verdicts import container_lines

app = group("Grants: what you were given, until when, and by which exact policy.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The grant's id.")]
_Profile = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which of the grant's profiles; needed where it has several.")
]
_AllowCi = Annotated[bool, typer.Option("--allow-ci", help="Also where CI is set.")]


class Format(StrEnum):
    """How credentials are printed."""

    ENV = "env"
    JSON = "json"


@app.command(name="list")
def list_(
    state: Annotated[str | None, typer.Option(help="Only in this state, such as active.")] = None,
    activity: Annotated[str | None, typer.Option(help="Only of this activity (id or name).")] = None,
    env: Annotated[str | None, typer.Option(metavar="ID", help="Only in this environment.")] = None,
    ends_before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what ends before this moment (with zone).")
    ] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The grants that you may see."""
    with connect() as client:
        wanted = None if activity is None else activity_id(client, activity)
        found = client.part(
            "/v1/grants",
            state=state,
            activity=wanted,
            environment=env,
            ends_before=None if ends_before is None else zoned(ends_before, "--ends-before"),
            limit=limit,
            cursor=cursor,
        )
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(
    grant: _Id,
    policy: Annotated[bool, typer.Option("--policy", help="Print only the IAM policy, as AWS has it.")] = False,
    profile: _Profile = None,
    as_json: AsJson = False,
) -> None:
    """One grant with its exact IAM policy, explained."""
    with connect() as client:
        found = client.get(at("grants", grant))
        found = named(client, found, as_json=as_json or policy)
    if policy:
        print_json(delivery.principal_of(found, profile).fields.get("policy"))
    else:
        answer(found, as_json=as_json, show=_show)


@app.command()
def revoke(
    grant: _Id,
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")],
    wait: Annotated[bool, typer.Option("--wait", help="Until AWS was seen to refuse.")] = False,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait at most.")] = "PT5M",
    as_json: AsJson = False,
) -> None:
    """End a grant now.

    No new sessions, then a Deny on the role, then proof that AWS refuses.

    AWS takes seconds to follow. `revoking` means that it was told; `denied` that it was seen to refuse.
    """
    patience = duration(timeout, "--timeout").total_seconds()
    began = now()
    with connect() as client:
        found = client.act(at("grants", grant, "revoke"), {"reason": reason})
        if wait:
            found = follow(client, grant, began, patience=patience, sleep=time.sleep)
    answer(found, as_json=as_json, show=_show_revoked)


@app.command(name="return")
def return_(
    grant: _Id,
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")] = "returned by its holder",
    as_json: AsJson = False,
) -> None:
    """Give a grant back early."""
    with connect() as client:
        found = client.act(at("grants", grant, "revoke"), {"reason": reason})
    answer(found, as_json=as_json, show=_show_revoked)


@app.command()
def renew(
    grant: _Id,
    length: Annotated[
        str | None, typer.Option("--duration", metavar="DURATION", help="For how long (PT1H); else the default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a grant its time once more, as often as the contract allows.

    A new decision on the same sources, and a grant of its own; the one before lives on to its end. Change over to it.
    """
    body: dict[str, Json] = {}
    if length is not None:
        duration(length, "--duration")
        body["duration"] = length
    with connect() as client:
        found = client.create(at("grants", grant, "renew"), body)
    answer(found, as_json=as_json, show=_show_renewed)


@app.command(name="revoke-all")
def revoke_all(
    reason: Annotated[str, typer.Option(help="Why; it goes into the record.")],
    person: Annotated[str | None, typer.Option(help="Of this person or workload (id or name).")] = None,
    activity: Annotated[str | None, typer.Option(help="Of this activity (id or name).")] = None,
    contract: Annotated[str | None, typer.Option(help="Under this contract (id or name).")] = None,
    dataset: Annotated[str | None, typer.Option(metavar="URI", help="That reach this data.")] = None,
    account: Annotated[str | None, typer.Option(metavar="NUMBER", help="In this AWS account.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All there are.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List them, end nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """End every live grant of a person, activity, contract, dataset or account.

    Exactly one of the options says which. Try it with --dry-run first.
    """
    with connect() as client:
        body: dict[str, Json] = {"reason": reason, "dry_run": dry_run}
        chosen = {"dataset": dataset, "account": account}
        chosen["person"] = None if person is None else subject_id(client, person)
        chosen["activity"] = None if activity is None else activity_id(client, activity)
        chosen["contract"] = None if contract is None else contract_id(client, contract)
        body |= {name: value for name, value in chosen.items() if value is not None}
        if everything:
            body["everything"] = True
        found = client.act("/v1/revocations", body)
        found = named(client, found, as_json=as_json, brief=True)
    answer(found, as_json=as_json, show=_show_ended)


@app.command()
def creds(
    grant: _Id,
    profile: _Profile = None,
    format: Annotated[Format | None, typer.Option(help="Needed where the output is not a terminal.")] = None,
    allow_ci: _AllowCi = False,
) -> None:
    """Print fresh credentials; nothing is kept.

    \b
    eval "$(sluice grant creds ID --format env)"

    Each delivery is decided anew and leaves its own audit record. For programs `sluice run` is better: the credentials
    are then nowhere but in the program's environment.
    """
    delivery.check_may_print(os.environ, named_format=format is not None, allow_ci=allow_ci)
    with connect() as client:
        found = delivery.deliver(client, grant, profile)
    if format is Format.JSON:
        print_json(found)
    else:
        print(delivery.exports(found))
        note(f"until {until(found.text('expires_at'), now())}")
        for told in connection_lines(found.records("connections")):
            note(told)


@app.command(name="credential-process")
def credential_process(grant: _Id, profile: _Profile = None, allow_ci: _AllowCi = False) -> None:
    """Print credentials for AWS's own tools.

    In the form of `credential_process`; `sluice aws-config` sets it up.
    """
    delivery.check_may_print(os.environ, named_format=True, allow_ci=allow_ci)
    with connect() as client:
        found = delivery.deliver(client, grant, profile)
    print(json.dumps(delivery.process_answer(found)))


def _show_renewed(found: Doc) -> None:
    if found.has("waiting"):
        for told in waiting_lines(found):
            line(told)
        return
    grant = found.record("grant")
    line(f"Renewed by {grant.text('id')}, until {until(grant.text('ends_at'), now())}.")
    note(f"next: sluice run --grant {grant.text('id')} -- COMMAND")


def _show_ended(found: Doc) -> None:
    would = "to end, were it no dry run" if found.flag("dry_run") else "ended from now on"
    line(f"{counted(found.whole('count'), 'grant')} {would}.")
    table(
        ("id", "subject", "purpose", "ends", "sources"),
        [
            (
                item.text("id"),
                item.text("subject"),
                item.text("purpose"),
                until(item.text("ends_at"), now()),
                ", ".join(item.texts("sources")),
            )
            for item in found.records("grants")
        ],
        empty="None.",
    )


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "state", "purpose", "tier", "ends", "sources"),
        [
            (
                item.text("id"),
                item.text("state"),
                item.text("purpose"),
                item.text("tier"),
                _end(item),
                ", ".join(source.text("uri") for source in item.records("sources")),
            )
            for item in found
        ],
        empty="No grants that you may see. Ask for one: sluice request --help",
    )


def _show(grant: Doc) -> None:
    denial = grant.record("denial")
    facts(
        [
            ("grant", grant.text("id")),
            ("state", grant.text("state")),
            ("subject", grant.text("subject")),
            ("activity", grant.text("activity")),
            ("environment", f"{grant.text('environment')} ({grant.text('tier')})"),
            ("purpose", grant.text("purpose")),
            ("contracts", ", ".join(f"{c.text('id')} {c.text('version')}" for c in grant.records("contracts"))),
            ("request", grant.text("request")),
            ("from", local(grant.text("created_at"))),
            ("until", _end(grant)),
            ("shortened", grant.text("shortened")),
            ("sessions", grant.text("sessions")),
            ("last session ends", local(grant.text("last_session_end"))),
            ("ends at the latest", local(grant.text("worst_case_end"))),
            ("shut", local(grant.text("shut_at"))),
            ("denied", _denial(denial)),
            ("reason", grant.text("reason")),
            ("last error", grant.text("last_error")),
            ("rulebook", grant.text("rulebook")),
            ("minted in", _minted_in(grant.records("steps"))),
        ]
    )
    line()
    sources = grant.records("sources")
    given = {source.text("uri") for source in sources}
    for told in container_lines(grant.records("containers"), given):
        line(told)
    table(
        ("source", "operations"),
        [(source.text("uri"), ", ".join(source.texts("operations"))) for source in sources],
        empty="No sources.",
    )
    if any(uri not in given for one in grant.records("containers") for uri in one.texts("sources")):
        note(f"why the others were not: sluice requests show {grant.text('request')}")
    _show_beside(grant)
    for principal in grant.records("principals"):
        _show_principal(principal)


def _show_beside(grant: Doc) -> None:
    """What outlives its roles, and what stands beside them."""
    for told in connection_lines(grant.records("connections")):
        line(told)
    for bound in grant.records("ends_at_the_latest"):
        line(f"{bound.text('what')}: until {local(bound.text('until')) or 'the platform has ended them'} at the latest")
    for one in grant.records("artefacts"):
        line(f"{one.text('mechanism')} {one.text('name')}: {one.text('state')} {one.text('last_error')}".rstrip())


def _show_principal(principal: Doc) -> None:
    role = principal.record("role")
    line()
    facts(
        [
            ("profile", principal.text("profile")),
            ("account", f"{principal.text('account')} ({principal.text('region')})"),
            ("holds", ", ".join(principal.texts("sources"))),
            ("minted as", f"a {principal.text('way')}: {principal.text('why')}"),
            ("role", role.text("arn") or role.text("name")),
            ("boundary", principal.text("boundary_arn")),
        ]
    )
    line()
    version = principal.record("policy").text("Version")
    line(f"Its policy ({version}), statement by statement; `--policy` prints it as one document:")
    for statement in principal.records("statements"):
        line()
        line(f"{statement.text('sid')}: {statement.text('why')}")
        print(multiline(_indented(statement.record("statement"))))


def _end(grant: Doc) -> str:
    ends = grant.text("ends_at")
    return until(ends, now()) if grant.text("state") == "active" else local(ends)


def _indented(statement: Doc) -> str:
    return "\n".join(f"    {row}" for row in json.dumps(statement.fields, indent=2, ensure_ascii=True).split("\n"))


def _minted_in(steps: Sequence[Doc]) -> str:
    total = timedelta(milliseconds=sum(step.whole("milliseconds") for step in steps))
    several = len({step.text("part") for step in steps}) > 1
    each = ", ".join(
        f"{step.text('step')}{' of part ' + step.text('part') if several else ''} {step.text('milliseconds')} ms"
        for step in steps
    )
    return f"{total.total_seconds():.2f} s ({each})" if steps else ""


def _denial(denial: Doc) -> str:
    if not denial.fields:
        return ""
    if denial.whole("count") == 0:
        return f"told, not observed: {denial.text('where')}"
    first = local(denial.text("first_at"))
    return f"AWS was seen to refuse {denial.text('count')} times, first at {first} (by {denial.text('where')})"


def _show_revoked(grant: Doc) -> None:
    line(f"{grant.text('id')} is {grant.text('state')}.")
    if grant.has("denial"):
        line(_denial(grant.record("denial")))
    if grant.text("state") == "revoking":
        note(f"next: sluice grant show {grant.text('id')}   (`denied` once AWS was seen to refuse)")
