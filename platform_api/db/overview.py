"""Counts for the dashboard: decisions by day, refusals by the gate that refused, grants that are live."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many decisions of one outcome there were on one day (UTC)."""

    day: date
    outcome: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the dashboard shows. `refused_by` counts the refused requests by what refused them, the most first."""

    decisions: tuple[DayCount, ...]
    refused_by: tuple[tuple[str, int], ...]
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
        refused = sa.select(DecisionRow.refused_by, sa.func.count()).where(
            DecisionRow.decided_at >= since, DecisionRow.outcome == DecisionOutcome.REFUSED.value
        )
        live = sa.select(GrantRow.tier, sa.func.count()).where(GrantRow.state == GrantState.ACTIVE)
        ending = sa.select(sa.func.count()).where(GrantRow.state == GrantState.ACTIVE, GrantRow.ends_at < soon)
        stuck = sa.select(sa.func.count()).where(GrantRow.state == GrantState.STUCK)
        with self._database.read() as connection:
            days = connection.execute(
                _own(per_day, DecisionRow, visible_to).group_by(day, DecisionRow.outcome).order_by(day)
            ).all()
            gates = connection.execute(_own(refused, DecisionRow, visible_to).group_by(DecisionRow.refused_by)).all()
            tiers = connection.execute(_own(live, GrantRow, visible_to).group_by(GrantRow.tier)).all()
            soon_count = connection.execute(_own(ending, GrantRow, visible_to)).scalar_one()
            stuck_count = connection.execute(_own(stuck, GrantRow, visible_to)).scalar_one()
        return Overview(
            decisions=tuple(
                DayCount(day=date.fromisoformat(str(row[0])), outcome=str(row[1]), count=row[2]) for row in days
            ),
            refused_by=tuple(sorted(((str(gate), count) for gate, count in gates), key=lambda one: (-one[1], one[0]))),
            live_by_tier=tuple(sorted((str(tier), count) for tier, count in tiers)),
            ending_soon=soon_count,
            stuck=stuck_count,
        )


def _own(query: AnySelect, row: type[DecisionRow] | type[GrantRow], visible_to: SubjectId | None) -> AnySelect:
    return query if visible_to is None else query.where(row.subject == visible_to)
