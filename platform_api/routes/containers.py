"""Data products and databases: what the catalogue's items are in."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from jit_engine.domain.classification import Classification
from jit_engine.domain.container import Contained, Container, DataProduct, GlueDatabase
from jit_engine.errors import NotFound
from platform_api.authorize import ThePlatform
from platform_api.paging import check_one_of
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.contracts import contracts_of_now, under
from platform_api.routes.lists import Filter, Paged, cut
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.containers import ContainerShown, ContainerWholeShown
from platform_api.schemas.contracts import SourceItemShown
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1/catalogue", route_class=StrictRoute, tags=["data and rules"])
Sees = Annotated[ThePlatform, permits("viewSources", the_platform)]


class ContainerFilters(Paged):
    """Filters of the containers; `q` is looked for in name, URI, domain and owner.

    `owner`, `domain` and `label` are of something in it; `classification` is the highest in it; `contract` the id or
    the name of a contract that is in force and covers something in it.
    """

    q: Filter = None
    owner: Filter = None
    label: Filter = None
    classification: Filter = None
    contract: Filter = None
    domain: Filter = None


class OneContainer(Paged):
    """Which container, and which page of what is in it."""

    uri: Annotated[str, Field(min_length=1, max_length=1000)]


@routes.get("/products", summary="The data products, by what is catalogued in them")
def products(caller: CallerDep, _: Sees, query: Annotated[ContainerFilters, Query()]) -> Listed[ContainerShown]:
    """By URI. A product is there as long as something in the catalogue is of it."""
    return _listed(caller, DataProduct, query)


@routes.get("/products/item", summary="One data product with what is in it")
def product(caller: CallerDep, _: Sees, query: Annotated[OneContainer, Query()]) -> ContainerWholeShown:
    """By the URI that the list shows, `product://domain/name`."""
    return _whole(caller, DataProduct, query)


@routes.get("/databases", summary="The databases of the Glue data catalogue, by what is catalogued in them")
def databases(caller: CallerDep, _: Sees, query: Annotated[ContainerFilters, Query()]) -> Listed[ContainerShown]:
    """By URI. A database is there as long as a table of it is in the catalogue."""
    return _listed(caller, GlueDatabase, query)


@routes.get("/databases/item", summary="One database with what is in it")
def database(caller: CallerDep, _: Sees, query: Annotated[OneContainer, Query()]) -> ContainerWholeShown:
    """By the URI that the list shows, `glue://account/region/database`."""
    return _whole(caller, GlueDatabase, query)


def _listed(caller: Caller, kind: type[Container], query: ContainerFilters) -> Listed[ContainerShown]:
    check_one_of("classification", query.classification, Classification)
    contracts = contracts_of_now(caller)
    is_covered = under(query.contract, contracts, caller)
    every = caller.platform.registry.catalogue().containers.values()
    found = [
        one
        for one in every
        if isinstance(one.container, kind) and _fits(one, query) and any(map(is_covered, one.items))
    ]
    return cut(found, query, lambda one: one.container.uri, lambda one: ContainerShown.of(one, contracts))


def _whole(caller: Caller, kind: type[Container], query: OneContainer) -> ContainerWholeShown:
    catalogue = caller.platform.registry.catalogue()
    found = catalogue.containers.get(query.uri)
    if found is None or not isinstance(found.container, kind):
        raise NotFound(kind=kind.kind, id=query.uri)
    contracts, safeguards = contracts_of_now(caller), caller.platform.policy_readings.safeguards()
    page = cut(
        found.items,
        query,
        lambda item: item.source.uri,
        lambda item: SourceItemShown.of(item, contracts, safeguards, caller.now),
    )
    return ContainerWholeShown(
        **ContainerShown.of(found, contracts).model_dump(),
        generation=catalogue.generation,
        items=page.items,
        next_cursor=page.next_cursor,
    )


def _fits(found: Contained, query: ContainerFilters) -> bool:
    container = found.container
    words = " ".join((container.name, container.uri, *found.domains, *found.owners)).lower()
    return (
        (query.q is None or query.q.lower() in words)
        and (query.owner is None or query.owner in found.owners)
        and (query.domain is None or query.domain in found.domains)
        and (query.label is None or query.label in found.classes)
        and query.classification in (None, found.classification.value)
    )
