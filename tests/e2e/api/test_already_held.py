"""Asking for what one has: the live grant is the answer, however many ask at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.platform import FACTS, Cast, Story, made

ASK = "/v1/access-requests"
TABLE = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["select"]}


def test_whoever_asks_at_once_for_the_same_gets_one_role_and_asking_again_offers_it(cast: Cast, story: Story) -> None:
    """A hundred calls at the same door with as many keys, and twelve with one key."""
    roles = cast.roles()
    body = story.asking(anew=False, duration="PT2H")

    def once(key: str) -> httpx.Response:
        deadline = time.monotonic() + 60
        while True:  # a database whom all ask at once may say that it was too slow, and wrote nothing
            answer = cast.dana.post(ASK, body, key=key)
            if answer.status_code != 503 or time.monotonic() > deadline:
                return answer
            time.sleep(float(answer.headers["Retry-After"]) / 4)

    with ThreadPoolExecutor(100) as pool:
        answers = [*pool.map(once, [f"at-once-{n}" for n in range(100)]), *pool.map(once, ["under-one-key"] * 12)]
    in_flight = [answer for answer in answers[100:] if answer.status_code == 409]
    answers = [answer for answer in answers if answer not in in_flight]
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert [answer.status_code for answer in answers].count(201) == 1
    (grant,) = {made(answer)["grant"]["id"] for answer in answers}
    assert len(cast.roles() - roles) == 1
    opened = cast.ines.get("/v1/audit", action="grant.opened", grant=grant, limit=200).json()["items"]
    assert len(opened) == 1
    again = made(cast.dana.post(ASK, body))
    assert (again["outcome"], again["code"], again["grant"]["id"]) == ("held", "already-held", grant)
    assert grant in again["next_step"]

    wider = {**body, "sources": [FACTS, TABLE]}
    preview = made(cast.dana.call("POST", ASK, json={**wider, "dry_run": True}))
    assert [(one["source"], one["grant"]) for one in preview["held"]] == [("s3://acme-prod-lake/loans/facts/", grant)]
    assert preview["covered_by"] is None
    granted = cast.dana.post(ASK, wider)
    assert granted.status_code == 201
    assert [one["grant"] for one in granted.json()["held"]] == [grant]
    for one in (grant, granted.json()["grant"]["id"]):
        cast.dana.post(f"/v1/grants/{one}/revoke", {"reason": "tidy"})
