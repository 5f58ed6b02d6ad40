"""The dashboard's figures on the wire."""

from __future__ import annotations

from typing import Self

from platform_api.db.overview import Overview
from platform_api.schemas.wire import Moment, Shown


class DayShown(Shown):
    """Decisions of one outcome on one day (UTC, `2026-11-23`)."""

    day: str
    outcome: str
    count: int


class CountShown(Shown):
    """How many of one kind."""

    name: str
    count: int


class OverviewShown(Shown):
    """Figures over what the caller may see: everybody's, or `own_only`. `refused_by`: by what refused them."""

    since: Moment
    own_only: bool
    decisions: list[DayShown]
    refused_by: list[CountShown]
    live_by_tier: list[CountShown]
    ending_soon: int
    stuck: int

    @classmethod
    def of(cls, overview: Overview, *, since: Moment, own_only: bool) -> Self:
        """The figures."""
        return cls(
            since=since,
            own_only=own_only,
            decisions=[DayShown(day=d.day.isoformat(), outcome=d.outcome, count=d.count) for d in overview.decisions],
            refused_by=[CountShown(name=name, count=count) for name, count in overview.refused_by],
            live_by_tier=[CountShown(name=name, count=count) for name, count in overview.live_by_tier],
            ending_soon=overview.ending_soon,
            stuck=overview.stuck,
        )
