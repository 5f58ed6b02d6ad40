"""A request that waits for its start or for people, over HTTP, from asking to the role on AWS."""

from datetime import timedelta

import pytest

from tests.support.platform import FACTS, Cast, Story, made
from tests.support.waiting import ASK, reached

REPORTS = {"kind": "s3-prefix", "bucket": "acme-prod-reports", "prefix": "loans/", "operations": ["select"]}
"""What no rule lets anybody read."""


def test_a_data_owner_approves_what_they_were_shown_and_it_is_minted(cast: Cast, approving: Story) -> None:
    body = approving.asking(environment=approving.validation, justification="fairness", ticket="CHG-1")
    preview = cast.dana.call("POST", ASK, json={**body, "dry_run": True})
    assert preview.json()["outcome"] == "would-await-approval"
    asked = cast.dana.post(ASK, body)
    assert (asked.status_code, asked.json()["outcome"]) == (202, "awaiting-approval")
    request = asked.json()["request_id"]
    listed = cast.olga.get(ASK, outcome="awaiting-approval").json()["items"]
    assert [item["id"] for item in listed] == [request]
    path = f"{ASK}/{request}/approvals"
    shown = cast.olga.get(path).json()
    assert shown["shown"]["terms"]["justification"] == "fairness"
    assert (shown["needs"][0]["groups"], shown["enough"]) == (["lending-data-owners"], False)
    word = {"decision": "approve", "shown_sha256": shown["shown_sha256"], "comment": "fine", "longest": "PT30M"}
    stale = cast.olga.post(path, {**word, "shown_sha256": "0" * 64})
    assert (stale.status_code, stale.json()["code"]) == (409, "shown-has-changed")
    own = cast.dana.post(path, word)
    assert (own.status_code, own.json()["code"]) == (403, "forbidden")
    other_team = cast.priya.post(path, word)
    assert (other_team.status_code, other_team.json()["code"]) == (403, "not-an-approver")
    assert cast.sam.get(path).status_code == 404
    assert made(cast.olga.post(path, word))["state"] == "ready"
    found = reached(cast, request, "granted")
    grant = cast.dana.get(f"/v1/grants/{found['grant']}").json()
    assert (grant["state"], grant["tier"], grant["request"]) == ("active", "validation", request)
    assert found["decision"]["asked"]["approvals"][0]["shown_sha256"] == shown["shown_sha256"]
    made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials"))
    made(cast.dana.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "the test is over"}))


def test_of_a_request_in_part_people_approve_the_part_that_passes_and_that_is_minted(
    cast: Cast, approving: Story
) -> None:
    body = approving.asking(environment=approving.validation, sources=[FACTS, REPORTS], mode="partial")
    preview = made(cast.dana.post(ASK, {**body, "dry_run": True}))
    assert preview["outcome"] == "would-await-approval"
    request = made(cast.dana.post(ASK, body))["request_id"]
    looked = cast.olga.get(f"{ASK}/{request}/approvals").json()
    (given,), (left_out,) = looked["shown"]["terms"]["sources"], looked["shown"]["left_out"]
    assert (left_out["refused_by"], left_out["reasons"]) == ("rules", ["not-permitted"])
    word = {"decision": "approve", "shown_sha256": looked["shown_sha256"], "comment": "that part"}
    assert made(cast.olga.post(f"{ASK}/{request}/approvals", word))["state"] == "ready"
    found = reached(cast, request, "granted")
    assert {one["source"]: one["passes"] for one in found["decision"]["sources"]} == {
        given["source"]: True,
        left_out["source"]: False,
    }
    grant = made(cast.dana.get(f"/v1/grants/{found['grant']}"))
    assert [one["uri"] for one in grant["sources"]] == [given["source"]]
    made(cast.dana.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "the test is over"}))


@pytest.mark.case("POL-040")
def test_an_emergency_is_released_by_a_second_person_with_an_alarm(cast: Cast, approving: Story) -> None:
    body = approving.asking(environment=approving.validation, break_glass=True, duration="PT20M")
    assert cast.dana.post(ASK, body).json()["field"] == "justification"
    body |= {"justification": "payments are down", "ticket": "INC-7"}
    request = made(cast.dana.post(ASK, body))["request_id"]
    shown = cast.gus.get(f"{ASK}/{request}/approvals").json()["shown_sha256"]
    word = {"shown_sha256": shown, "comment": "INC-7 is real"}
    assert cast.dana.post(f"{ASK}/{request}/release", word).status_code == 403
    assert cast.olga.post(f"{ASK}/{request}/release", word).status_code == 403
    approval = {"decision": "approve", **word}
    assert cast.olga.post(f"{ASK}/{request}/approvals", approval).json()["code"] == "wrong-state"
    made(cast.gus.post(f"{ASK}/{request}/release", word))
    alarms = cast.ines.get("/v1/audit", action="alarm.break-glass-released").json()["items"]
    assert [one["about"]["request"] for one in alarms].count(request) == 1
    grant = reached(cast, request, "granted")["grant"]
    made(cast.dana.post(f"/v1/grants/{grant}/revoke", {"reason": "the test is over"}))


def test_a_later_start_waits_and_can_be_withdrawn(cast: Cast, approving: Story) -> None:
    start = (cast.platform.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = cast.dana.post(ASK, approving.asking(starts_at=start))
    assert (asked.status_code, asked.json()["outcome"]) == (202, "ready")
    request = asked.json()["request_id"]
    again = cast.dana.post(ASK, approving.asking(starts_at=start))
    assert again.json()["request_id"] == request
    withdrawn = made(cast.dana.post(f"{ASK}/{request}/withdraw", {"reason": "no need"}))
    assert withdrawn["state"] == "withdrawn"
    assert cast.dana.get(f"{ASK}/{request}").json()["outcome"] == "withdrawn"
    past = cast.dana.post(ASK, approving.asking(starts_at="2020-01-01T00:00:00Z"))
    assert past.json()["field"] == "starts_at"


def test_a_grant_is_renewed_and_every_grant_of_a_person_is_taken_back(cast: Cast, approving: Story) -> None:
    first = made(cast.dana.post(ASK, approving.asking()))["grant"]
    second = made(cast.dana.post(f"/v1/grants/{first['id']}/renew", {"duration": "PT2H"}))["grant"]
    assert (second["renews"], second["renewals"], second["state"]) == (first["id"], 1, "active")
    assert second["ends_at"] > first["ends_at"]
    again = cast.dana.post(f"/v1/grants/{first['id']}/renew", {})
    assert again.status_code == 409
    scope = {"person": first["subject"], "reason": "the test is over"}
    refused = cast.dana.post("/v1/revocations", scope)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    listed = cast.gus.post("/v1/revocations", {**scope, "dry_run": True})
    held = {grant["id"] for grant in listed.json()["grants"]}
    assert (listed.status_code, held >= {first["id"], second["id"]}) == (200, True)
    assert cast.dana.get(f"/v1/grants/{first['id']}").json()["state"] == "active"
    by_data = {"dataset": "s3://acme-prod-lake/loans/facts/", "reason": "look", "dry_run": True}
    assert {grant["id"] for grant in cast.gus.post("/v1/revocations", by_data).json()["grants"]} >= held
    ended = cast.gus.post("/v1/revocations", scope)
    assert (ended.status_code, ended.json()["count"]) == (202, len(held))
    for grant in held:
        assert cast.dana.get(f"/v1/grants/{grant}").json()["state"] != "active"
    both = cast.gus.post("/v1/revocations", {**scope, "everything": True})
    assert both.status_code == 422
