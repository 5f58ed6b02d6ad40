"""Counts for the dashboard: decisions by day, refusals by the gate that refused, grants that are live."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from jit_engine.domain.grant import GrantState
from jit_engine.domain.ids import SubjectId
from jit_engine.ports import DecisionOutcome
from platform_api.db.engine import Database
from platform_api.db.paging import AnySelect
from platform_api.db.tables.decisions import DecisionRow
from platform_api.db.tables.grants import GrantRow

REFUSALS_READ = 500
"""The newest refusals whose gate is looked up; the answer says how many were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many decisions of one outcome there were on one day (UTC)."""

    day: date
    outcome: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the dashboard shows. `refusals_read` is how many refusals `refused_by` was counted over."""

    decisions: tuple[DayCount, ...]
    refused_by: tuple[tuple[str, int], ...]
    refusals_read: int
    live_by_tier: tuple[tuple[str, int], ...]
    ending_soon: int
    stuck: int


class SqlOverview:
    """Counting for one person, or for somebody who may see everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, visible_to: SubjectId | None, *, since: datetime, soon: datetime) -> Overview:
        """Decisions since then, refusals among them, grants that are live and those that end before `soon`."""
        day = sa.func.date(DecisionRow.decided_at)
        per_day = sa.select(day, DecisionRow.outcome, sa.func.count()).where(DecisionRow.decided_at >= since)
        refused = sa.select(DecisionRow.record).where(
            DecisionRow.decided_at >= since, DecisionRow.outcome == DecisionOutcome.REFUSED.value
        )
        live = sa.select(GrantRow.tier, sa.func.count()).where(GrantRow.state == GrantState.ACTIVE)
        ending = sa.select(sa.func.count()).where(GrantRow.state == GrantState.ACTIVE, GrantRow.ends_at < soon)
        stuck = sa.select(sa.func.count()).where(GrantRow.state == GrantState.STUCK)
        with self._database.read() as connection:
            days = connection.execute(
                _own(per_day, DecisionRow, visible_to).group_by(day, DecisionRow.outcome).order_by(day)
            ).all()
            newest = _own(refused, DecisionRow, visible_to).order_by(DecisionRow.id.desc()).limit(REFUSALS_READ)
            records = connection.execute(newest).scalars().all()
            tiers = connection.execute(_own(live, GrantRow, visible_to).group_by(GrantRow.tier)).all()
            soon_count = connection.execute(_own(ending, GrantRow, visible_to)).scalar_one()
            stuck_count = connection.execute(_own(stuck, GrantRow, visible_to)).scalar_one()
        return Overview(
            decisions=tuple(
                DayCount(day=date.fromisoformat(str(row[0])), outcome=str(row[1]), count=row[2]) for row in days
            ),
            refused_by=tuple(Counter(_gates(records)).most_common()),
            refusals_read=len(records),
            live_by_tier=tuple(sorted((str(tier), count) for tier, count in tiers)),
            ending_soon=soon_count,
            stuck=stuck_count,
        )


def _own(query: AnySelect, row: type[DecisionRow] | type[GrantRow], visible_to: SubjectId | None) -> AnySelect:
    return query if visible_to is None else query.where(row.subject == visible_to)


def _gates(records: Iterable[str]) -> Iterable[str]:
    """The first gate that refused each; `request` where the request as a whole was at fault."""
    for text in records:
        sources = json.loads(text).get("sources", [])
        yield next((str(one["refused_by"]) for one in sources if one.get("refused_by")), "request")
