"""What every answer has: a request id, headers that protect it, problems in one form, a document that describes it."""

import socket
from typing import Any

import pytest

from platform_api.problems import KINDS
from tests.support.platform import Cast


def test_a_fit_request_id_is_echoed_and_another_is_replaced(cast: Cast) -> None:
    assert cast.http.get("/healthz", headers={"X-Request-ID": "trace-0123"}).headers["x-request-id"] == "trace-0123"
    for unfit in ("short", "x" * 65, "with space 1", "line\tbreak"):
        made = cast.http.get("/healthz", headers={"X-Request-ID": unfit}).headers["x-request-id"]
        assert made != unfit
        assert len(made) >= 8


def test_every_answer_is_protected(cast: Cast) -> None:
    for path in ("/healthz", "/v1/me", "/v1/nothing", "/v1/openapi.json"):
        headers = cast.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers.get("cache-control") == ("no-store" if path.startswith("/v1") else None)
        assert "server" not in headers


def test_an_unknown_address_and_method_are_problems_too(cast: Cast) -> None:
    for answer, status, code in (
        (cast.http.get("/access/v2/evaluation"), 404, "not-found"),
        (cast.http.get("/v1/me/"), 404, "not-found"),
        (cast.dana.call("DELETE", "/v1/activities"), 405, "method-not-allowed"),
        (cast.http.get("/v1/docs"), 404, "not-found"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.case("API-002")
def test_a_request_that_names_no_path_is_refused(cast: Cast) -> None:
    host, port = cast.platform.api_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET @evil.example/v1/me HTTP/1.1\r\nHost: jit\r\nConnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400")


def test_the_process_says_how_it_is(cast: Cast) -> None:
    assert cast.http.get("/healthz").json() == {"status": "ok"}
    assert cast.http.get("/readyz").json() == {"status": "ready"}


def test_the_document_describes_every_route_with_examples(cast: Cast) -> None:
    document = cast.http.get("/v1/openapi.json").json()
    operations = [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]
    assert len(operations) > 25
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, operation in operations:
        assert operation["summary"], path
        assert operation["security"] == ([{"token": []}] if path.startswith(("/v1", "/access/v1")) else [])
        assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    schemas = document["components"]["schemas"]
    assert set(schemas["Problem"]["properties"]["code"]["enum"]) == set(KINDS)
    bodies = {_body(operation["requestBody"]) for _, operation in operations if "requestBody" in operation}
    assert len(bodies) >= 8
    assert [name for name in bodies if not schemas[name].get("examples")] == ["VerifyAsked"]
    authzen = {name for name in bodies if schemas[name].get("additionalProperties") is not False}
    assert authzen == {
        "EvaluationAsked", "EvaluationsAsked", "SubjectSearchAsked", "ResourceSearchAsked", "ActionSearchAsked",
    }  # fmt: skip


def _body(asked: dict[str, Any]) -> str:
    """The name of a body's schema; one that may be left out is that or null."""
    schema = asked["content"]["application/json"]["schema"]
    (reference,) = [each["$ref"] for each in schema.get("anyOf", [schema]) if "$ref" in each]
    return str(reference).rpartition("/")[2]
