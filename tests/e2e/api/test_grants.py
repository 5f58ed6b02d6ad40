"""Granting, delivering and taking back, and what of it whom is shown."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.platform import FACTS, Cast, Story, given_back, made, until

ASK = "/v1/access-requests"


@pytest.fixture
def grant(cast: Cast, story: Story) -> dict[str, Any]:
    """A live grant of dana's."""
    found: dict[str, Any] = made(cast.dana.post(ASK, story.asking()))["grant"]
    return found


@pytest.fixture(autouse=True)
def _nothing_stays_live(cast: Cast, story: Story) -> Any:
    """Gives back what a test was granted, for one person holds twenty at most."""
    yield
    for person in (cast.dana, cast.pipeline):
        for held in person.get("/v1/grants", state="active", limit=200).json()["items"]:
            if held["subject"] == person.get("/v1/me").json()["id"]:
                made(person.post(f"/v1/grants/{held['id']}/revoke", {"reason": "the test is over"}))


def test_a_granted_request_shows_every_verdict_and_the_exact_policy(cast: Cast, story: Story) -> None:
    table = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"]}
    answer = made(cast.dana.post(ASK, story.asking(sources=[FACTS, table])))
    assert answer["outcome"] == "granted"
    assert [source["passes"] for source in answer["sources"]] == [True, True]
    assert all(
        source[gate]["consulted"] for source in answer["sources"] for gate in ("invariants", "contract", "rules")
    )
    grant = answer["grant"]
    assert grant["state"] == "active"
    on_aws = cast.platform.operator_view_of_role(grant["role"]["name"])
    assert on_aws.policy == grant["policy"]
    assert [s["statement"] for s in grant["statements"]] == grant["policy"]["Statement"]
    assert all(statement["why"] for statement in grant["statements"])
    assert cast.dana.get(f"/v1/grants/{grant['id']}").json() == grant
    asked = cast.dana.get(f"{ASK}/{answer['request_id']}").json()
    assert (asked["outcome"], asked["grant"]) == ("granted", grant["id"])


def test_a_refusal_carries_the_recorded_request_and_all_reasons(cast: Cast, story: Story) -> None:
    before = cast.roles()
    personal = {**FACTS, "prefix": "loans/personal/"}
    answer = cast.dana.post(ASK, story.asking(sources=[FACTS, personal]))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "access-refused")
    assert [source["passes"] for source in problem["sources"]] == [True, False]
    asked = cast.dana.get(f"{ASK}/{problem['request_id']}").json()
    assert (asked["outcome"], asked["grant"]) == ("refused", None)
    assert asked["decision"]["sources"] == problem["sources"]
    assert cast.roles() <= before


def test_a_dry_run_decides_and_leaves_nothing(cast: Cast, story: Story) -> None:
    before, done = cast.roles(), last_of_dana(cast)
    granted = cast.dana.call("POST", ASK, json=story.asking(dry_run=True))
    refused = cast.dana.call("POST", ASK, json=story.asking(dry_run=True, purpose="marketing"))
    assert (granted.status_code, granted.json()["outcome"]) == (200, "would-be-granted")
    assert (refused.status_code, refused.json()["outcome"]) == (200, "would-be-refused")
    assert last_of_dana(cast) == done
    assert cast.roles() <= before


def last_of_dana(cast: Cast) -> dict[str, Any]:
    """The newest audit record of what she did, and her newest request."""
    her = cast.dana.get("/v1/me").json()["id"]
    record = cast.ines.get("/v1/audit", actor=her, limit=1).json()["items"]
    return {"record": record, "request": cast.dana.get(ASK, limit=1).json()["items"]}


def test_the_same_key_gives_the_same_grant_once(cast: Cast, story: Story) -> None:
    key, body = uuid.uuid4().hex, story.asking()
    first = cast.dana.post(ASK, body, key=key)
    roles = cast.roles()
    again = cast.dana.post(ASK, dict(reversed(body.items())), key=key)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert cast.roles() == roles


def test_a_refusal_is_replayed_as_it_was(cast: Cast, story: Story) -> None:
    key, body = uuid.uuid4().hex, story.asking(purpose="marketing")
    first, again = cast.dana.post(ASK, body, key=key), cast.dana.post(ASK, body, key=key)
    assert first.status_code == again.status_code == 403
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json() == first.json()


@pytest.mark.case("MINT-142")
def test_a_key_serves_one_request_of_one_person(cast: Cast, story: Story) -> None:
    key = uuid.uuid4().hex
    made(cast.dana.post(ASK, story.asking(), key=key))
    for answer in (
        cast.dana.post(ASK, story.asking(duration="PT2H"), key=key),
        cast.pipeline.post(ASK, story.asking(), key=key),
        cast.dana.post(f"/v1/activities/{story.activity}/environments", {"tier": "validation"}, key=key),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-mismatch"), answer.text


def test_what_creates_needs_a_key(cast: Cast, story: Story) -> None:
    for headers in ({}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "with space in it"}):
        answer = cast.dana.call("POST", ASK, json=story.asking(), headers=headers)
        assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


def test_a_failed_request_gives_its_key_back(cast: Cast, story: Story) -> None:
    key = uuid.uuid4().hex
    assert cast.dana.post(ASK, story.asking(purpose="lending/gossip"), key=key).status_code == 422
    assert cast.dana.post(ASK, story.asking(), key=key).status_code == 201


