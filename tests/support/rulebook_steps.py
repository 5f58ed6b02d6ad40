"""Steps in the life of rules over HTTP, as people take them."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.platform import Cast, Somebody, made

RULE = """
@id("{0}") @title("Nobody requests anything in {1}") @owner("governance-office")
@advice("Ask in another activity.")
forbid (principal, action in [Action::"readLike", Action::"columnRead"], resource)
when {{ context.activity == Activity::"{1}" }};
"""


def live(cast: Cast) -> dict[str, Any]:
    """The live version, whole."""
    (found,) = cast.gus.get("/v1/rulebooks", state="live").json()["items"]
    return made(cast.gus.get(f"/v1/rulebooks/{found['version']}"))


def changed(cast: Cast, name: str, activity: str = "ac_00000000000000000000000000") -> str:
    """The live text with one rule more, which concerns one activity alone."""
    return str(live(cast)["text"]) + RULE.format(name, activity)


def drafted(person: Somebody, text: str, **more: Any) -> dict[str, Any]:
    """A draft of that text."""
    return made(person.post("/v1/rulebooks", {"title": "A change", "text": text, **more}))


def saved(person: Somebody, version: str, **parts: str) -> httpx.Response:
    """That draft, read and saved with other `parts`: its text, its test cases."""
    whole = made(person.get(f"/v1/rulebooks/{version}"))
    body = {name: whole[name] for name in ("title", "text", "cases", "revision")} | parts
    return person.call("PUT", f"/v1/rulebooks/{version}", json=body)


def proposed(person: Somebody, text: str, **more: Any) -> dict[str, Any]:
    """A proposal of that text."""
    return made(act(person, "propose", drafted(person, text, **more)))


def act(person: Somebody, deed: str, shown: dict[str, Any], **more: Any) -> httpx.Response:
    """A deed on a version as somebody read it."""
    return person.post(f"/v1/rulebooks/{shown['version']}/{deed}", {"revision": shown["revision"], **more})


def of(shown: dict[str, Any]) -> dict[str, Any]:
    """What somebody approves who read this."""
    return {"digest": shown["digest"], "against": shown["against"]}


def approved(author: Somebody, approver: Somebody, text: str, **more: Any) -> dict[str, Any]:
    """That text, proposed by one and approved by the other."""
    shown = proposed(author, text, **more)
    return made(approver.post(f"/v1/rulebooks/{shown['version']}/approve", of(shown)))


def made_live(author: Somebody, approver: Somebody, text: str, **more: Any) -> dict[str, Any]:
    """That text, approved by the other and made live."""
    return made(act(author, "activate", approved(author, approver, text, **more)))


def withdrawn(person: Somebody, version: str) -> None:
    """Gives a version up, so that nothing of a test stays open."""
    shown = made(person.get(f"/v1/rulebooks/{version}"))
    made(act(person, "withdraw", shown, reason="the test is over"))


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, str(answer.json()["code"])
