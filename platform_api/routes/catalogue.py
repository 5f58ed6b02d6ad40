"""Bringing the catalogue up to what the metadata store describes, and certifying the views in it."""

from typing import Annotated

from fastapi import APIRouter, Query

from platform_api.authorize import AView, ThePlatform
from platform_api.registry.views import owners_of
from platform_api.routes.caller import CallerDep
from platform_api.routes.lists import Paged, cut
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.catalogue import CertificateAsked, ImportAsked, ImportShown, ServedAccountShown, ViewShown
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1/catalogue", route_class=StrictRoute, tags=["data and rules"])


@routes.get("/accounts", summary="The accounts whose tables can be imported")
def accounts(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewSources", the_platform)],
    query: Annotated[Paged, Query()],
) -> Listed[ServedAccountShown]:
    """By number; each is imported by itself."""
    desk = caller.platform.catalogue
    return cut(
        list(desk.definitions.values()),
        query,
        lambda one: one.account,
        lambda one: ServedAccountShown(account=one.account, region=one.region, is_home=one.account == desk.home),
    )


@routes.post("/imports", summary="Import the tables of an account's Glue data catalogue")
def import_tables(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("importCatalogue", the_platform)],
    body: ImportAsked,
) -> ImportShown:
    """All of one account in one transaction; grants that it touches are decided anew. Importing twice changes nothing
    more.
    """
    desk, newcomer, account = caller.platform.catalogue, body.newcomer(), body.account
    if body.dry_run:
        return ImportShown.of(desk.plan(body.databases, newcomer, remove=body.remove, account=account))
    done = desk.carry_out(caller.subject, body.databases, newcomer, caller.now, remove=body.remove, account=account)
    return ImportShown.of(done)


def view_of_query(uri: Annotated[str, Query(min_length=1, max_length=1000)], caller: CallerDep) -> AView:
    """`?uri=glue://account/region/database/view`."""
    item, catalogue = caller.platform.views.view(uri)
    importer = None if item.view is None else item.view.imported_by
    return AView(uri=uri, owner_teams=owners_of(item, catalogue), imported_by=importer)


@routes.post("/views/certificates", summary="Certify a view as a treatment of the data behind it")
def certify(
    caller: CallerDep, found: Annotated[AView, permits("certifyView", view_of_query)], body: CertificateAsked
) -> ViewShown:
    """For each of the caller's teams that own a table behind it. With the word of all of them it is read without
    its tables, until its definition changes. Whoever brought it in does not certify it.
    """
    desk = caller.platform.views
    desk.certify(caller.subject, found.uri, body.sha256, caller.now)
    return ViewShown.of(*desk.view(found.uri))


@routes.post("/views/certificates/withdraw", summary="Take back the certificates of one's own teams")
def withdraw(caller: CallerDep, found: Annotated[AView, permits("certifyView", view_of_query)]) -> ViewShown:
    """Grants of the view are decided anew."""
    desk = caller.platform.views
    desk.withdraw(caller.subject, found.uri, caller.now)
    return ViewShown.of(*desk.view(found.uri))
