"""The events of the stream on the wire, for the OpenAPI document; `changes.line` writes them."""

from __future__ import annotations

from platform_api.changes.kinds import ChangeKind
from platform_api.schemas.wire import Shown


class ChangedThing(Shown):
    """One thing that has changed: its kind and its id, and nothing of what it holds."""

    kind: ChangeKind
    id: str


class ChangedTold(Shown):
    """The data of a `changed` event."""

    changed: list[ChangedThing]
