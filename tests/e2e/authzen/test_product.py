"""The platform's own decision point: people, pipelines and data of the sample organisation, as the rules have them."""

from typing import Any

import pytest

from tests.support.platform import RESEARCH, Cast, Somebody, Story

LAKE = "s3://acme-prod-lake/"
FACTS = {"type": "s3-prefix", "id": f"{LAKE}loans/facts/"}
PERSONAL = {"type": "s3-prefix", "id": f"{LAKE}loans/personal/"}
APPLICATIONS = {"type": "glue-table", "id": "glue://000000000000/us-east-1/loans/applications"}
APPLICANTS = {"type": "glue-table", "id": "glue://000000000000/us-east-1/loans/applicants"}
READ = {"name": "read"}
EVALUATION = "/access/v1/evaluation"


def me(somebody: Somebody) -> dict[str, str]:
    """The subject that a caller is."""
    found = somebody.get("/v1/me").json()
    return {"type": "person" if found["id"].startswith("pe_") else "pipeline", "id": found["id"]}


def asking(cast: Cast, story: Story, **changed: Any) -> dict[str, Any]:
    """Whether Dana may read the loan facts in research, with these members changed; None leaves one out."""
    context = {"environment": story.environment, "activity": story.activity, "purpose": RESEARCH}
    body = {"subject": me(cast.dana), "action": READ, "resource": FACTS, "context": context, **changed}
    return {name: value for name, value in body.items() if value is not None}


