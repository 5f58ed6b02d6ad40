"""From what people type to ids: a name where it is unique, a tier for an environment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.answer import Doc
from cli.failure import NotFound

if TYPE_CHECKING:
    from cli.client import Client

_ID = re.compile(
    r"[a-z]{2}_[0-9A-HJKMNP-TV-Z]{26}\Z|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.ASCII
)
TIERS = ("research", "validation", "operation")


def is_id(text: str) -> bool:
    """Whether `text` is an id rather than a name: two letters and a ULID, or a UUID."""
    return _ID.match(text) is not None


def activity_id(client: Client, text: str) -> str:
    """The id of the activity of that id or name."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/activities", name=text) if item.text("name") == text]
    return _only("activity", text, found, "sluice activity list")


def contract_id(client: Client, text: str) -> str:
    """The id of the contract of that id or name, whatever its versions."""
    if is_id(text):
        return text
    found = [item for item in client.every("/v1/contracts") if text in (item.text("id"), item.text("name"))]
    return _only("contract", text, found, "sluice contract list")


def environment_id(client: Client, text: str, activity: str) -> str:
    """The id of the environment of that id, or of that tier in the activity (an id)."""
    if text not in TIERS:
        return text
    found = list(client.every("/v1/environments", activity=activity, tier=text))
    alive = [item for item in found if item.text("state") not in ("rejected", "retired", "failed")]
    return _only("environment", text, alive or found, "sluice env list --activity NAME")


def _only(kind: str, text: str, found: Sequence[Doc], listing: str) -> str:
    ids = sorted({item.text("id") for item in found})
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise NotFound(f"no {kind} {text} that you may see", next_step=f"look for it: {listing}")
    raise NotFound(f"{len(ids)} things are the {kind} {text}: {', '.join(ids)}", next_step="give one of these ids")
