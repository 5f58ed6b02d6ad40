"""`env`: the environments of an activity, and waiting until one is ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.answer import Doc
from cli.commands.review import review_lines
from cli.connect import connect
from cli.failure import CommandFailed, Unavailable
from cli.find import activity_id
from cli.lazy import group
from cli.paths import at
from cli.render import AsJson, AtMost, Cursor, answer, facts, line, listing, note, table
from cli.times import clock, duration, local

if TYPE_CHECKING:
    from cli.client import Client

app = group("Environments: one a tier (research, validation, operation), provisioned by CloudFormation.")

_Id = Annotated[str, typer.Argument(metavar="ID", help="The environment's id.")]
_MOVING = ("approved", "provisioning", "submitted")
_POLL = 1.0


@app.command()
def request(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="Its id or name.")],
    tier: Annotated[str, typer.Option(help="research, validation or operation.")],
    as_json: AsJson = False,
) -> None:
    """Order an environment; the fast path or a reviewer decides."""
    with connect() as client:
        made = client.create(at("activities", activity_id(client, activity), "environments"), {"tier": tier})
    answer(made, as_json=as_json, show=_show_ordered)


@app.command(name="list")
def list_(
    activity: Annotated[str | None, typer.Option(help="Only of this activity (id or name).")] = None,
    tier: Annotated[str | None, typer.Option(help="Only of this tier.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    limit: AtMost = None,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """The environments that you may see."""
    with connect() as client:
        wanted = None if activity is None else activity_id(client, activity)
        found = client.part("/v1/environments", activity=wanted, tier=tier, state=state, limit=limit, cursor=cursor)
    listing(found, as_json=as_json, show=_show_all)


@app.command()
def show(environment: _Id, as_json: AsJson = False) -> None:
    """One environment and what was made for it."""
    with connect() as client:
        found = client.get(at("environments", environment))
    answer(found, as_json=as_json, show=_show)


@app.command()
def wait(
    environment: _Id,
    timeout: Annotated[str, typer.Option(metavar="DURATION", help="How long at most (ISO 8601).")] = "PT10M",
    as_json: AsJson = False,
) -> None:
    """Wait until an environment is ready.

    What is made meanwhile is told on the standard error.

    Ends with 0 when it is active, with 1 when it failed or was rejected, with 5 when the time is up.
    """
    patience = duration(timeout, "--timeout").total_seconds()
    with connect() as client:
        found = watch(client, environment, patience=patience, sleep=time.sleep)
    answer(found, as_json=as_json, show=lambda doc: line(f"{doc.text('id')} is {doc.text('state')}."))
    if found.text("state") != "active":
        why = found.text("last_error") or "look at its review and events"
        raise CommandFailed(
            f"{environment} is {found.text('state')}: {why}", next_step=f"sluice env show {environment}"
        )


def watch(client: Client, environment: str, *, patience: float, sleep: Callable[[float], None]) -> Doc:
    """The environment once it stands still; each new event is told on the standard error."""
    told, state, ends = 0, "", time.monotonic() + patience
    while True:
        found = client.get(at("environments", environment))
        events = found.records("events")
        for event in events[told:]:
            reason = f"  {event.text('reason')}" if event.has("reason") else ""
            note(f"{clock(event.text('at'))}  {event.text('resource'):<32} {event.text('status')}{reason}")
        told = len(events)
        if found.text("state") != state:
            state = found.text("state")
            note(f"{environment} is {state}" + _waiting_for(found))
        if state not in _MOVING:
            return found
        if time.monotonic() >= ends:
            raise Unavailable(
                f"{environment} is still {state}", next_step=f"keep waiting: sluice env wait {environment}"
            )
        sleep(_POLL)


def _waiting_for(environment: Doc) -> str:
    if environment.text("state") == "submitted":
        return f": a reviewer has to decide (sluice review show {environment.text('review')})"
    return ""


def _show_ordered(made: Doc) -> None:
    environment = made.record("environment")
    for told in review_lines(made.record("review")):
        line(told)
    line(f"Environment {environment.text('id')} ({environment.text('tier')}) is {environment.text('state')}.")
    note(f"next: sluice env wait {environment.text('id')}")


def _show_all(found: Sequence[Doc]) -> None:
    table(
        ("id", "tier", "state", "activity", "expires"),
        [
            (
                item.text("id"),
                item.text("tier"),
                item.text("state"),
                item.text("activity"),
                local(item.text("expires_at")),
            )
            for item in found
        ],
        empty="No environments that you may see. Order one: sluice env request ACTIVITY --tier research",
    )


def _elsewhere(place: Doc) -> str:
    """The environment's place in another account, in one line."""
    return ", ".join(filter(None, (place.text("state"), place.text("region"), place.text("last_error"))))


def _show(environment: Doc) -> None:
    resources, tags = environment.record("resources"), environment.record("tags")
    facts(
        [
            ("id", environment.text("id")),
            ("activity", environment.text("activity")),
            ("tier", environment.text("tier")),
            ("state", environment.text("state")),
            ("review", environment.text("review")),
            ("stack", environment.text("stack")),
            ("expires", local(environment.text("expires_at"))),
            ("last error", environment.text("last_error")),
            *((f"in account {one.text('account')}", _elsewhere(one)) for one in environment.records("elsewhere")),
            *((f"resource {name}", resources.text(name)) for name in resources.fields),
            *((f"tag {name}", tags.text(name)) for name in tags.fields),
        ]
    )
    for event in environment.records("events"):
        line(f"{local(event.text('at'))}  {event.text('resource')}  {event.text('status')}  {event.text('reason')}")
