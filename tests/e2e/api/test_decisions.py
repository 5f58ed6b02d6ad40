"""Decisions over HTTP: who is shown which, and that each comes out the same when it is taken again."""

from typing import Any

import pytest

from tests.support.platform import FACTS, Cast, Somebody, Story, made

ASK = "/v1/access-requests"
DECISIONS = "/v1/decisions"
PERSONAL = {**FACTS, "prefix": "loans/personal/"}


@pytest.fixture
def granted(cast: Cast, story: Story) -> Any:
    """A grant of dana's, taken back in the end."""
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]
    yield grant
    cast.dana.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "the test is over"})


def about(person: Somebody, **filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get(DECISIONS, **filters).json()["items"]
    return found


def explained(person: Somebody, decision: str) -> dict[str, Any]:
    return made(person.get(f"{DECISIONS}/{decision}/explanation"))


def test_a_granted_request_is_explained_to_who_asked(cast: Cast, story: Story, granted: dict[str, Any]) -> None:
    (decision,) = about(cast.dana, grant=granted["id"])
    assert (decision["outcome"], decision["request"]) == ("granted", granted["request"])
    assert made(cast.dana.get(f"{DECISIONS}/{decision['id']}")) == decision
    found = explained(cast.dana, decision["id"])
    assert (found["matches"], found["differences"], found["notes"]) == (True, [], [])
    assert found["recorded"] == found["recomputed"] == decision["decision"]
    assert found["recorded"] == made(cast.dana.get(f"{ASK}/{granted['request']}"))["decision"]
    assert found["judged_by"]["rulebook"]["recorded"] == decision["rulebook"]
    assert {rule["effect"] for rule in found["rules"]} == {"permit"}
    assert all(rule["text"] and rule["id"] in rule["text"] for rule in found["rules"])
    assert [key.split()[0] for key in found["facts"]["recorded"]["contracts"]] == [story.contract]
    assert found["facts"]["recorded"]["subject"]["name"] == ""


def test_a_refusal_is_explained_with_the_rule_that_said_no(cast: Cast, story: Story) -> None:
    refused = cast.dana.post(ASK, story.asking(sources=[PERSONAL])).json()
    (decision,) = about(cast.dana, request=refused["request_id"])
    found = explained(cast.dana, decision["id"])
    assert (decision["outcome"], decision["grant"], found["matches"]) == ("refused", None, True)
    assert found["recorded"]["sources"] == refused["sources"]
    audited = cast.ines.get("/v1/audit", activity=story.activity, action="access.refused", limit=1).json()["items"]
    assert audited[0]["about"]["decision"] == decision["id"]
    digests = {name: decision[name] for name in ("evidence_sha256", "record_sha256")}
    assert audited[0]["details"]["kept_as"] == digests


def test_others_see_only_what_the_rules_show_them(cast: Cast, granted: dict[str, Any]) -> None:
    (decision,) = about(cast.dana, grant=granted["id"])
    for person in (cast.gus, cast.ines):
        assert [found["id"] for found in about(person, grant=granted["id"])] == [decision["id"]]
        assert explained(person, decision["id"])["matches"]
    for path in (f"{DECISIONS}/{decision['id']}", f"{DECISIONS}/{decision['id']}/explanation"):
        answer = cast.pat.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert about(cast.pat) == []


def test_decisions_are_filtered(cast: Cast, story: Story, granted: dict[str, Any]) -> None:
    cast.dana.post(ASK, story.asking(sources=[PERSONAL]))
    every = about(cast.gus, activity=story.activity, limit="200")
    for outcome in ("granted", "refused"):
        found = about(cast.gus, activity=story.activity, outcome=outcome, limit="200")
        assert found
        assert found == [one for one in every if one["outcome"] == outcome]
    newest = every[0]["decided_at"]
    assert about(cast.gus, activity=story.activity, until=newest, limit="200") == [
        one for one in every if one["decided_at"] < newest
    ]
    assert about(cast.gus, since=newest, activity=story.activity)[0] == every[0]
    assert about(cast.gus, rulebook="none") == []


@pytest.mark.parametrize("given", [{"since": "now"}, {"outcome": "maybe"}, {"who": "dana"}, {"limit": "0"}])
def test_a_filter_that_means_nothing_is_refused(cast: Cast, story: Story, given: dict[str, str]) -> None:
    assert cast.gus.get(DECISIONS, **given).status_code == 422


@pytest.mark.parametrize("decision", ["de_00000000000000000000000000", "de_1", "rq_00000000000000000000000000"])
def test_what_is_no_decision_is_not_found(cast: Cast, story: Story, decision: str) -> None:
    for path in (f"{DECISIONS}/{decision}", f"{DECISIONS}/{decision}/explanation"):
        assert cast.gus.get(path).status_code in (404, 422)
