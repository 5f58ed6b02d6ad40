"""Activities, reviews, contracts, sources, rules and the audit trail, as each of the people sees them."""

import json

import pytest

from platform_api.audit.export import verify
from tests.support.platform import Cast, Story, made
from tests.unit.api.orders import order


def test_the_fast_path_says_what_it_met(cast: Cast, story: Story) -> None:
    environment = cast.dana.get(f"/v1/environments/{story.environment}").json()
    review = cast.dana.get(f"/v1/reviews/{environment['review']}").json()
    assert (review["state"], review["decided_by"]) == ("approved", "fast path")
    assert len(review["criteria"]) == 7
    assert all(criterion["met"] for criterion in review["criteria"])
    assert environment["tags"]["sluicegate:activity"] == story.activity


def test_what_the_fast_path_leaves_is_decided_by_a_named_reviewer_of_another_team(cast: Cast, story: Story) -> None:
    waiting = made(cast.dana.post("/v1/activities", order(cast.platform.now(), monthly_budget_usd=1_000_000)))
    review = waiting["review"]
    assert (review["state"], [criterion["met"] for criterion in review["criteria"]]) == ("open", [False])
    path = f"/v1/reviews/{review['id']}/decision"
    words = {"decision": "approve", "comment": "The budget was granted."}
    assert cast.dana.post(path, words).status_code == 403
    assert cast.sam.post(path, words).status_code == 404
    assert cast.ari.post(path, {**words, "comment": " "}).json()["field"] == "comment"
    assert review["id"] in {one["id"] for one in cast.ari.get("/v1/reviews", state="open").json()["items"]}
    decided = made(cast.ari.post(path, words))
    assert (decided["state"], decided["decided_by"]) == ("approved", cast.ari.get("/v1/me").json()["id"])
    assert cast.ari.post(path, words).status_code == 409
    activity = cast.dana.get(f"/v1/activities/{waiting['activity']['id']}").json()
    assert activity["state"] == "active"


def test_a_preview_says_what_the_review_will_and_what_is_wrong(cast: Cast, story: Story) -> None:
    now = cast.platform.now()
    assert "standard-research" in made(cast.dana.get("/v1/registration"))["templates"]
    for changed, outcome in (({}, "approved"), ({"monthly_budget_usd": 1_000_000}, "review")):
        asked = order(now, **changed)
        foretold = made(cast.dana.post("/v1/activities/preview", asked))
        assert (foretold["outcome"], len(foretold["criteria"])) == (outcome, 7)
        assert cast.dana.get("/v1/activities", name=asked["name"]).json()["items"] == []
        review = made(cast.dana.post("/v1/activities", asked))["review"]
        assert review["state"] == {"approved": "approved", "review": "open"}[outcome]
        not_met = [one["id"] for one in foretold["criteria"] if not one["met"]]
        assert [one["id"] for one in review["criteria"] if not one["met"]] == not_met
    taken = cast.dana.get(f"/v1/activities/{story.activity}").json()["name"]
    wrong = made(cast.dana.post("/v1/activities/preview", order(now, name=taken)))
    assert (wrong["outcome"], [one["field"] for one in wrong["problems"]]) == ("invalid", ["name"])
    unknown = made(cast.dana.post("/v1/activities/preview", order(now, purposes=["nothing/known"])))
    assert [one["field"] for one in unknown["problems"]] == ["purposes"]
    assert cast.gus.post("/v1/activities/preview", order(now)).status_code == 403


def test_a_name_is_taken_once(cast: Cast, story: Story) -> None:
    taken = cast.dana.get(f"/v1/activities/{story.activity}").json()["name"]
    answer = cast.dana.post("/v1/activities", order(cast.platform.now(), name=taken))
    assert (answer.status_code, answer.json()["code"]) == (409, "name-taken")


def test_an_activity_is_shown_to_its_members_and_to_who_sees_all(cast: Cast, story: Story) -> None:
    for person, sees in ((cast.dana, True), (cast.pipeline, True), (cast.gus, True), (cast.ines, True),
                         (cast.ari, True), (cast.sam, False), (cast.pat, False)):  # fmt: skip
        listed = {item["id"] for item in person.get("/v1/activities", limit=200).json()["items"]}
        assert (story.activity in listed) is sees, person.login
        assert person.get(f"/v1/activities/{story.activity}").status_code == (200 if sees else 404), person.login
        environments = {item["id"] for item in person.get("/v1/environments", limit=200).json()["items"]}
        assert (story.environment in environments) is sees, person.login