def test_the_same_request_many_times_at_once_is_granted_once(cast: Cast, story: Story) -> None:
    key, before = uuid.uuid4().hex, cast.roles()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: cast.dana.post(ASK, story.asking(), key=key), range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["request_id"] for answer in answers if answer.status_code == 201}) == 1
    in_flight = [answer for answer in answers if answer.status_code == 409]
    assert all(answer.json()["code"] == "idempotency-in-flight" for answer in in_flight)
    assert all(int(answer.headers["retry-after"]) > 0 for answer in in_flight)
    assert len(cast.roles() - before) == 1


@pytest.mark.case("MINT-143")
def test_credentials_are_the_holders_and_never_kept(cast: Cast, story: Story, grant: dict[str, Any]) -> None:
    path = f"/v1/grants/{grant['id']}/credentials"
    key = uuid.uuid4().hex
    first, second = cast.dana.post(path, key=key), cast.dana.post(path, {}, key=key)
    keys = made(first)
    assert first.headers["cache-control"] == "no-store"
    assert (keys["grant"], keys["session"], keys["endpoint_url"]) == (grant["id"], 1, cast.platform.aws_endpoint_url)
    assert made(second)["session_token"] != keys["session_token"]
    assert second.json()["session"] == 2
    kept = b"".join(file.read_bytes() for file in cast.platform.state_dir.glob("sluicegate.db*"))
    log = (cast.platform.state_dir / "platform.log").read_bytes()
    for answer in (first, second):
        for secret in ("secret_access_key", "session_token"):
            assert answer.json()[secret].encode() not in kept + log
    told = cast.ines.get("/v1/audit", grant=grant["id"], action="credentials.delivered").json()["items"]
    assert len(told) == len({record["details"]["session"] for record in told}) == 2


@pytest.mark.case("API-013", "API-014")
def test_credentials_are_had_by_post_alone(cast: Cast, story: Story, grant: dict[str, Any]) -> None:
    for method in ("GET", "PUT", "HEAD", "DELETE"):
        answer = cast.dana.call(method, f"/v1/grants/{grant['id']}/credentials")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"


@pytest.mark.case("API-011")
def test_anothers_grant_looks_like_none(cast: Cast, story: Story, grant: dict[str, Any]) -> None:
    missing = "gr_" + "0" * 26
    for method, rest, body in (
        ("GET", "", None),
        ("POST", "/credentials", None),
        ("POST", "/revoke", {"reason": "curious"}),
    ):
        theirs = cast.sam.call(method, f"/v1/grants/{grant['id']}{rest}", json=body)
        nothing = cast.sam.call(method, f"/v1/grants/{missing}{rest}", json=body)
        assert theirs.status_code == nothing.status_code == 404
        told, of_nothing = theirs.json(), nothing.json()
        told.pop("request_id"), of_nothing.pop("request_id")
        assert json.dumps(told).replace(grant["id"], missing) == json.dumps(of_nothing)
    assert grant["id"] not in cast.sam.get("/v1/grants").text
    assert cast.sam.get(f"{ASK}/{grant['request']}").status_code == 404


def test_who_sees_a_grant_but_may_not_use_it_is_told_the_rule(cast: Cast, story: Story, grant: dict[str, Any]) -> None:
    assert cast.gus.get(f"/v1/grants/{grant['id']}").json()["id"] == grant["id"]
    answer = cast.gus.post(f"/v1/grants/{grant['id']}/credentials")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert [rule["id"] for rule in answer.json()["rules"]] == ["inv-credentials-go-to-the-holder"]
    assert cast.ines.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "x"}).status_code == 403


def test_a_revoked_grant_is_seen_to_be_refused_and_gives_no_credentials(
    cast: Cast, story: Story, grant: dict[str, Any]
) -> None:
    made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials"))
    answer = cast.gus.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "The project ended early."})
    assert (answer.status_code, answer.json()["state"]) == (202, "revoking")
    denied = until(cast.dana, f"/v1/grants/{grant['id']}", "denied")
    assert denied["denial"]["count"] >= 3
    (statement,) = cast.platform.operator_view_of_role(grant["role"]["name"]).policy["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    late = cast.dana.post(f"/v1/grants/{grant['id']}/credentials")
    assert (late.status_code, late.json()["code"]) == (409, "grant-not-usable")
    again = cast.gus.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "once more"})
    assert (again.status_code, again.json()["state"]) == (202, "denied")


def test_lists_go_by_the_page_without_a_gap(cast: Cast, story: Story) -> None:
    ids = [made(cast.dana.post(ASK, story.asking()))["grant"]["id"] for _ in range(3)]
    seen: list[str] = []
    cursor = None
    while True:
        page = cast.dana.get("/v1/grants", limit=1, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen[:3] == ids[::-1]
    assert len(seen) == len(set(seen))
    assert {item["id"] for item in cast.gus.get("/v1/grants", limit=200).json()["items"]} >= set(seen)


@pytest.mark.case("PROV-019")
def test_a_person_holds_no_more_grants_than_the_limit(cast: Cast, story: Story) -> None:
    most = cast.platform.platform.settings.limits.max_live_grants_per_person
    given_back(cast)
    for _ in range(most):
        made(cast.dana.post(ASK, story.asking()))
    one_more = cast.dana.post(ASK, story.asking())
    assert (one_more.status_code, one_more.json()["code"]) == (409, "too-many-grants")
