"""The enforcement ledger on the wire."""

from __future__ import annotations

from platform_api.schemas.wire import Moment, Shown


class HolderShown(Shown):
    """A mechanism: against what it was verified, in words, and when this platform last saw it hold (null: never)."""

    name: str
    title: str
    verified: list[str]
    how: str
    last_seen: Moment | None


class EnforcementShown(Shown):
    """Every mechanism."""

    items: list[HolderShown]


class ClauseEnforcedShown(Shown):
    """A clause with everything that holds it."""

    clause: str
    text: str
    hold: str
    by: str
    mechanisms: list[HolderShown]


class ContractEnforcementShown(Shown):
    """The clauses of one version."""

    id: str
    version: str
    clauses: list[ClauseEnforcedShown]