def test_only_who_may_registers_proposes_and_reads_the_trail(cast: Cast) -> None:
    for answer in (
        cast.gus.post("/v1/activities", order(cast.platform.now())),
        cast.pipeline.post("/v1/activities", order(cast.platform.now())),
        cast.dana.post("/v1/contracts", {"document": {}}),
        cast.dana.get("/v1/audit"),
        cast.dana.get("/v1/audit/export"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), answer.text


def test_a_contract_in_force_says_how_each_clause_is_held(cast: Cast, story: Story) -> None:
    contract = cast.sam.get(f"/v1/contracts/{story.contract}/versions/{story.version}").json()
    assert contract["state"] == "in-force"
    assert {signature["role"] for signature in contract["signatures"]} == {"data-owner", "privacy-office"}
    assert {clause["hold"] for clause in contract["clauses"]} <= {"enforced", "monitored", "attested"}
    assert all(clause["by"] for clause in contract["clauses"])
    assert cast.sam.get(f"/v1/contracts/{story.contract}").json() == contract
    listed = contract | {"uncatalogued": None}  # lists do not look
    assert cast.sam.get("/v1/contracts", state="in-force").json()["items"] == [listed]
    signed_again = cast.olga.post(
        f"/v1/contracts/{story.contract}/versions/{story.version}/signatures", {"role": "data-owner"}
    )
    assert signed_again.status_code == 409


def test_only_the_owner_accepts_a_contract_for_an_activity(cast: Cast, story: Story) -> None:
    path = f"/v1/contracts/{story.contract}/versions/{story.version}/acceptances"
    assert cast.pipeline.post(path, {"activity": story.activity}).status_code == 403
    assert cast.sam.post(path, {"activity": story.activity}).status_code == 404
    accepted = cast.dana.get(f"/v1/activities/{story.activity}").json()["accepted"]
    assert accepted == [{"contract": story.contract, "version": story.version}]


def test_the_catalogue_says_which_contract_covers_what(cast: Cast, story: Story) -> None:
    found = cast.dana.get("/v1/sources", q="loans/facts").json()["items"]
    assert [item["uri"] for item in found] == ["s3://acme-prod-lake/loans/facts/"]
    assert found[0]["contract"]["id"] == story.contract
    tables = cast.dana.get("/v1/sources", kind="glue-table", q="APPLICANTS").json()["items"]
    assert [table["table"] for table in tables] == ["applicants"]
    assert tables[0]["columns"][0]["classes"] == ["personal"]
    level = tables[0]["classification"]
    personal = cast.dana.get("/v1/sources", label="personal").json()["items"]
    assert personal
    assert all("personal" in item["classes"] for item in personal)
    owned = cast.dana.get("/v1/sources", owner="lending-data-owners").json()["items"]
    assert {item["uri"] for item in personal} < {item["uri"] for item in owned}
    whole = cast.dana.get("/v1/sources/item", uri=tables[0]["uri"]).json()
    assert (whole["owner"], whole["files"]) == ("lending-data-owners", ["s3://acme-prod-lake/loans/personal/"])
    assert "s3://acme-prod-lake/loans/personal/" in [other["uri"] for other in whole["reached"]]
    assert cast.dana.get("/v1/sources/item", uri="glue://nowhere").status_code == 404
    open_ended = cast.dana.get("/v1/sources/item", uri="s3://acme-prod-lake/loans/personal")
    assert open_ended.json()["fix"] == "end it with a slash: s3://acme-prod-lake/loans/personal/"
    assert cast.dana.get("/v1/sources", owner="nobody").json()["items"] == []
    unknown = cast.dana.get("/v1/sources", contract="nothing")
    assert (unknown.status_code, unknown.json()["field"]) == (404, "contract")
    assert "no contract nothing" in unknown.json()["detail"]
    assert "sluice contract list" in unknown.json()["fix"]
    alike = cast.dana.get("/v1/sources", classification=level).json()["items"]
    assert tables[0] in alike
    assert {item["classification"] for item in alike} == {level}
    first = cast.dana.get("/v1/sources", limit=2).json()
    second = cast.dana.get("/v1/sources", limit=200, cursor=first["next_cursor"]).json()
    uris = [item["uri"] for item in first["items"] + second["items"]]
    assert uris == sorted(set(uris))
    assert len(uris) == len(cast.platform.organisation.catalogue_items())
    assert second["next_cursor"] is None


def test_products_and_databases_are_told_by_what_is_in_them(cast: Cast, story: Story) -> None:
    products = cast.dana.get("/v1/catalogue/products").json()["items"]
    assert [one["uri"] for one in products] == sorted(one["uri"] for one in products)
    every = cast.platform.organisation.catalogue_items()
    assert sum(one["sources"] for one in products) == len(every)
    (loans,) = cast.dana.get(
        "/v1/catalogue/databases", q="LOANS", label="personal", owner="lending-data-owners"
    ).json()["items"]
    assert (loans["name"], loans["counts"], loans["classification"]) == ("loans", {"glue-table": 2}, "confidential")
    (covering,) = loans["contracts"]
    assert (covering["id"], covering["sources"], loans["sources"]) == (story.contract, 2, 2)
    under = cast.dana.get("/v1/catalogue/products", contract=story.contract).json()["items"]
    assert under == [one for one in products if story.contract in {each["id"] for each in one["contracts"]}] != []
    name = covering["name"]
    assert cast.dana.get("/v1/catalogue/products", contract=name).json()["items"] == under
    assert cast.dana.get("/v1/catalogue/databases", domain="nothing").json()["items"] == []
    for path in ("products", "databases"):
        unknown = cast.dana.get(f"/v1/catalogue/{path}", contract="nothing")
        assert (unknown.status_code, unknown.json()["field"]) == (404, "contract")
    assert cast.dana.get("/v1/catalogue/products", classification="secret").json()["field"] == "classification"


def test_one_container_is_shown_with_a_page_of_what_is_in_it(cast: Cast, story: Story) -> None:
    listed = cast.dana.get("/v1/catalogue/products", q="loan-applications").json()["items"][0]
    pages: list[list[str]] = []
    cursor = None
    while cursor is not None or not pages:
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        page = made(cast.dana.get("/v1/catalogue/products/item", uri=listed["uri"], limit=2, **more))
        assert {name: page[name] for name in listed} == listed
        pages.append([item["uri"] for item in page["items"]])
        cursor = page["next_cursor"]
    uris = [uri for page in pages for uri in page]
    assert len(uris) == len(set(uris)) == listed["sources"]
    assert all(len(page) == 2 for page in pages[:-1])
    (loans,) = cast.dana.get("/v1/catalogue/databases", q="loans").json()["items"]
    assert cast.dana.get("/v1/catalogue/products/item", uri=loans["uri"]).status_code == 404
    assert cast.dana.get("/v1/catalogue/databases/item", uri="glue://000000000000/us-east-1/none").status_code == 404
    assert [cast.sam.get(path).status_code for path in ("/v1/catalogue/products", "/v1/sources")] == [200, 200]


def test_every_rule_can_be_read_and_nobody_edits_the_invariants(cast: Cast) -> None:
    rules = cast.sam.get("/v1/policies", limit=200).json()["items"]
    assert {rule["editable"] for rule in rules if rule["id"].startswith("inv-")} == {False}
    shown = cast.sam.get("/v1/policies/inv-operation-is-for-pipelines").json()
    assert "forbid" in shown["text"]
    assert cast.sam.get("/v1/policies/no-such-rule").status_code == 404


def test_the_trail_verifies_here_and_as_an_export(cast: Cast, story: Story) -> None:
    assert made(cast.ines.post("/v1/audit/verify", {}))["ok"] is True
    export = cast.ines.get("/v1/audit/export")
    assert export.headers["content-type"] == "application/jsonl"
    size, root = int(export.headers["audit-size"]), export.headers["audit-root"]
    lines = export.content.splitlines(keepends=True)
    assert len(lines) == size > 5
    assert verify(lines, root, size).ok
    lines[3] = lines[3].replace(b"sample.", b"simple.")
    found = verify(lines, root, size)
    assert not found.ok
    assert 4 in {finding.seq for finding in found.bad}


def test_the_trail_tells_the_story_of_an_activity(cast: Cast, story: Story) -> None:
    told = cast.ines.get("/v1/audit", activity=story.activity, limit=200).json()["items"]
    for action in ("activity.registered", "contract.accepted", "environment.provisioning", "environment.active"):
        assert cast.ines.get("/v1/audit", activity=story.activity, action=action).json()["items"]
    assert all(record["about"]["activity"] == story.activity for record in told)
    assert json.dumps(told) == json.dumps(sorted(told, key=lambda record: -record["seq"]))


def test_rules_purposes_and_versions_are_filtered(cast: Cast, story: Story) -> None:
    rules = cast.dana.get("/v1/policies").json()["items"]
    owner = rules[0]["owner"]
    owned = cast.dana.get("/v1/policies", owner=owner).json()["items"]
    assert owned == [rule for rule in rules if rule["owner"] == owner]
    named = cast.dana.get("/v1/policies", q="PERSONAL attributes stay").json()["items"]
    assert [rule["id"] for rule in named] == ["forbid-personal-attributes-in-research"]
    purposes = cast.dana.get("/v1/purposes", q="fairness").json()["items"]
    assert [purpose["name"] for purpose in purposes] == ["lending/fairness-testing"]
    versions = f"/v1/contracts/{story.contract}/versions"
    assert cast.dana.get(versions, state="in-force").json()["items"]
    assert cast.dana.get(versions, state="ended").json()["items"] == []
    assert cast.dana.get(versions, state="alive").json()["field"] == "state"


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("/v1/grants", {"environment": "research"}),
        ("/v1/access-requests", {"activity": "loan-default-drivers"}),
        ("/v1/environments", {"activity": "loan-default-drivers"}),
        ("/v1/grants", {"subject": "dana"}),
    ],
)
def test_a_mistyped_id_does_not_look_like_an_empty_list(cast: Cast, path: str, filters: dict[str, str]) -> None:
    answered = cast.dana.get(path, **filters)
    assert answered.status_code == 422
    assert answered.json()["field"] in filters
    assert "26 letters and digits" in answered.json()["fix"]
