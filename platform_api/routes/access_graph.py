"""The access graph: person, activity, grant, dataset, as far as the caller may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from jit_engine.domain.catalogue import CatalogueItem
from jit_engine.domain.grant import Grant, GrantState
from platform_api.authorize import AGrant
from platform_api.paging import PageAsk
from platform_api.routes.caller import CallerDep
from platform_api.routes.finding import Lookup
from platform_api.routes.lists import Filter, shown
from platform_api.routes.permits import shows
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.access_graph import AccessGraphShown, AccessPathShown, DatasetShown

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["grants"])
MOST = 200
"""Grants that are drawn: more than that nobody can read in one picture."""
_PAGE, _PAGES = 200, 10
"""How far the newest grants are looked through for a dataset."""


class GraphFilters(BaseModel):
    """Whose access, in which activity, to which data (its URI)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: Filter = None
    activity: Filter = None
    dataset: Filter = None


@routes.get("/access-graph", summary="Who has access to what, and through what", dependencies=[shows("viewGrant")])
def access_graph(caller: CallerDep, query: Annotated[GraphFilters, Query()]) -> AccessGraphShown:
    """Grants that are live now, the newest first."""
    lookup = Lookup(caller.platform)
    items = caller.platform.registry.catalogue().by_uri
    named = {"subject": query.person, "activity": query.activity, "state": GrantState.ACTIVE.value}
    filters = {name: value for name, value in named.items() if value is not None}
    found: list[AccessPathShown] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        ask = PageAsk(limit=_PAGE, cursor=cursor, filters=filters)
        page = shown(
            caller,
            "viewGrant",
            AGrant,
            ask,
            caller.platform.ledger.grants,
            lookup.grant_thing,
            lambda grant: _path(grant, lookup, items),
        )
        found += [one for one in page.items if query.dataset is None or query.dataset in {d.uri for d in one.data}]
        cursor = page.next_cursor
        if cursor is None or len(found) > MOST:
            break
    return AccessGraphShown(grants=found[:MOST], truncated=cursor is not None or len(found) > MOST)


def _path(grant: Grant, lookup: Lookup, items: Mapping[str, CatalogueItem]) -> AccessPathShown:
    activity = lookup.activity(grant.activity)
    uris = sorted({uri for principal in grant.principals for uri in principal.sources})
    return AccessPathShown(
        grant=grant.id,
        person=grant.subject,
        activity=grant.activity,
        activity_title=grant.activity if activity is None else activity.title,
        environment=grant.environment,
        tier=grant.tier.value,
        purpose=grant.purpose,
        ends_at=grant.ends_at,
        data=[_dataset(uri, items.get(uri)) for uri in uris],
    )


def _dataset(uri: str, item: CatalogueItem | None) -> DatasetShown:
    if item is None:
        return DatasetShown(uri=uri, title=uri, classification=None)
    return DatasetShown(uri=uri, title=item.title, classification=item.classification.value)
