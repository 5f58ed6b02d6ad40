"""Whether the process lives and whether it can work. For machines; nobody has to sign in."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from jit_engine.errors import EngineError
from platform_api.db.errors import StoreError, StoreUnavailable
from platform_api.routes.caller import platform_of
from platform_api.wiring import Platform

routes = APIRouter(tags=["health"])


class Health(BaseModel):
    """How the process is."""

    status: str


@routes.get("/healthz", summary="The process lives")
def alive() -> Health:
    """Always `ok`."""
    return Health(status="ok")


@routes.get("/readyz", summary="The process can work: database and rules are there")
def ready(platform: Annotated[Platform, Depends(platform_of)]) -> Health:
    """`ready`, or 503."""
    try:
        version = platform.rulebooks.live_version()
    except (StoreError, EngineError):
        version = None
    if version is None:
        raise StoreUnavailable(why="no database, or no live rulebook")
    return Health(status="ready")
