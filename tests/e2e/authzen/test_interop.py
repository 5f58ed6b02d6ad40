"""The OpenID AuthZEN interoperability decisions, through real HTTP; and searches that agree with evaluations."""

from typing import Any

import pytest

from tests.e2e.authzen.todo import ACTIONS, items, loaded, users
from tests.support.platform import Somebody

EMAIL = {user["email"].partition("@")[0]: subject for subject, user in users().items()}
ITEM = {owner.partition("@")[0]: item for item, owner in items().items()}


def evaluated(todo: Somebody, request: dict[str, Any]) -> bool:
    """The decision, which is never anything but 200 and a boolean."""
    answer = todo.post("/access/v1/evaluation", request)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    decision = answer.json()["decision"]
    assert isinstance(decision, bool)
    return decision


def test_every_interop_decision_agrees(todo: Somebody, capsys: pytest.CaptureFixture[str]) -> None:
    cases = loaded("decisions.json")
    apart = [case for case in cases["evaluation"] if evaluated(todo, case["request"]) is not case["expected"]]
    decided = len(cases["evaluation"])
    for case in cases["evaluations"]:
        answer = todo.post("/access/v1/evaluations", case["request"])
        found = [{"decision": each["decision"]} for each in answer.json()["evaluations"]]
        decided += len(found)
        apart += [case] if found != case["expected"] else []
    with capsys.disabled():
        print(f"\nAuthZEN interop: {decided - len(apart)} of {decided} decisions agree")
    assert apart == []
    assert decided == 46


def test_the_decisions_need_the_rules_and_the_roles(todo: Somebody) -> None:
    expected = [case["expected"] for case in loaded("decisions.json")["evaluation"]]
    assert {True, False} == set(expected)
    asked = {"subject": {"type": "user", "id": "nobody"}, "action": {"name": "can_read_todos"}}
    assert evaluated(todo, {**asked, "resource": {"type": "todo", "id": "1"}}) is False


def test_subjects_are_found_who_may(todo: Somebody) -> None:
    for action, owner, names in (
        ("can_create_todo", "rick", {"rick", "morty", "summer"}),
        ("can_update_todo", "morty", {"rick", "morty"}),
        ("can_delete_todo", "beth", {"rick"}),
        ("can_read_todos", "beth", set(EMAIL)),
    ):
        resource = {"type": "todo", "id": ITEM[owner]}
        body = {"subject": {"type": "user", "id": 7}, "action": {"name": action}, "resource": resource}
        found = todo.post("/access/v1/search/subject", body).json()
        assert found["results"] == sorted(
            ({"type": "user", "id": EMAIL[name]} for name in names), key=lambda each: each["id"]
        )
        assert found["page"] == {"next_token": "", "count": len(names)}
        for each in found["results"]:
            assert evaluated(todo, {"subject": each, "action": {"name": action}, "resource": resource})


def test_resources_are_found_to_which_it_may_be_done(todo: Somebody) -> None:
    for who, action, kind, expected in (
        ("morty", "can_update_todo", "todo", {ITEM["morty"]}),
        ("rick", "can_update_todo", "todo", set(ITEM.values())),
        ("jerry", "can_update_todo", "todo", set()),
        ("jerry", "can_read_user", "user", {user["email"] for user in users().values()}),
    ):
        body = {"subject": {"type": "user", "id": EMAIL[who]}, "action": {"name": action}, "resource": {"type": kind}}
        found = todo.post("/access/v1/search/resource", body).json()["results"]
        assert found == [{"type": kind, "id": each} for each in sorted(expected)]


def test_actions_are_found_that_may_be_done(todo: Somebody) -> None:
    for who, owner, expected in (
        ("rick", "beth", set(ACTIONS["todo"])),
        ("morty", "morty", set(ACTIONS["todo"])),
        ("morty", "rick", {"can_create_todo", "can_read_todos"}),
        ("beth", "beth", {"can_read_todos"}),
    ):
        body = {"subject": {"type": "user", "id": EMAIL[who]}, "resource": {"type": "todo", "id": ITEM[owner]}}
        found = todo.post("/access/v1/search/action", body).json()["results"]
        assert found == [{"name": name} for name in sorted(expected)]


def test_a_search_is_read_page_by_page_and_every_page_is_whole(todo: Somebody) -> None:
    resource = {"type": "todo", "id": ITEM["rick"]}
    body: dict[str, Any] = {"subject": {"type": "user"}, "action": {"name": "can_create_todo"}, "resource": resource}
    found, page = [], {"limit": 1}
    for _ in range(9):
        answer = todo.post("/access/v1/search/subject", {**body, "page": page}).json()
        assert answer["page"]["count"] == len(answer["results"]) == 1
        found += [each["id"] for each in answer["results"]]
        if not answer["page"]["next_token"]:
            break
        page = {"limit": 1, "token": answer["page"]["next_token"]}
    assert found == sorted([EMAIL["rick"], EMAIL["morty"], EMAIL["summer"]])


def test_a_token_goes_with_the_search_that_it_came_from(todo: Somebody) -> None:
    path = "/access/v1/search/subject"
    resource = {"type": "todo", "id": ITEM["rick"]}
    body: dict[str, Any] = {"subject": {"type": "user"}, "action": {"name": "can_read_todos"}, "resource": resource}
    first = todo.post(path, {**body, "page": {"limit": 2}}).json()
    token = first["page"]["next_token"]
    assert token
    assert first == todo.post(path, {**body, "page": {"limit": 2}}).json()
    assert todo.post(path, {**body, "page": {"token": token}}).json()["page"]["count"] == 2
    for changed in (
        {"action": {"name": "can_create_todo"}, "page": {"token": token}},
        {"context": {"x": 1}, "page": {"token": token}},
        {"page": {"token": token, "limit": 3}},
        {"page": {"token": "x" + token}},
        {"page": {"token": "WzFd"}},
    ):
        answer = todo.post(path, {**body, **changed})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "page.token"), changed


def test_a_page_of_none_says_that_there_is_more(todo: Somebody) -> None:
    body = {
        "subject": {"type": "user"},
        "action": {"name": "can_read_todos"},
        "resource": {"type": "todo", "id": "1"},
        "page": {"limit": 0, "properties": {"sort": "x"}},
    }
    page = todo.post("/access/v1/search/subject", body).json()["page"]
    assert page["count"] == 0
    assert page["next_token"]


@pytest.mark.parametrize(
    ("search", "body"),
    [
        ("subject", {"subject": {"type": "spaceship"}, "action": {"name": "can_read_todos"}}),
        ("resource", {"subject": {"type": "user", "id": EMAIL["rick"]}, "action": {"name": "can_read_todos"}}),
        ("action", {"subject": {"type": "user", "id": EMAIL["rick"]}}),
    ],
)
def test_an_unknown_type_is_an_empty_result_and_no_error(todo: Somebody, search: str, body: dict[str, Any]) -> None:
    kind = "todo" if search == "subject" else "spaceship"
    answer = todo.post(f"/access/v1/search/{search}", {**body, "resource": {"type": kind, "id": "1"}})
    assert (answer.status_code, answer.json()["results"]) == (200, [])
