"""The enforcement ledger over HTTP: who holds each clause, how that was verified, and when it was last seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jit_engine.enforcers.mechanisms import HOLDERS
from tests.support.platform import FACTS, Cast, Story, made

ASK = "/v1/access-requests"


def mechanisms(cast: Cast) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in made(cast.gus.get("/v1/enforcement"))["items"]}


def test_every_mechanism_says_against_what_it_was_verified_and_how(cast: Cast) -> None:
    found = mechanisms(cast)
    assert list(found) == [holder.name for holder in HOLDERS]
    for holder in HOLDERS:
        shown = found[holder.name]
        assert (shown["title"], shown["how"]) == (holder.title, holder.how)
        assert shown["verified"] == [one.value for one in holder.verified]
    assert found["people"]["last_seen"] is None


def test_a_mechanism_was_last_seen_when_this_platform_last_saw_it_hold(cast: Cast, story: Story) -> None:
    before = datetime.now().astimezone()
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]["id"]
    refused = cast.dana.post(ASK, story.asking(sources=[{**FACTS, "prefix": "loans/personal/"}]))
    assert refused.status_code == 403
    (minted,) = made(cast.ines.get("/v1/audit", grant=grant, action="grant.active"))["items"]
    (last,) = made(cast.ines.get("/v1/audit", action="access.refused", limit=1))["items"]
    found = mechanisms(cast)
    assert (found["role-policy"]["last_seen"], found["decision"]["last_seen"]) == (minted["at"], last["at"])
    assert datetime.fromisoformat(minted["at"]) > before
    made(cast.dana.post(f"/v1/grants/{grant}/revoke", {"reason": "seen"}))


def test_each_clause_of_a_contract_names_what_holds_it_as_the_ledger_shows_it(cast: Cast, story: Story) -> None:
    found = made(cast.pat.get(f"/v1/contracts/{story.contract}/enforcement"))
    assert (found["id"], found["version"]) == (story.contract, story.version)
    clauses = {clause["clause"]: clause for clause in found["clauses"]}
    assert [one["name"] for one in clauses["purposes.allow"]["mechanisms"]] == ["decision"]
    everything = mechanisms(cast)
    for clause in clauses.values():
        assert all(one["title"] == everything[one["name"]]["title"] for one in clause["mechanisms"])
        assert clause["mechanisms"] or clause["hold"] != "enforced", clause


def test_a_contract_that_is_not_there_has_no_clauses(cast: Cast) -> None:
    assert cast.pat.get("/v1/contracts/co_01J00000000000000000000000/enforcement").status_code == 404
