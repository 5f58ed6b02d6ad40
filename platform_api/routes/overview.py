"""The dashboard's figures: of everybody's decisions and grants where the rules say so, else of one's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from platform_api.authorize import ThePlatform
from platform_api.routes.caller import CallerDep
from platform_api.routes.permits import shows
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.overview import OverviewShown
from platform_api.schemas.wire import digits

routes = APIRouter(prefix="/v1/overview", route_class=StrictRoute, tags=["session"])
_MOST_DAYS = 90
SOON = timedelta(hours=1)
"""A grant that ends within the hour ends soon: time enough to renew it."""


class OverviewSpan(BaseModel):
    """How many days back, today included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, digits(_MOST_DAYS), Field(ge=1, le=_MOST_DAYS)] = 14


@routes.get("", summary="Figures for the dashboard", dependencies=[shows("viewDecisions")])
def overview(caller: CallerDep, query: Annotated[OverviewSpan, Query()]) -> OverviewShown:
    """Whole days in UTC."""
    everything = caller.platform.authorizer.is_allowed(caller.subject, "viewDecisions", ThePlatform(), caller.now)
    today = caller.now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=query.days - 1)
    found = caller.platform.overview.of(None if everything else caller.subject.id, since=since, soon=caller.now + SOON)
    return OverviewShown.of(found, since=since, own_only=not everything)
