"""Views of the embedded Glue: imported with what they read, asked for, certified, and void when they change."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from platform_api.embedded.organisation import filled, sample_text
from tests.support.platform import Cast, Story, in_force, made
from tests.support.standing import root_of

PLACE = "glue://000000000000/us-east-1/loans"
ASK = "/v1/access-requests"
CERTIFICATES = "/v1/catalogue/views/certificates"
NEWCOMERS = {
    "databases": ["loans"],
    "owner": "lending-data-owners",
    "product": "loan-applications",
    "domain": "lending",
}
PEOPLE_ARN = "arn:aws:glue:us-east-1:000000000000:table/loans/applicants"


def asked(view: str) -> dict[str, Any]:
    table = {"account": "000000000000", "region": "us-east-1", "database": "loans", "table": view}
    return {"kind": "glue-table", **table, "operations": ["describe", "select"]}


def plain(sql: str) -> dict[str, Any]:
    """A view as Athena keeps its own."""
    said = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": "loans", "columns": []}
    encoded = base64.b64encode(json.dumps(said).encode()).decode()
    return {"ViewOriginalText": f"/* Presto View: {encoded} */", "ViewExpandedText": "/* Presto View */"}


def protected(sql: str) -> dict[str, Any]:
    """A view of the Glue data catalogue over the personal table."""
    definer = "arn:aws:iam::000000000000:role/view-definer"
    spelled = [{"Dialect": "ATHENA", "DialectVersion": "3", "ViewOriginalText": sql, "ViewExpandedText": sql}]
    defined = {"IsProtected": True, "Definer": definer, "SubObjects": [PEOPLE_ARN], "Representations": spelled}
    return {"ViewDefinition": defined}


def describe(cast: Cast, name: str, column: str, definition: dict[str, Any]) -> None:
    glue = root_of(cast, "glue")
    view = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "StorageDescriptor": {"Columns": [{"Name": column, "Type": "string"}]},
    }
    try:
        glue.create_table(DatabaseName="loans", TableInput={**view, **definition})
    except glue.exceptions.AlreadyExistsException:
        glue.update_table(DatabaseName="loans", TableInput={**view, **definition})


def imported(cast: Cast) -> dict[str, dict[str, Any]]:
    found = made(cast.gus.post("/v1/catalogue/imports", NEWCOMERS))
    return {one["uri"].rpartition("/")[2]: one for one in found["tables"]}


@pytest.fixture(scope="module")
def views(cast: Cast, story: Story) -> Iterator[dict[str, dict[str, Any]]]:
    """Three views, under a contract of their own that the activity has accepted; as the import told them."""
    describe(cast, "facts_seen", "outcome", plain("SELECT outcome FROM applications WHERE purpose = 'car'"))
    describe(
        cast,
        "people_seen",
        "telephone",
        plain("SELECT a.outcome, p.telephone FROM applications a JOIN applicants p ON true"),
    )
    describe(
        cast,
        "ages",
        "age_band",
        protected("SELECT CASE WHEN age_years < 30 THEN 'young' ELSE 'old' END FROM applicants"),
    )
    document = yaml.safe_load(filled(sample_text("loans.odcs.yaml"), cast.platform.now()))
    document |= {"id": str(uuid.uuid4()), "name": "Views of loans"}
    document["servers"] = [{**document["servers"][0], "location": "s3://acme-prod-lake/views/"}]
    document["schema"] = [
        {
            "id": name,
            "name": name,
            "physicalName": name,
            "physicalType": "view",
            "logicalType": "object",
            "properties": [
                {"id": f"{name}_c", "name": column, "logicalType": "string", "classification": "confidential"}
            ],
        }
        for name, column in (("facts_seen", "outcome"), ("people_seen", "telephone"), ("ages", "age_band"))
    ]
    terms = document["customProperties"][0]["value"]
    terms["egress"] = {"default": "deny", "allow": []}
    del terms["stages"]["operation"]
    in_force(cast, yaml.safe_dump(document), story.activity)
    yield imported(cast)
    for name in ("facts_seen", "people_seen", "ages"):
        root_of(cast, "glue").delete_table(DatabaseName="loans", Name=name)
    made(cast.gus.post("/v1/catalogue/imports", {"databases": ["loans"], "remove": True}))


def test_views_are_found_with_what_they_read(cast: Cast, views: dict[str, dict[str, Any]]) -> None:
    assert views["facts_seen"]["bases"] == [f"{PLACE}/applications"]
    assert views["people_seen"]["bases"] == [f"{PLACE}/applicants", f"{PLACE}/applications"]
    listed = cast.dana.get("/v1/sources", kind="glue-view").json()["items"]
    assert {item["uri"].rpartition("/")[2] for item in listed} == {"ages", "facts_seen", "people_seen"}
    shown = cast.dana.get("/v1/sources/item", uri=f"{PLACE}/people_seen").json()
    assert {one["uri"] for one in shown["reached"]} >= {f"{PLACE}/applicants", f"{PLACE}/applications"}
    assert (shown["view"]["definer"], shown["view"]["is_treatment"], shown["files"]) == (None, False, [])


def test_a_view_is_granted_with_what_it_reads(cast: Cast, story: Story, views: dict[str, dict[str, Any]]) -> None:
    grant = made(cast.dana.post(ASK, story.asking(sources=[asked("facts_seen")])))["grant"]
    (principal,) = grant["principals"]
    assert principal["sources"] == [f"{PLACE}/applications", f"{PLACE}/facts_seen"]
    made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials", {}))


def test_a_view_over_personal_data_is_refused_like_that_data(
    cast: Cast, story: Story, views: dict[str, dict[str, Any]]
) -> None:
    for view in ("people_seen", "ages"):
        answer = cast.dana.post(ASK, story.asking(sources=[asked(view)]))
        assert answer.status_code == 403, answer.text
        assert "applicants" in answer.text


def test_owners_certify_one_definition_and_nobody_else_does(
    cast: Cast, story: Story, views: dict[str, dict[str, Any]]
) -> None:
    uri = f"{PLACE}/ages"
    shown = cast.olga.get("/v1/sources/item", uri=uri).json()["view"]
    body = {"sha256": shown["sha256"]}
    for who in (cast.gus, cast.pat, cast.dana, cast.pipeline):
        refused = who.call("POST", CERTIFICATES, params={"uri": uri}, json=body)
        assert refused.status_code == 403, refused.text
    stale = cast.olga.call("POST", CERTIFICATES, params={"uri": uri}, json={"sha256": "0" * 64})
    assert stale.status_code == 409, stale.text
    plainly = cast.olga.get("/v1/sources/item", uri=f"{PLACE}/people_seen").json()["view"]["sha256"]
    nothing = cast.olga.call("POST", CERTIFICATES, params={"uri": f"{PLACE}/people_seen"}, json={"sha256": plainly})
    assert nothing.status_code == 422, nothing.text

    certified = made(cast.olga.call("POST", CERTIFICATES, params={"uri": uri}, json=body))
    assert certified["is_treatment"]
    (record,) = cast.ines.get("/v1/audit", action="catalogue.view-certified").json()["items"]
    assert record["details"]["view"] == uri
    preview = cast.dana.post(ASK, story.asking(sources=[asked("ages")], dry_run=True))
    assert (preview.status_code, preview.json()["code"]) == (409, "no-enforcer"), preview.text  # it would be permitted
    assert (preview.json()["unheld"], preview.json()["sources"][0]["passes"]) == ([uri], True)

    describe(cast, "ages", "age_band", protected("SELECT telephone FROM applicants"))
    line = imported(cast)["ages"]
    assert (line["change"], "certified no longer" in line["why"]) == ("changed", True)
    assert not cast.olga.get("/v1/sources/item", uri=uri).json()["view"]["is_treatment"]
    again = cast.dana.post(ASK, story.asking(sources=[asked("ages")]))
    assert again.status_code == 403, again.text
    assert "applicants" in again.text
