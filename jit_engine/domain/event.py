"""What happened, as the audit trail keeps it. Every write to a store takes one and commits with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
"""JSON without floats: their canonical form is where implementations differ (RFC 8785, 3.2.2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: what (`grant.opened`), by whom, about which ids, and the particulars.

    Never holds a credential. `actor` is a subject's id or `system:…`.
    """

    action: str
    actor: str
    at: datetime
    about: Mapping[str, str]
    details: Mapping[str, Json] = field(default_factory=dict)
