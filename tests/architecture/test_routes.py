"""A census of the API: every route says which Cedar action it needs, every body goes through the strict route class."""

import inspect
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import BaseModel, SecretStr

from platform_api.app import create_app
from platform_api.routes.caller import caller_of
from platform_api.routes.once import once_of
from platform_api.routes.strict import StrictRoute, body_model
from platform_api.settings import AwsSettings, IssuerSettings, Settings
from platform_api.wiring import build

OPEN = {
    *("/healthz", "/readyz", "/v1/openapi.json", "/.well-known/authzen-configuration"),
    *("/auth/sign-in", "/auth/callback", "/assets/{name:path}", "/gate.svg", "/{path:page}"),
}
"""For machines that look whether the process lives, for who reads how to call it, and for who has yet to sign in."""
WITHOUT_AN_ACTION = {
    ("DELETE", "/v1/session"): "whoever is signed in may sign out",
    ("POST", "/v1/permissions"): "it asks the rules itself, about the caller alone",
}
"""Routes that need a caller and no permission, and why."""
AUTHZEN = "/access/v1/"
"""The one API whose standard demands that unknown fields are ignored (AuthZEN 1.0, 10.1.1)."""
WITHOUT_A_KEY = {
    "/v1/grants/{grant_id}/credentials": "an answer with credentials is never stored",
    "/v1/grants/{grant_id}/revoke": "taking back twice is taking back",
    "/v1/revocations": "taking back twice is taking back",
    "/v1/catalogue/imports": "importing twice changes nothing more",
    "/v1/catalogue/views/certificates": "certifying twice says the same",
    "/v1/catalogue/views/certificates/withdraw": "withdrawing twice is told",
    "/v1/activities/{activity_id}/legal-hold": "one stands at a time",
    "/v1/activities/{activity_id}/legal-hold/release": "releasing twice is told",
    "/v1/access-requests/{request_id}/withdraw": "taking back twice is taking back",
    "/v1/audit/verify": "it changes nothing",
    "/v1/permissions": "it changes nothing",
    "/v1/activities/preview": "it changes nothing",
    "/v1/contracts/{contract_id}/versions/{version}/end/preview": "it changes nothing",
    "/v1/contracts/validate": "it changes nothing",
    "/v1/rulebooks/validate": "it changes nothing",
    "/v1/rulebooks/test": "it changes nothing",
    "/v1/rulebooks/impact": "it changes nothing",
    "/v1/rulebooks/forms": "it changes nothing",
    "/v1/rulebooks/{version}/cases": "it changes nothing",
    "/v1/rulebooks/{version}/impact": "it changes nothing",
    "/access/v1/evaluation": "it changes nothing",
    "/access/v1/evaluations": "it changes nothing",
    "/access/v1/search/subject": "it changes nothing",
    "/access/v1/search/resource": "it changes nothing",
    "/access/v1/search/action": "it changes nothing",
}
"""POST routes that take no idempotency key, and why."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application on a database that nobody opens."""
    role = "arn:aws:iam::000000000000:role/sluicegate"
    settings = Settings(
        database_url=SecretStr(f"sqlite:///{tmp_path_factory.mktemp('census') / 'x.db'}"),
        issuers=(IssuerSettings(issuer="http://127.0.0.1:1", audience="a", jwks_url="http://127.0.0.1:1/jwks.json"),),
        aws=AwsSettings(
            account_id="000000000000",
            region="us-east-1",
            endpoint_url="http://127.0.0.1:1",
            broker_role_arn=f"{role}/broker",
            provisioner_role_arn=f"{role}/provisioner",
            purger_role_arn=f"{role}/purger",
            external_id="x" * 20,
        ),
        embedded=True,
    )
    platform = build(settings)
    yield create_app(platform)
    platform.close()


