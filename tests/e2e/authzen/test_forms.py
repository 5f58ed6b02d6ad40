"""What AuthZEN says of every request: status codes, request ids, unknown fields, and where the endpoints are."""

import json
import socket
from typing import Any

import pytest

from platform_api.embedded.organisation import sample_text
from policy import Engine, Rulebook
from tests.e2e.authzen.test_interop import EMAIL, ITEM
from tests.support.platform import Cast, Somebody

SUBJECT = {"type": "user", "id": EMAIL["morty"]}
ACTION = {"name": "can_update_todo"}
RESOURCE = {"type": "todo", "id": ITEM["morty"]}
WHOLE: dict[str, Any] = {"subject": SUBJECT, "action": ACTION, "resource": RESOURCE}
ONE = "/access/v1/evaluation"
SEARCHES = {
    "/access/v1/search/subject": {**WHOLE, "subject": {"type": "user"}},
    "/access/v1/search/resource": {**WHOLE, "resource": {"type": "todo"}},
    "/access/v1/search/action": {"subject": SUBJECT, "resource": RESOURCE},
}
ENDPOINTS = {ONE: WHOLE, "/access/v1/evaluations": WHOLE, **SEARCHES}


def without(*names: str) -> dict[str, Any]:
    """A whole request without these members."""
    return {name: value for name, value in WHOLE.items() if name not in names}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (without("subject"), "subject"),
        (without("action"), "action"),
        (without("resource"), "resource"),
        ({}, "subject"),
        ({**WHOLE, "subject": None}, "subject"),
        ({**WHOLE, "subject": "alice"}, "subject"),
        ({**WHOLE, "subject": {"type": "user"}}, "subject.id"),
        ({**WHOLE, "subject": {"id": "x"}}, "subject.type"),
        ({**WHOLE, "subject": {"type": "user", "id": 7}}, "subject.id"),
        ({**WHOLE, "subject": {"type": "user", "id": ""}}, "subject.id"),
        ({**WHOLE, "subject": {**SUBJECT, "properties": []}}, "subject.properties"),
        ({**WHOLE, "action": {}}, "action.name"),
        ({**WHOLE, "action": {"name": 123}}, "action.name"),
        ({**WHOLE, "resource": {"type": "todo"}}, "resource.id"),
        ({**WHOLE, "resource": {"id": "1"}}, "resource.type"),
        ({**WHOLE, "resource": {"type": "todo", "id": "x" * 1025}}, "resource.id"),
        ({**WHOLE, "context": "now"}, "context"),
    ],
)
def test_a_missing_or_misshapen_field_is_400_and_named(todo: Somebody, body: dict[str, Any], field: str) -> None:
    for path in (ONE, "/access/v1/evaluations"):
        answer = todo.post(path, body)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "authzen-invalid"
        fields = [error["field"] for error in answer.json()["errors"]]
        assert field in fields
        assert field in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [(path, {k: v for k, v in body.items() if k != name}) for path, body in SEARCHES.items() for name in body],
)
def test_a_search_that_lacks_something_is_400(todo: Somebody, path: str, body: dict[str, Any]) -> None:
    assert todo.post(path, body).status_code == 400


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b'{"subject": {"type": "user", "type": "user", "id": "x"}}',
        json.dumps(WHOLE).encode().replace(b"{", b'{"action": {"name": "x"}, ', 1),
        json.dumps({**WHOLE, "context": {"x": "\ud800"}}).encode(),
        json.dumps({**WHOLE, "context": {"x": 0}}).encode().replace(b": 0", b": NaN"),
        json.dumps(WHOLE).encode("utf-16"),
        b'{"context": ' + b"[" * 40 + b"]" * 40 + b"}",
        b"[" * 100_000,
    ],
)
def test_a_body_that_cannot_be_read_in_one_way_is_400(todo: Somebody, path: str, raw: bytes) -> None:
    answer = todo.send(path, raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "authzen-invalid")


def test_a_body_of_another_type_is_400_and_one_that_is_too_large_413(todo: Somebody) -> None:
    raw = json.dumps(WHOLE).encode()
    for kind in ("text/plain", "application/xml", ""):
        assert todo.send(ONE, raw, kind).status_code == 400
    assert todo.send(ONE, raw, "application/json; charset=utf-8").json()["decision"] is True
    assert todo.send(ONE, b'{"context": {"x": "' + b"x" * 1_100_000 + b'"}}').status_code == 413
    assert todo.call("POST", ONE, json=WHOLE, params={"verbose": "1"}).status_code == 400


