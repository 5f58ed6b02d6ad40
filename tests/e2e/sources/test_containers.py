"""A database and a data product that are asked for: all that is catalogued in them, each with a verdict of its own."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.platform import Cast, Story, made
from tests.support.standing import root_of

ASK = "/v1/access-requests"
PLACE = "glue://000000000000/us-east-1/loans"
LOANS = {"kind": "glue-database", "uri": PLACE, "operations": ["describe", "select"]}
PRODUCT = {"kind": "data-product", "uri": "product://lending/loan-applications", "operations": ["select"]}


def preview(cast: Cast, story: Story, *sources: dict[str, Any], **changed: Any) -> dict[str, Any]:
    shown: dict[str, Any] = made(cast.dana.post(ASK, story.asking(sources=list(sources), dry_run=True, **changed)))
    return shown


def passing(shown: dict[str, Any]) -> dict[str, bool]:
    return {one["source"].rpartition("/")[2]: one["passes"] for one in shown["sources"]}


def test_a_database_is_refused_for_its_one_forbidden_table_and_told_what_would_be_granted(
    cast: Cast, story: Story
) -> None:
    shown = preview(cast, story, LOANS)
    assert (shown["outcome"], passing(shown)) == ("would-be-refused", {"applicants": False, "applications": True})
    (container,) = shown["containers"]
    assert container["sources"] == [f"{PLACE}/applicants", f"{PLACE}/applications"]
    offered = [[one["source"] for one in offer["request"]["sources"]] for offer in shown["offers"]]
    assert [f"{PLACE}/applications"] in offered
    assert all("containers" not in offer["request"] for offer in shown["offers"])
    assert preview(cast, story, LOANS, mode="partial")["outcome"] == "would-be-granted"
    refused = cast.dana.post(ASK, story.asking(sources=[LOANS]))
    assert (refused.status_code, refused.json()["containers"]) == (403, [container])
    stored = made(cast.dana.get(f"{ASK}/{refused.json()['access_request']}"))
    assert stored["decision"]["asked"]["containers"] == [container]


@pytest.fixture(scope="module")
def granted(cast: Cast, story: Story) -> dict[str, Any]:
    """What was asked for in part, under which key, and the answer."""
    body, key = story.asking(sources=[LOANS], mode="partial"), uuid.uuid4().hex
    answer = cast.dana.post(ASK, body, key=key)
    return {"body": body, "key": key, "answer": made(answer), "text": answer.text}


def test_in_part_the_rest_is_minted_as_if_it_had_been_named(cast: Cast, story: Story, granted: dict[str, Any]) -> None:
    grant = granted["answer"]["grant"]
    assert [one["uri"] for one in grant["sources"]] == [f"{PLACE}/applications"]
    assert [one["uri"] for one in grant["containers"]] == [PLACE]
    table = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"]}
    named = made(cast.dana.post(ASK, story.asking(sources=[table])))["grant"]
    assert named["containers"] == []
    by_database, by_name = (
        json.dumps(each["policy"]["Statement"]).replace(each["id"], "GRANT") for each in (grant, named)
    )
    times = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")
    assert times.sub("TIME", by_database) == times.sub("TIME", by_name)


@pytest.fixture
def later(cast: Cast, granted: dict[str, Any]) -> Iterator[None]:
    """A table that comes into the database once there is a grant, and goes again."""
    del granted
    glue = root_of(cast, "glue")
    storage = {"Columns": [{"Name": "x", "Type": "int"}], "Location": "s3://acme-prod-lake/loans/later/"}
    glue.create_table(DatabaseName="loans", TableInput={"Name": "later", "StorageDescriptor": storage})
    asked = {"databases": ["loans"], "owner": "lending-data-owners", "product": "loan-applications"}
    made(cast.gus.post("/v1/catalogue/imports", {**asked, "domain": "lending"}))
    yield
    glue.delete_table(DatabaseName="loans", Name="later")
    made(cast.gus.post("/v1/catalogue/imports", {"databases": ["loans"], "remove": True}))


@pytest.mark.usefixtures("later")
def test_a_table_that_comes_later_is_not_in_the_grant_and_asking_again_under_the_key_says_the_same(
    cast: Cast, story: Story, granted: dict[str, Any]
) -> None:
    assert "later" in passing(preview(cast, story, LOANS))
    again = cast.dana.post(ASK, granted["body"], key=granted["key"])
    assert (again.status_code, again.text) == (201, granted["text"])
    grant = made(cast.dana.get(f"/v1/grants/{granted['answer']['grant']['id']}"))
    assert grant["state"] == "active"
    assert [one["uri"] for one in grant["sources"]] == [f"{PLACE}/applications"]
    assert "later" not in str(grant["policy"])


def test_a_product_is_everything_of_it_and_a_source_beside_it_stays_as_it_is_named(cast: Cast, story: Story) -> None:
    listed = made(cast.dana.get("/v1/catalogue/products/item", uri=PRODUCT["uri"], limit=200))
    shown = preview(cast, story, PRODUCT, mode="partial")
    assert sorted(one["source"] for one in shown["sources"]) == [item["uri"] for item in listed["items"]]
    table = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe"]}
    both = preview(cast, story, PRODUCT, table, mode="partial")
    (beside,) = [one for one in both["sources"] if one["source"] == f"{PLACE}/applications"]
    assert beside["operations"] == ["describe"]
    assert len(both["sources"]) == len(shown["sources"])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"uri": f"{PLACE}x"}, "sources[0].uri"),
        ({"uri": f"{PLACE}/applications"}, "sources[0].uri"),
        ({"uri": "glue://*/us-east-1/loans"}, "sources[0].uri"),
        ({"kind": "data-product"}, "sources[0].uri"),
        ({"operations": ["delete"]}, "sources[0].operations"),
    ],
)
def test_what_holds_nothing_or_offers_nothing_is_refused_by_its_field(
    cast: Cast, story: Story, changed: dict[str, Any], field: str
) -> None:
    answer = cast.dana.post(ASK, story.asking(sources=[{**LOANS, **changed}], mode="partial"))
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
