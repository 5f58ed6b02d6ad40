"""Names for ids and things to choose from: people, teams, purposes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from platform_api.authorize import ThePlatform
from platform_api.registry.records import DirectoryEntry
from platform_api.routes.caller import CallerDep
from platform_api.routes.lists import Filter, Paged, cut
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.directory import PurposeShown, SubjectShown
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1", tags=["directory"], route_class=StrictRoute)
_VIEW = permits("viewRegistry", the_platform)


class SubjectFilters(Paged):
    """Filters of the directory: `q` looks into name and title."""

    q: Filter = None
    team: Filter = None
    kind: Filter = None


class PurposeFilters(Paged):
    """Filters of the purposes: `q` is a part of the name."""

    q: Filter = None


@routes.get("/subjects", summary="People and workloads, by name")
def subjects(
    caller: CallerDep, filters: Annotated[SubjectFilters, Query()], _: Annotated[ThePlatform, _VIEW]
) -> Listed[SubjectShown]:
    """Who there is, with teams; identifiers of the identity provider are not shown."""
    rows = [entry for entry in caller.platform.registry.directory() if _fits(entry, filters)]
    return cut(rows, filters, lambda entry: f"{entry.subject.name}\0{entry.subject.id}", SubjectShown.of)


@routes.get("/purposes", summary="The tree of purposes")
def purposes(
    caller: CallerDep, filters: Annotated[PurposeFilters, Query()], _: Annotated[ThePlatform, _VIEW]
) -> Listed[PurposeShown]:
    """Every purpose with its parent."""
    tree = caller.platform.registry.purposes()
    rows = [PurposeShown(name=name, parent=above) for name, above in tree.items() if (filters.q or "") in name]
    return cut(rows, filters, lambda purpose: purpose.name, lambda purpose: purpose)


def _fits(entry: DirectoryEntry, filters: SubjectFilters) -> bool:
    shown = SubjectShown.of(entry)
    text = f"{shown.name} {shown.title}".casefold()
    return (
        (filters.q is None or filters.q.casefold() in text)
        and (filters.team is None or filters.team in shown.teams)
        and (filters.kind is None or filters.kind == shown.kind)
    )
