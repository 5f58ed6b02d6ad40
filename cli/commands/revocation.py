"""Following a grant from `revoking` to what AWS was seen to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from cli.answer import Doc
from cli.failure import CommandFailed, Unavailable
from cli.paths import at
from cli.render import note
from cli.times import clock, instant, now, spoken

if TYPE_CHECKING:
    from cli.client import Client

_SHUT = ("denied", "closed")
_POLL = 0.5


def follow(client: Client, grant: str, began: datetime, *, patience: float, sleep: Callable[[float], None]) -> Doc:
    """The grant once it is denied or closed, each change told with its time since `began`.

    Raises `CommandFailed` when it is stuck, `Unavailable` when the patience is over.
    """
    state, ends = "", time.monotonic() + patience
    while True:
        found = client.get(at("grants", grant))
        if found.text("state") != state:
            state = found.text("state")
            note(_told(found, state, began))
        if state in _SHUT:
            return found
        if state == "stuck":
            raise CommandFailed(
                f"{grant} is stuck: {found.text('last_error')}",
                next_step="an operator has to look: sluice operate doctor",
            )
        if time.monotonic() >= ends:
            raise Unavailable(
                f"{grant} is still {state}; AWS was told, but not yet seen to refuse",
                next_step=f"look again: sluice grant show {grant}",
            )
        sleep(_POLL)


def _told(grant: Doc, state: str, began: datetime) -> str:
    at_ = now()
    line = f"{clock(at_.isoformat())}  {state}"
    denial = grant.record("denial")
    first = instant(denial.text("first_at"))
    if state in _SHUT and first is not None:
        return (
            f"{clock(denial.text('first_at'))}  {state}: AWS was seen to refuse {denial.text('count')} times, "
            f"first {spoken(first - began)} after the command (by {denial.text('where')})"
        )
    if state in _SHUT and denial.fields:
        return f"{line}: AWS was told, and nobody could look: {denial.text('where')}"
    return f"{line}  {spoken(at_ - began)} after the command"
