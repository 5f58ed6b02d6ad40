"""The API put together: routes, errors, the OpenAPI document."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from platform_api.changes.sight import PlatformSight
from platform_api.changes.watch import Watch
from platform_api.console.web import Console, pages
from platform_api.problems import KINDS, MEDIA_TYPE, TYPES
from platform_api.routes import (
    access,
    access_graph,
    activities,
    approvals,
    audit,
    authzen,
    catalogue,
    containers,
    contract_desk,
    contracts,
    decisions,
    directory,
    enforcement,
    events,
    grants,
    health,
    overview,
    permissions,
    renewals,
    revocations,
    rulebooks,
    sign_in,
    workspaces,
)
from platform_api.routes.meter import RefusalMeter
from platform_api.routes.middleware import Doorway
from platform_api.routes.refusals import OURS, refuse
from platform_api.wiring import THREADS, Platform

VERSION = "1.0.0"
_ABOUT = (
    "Governed data science with just-in-time access to production data on AWS. Every POST that creates something "
    "takes an Idempotency-Key; errors are problem documents (RFC 9457) that name every reason and what to do."
)
_OPEN = ("/healthz", "/readyz", "/.well-known/authzen-configuration")


def create_app(platform: Platform) -> FastAPI:
    """The application that serves `platform`."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # One thread for each connection of the pool that wiring made: more would only wait for each other.
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        # What is there now stays: a full collection over AWS's service models alone stops everybody for half a second.
        gc.collect()
        gc.freeze()
        yield

    app = FastAPI(
        title="Sluicegate",
        version=VERSION,
        description=_ABOUT,
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.platform = platform
    app.state.refusals = RefusalMeter()
    sight = PlatformSight(platform)
    app.state.watch = Watch(sight, sight)
    for module in (
        health,
        activities,
        contract_desk,
        contracts,
        catalogue,
        containers,
        enforcement,
        rulebooks,
        access,
        approvals,
        grants,
        renewals,
        revocations,
        workspaces,
        decisions,
        audit,
    ):
        app.include_router(module.routes)
    app.include_router(sign_in.routes)
    app.include_router(permissions.routes)
    app.include_router(directory.routes)
    app.include_router(overview.routes)
    app.include_router(events.routes)
    app.include_router(access_graph.routes)
    app.include_router(sign_in.doors)
    app.include_router(authzen.routes)
    app.include_router(authzen.discovery)
    app.include_router(pages(Console()))
    for kind in OURS:
        app.add_exception_handler(kind, refuse)
    app.add_middleware(Doorway)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with how to sign in and what a problem looks like."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = _problem_schema()
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}}
        problem = {
            "description": "A problem document (RFC 9457)",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for path, operations in document["paths"].items():
            for operation in operations.values():
                operation["security"] = [] if path in _OPEN else [{"token": []}]
                answers = operation["responses"]
                answers.pop("422", None)
                answers["4XX"], answers["5XX"] = problem, problem
        app.openapi_schema = document
    return app.openapi_schema


def _problem_schema() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "request_id")}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            **texts,
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": sorted(KINDS)},
        },
        "additionalProperties": True,
        "examples": [
            {
                "type": TYPES + "invalid-value",
                "title": KINDS["invalid-value"].title,
                "status": 422,
                "detail": "sources[0].prefix: end the prefix with a slash: loans/facts/",
                "code": "invalid-value",
                "request_id": "4f0c1c8e5d2b4a7f9c3e6a1b0d9f8e7c",
                "field": "sources[0].prefix",
                "given": "loans/facts",
                "fix": "end the prefix with a slash: loans/facts/",
                "corrected": "loans/facts/",
            }
        ],
    }
