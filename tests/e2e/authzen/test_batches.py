"""Evaluations under the three semantics, defaults that hold key by key, and errors that stay where they are."""

from typing import Any

import pytest

from tests.e2e.authzen.test_interop import EMAIL, ITEM
from tests.support.platform import Somebody

PATH = "/access/v1/evaluations"
MORTY = {"type": "user", "id": EMAIL["morty"]}
UPDATE = {"name": "can_update_todo"}
THEIRS = {"resource": {"type": "todo", "id": ITEM["rick"]}}
OWN = {"resource": {"type": "todo", "id": ITEM["morty"]}}
BROKEN: dict[str, Any] = {}


def batch(todo: Somebody, *evaluations: object, **more: Any) -> list[bool]:
    """The decisions of a batch of Morty's."""
    body = {"subject": MORTY, "action": UPDATE, "evaluations": evaluations, **more}
    answer = todo.post(PATH, body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"evaluations"}
    return [each["decision"] for each in answer.json()["evaluations"]]


@pytest.mark.parametrize(
    ("semantic", "evaluations", "expected"),
    [
        ("execute_all", (OWN, THEIRS, OWN), [True, False, True]),
        ("deny_on_first_deny", (OWN, THEIRS, OWN), [True, False]),
        ("deny_on_first_deny", (OWN, OWN), [True, True]),
        ("deny_on_first_deny", (OWN, BROKEN, OWN), [True, False]),
        ("permit_on_first_permit", (THEIRS, OWN, THEIRS), [False, True]),
        ("permit_on_first_permit", (THEIRS, BROKEN, OWN, OWN), [False, False, True]),
        ("permit_on_first_permit", (THEIRS, THEIRS), [False, False]),
        (None, (THEIRS, OWN, THEIRS), [False, True, False]),
    ],
)
def test_a_batch_goes_as_far_as_its_semantic_says(
    todo: Somebody, semantic: str | None, evaluations: tuple[object, ...], expected: list[bool]
) -> None:
    assert batch(todo, *evaluations, options={"evaluations_semantic": semantic, "other": 1}) == expected


def test_what_an_evaluation_says_itself_takes_the_place_of_the_default_whole(todo: Somebody) -> None:
    read, rick = {"action": {"name": "can_read_todos"}}, {"subject": {"type": "user", "id": EMAIL["rick"]}}
    assert batch(todo, {**THEIRS, **read}, {**THEIRS, **rick}, THEIRS) == [True, True, False]
    # Not merged: the owner that the default's properties name is gone with the default.
    default = {"type": "todo", "id": "x", "properties": {"ownerID": "morty@the-citadel.com"}}
    assert batch(todo, {}, {"resource": {"type": "todo", "id": "x"}}, resource=default) == [True, False]


def test_an_evaluation_that_lacks_something_is_denied_and_says_why(todo: Somebody) -> None:
    body = {"action": UPDATE, "evaluations": [OWN, {**OWN, "subject": MORTY}, {**OWN, "subject": {"type": "user"}}]}
    answer = todo.post(PATH, body)
    assert answer.status_code == 200
    found = answer.json()["evaluations"]
    assert [each["decision"] for each in found] == [False, True, False]
    assert found[0]["context"]["error"]["status"] == found[2]["context"]["error"]["status"] == 400
    assert "subject" in found[0]["context"]["error"]["message"]
    assert "subject.id" in found[2]["context"]["error"]["message"]
    assert "error" not in found[1]["context"]


def test_without_evaluations_it_is_one_evaluation(todo: Somebody) -> None:
    whole = {"subject": MORTY, "action": UPDATE, **OWN}
    for body in (whole, {**whole, "evaluations": []}, {**whole, "evaluations": None}):
        answer = todo.post(PATH, body)
        assert (answer.status_code, answer.json()["decision"]) == (200, True)
    lacking = todo.post(PATH, {"subject": MORTY, "action": UPDATE})
    assert (lacking.status_code, lacking.json()["errors"][0]["field"]) == (400, "resource")


@pytest.mark.parametrize(
    "changed",
    [
        {"options": {"evaluations_semantic": "bogus"}},
        {"options": "execute_all"},
        {"evaluations": {"resource": OWN["resource"]}},
        {"evaluations": ["x"]},
        {"evaluations": [OWN] * 201},
        {"subject": "morty"},
    ],
)
def test_a_batch_that_is_amiss_as_a_whole_is_400(todo: Somebody, changed: dict[str, Any]) -> None:
    answer = todo.post(PATH, {"subject": MORTY, "action": UPDATE, "evaluations": [OWN], **changed})
    assert (answer.status_code, answer.json()["code"]) == (400, "authzen-invalid")
