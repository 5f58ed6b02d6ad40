"""The life of a contract through the API: drafted, proposed, signed ahead, superseded, ended; and its grants."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import timedelta
from typing import Any

import rfc8785

from tests.support.platform import Cast, Story, made, until


def path_of(contract: str, version: str) -> str:
    return f"/v1/contracts/{contract}/versions/{version}"


def document_of(cast: Cast, story: Story) -> dict[str, Any]:
    found: dict[str, Any] = cast.pat.get(path_of(story.contract, story.version)).json()["document"]
    return copy.deepcopy(found)


def terms_of(document: dict[str, Any]) -> dict[str, Any]:
    terms: dict[str, Any] = document["customProperties"][0]["value"]
    return terms


def granted(cast: Cast, story: Story) -> str:
    asked = made(cast.dana.post("/v1/access-requests", story.asking()))
    grant: str = (asked.get("grant") or asked)["id"]
    return grant


def signed(cast: Cast, contract: str, version: str) -> dict[str, Any]:
    path = path_of(contract, version)
    made(cast.olga.post(f"{path}/signatures", {"role": "data-owner"}))
    return made(cast.priya.post(f"{path}/signatures", {"role": "privacy-office"}))


def test_the_document_comes_back_as_it_was_given_and_is_what_the_signatures_are_bound_to(
    cast: Cast, story: Story
) -> None:
    shown = cast.pat.get(path_of(story.contract, story.version)).json()
    digest = hashlib.sha256(rfc8785.dumps(shown["document"])).hexdigest()
    assert shown["uncatalogued"] == []
    assert {digest} == {shown["document_sha256"], *(one["document_sha256"] for one in shown["signatures"])}
    again = made(cast.pat.post("/v1/contracts/validate", {"document": {**shown["document"], "version": "8.0.0"}}))
    assert (again["valid"], again["proposable"], again["signable"], again["obstacles"]) == (True, True, True, [])


def test_the_schema_of_the_usage_terms_is_published_with_its_version(cast: Cast) -> None:
    answer = cast.dana.get("/v1/schemas/usage-contract/v1.json")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json()["$id"].endswith("/schemas/usage-contract/v1.json")
    assert answer.json()["properties"]["specVersion"] == {"const": "1.0"}
    columns = cast.dana.get("/v1/schemas/column-terms/v1.json").json()
    assert columns["$id"].endswith("/schemas/column-terms/v1.json")
    assert columns["$defs"].keys() == {"accessProfile", "masking"}


def test_a_check_stores_nothing_and_tells_everything_with_its_lines(cast: Cast, story: Story) -> None:
    before = cast.pat.get(f"/v1/contracts/{story.contract}/versions").json()
    bad = made(cast.pat.post("/v1/contracts/validate", {"document_yaml": "apiVersion: v3.2.0\nversion: 1.2e3\n"}))
    assert (bad["valid"], [(p["path"], p["line"]) for p in bad["problems"]]) == (False, [("$.version", 2)])
    document = document_of(cast, story)
    document["version"] = story.version
    terms_of(document)["purposes"]["allow"] = ["no/such-purpose"]
    terms_of(document)["consumers"]["residence"] = ["US"]
    found = made(cast.pat.post("/v1/contracts/validate", {"document": document}))
    assert (found["valid"], found["proposable"], found["signable"]) == (True, False, False)
    assert (len(found["obstacles"]), found["uncatalogued"]) == (2, [])
    assert [p["path"].rsplit(".", 1)[-1] for p in found["unenforceable"]] == ["residence"]
    assert cast.dana.post("/v1/contracts/validate", {"document": document}).status_code == 403
    assert cast.pat.get(f"/v1/contracts/{story.contract}/versions").json() == before


def test_a_draft_is_its_authors_until_it_is_proposed(cast: Cast, story: Story) -> None:
    document = {**document_of(cast, story), "version": "5.0.0"}
    drafted = made(cast.pat.post("/v1/contracts/drafts", {"document": document}))
    assert (drafted["state"], drafted["signatures"]) == ("draft", [])
    again = made(cast.pat.post("/v1/contracts/drafts", {"document": {**document, "name": "Loans, redrafted"}}))
    assert again["name"] == "Loans, redrafted"
    path = path_of(story.contract, "5.0.0")
    assert cast.olga.post(f"{path}/signatures", {"role": "data-owner"}).json()["code"] == "wrong-state"
    assert cast.dana.get(f"/v1/contracts/{story.contract}").json()["state"] != "draft"
    proposed = made(cast.pat.post(f"{path}/proposal"))
    assert (proposed["state"], proposed["name"]) == ("proposed", "Loans, redrafted")
    assert cast.pat.post(f"{path}/proposal").json()["code"] == "wrong-state"
    assert cast.pat.post("/v1/contracts/drafts", {"document": document}).json()["code"] == "version-taken"
    ended = made(cast.olga.post(f"{path}/end", {"reason": "superseded before it began"}))
    assert (ended["state"], ended["revoked_grants"]) == ("ended", [])


def test_a_new_version_ends_the_grants_of_the_old_one_and_says_which(cast: Cast, story: Story) -> None:
    grant = granted(cast, story)
    document = {**document_of(cast, story), "version": "1.1.0"}
    terms_of(document)["duration"]["max"] = "PT4H"
    terms_of(document)["purposes"]["allow"].append("marketing")
    terms_of(document)["purposes"]["deny"] = []
    made(cast.pat.post("/v1/contracts", {"document": document}))
    path = path_of(story.contract, "1.1.0")
    told = made(cast.olga.get(f"{path}/difference"))
    assert (told["from_version"], told["verdict"]) == ("1.0.0", "both")
    assert {line["text"]: line["effect"] for line in told["lines"]} == {
        "maximum duration 8 h → 4 h": "narrows",
        "adds purpose marketing": "widens",
        "no longer denies purpose marketing": "widens",
    }
    assert made(cast.olga.get(f"{path}/difference", **{"from": "1.0.0"})) == told
    assert cast.olga.get(f"{path}/difference", **{"from": "9.9.9"}).json()["field"] == "from"

    in_force = signed(cast, story.contract, "1.1.0")
    assert (in_force["state"], in_force["revoked_grants"]) == ("in-force", [grant])
    assert cast.dana.get(path_of(story.contract, "1.0.0")).json()["state"] == "superseded"
    until(cast.dana, f"/v1/grants/{grant}", "closed")
    refused = cast.dana.post("/v1/access-requests", story.asking()).json()
    assert "contract-not-accepted" in json.dumps(refused)

    # Accepted ahead of its time, a version that takes nothing away ends nothing when it comes into force.
    made(cast.dana.post(f"{path}/acceptances", {"activity": story.activity}))
    grant = granted(cast, story)
    later = {**document, "version": "1.2.0"}
    begins = cast.platform.now() + timedelta(seconds=6)
    terms_of(later)["effective"]["from"] = begins.strftime("%Y-%m-%dT%H:%M:%SZ")
    made(cast.pat.post("/v1/contracts", {"document": later}))
    waiting = signed(cast, story.contract, "1.2.0")
    assert (waiting["state"], waiting["revoked_grants"]) == ("signed", [])
    following = path_of(story.contract, "1.2.0")
    made(cast.dana.post(f"{following}/acceptances", {"activity": story.activity}))
    until(cast.dana, following, "in-force")
    assert cast.dana.get(path).json()["state"] == "superseded"
    assert cast.dana.get(f"/v1/grants/{grant}").json()["state"] == "active"
    made(cast.dana.post(f"/v1/grants/{grant}/credentials"))

    # Ending it ends the grant, at once and by name.
    foretold = made(cast.olga.post(f"{following}/end/preview"))
    assert cast.dana.post(f"{following}/end/preview").status_code == 403
    ended = made(cast.olga.post(f"{following}/end", {"reason": "the data has moved"}))
    assert {one["id"] for one in foretold["grants"]} == set(ended["revoked_grants"])
    assert (ended["state"], ended["revoked_grants"]) == ("ended", [grant])
    assert cast.dana.get(f"/v1/grants/{grant}").json()["state"] in ("revoking", "denied", "closed")
    assert cast.dana.post(f"/v1/grants/{grant}/credentials").json()["code"] == "grant-not-usable"

    listed = cast.dana.get(f"/v1/contracts/{story.contract}/versions").json()["items"]
    states = {item["version"]: item["state"] for item in listed}
    assert states | {"1.0.0": "superseded", "1.1.0": "superseded", "1.2.0": "ended"} == states
    assert list(states) == sorted(states)


def test_nobody_without_the_right_drafts_or_ends(cast: Cast, story: Story) -> None:
    document = {**document_of(cast, story), "version": "6.0.0"}
    assert cast.dana.post("/v1/contracts/drafts", {"document": document}).status_code == 403
    assert cast.dana.post(f"{path_of(story.contract, '1.0.0')}/end", {"reason": "no"}).status_code == 403
    assert cast.olga.post(f"{path_of(story.contract, '1.0.0')}/end", {"reason": " "}).status_code == 422
    assert cast.olga.get("/v1/contracts/co_00000000000000000000000000/versions").status_code == 404
