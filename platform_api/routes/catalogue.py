"""Bringing the catalogue up to what the metadata store describes."""

from typing import Annotated

from fastapi import APIRouter

from platform_api.authorize import ThePlatform
from platform_api.routes.caller import CallerDep
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.catalogue import ImportAsked, ImportShown

routes = APIRouter(prefix="/v1/catalogue", route_class=StrictRoute, tags=["data and rules"])


@routes.post("/imports", summary="Import the tables of the Glue data catalogue")
def import_tables(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("importCatalogue", the_platform)],
    body: ImportAsked,
) -> ImportShown:
    """All in one transaction; grants that it touches are decided anew. Importing twice changes nothing more."""
    desk, newcomer = caller.platform.catalogue, body.newcomer()
    if body.dry_run:
        return ImportShown.of(desk.plan(body.databases, newcomer, remove=body.remove))
    done = desk.carry_out(caller.subject, body.databases, newcomer, caller.now, remove=body.remove)
    return ImportShown.of(done)
