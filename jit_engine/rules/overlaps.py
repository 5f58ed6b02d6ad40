"""Whether a live grant already gives what is asked for: all of it, for about as long, or some of its sources. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jit_engine.domain.grant import GrantState
from jit_engine.domain.held import HeldGrant, HeldSource
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.source import S3Prefix

ENOUGH: Final = 0.9
"""The part of the asked time that a live grant must have left to be offered instead of a new one (our choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A source that is asked for and already given."""

    ask: SourceAsk
    by: HeldGrant


def covering(
    asks: Sequence[SourceAsk], ends_at: datetime, held: Sequence[HeldGrant], now: datetime
) -> HeldGrant | None:
    """The live grant that gives all of this, an active one first, then the one that lasts longest.

    None when no single grant does, or none has `ENOUGH` of the time until `ends_at` left.
    """
    wanted = (ends_at - now) * ENOUGH
    fit = [one for one in live(held, now) if one.grant.ends_at - now >= wanted and _gives_all(one, asks)]
    return max(fit, key=lambda one: (one.grant.state is GrantState.ACTIVE, one.grant.ends_at), default=None)


def overlaps(asks: Sequence[SourceAsk], held: Sequence[HeldGrant], now: datetime) -> tuple[Overlap, ...]:
    """Each source that a live grant already gives, with the one of them that lasts longest."""
    lasting = sorted(live(held, now), key=lambda one: one.grant.ends_at, reverse=True)
    found = ((ask, next((one for one in lasting if _giving(one, ask)), None)) for ask in asks)
    return tuple(Overlap(ask=ask, by=by) for ask, by in found if by is not None)


def live(held: Sequence[HeldGrant], now: datetime) -> list[HeldGrant]:
    """Those that give access now, or are being minted by somebody who is still given the time for it."""
    return [
        one
        for one in held
        if (one.grant.state is GrantState.ACTIVE and one.grant.ends_at > now)
        or (one.grant.state is GrantState.MINTING and one.grant.due_at > now)
    ]


def _gives_all(held: HeldGrant, asks: Sequence[SourceAsk]) -> bool:
    """Whether every source is given, and those of one job by one of the grant's principals."""
    jobs: defaultdict[str, set[str]] = defaultdict(set)
    for ask in asks:
        giving = _giving(held, ask)
        if giving is None:
            return False
        if ask.job is not None:
            jobs[ask.job].add(giving.ask.source.uri)
    parts = [set(principal.sources) for principal in held.grant.principals]
    return all(any(uris <= part for part in parts) for uris in jobs.values())


def _giving(held: HeldGrant, ask: SourceAsk) -> HeldSource | None:
    return next((source for source in held.sources if _gives(source, ask)), None)


def _gives(held: HeldSource, ask: SourceAsk) -> bool:
    given, wanted = held.ask.source, ask.source
    inside = isinstance(given, S3Prefix) and isinstance(wanted, S3Prefix) and held.whole and given.contains(wanted)
    columns = held.ask.columns is None or (ask.columns is not None and ask.columns <= held.ask.columns)
    return (given == wanted or inside) and ask.operations <= held.ask.operations and columns
