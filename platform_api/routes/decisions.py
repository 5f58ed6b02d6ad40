"""Recorded decisions, and taking one once more from what it was taken from."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from jit_engine.domain.ids import check_id
from jit_engine.errors import NotFound
from platform_api.authorize import AGrant, ThePlatform
from platform_api.db.decisions import StoredDecision
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.finding import Lookup
from platform_api.routes.lists import Filter, Paged, shown
from platform_api.routes.permits import shows
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.decisions import DecisionShown, ExplanationShown
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1/decisions", route_class=StrictRoute, tags=["decisions"])


class DecisionFilters(Paged):
    """Filters of the decisions; `since` and `until` are RFC 3339 times with their zone."""

    outcome: Filter = None
    refused_by: Filter = None
    activity: Filter = None
    subject: Filter = None
    rulebook: Filter = None
    request: Filter = None
    grant: Filter = None
    since: Filter = None
    until: Filter = None


def decision_in_path(decision_id: Annotated[str, Path()], caller: CallerDep) -> StoredDecision:
    """`/v1/decisions/{decision_id}`, for whom the rules show all decisions, or this request and its grant."""
    stored = caller.platform.decisions.get(check_id(decision_id, "de", "decision"))
    if stored is None or not (_sees_all(caller) or _sees(caller, stored)):
        raise NotFound(kind="decision", id=decision_id)
    return stored


decision_in_path.action = "viewDecisions"  # type: ignore[attr-defined]  # for the census of routes
Decision = Annotated[StoredDecision, Depends(decision_in_path)]


@routes.get("", summary="The recorded decisions that you may see", dependencies=[shows("viewDecisions")])
def decisions(caller: CallerDep, query: Annotated[DecisionFilters, Query()]) -> Listed[DecisionShown]:
    """The newest first: all of them where the rules say so, else those of requests and grants that you may see."""
    store = caller.platform.decisions
    if _sees_all(caller):
        page = store.page(query.ask(), None)
        return Listed[DecisionShown](
            items=[DecisionShown.of(stored) for stored in page.items], next_cursor=page.next_cursor
        )
    lookup = Lookup(caller.platform)
    return shown(
        caller, "viewGrant", AGrant, query.ask(), store.page, lambda stored: _thing(lookup, stored), DecisionShown.of
    )


@routes.get("/{decision_id}", summary="One recorded decision")
def decision(found: Decision) -> DecisionShown:
    """The decision."""
    return DecisionShown.of(found)


@routes.get("/{decision_id}/explanation", summary="Take a recorded decision once more, and compare")
def explanation(caller: CallerDep, found: Decision) -> ExplanationShown:
    """From the recorded question, facts, contract versions and rulebook; with the facts of today beside them."""
    return ExplanationShown.of(found, caller.platform.explain(found, caller.now))


def _sees_all(caller: Caller) -> bool:
    return caller.platform.authorizer.is_allowed(caller.subject, "viewDecisions", ThePlatform(), caller.now)


def _sees(caller: Caller, stored: StoredDecision) -> bool:
    thing = _thing(Lookup(caller.platform), stored)
    return caller.platform.authorizer.is_allowed(caller.subject, "viewGrant", thing, caller.now)


def _thing(lookup: Lookup, stored: StoredDecision) -> AGrant:
    """What was decided about, as the rules see it: the grant, or the request for one."""
    activity, environment = lookup.activity(stored.activity), lookup.environment(stored.environment)
    if activity is None or environment is None:
        raise NotFound(kind="decision", id=stored.id)
    return AGrant(id=stored.grant or stored.request, holder=stored.subject, tier=environment.tier, activity=activity)