@pytest.mark.parametrize("path", ENDPOINTS)
def test_other_methods_are_405(todo: Somebody, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = todo.call(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_unknown_fields_are_ignored_at_every_level(todo: Somebody, path: str) -> None:
    plain = todo.post(path, ENDPOINTS[path])
    assert plain.status_code == 200
    decorated = {name: {**value, "unknown": [1]} for name, value in ENDPOINTS[path].items()}
    page = {"limit": 50, "unknown": True, "properties": {"sort": "asc"}}
    more = {**decorated, "unknown": {"a": None}, "page": page, "options": {"unknown": 1}, "context": {"a": 1.5}}
    answer = todo.post(path, more)
    assert (answer.status_code, answer.json()) == (200, plain.json())


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_same_request_has_the_same_answer(todo: Somebody, path: str) -> None:
    first, second = (todo.post(path, ENDPOINTS[path]) for _ in range(2))
    assert (first.status_code, first.content) == (200, second.content)
    assert first.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ENDPOINTS)
def test_nobody_anonymous_learns_anything(todo: Somebody, path: str) -> None:
    for body in (ENDPOINTS[path], {}):
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic Z3VzOmd1cw=="}):
            answer = todo.http.post(path, json=body, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("given", ["conformance-1f0b", "7", "a b: c/d?{}", "x" * 512])
def test_any_request_id_comes_back_as_it_was(todo: Somebody, given: str) -> None:
    for body, status in ((WHOLE, 200), ({}, 400)):
        answer = todo.call("POST", ONE, json=body, headers={"X-Request-ID": given})
        assert (answer.status_code, answer.headers.get_list("x-request-id")) == (status, [given])
    assert todo.http.post(ONE, json=WHOLE, headers={"X-Request-ID": given}).headers["x-request-id"] == given


def test_a_request_id_that_is_no_line_of_text_is_replaced(todo: Somebody) -> None:
    for unfit in (b"x" * 513, b"tab\there", b"caf\xc3\xa9"):
        answer = raw_post(todo, b"X-Request-ID: " + unfit)
        assert answer.startswith(b"HTTP/1.1 401")
        assert unfit not in answer
        assert b"\r\nx-request-id: " in answer
    assert b"\r\nx-request-id: plain\r\n" in raw_post(todo, b"X-Request-ID: plain")
    assert b"plain" not in raw_post(todo, b"X-Request-ID: plain\r\nX-Request-ID: other")


def raw_post(todo: Somebody, header: bytes) -> bytes:
    """The whole answer to an anonymous request with that header, byte for byte."""
    with socket.create_connection((todo.http.base_url.host, todo.http.base_url.port or 0), timeout=10) as connection:
        head = f"POST {ONE} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n"
        connection.sendall(head.encode() + header + b"\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


def test_only_who_may_evaluates_for_others(cast: Cast, todo: Somebody) -> None:
    strangers = Somebody(platform=cast.platform, login="dana", http=todo.http)
    auditor = Somebody(platform=cast.platform, login="ines", http=todo.http)
    for path, body in ENDPOINTS.items():
        answer = strangers.post(path, body)
        assert (answer.status_code, answer.json()["action"]) == (403, "evaluateForOthers")
        assert auditor.post(path, body).status_code == 200
    granting = Engine.load(Rulebook(version="sample", text=sample_text("rules.cedar"))).rules
    assert {rule.owner for rule in granting if rule.id.endswith("asks-about-others")} == {
        "governance-office", "internal-audit",
    }  # fmt: skip


def test_the_discovery_document_is_open_and_names_every_endpoint(todo: Somebody) -> None:
    base = str(todo.http.base_url).rstrip("/")
    answer = todo.http.get("/.well-known/authzen-configuration")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    document = answer.json()
    assert document.pop("policy_decision_point") == base
    assert document == {
        "access_evaluation_endpoint": f"{base}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{base}/access/v1/evaluations",
        "search_subject_endpoint": f"{base}/access/v1/search/subject",
        "search_resource_endpoint": f"{base}/access/v1/search/resource",
        "search_action_endpoint": f"{base}/access/v1/search/action",
    }
    for url in document.values():
        assert todo.call("POST", url.removeprefix(base), json={}).status_code == 400


def test_no_address_in_it_comes_from_the_request(todo: Somebody) -> None:
    plain = todo.http.get("/.well-known/authzen-configuration").content
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert todo.http.get("/.well-known/authzen-configuration", headers=forged).content == plain