def routes_of(app: FastAPI) -> list[RouteContext]:
    """Every route of the application, those of included routers too."""
    return list(iter_route_contexts(app.routes))


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Those that need a caller."""
    found = [context.original_route for context in routes_of(app) if context.path not in OPEN]
    assert all(isinstance(route, APIRoute) for route in found)
    return [route for route in found if isinstance(route, APIRoute)]


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Everything that FastAPI calls before the route itself, however deep."""
    for inner in dependant.dependencies:
        if inner.call is not None:
            yield inner.call
        yield from calls(inner)


def actions(route: APIRoute) -> list[str]:
    """The Cedar actions that a route declares."""
    declared = (getattr(call, "action", None) for call in calls(route.dependant))
    return [action for action in declared if isinstance(action, str)]


def known_actions() -> set[str]:
    """Every word of the Cedar schema that stands in the declaration of an action."""
    text = files("policy").joinpath("schema", "platform.cedarschema").read_text(encoding="utf-8")
    declared = re.findall(r"^action ([^;{]+?)\s+(?:in|appliesTo)\b", text, re.MULTILINE)
    return {word for names in declared for word in re.findall(r"\w+", names)}


def test_the_census_finds_the_api(app: FastAPI) -> None:
    paths = {context.path for context in routes_of(app)}
    assert paths >= OPEN
    assert len(api_routes(app)) > 25


def test_every_route_needs_a_known_caller(app: FastAPI) -> None:
    assert [route.path for route in api_routes(app) if caller_of not in set(calls(route.dependant))] == []


def test_every_route_declares_the_one_action_that_it_needs(app: FastAPI) -> None:
    found = {(*sorted(route.methods or ()), route.path): actions(route) for route in api_routes(app)}
    assert {route for route in WITHOUT_AN_ACTION if found[route] != []} == set()
    declared = {route: names for route, names in found.items() if route not in WITHOUT_AN_ACTION}
    assert {route: found for route, found in declared.items() if len(found) != 1} == {}
    named = {action for found in declared.values() for action in found}
    assert named <= known_actions()


def test_what_changes_something_never_asks_for_a_mere_view(app: FastAPI) -> None:
    posts = [route for route in api_routes(app) if "POST" in (route.methods or ())]
    assert len(posts) > 8
    assert [route.path for route in posts if any(action.startswith("view") for action in actions(route))] == []
    gets = [route for route in api_routes(app) if "GET" in (route.methods or ())]
    assert [route.path for route in gets if not actions(route)[0].startswith(("view", "read"))] == []


def test_every_route_reads_its_body_strictly(app: FastAPI) -> None:
    assert [route.path for route in api_routes(app) if not isinstance(route, StrictRoute)] == []
    bodies = {route.path: model for route in api_routes(app) if (model := body_model(route)) is not None}
    assert len(bodies) > 8
    lenient = {path for path, model in bodies.items() if not is_strict(model)}
    assert lenient == {path for path in bodies if path.startswith(AUTHZEN)}
    assert all(bodies[path].model_config.get("strict") is True for path in lenient)


def is_strict(model: type[BaseModel]) -> bool:
    """Whether a model refuses unknown fields and converts nothing."""
    return model.model_config.get("strict") is True and model.model_config.get("extra") == "forbid"


def test_every_post_that_creates_takes_an_idempotency_key(app: FastAPI) -> None:
    without = {
        route.path
        for route in api_routes(app)
        if "POST" in (route.methods or ()) and once_of not in set(calls(route.dependant))
    }
    assert without == set(WITHOUT_A_KEY)


def test_no_route_is_a_coroutine(app: FastAPI) -> None:
    assert [route.path for route in api_routes(app) if inspect.iscoroutinefunction(route.endpoint)] == []


def test_a_route_that_says_nothing_would_be_found() -> None:
    router = APIRouter(prefix="/v1")

    @router.post("/silent")
    def silent() -> None:
        """Says nothing."""

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    (route,) = api_routes(app)
    assert actions(route) == []
    assert not isinstance(route, StrictRoute)
    assert caller_of not in set(calls(route.dependant))