def ruled(somebody: Somebody, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to an evaluation, which is 200 whatever it says."""
    answer = somebody.post(EVALUATION, body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_one_asks_about_oneself_and_learns_which_rule_permits(cast: Cast, story: Story) -> None:
    found = ruled(cast.dana, asking(cast, story))
    assert found["decision"] is True
    context = found["context"]
    assert [rule["id"] for rule in context["reasons"]] == ["lending-science-reads-loan-applications"]
    assert "data contracts are not consulted here" in context["reason"]
    assert context["rulebook"]
    assert "reason_user" not in context


def test_a_denial_names_the_rule_and_what_to_ask_for_instead(cast: Cast, story: Story) -> None:
    found = ruled(cast.dana, asking(cast, story, resource=PERSONAL))
    assert found["decision"] is False
    context = found["context"]
    assert [rule["id"] for rule in context["reasons"]] == ["forbid-personal-attributes-in-research"]
    assert "Ask for the loan facts" in context["reasons"][0]["advice"]
    assert "Personal attributes stay out of research" in context["reason_user"]["en"]
    assert "Ask for the loan facts" in context["reason_user"]["en"]
    assert "data contracts are not consulted here" in context["reason"]


def test_the_invariants_are_asked_before_the_rulebook(cast: Cast, story: Story) -> None:
    found = ruled(cast.dana, asking(cast, story, action={"name": "write"}))
    assert [rule["id"] for rule in found["context"]["reasons"]] == [
        "inv-research-and-validation-change-no-table",
        "inv-research-and-validation-write-only-to-workspaces",
    ]
    assert found["context"]["rulebook"].startswith("invariants-")
    sam = {"subject": me(cast.sam), "context": asking(cast, story)["context"]}
    stranger = ruled(cast.gus, asking(cast, story, **sam))
    assert [rule["id"] for rule in stranger["context"]["reasons"]] == ["inv-only-members-use-data"]


def test_a_prefix_is_asked_about_with_all_that_lies_in_it(cast: Cast, story: Story) -> None:
    beneath = {"type": "s3-prefix", "id": f"{LAKE}loans/facts/2025/"}
    assert ruled(cast.dana, asking(cast, story, resource=beneath))["decision"] is True
    above = ruled(cast.dana, asking(cast, story, resource={"type": "s3-prefix", "id": f"{LAKE}loans/"}))
    assert above["context"]["error"]["status"] == 404


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("query", APPLICATIONS, True),
        ("read", APPLICATIONS, True),
        ("readClear", {"type": "column-group", "id": APPLICATIONS["id"] + "#facts"}, True),
        ("readHashed", {"type": "column-group", "id": APPLICATIONS["id"] + "#facts"}, False),
        ("query", APPLICANTS, False),
        ("readClear", {"type": "column-group", "id": APPLICANTS["id"] + "#personal"}, False),
        ("share", FACTS, False),
    ],
)
def test_tables_and_column_groups_are_asked_by_their_cedar_names(
    cast: Cast, story: Story, action: str, resource: dict[str, str], expected: bool
) -> None:
    found = ruled(cast.dana, asking(cast, story, action={"name": action}, resource=resource))
    assert (found["decision"], "error" in found["context"]) == (expected, False)


def test_the_tier_comes_from_the_environment_and_the_time_from_the_platform(cast: Cast, story: Story) -> None:
    lied = {**asking(cast, story)["context"], "tier": "validation", "now": "1999-01-01T00:00:00Z", "mfa": True}
    assert denied_by(cast, story, lied) == ["forbid-personal-attributes-in-research"]
    # In validation that rule has nothing to say; what is left is that the purpose is none of the activity's.
    validation = {"environment": story.validation, "purpose": "lending/fairness-testing", "tier": "research"}
    assert denied_by(cast, story, validation) == ["inv-purpose-is-one-of-the-activity"]


def denied_by(cast: Cast, story: Story, context: dict[str, Any]) -> list[str]:
    """The rules that keep personal attributes from Dana in those circumstances."""
    found = ruled(cast.dana, asking(cast, story, resource=PERSONAL, context=context))
    assert found["decision"] is False
    return [rule["id"] for rule in found["context"]["reasons"]]


def test_what_a_caller_says_in_properties_is_no_fact(cast: Cast, story: Story) -> None:
    said = {**PERSONAL, "properties": {"classes": [], "sensitivity": 0}}
    subject = {**me(cast.dana), "properties": {"teams": ["governance-office"]}}
    assert ruled(cast.dana, asking(cast, story, resource=said, subject=subject))["decision"] is False


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"subject": {"type": "person", "id": "pe_01JABCDEFGHJKMNPQRSTVWXYZA"}}, 404),
        ({"subject": {"type": "pipeline", "id": "wl_01JABCDEFGHJKMNPQRSTVWXYZA"}}, 404),
        ({"subject": {"type": "person", "id": "dana"}}, 400),
        ({"subject": {"type": "spaceship", "id": "x"}}, 404),
        ({"action": {"name": "fly"}}, 400),
        ({"action": {"name": "viewRegistry"}}, 400),
        ({"resource": {"type": "spaceship", "id": "x"}}, 404),
        ({"resource": {"type": "s3-prefix", "id": "s3://elsewhere/x/"}}, 404),
        ({"resource": {"type": "s3-prefix", "id": f"{LAKE}loans/facts"}}, 400),
        ({"resource": {"type": "s3-prefix", "id": f"{LAKE}loans/*/"}}, 400),
        ({"resource": {"type": "s3-prefix", "id": APPLICATIONS["id"]}}, 404),
        ({"resource": {"type": "glue-table", "id": FACTS["id"]}}, 400),
        ({"resource": {"type": "glue-table", "id": APPLICATIONS["id"] + "x"}}, 404),
        ({"action": {"name": "readClear"}, "resource": {"type": "column-group", "id": "x"}}, 400),
        ({"action": {"name": "readClear"}, "resource": {"type": "column-group", "id": APPLICATIONS["id"] + "#x"}}, 404),
        ({"context": None}, 400),
        ({"context": {"environment": 7, "purpose": RESEARCH}}, 400),
        ({"context": {"environment": "en_01JABCDEFGHJKMNPQRSTVWXYZA", "purpose": RESEARCH}}, 404),
        ({"context": {"environment": "nul\0", "purpose": RESEARCH}}, 400),
    ],
)
def test_what_cannot_be_asked_is_denied_and_says_why(
    cast: Cast, story: Story, changed: dict[str, Any], status: int
) -> None:
    found = ruled(cast.gus, asking(cast, story, **changed))
    assert found["decision"] is False
    assert found["context"]["error"]["status"] == status
    assert "denied" in found["context"]["reason"]


def test_a_purpose_and_an_activity_have_to_go_with_the_environment(cast: Cast, story: Story) -> None:
    context = asking(cast, story)["context"]
    for changed in ({"purpose": "no-such"}, {"activity": "ac_01JABCDEFGHJKMNPQRSTVWXYZA"}, {"activity": 7}):
        found = ruled(cast.dana, asking(cast, story, context={**context, **changed}))
        assert found["decision"] is False
        assert found["context"]["error"]["status"] in (400, 404)
    short = {name: value for name, value in context.items() if name != "activity"}
    assert ruled(cast.dana, asking(cast, story, context=short))["decision"] is True


def test_who_asks_about_themselves_learns_of_no_activity_that_they_may_not_see(cast: Cast, story: Story) -> None:
    hidden = asking(cast, story, subject=me(cast.sam))
    missing = asking(cast, story, subject=me(cast.sam), context={**hidden["context"], "environment": NOWHERE})
    told, untold = (ruled(cast.sam, body)["context"]["error"] for body in (hidden, missing))
    assert told["status"] == untold["status"] == 404
    assert told["message"].replace(story.environment, NOWHERE) == untold["message"]
    assert "error" not in ruled(cast.gus, hidden)["context"]


NOWHERE = "en_01JABCDEFGHJKMNPQRSTVWXYZA"


def test_nobody_asks_about_others_without_the_right(cast: Cast, story: Story) -> None:
    about_sam = asking(cast, story, subject=me(cast.sam))
    searched = {**about_sam, "subject": {"type": "person"}}
    both = {**asking(cast, story), "evaluations": [{}, {"subject": me(cast.sam)}]}
    asked = {
        EVALUATION: about_sam,
        "/access/v1/evaluations": both,
        "/access/v1/search/subject": searched,
        "/access/v1/search/resource": about_sam,
        "/access/v1/search/action": about_sam,
    }
    for path, body in asked.items():
        refused = cast.dana.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
        assert refused.json()["action"] == "evaluateForOthers"
        for somebody in (cast.gus, cast.ines):
            assert somebody.post(path, body).status_code == 200
    pipeline = cast.pipeline.post(EVALUATION, asking(cast, story))
    assert pipeline.status_code == 403
    # A person's id under another type is not oneself.
    disguised = asking(cast, story, subject={**me(cast.dana), "type": "pipeline"})
    assert cast.dana.post(EVALUATION, disguised).status_code == 403


def test_a_batch_about_oneself_needs_no_right_and_tells_each(cast: Cast, story: Story) -> None:
    body = {**asking(cast, story), "evaluations": [{}, {"resource": PERSONAL}, {"resource": {"type": "s3-prefix"}}]}
    found = cast.dana.post("/access/v1/evaluations", body).json()["evaluations"]
    assert [each["decision"] for each in found] == [True, False, False]
    assert "resource.id" in found[2]["context"]["error"]["message"]


def test_the_data_that_one_may_read_is_found(cast: Cast, story: Story) -> None:
    for kind, action, expected in (
        ("s3-prefix", "read", ["s3://acme-bureau-lake/histories/", FACTS["id"]]),
        ("glue-table", "query", [APPLICATIONS["id"]]),
        ("column-group", "readClear", [APPLICATIONS["id"] + "#facts"]),
        ("column-group", "readMasked", []),
        ("s3-prefix", "write", []),
    ):
        body = asking(cast, story, action={"name": action}, resource={"type": kind})
        found = cast.dana.post("/access/v1/search/resource", body).json()
        assert [each["id"] for each in found["results"]] == expected
        assert "data contracts are not consulted here" in found["context"]["reason"]
        assert all(ruled(cast.dana, {**body, "resource": each})["decision"] for each in found["results"])


def test_who_may_read_the_data_is_found(cast: Cast, story: Story) -> None:
    found = cast.gus.post("/access/v1/search/subject", asking(cast, story, subject={"type": "person"})).json()
    assert found["results"] == [me(cast.dana)]
    assert ruled(cast.gus, asking(cast, story, subject=found["results"][0]))["decision"] is True
    nobody = asking(cast, story, subject={"type": "person"}, resource=PERSONAL)
    assert cast.gus.post("/access/v1/search/subject", nobody).json()["results"] == []


def test_what_one_may_do_is_found(cast: Cast, story: Story) -> None:
    for resource, expected in ((FACTS, ["read"]), (APPLICATIONS, ["query", "read"]), (PERSONAL, [])):
        found = cast.dana.post("/access/v1/search/action", asking(cast, story, resource=resource)).json()
        assert [each["name"] for each in found["results"]] == expected


def test_a_search_that_asks_amiss_says_so(cast: Cast, story: Story) -> None:
    found = cast.dana.post("/access/v1/search/resource", asking(cast, story, context=None)).json()
    assert found["results"] == []
    assert found["context"]["error"]["status"] == 400
    assert "context.environment" in found["context"]["error"]["message"]


def test_a_refused_question_is_on_record_under_its_asker(cast: Cast, story: Story) -> None:
    cast.dana.post(EVALUATION, asking(cast, story, subject=me(cast.sam)))
    record = cast.last_rejection()
    assert (record["actor"], record["details"]["code"]) == (me(cast.dana)["id"], "forbidden")
    assert record["details"]["route"] == EVALUATION
