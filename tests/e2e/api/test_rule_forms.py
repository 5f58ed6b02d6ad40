"""Rules as forms and sentences, and the analysis of a draft told line by line, over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import act

FORM: dict[str, Any] = {
    "id": "science-sees-sources",
    "title": "Lending science sees the sources",
    "owner": "governance-office",
    "effect": "may",
    "who": {"is": "of-teams", "teams": ["lending-science"]},
    "actions": ["view-sources"],
    "data": {"is": "anything"},
}
LINES = {"Accept": "application/x-ndjson"}


@pytest.fixture
def draft(cast: Cast) -> Iterator[str]:
    """A draft that stops the activities of the story, withdrawn afterwards."""
    (live,) = cast.gus.get("/v1/rulebooks", state="live").json()["items"]
    text = made(cast.gus.get(f"/v1/rulebooks/{live['version']}"))["text"]
    more = (
        '@id("stop-reading") @title("Nobody reads") @owner("o") forbid (principal, action == Action::"read", resource);'
    )
    made_one = made(cast.gus.post("/v1/rulebooks", {"title": "Stop", "text": f"{text}\n{more}"}))
    yield made_one["version"]
    made(act(cast.gus, "withdraw", made_one, reason="the test is over"))


def test_a_form_becomes_cedar_text_and_comes_back_the_same(cast: Cast) -> None:
    written = made(cast.gus.post("/v1/rulebooks/forms", {"form": FORM}))
    assert "lending-science" in written["sentence"]
    assert (written["form"], written["not_a_form"]) == (FORM, None)
    assert made(cast.gus.post("/v1/rulebooks/validate", {"text": written["cedar"]}))["rules"][0]["form"] == FORM
    assert made(cast.gus.post("/v1/rulebooks/forms", {"text": written["cedar"]})) == written


def test_a_text_that_is_no_form_says_why(cast: Cast) -> None:
    text = made(cast.gus.post("/v1/rulebooks/forms", {"form": FORM}))["cedar"]
    read = made(cast.gus.post("/v1/rulebooks/forms", {"text": "// why\n" + text}))
    assert (read["form"], read["sentence"], read["cedar"]) == (None, None, None)
    assert "comment" in read["not_a_form"]


def test_a_bad_form_is_refused_with_every_field(cast: Cast) -> None:
    bad = {**FORM, "effect": "might", "tiers": ["moon"], "who": {"is": "of-teams", "teams": [7]}, "colour": "red"}
    refused = cast.gus.post("/v1/rulebooks/forms", {"form": bad})
    assert (refused.status_code, refused.json()["code"]) == (422, "rule-form-invalid")
    assert {fault["field"] for fault in refused.json()["errors"]} >= {"effect", "who.teams[0]", "colour"}
    wrong = cast.gus.post("/v1/rulebooks/forms", {"form": {**FORM, "tiers": ["moon"], "actions": ["fly"]}})
    assert wrong.status_code == 422
    assert {fault["field"].partition("[")[0] for fault in wrong.json()["errors"]} == {"tiers", "actions"}


@pytest.mark.parametrize("body", [{}, {"form": FORM, "text": "x"}, {"form": []}, {"text": "x" * 70_001}])
def test_neither_and_both_are_refused(cast: Cast, body: dict[str, Any]) -> None:
    refused = cast.gus.post("/v1/rulebooks/forms", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "fields-invalid")


def test_only_who_may_draft_rules_tries_forms(cast: Cast) -> None:
    assert cast.dana.post("/v1/rulebooks/forms", {"form": FORM}).status_code == 403


def test_every_rule_is_shown_with_its_sentence_or_why_it_has_none(cast: Cast, draft: str) -> None:
    rules = {rule["id"]: rule for rule in made(cast.gus.get(f"/v1/rulebooks/{draft}"))["rules"]}
    for rule in rules.values():
        assert (rule["form"] is None) is (rule["sentence"] is None) is (rule["not_a_form"] is not None), rule["id"]
    assert rules["stop-reading"]["sentence"].startswith("Nobody may read")
    assert rules["stop-reading"]["form"]["effect"] == "may not"
    for rule in cast.sam.get("/v1/policies", limit=200).json()["items"]:
        shown = made(cast.sam.get(f"/v1/policies/{rule['id']}"))
        if rule["id"] in rules:
            assert shown["sentence"] == rules[rule["id"]]["sentence"]
        assert (shown["form"] is None) is (shown["not_a_form"] is not None)


def test_an_analysis_tells_its_progress_and_ends_with_what_it_is_without(cast: Cast, story: Story, draft: str) -> None:
    cast.dana.post("/v1/access-requests", story.asking())
    path = f"/v1/rulebooks/{draft}/impact"
    answer = cast.gus.call("POST", path, headers=LINES)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    *steps, last = [json.loads(line) for line in answer.text.splitlines()]
    told = [step["progress"] for step in steps]
    assert list(dict.fromkeys(step["part"] for step in told)) == [
        "proof", "points", "witnesses", "replay", "grants",
    ]  # fmt: skip
    replay = last["impact"]["impact"]["replay"]
    for part in ("proof", "witnesses", "replay", "grants"):
        ended = [step for step in told if step["part"] == part][-1]
        assert ended["done"] == ended["of"], part
    assert [step["of"] for step in told if step["part"] == "replay"][-1] == replay["decisions"] > 0
    plain = made(cast.gus.post(path))
    assert plain["impact"]["replay"] == replay
    assert set(plain) == set(last["impact"])


def test_an_analysis_is_of_the_newest_decisions_or_of_a_span(cast: Cast, story: Story, draft: str) -> None:
    for _ in range(2):
        cast.dana.post("/v1/access-requests", story.asking())

    def replayed(**asked: str) -> int:
        answer = cast.gus.call("POST", f"/v1/rulebooks/{draft}/impact", headers=LINES, params=asked)
        *steps, last = [json.loads(line) for line in answer.text.splitlines()]
        (of,) = {step["progress"]["of"] for step in steps if step["progress"]["part"] == "replay"}
        assert last["impact"]["impact"]["replay"]["decisions"] == of
        return int(of)

    assert replayed(last="1") == 1
    assert replayed() > 1
    assert replayed(until="2001-01-01T00:00:00Z") == 0
    assert replayed(since="2001-01-01T00:00:00Z") == replayed()
    for asked, last in (({"last": "1"}, 1), ({}, 10_000), ({"last": "999999999"}, 10_000)):
        shown = made(cast.gus.call("POST", f"/v1/rulebooks/{draft}/impact", params=asked))["extent"]
        assert shown == {"last": last, "since": None, "until": None}


@pytest.mark.parametrize(
    "asked",
    [
        {"last": "0"},
        {"last": "1000000000"},
        {"last": "1_0"},
        {"last": ""},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"first": "5"},
    ],
)
def test_filters_that_cannot_be_meant_are_refused_with_their_name(
    cast: Cast, draft: str, asked: dict[str, str]
) -> None:
    refused = cast.gus.call("POST", f"/v1/rulebooks/{draft}/impact", headers=LINES, params=asked)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] in asked


def test_an_analysis_of_nothing_is_no_stream(cast: Cast) -> None:
    refused = cast.gus.call("POST", "/v1/rulebooks/nope/impact", headers=LINES)
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-rulebook")
    assert cast.dana.call("POST", "/v1/rulebooks/nope/impact", headers=LINES).status_code in (403, 404)
