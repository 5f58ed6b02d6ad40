"""Bad input: a clear 4xx problem that names the field and says what to do, an audit record, no role on AWS."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from platform_api.embedded.organisation import filled, sample_text
from tests.support.platform import FACTS, Cast, Somebody, Story, made

ASK = "/v1/access-requests"
NOBODY = "ac_01JZZZZZZZZZZZZZZZZZZZZZZZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A body made bad, with what must be answered. `field` is named in `field` or in one of `errors`."""

    name: str
    change: Callable[[Story], dict[str, Any]]
    status: int = 422
    code: str = "fields-invalid"
    field: str
    corrected: str | None = None


def prefix(text: str) -> Callable[[Story], dict[str, Any]]:
    """A request for that prefix of the sample lake."""
    return lambda _: {"sources": [{**FACTS, "prefix": text}]}


def given(**changed: Any) -> Callable[[Story], dict[str, Any]]:
    """A request with these members."""
    return lambda _: changed


def bad_prefix(name: str, text: str, corrected: str | None = None) -> Case:
    """A case of a prefix that could mean more than itself."""
    change = prefix(text)
    return Case(name=name, change=change, code="invalid-value", field="sources[0].prefix", corrected=corrected)


CASES = [
    Case(name="an unknown field", change=given(on_behalf_of="u-17"), field="on_behalf_of"),
    Case(name="a field of the grant's own", change=given(state="approved"), field="state"),
    Case(name="a tier of one's own choice", change=given(tier="operation"), field="tier"),
    Case(name="an endpoint of one's own", change=given(sts_endpoint="https://evil.example"), field="sts_endpoint"),
    Case(name="an unknown field within", change=given(sources=[{**FACTS, "url": "https://x.example/"}]),
         field="sources[0].url"),
    Case(name="a number for text", change=given(purpose=7), field="purpose"),
    Case(name="text for a flag", change=given(dry_run="on"), field="dry_run"),
    Case(name="a number for a flag", change=given(dry_run=1), field="dry_run"),
    Case(name="null for a list", change=given(sources={}), field="sources"),
    Case(name="a duration as a number", change=given(duration=3600), field="duration"),
    Case(name="a duration as a clock", change=given(duration="01:00:00"), field="duration"),
    Case(name="a negative duration", change=given(duration="-PT1H"), field="duration"),
    Case(name="an empty duration", change=given(duration="PT"), field="duration"),
    Case(name="a duration of other digits", change=given(duration="PT１H"), field="duration"),
    Case(name="a naive time", change=given(ends_at="2027-01-01T00:00:00"), field="ends_at"),
    Case(name="a date", change=given(ends_at="2027-01-01"), field="ends_at"),
    Case(name="a time as a number", change=given(ends_at=1_800_000_000), field="ends_at"),
    Case(name="a day that is none", change=given(ends_at="2027-02-30T00:00:00Z"), field="ends_at"),
    Case(name="a time that is over", change=given(ends_at="2020-01-01T00:00:00Z"), code="invalid-value",
         field="ends_at"),
    Case(name="an id of nothing", change=given(activity="A-0001"), field="activity"),
    Case(name="an id of another kind", change=lambda s: {"activity": s.environment}, field="activity"),
    Case(name="an id with a path", change=given(environment="en_../../../etc/passwd"), field="environment"),
    Case(name="no sources", change=given(sources=[]), field="sources"),
    Case(name="too many sources", change=given(sources=[FACTS] * 101), field="sources"),
    Case(name="a source twice", change=given(sources=[FACTS, FACTS]), code="invalid-value", field="sources"),
    Case(name="no operation", change=given(sources=[{**FACTS, "operations": []}]), field="sources[0].operations"),
    Case(name="an unknown operation", change=given(sources=[{**FACTS, "operations": ["own"]}]),
         field="sources[0].operations[0]"),
    Case(name="an operation twice", change=given(sources=[{**FACTS, "operations": ["select", "select"]}]),
         code="invalid-value", field="sources[0].operations"),
    Case(name="another kind of source", change=given(sources=[{"kind": "https", "url": "https://rebind.example/"}]),
         field="sources[0]"),
    Case(name="a purpose that nobody knows", change=given(purpose="lending/gossip"), code="invalid-value",
         field="purpose"),
    Case(name="a purpose of two lines", change=given(purpose="lending\nmarketing"), field="purpose"),
    Case(name="a justification with control characters", change=given(justification="why\x00not"),
         field="justification"),
    Case(name="an over-long justification", change=given(justification="x" * 2001), field="justification"),
    bad_prefix("a prefix with *", "loans/*/"),
    bad_prefix("a prefix with ?", "loans/fact?/"),
    bad_prefix("a prefix with a variable", "loans/${aws:username}/"),
    bad_prefix("a prefix with ..", "loans/../"),
    bad_prefix("a prefix with a NUL", "loans/\x00/"),
    bad_prefix("a prefix with a line's end", "loans/facts/\n"),
    bad_prefix("a Cyrillic prefix", "lоans/facts/"),
    bad_prefix("a percent-encoded prefix", "loans%2ffacts/"),
    bad_prefix("an empty prefix", ""),
    bad_prefix("the root", "/"),
    bad_prefix("an over-long prefix", "a" * 600 + "/"),
    bad_prefix("a prefix without its slash", "loans/facts", corrected="loans/facts/"),
    Case(name="a bucket outside the catalogue", change=given(sources=[{**FACTS, "bucket": "elsewhere-bucket"}]),
         code="invalid-value", field="sources[0]"),
    Case(name="a bucket that is none", change=given(sources=[{**FACTS, "bucket": "A*B"}]),
         code="invalid-value", field="sources[0].bucket"),
    Case(name="another account", change=given(sources=[{**FACTS, "account": "99998888777"}]),
         code="invalid-value", field="sources[0].account"),
    Case(name="a duration longer than the tier's", change=given(duration="PT9H"), code="invalid-value",
         field="duration"),
    Case(name="a duration longer than a session's", change=given(duration="P2D"), code="invalid-value",
         field="duration"),
    Case(name="a duration too short to mint", change=given(duration="PT1S"), code="invalid-value", field="duration"),
    Case(name="an activity that is not there", change=given(activity=NOBODY), status=404, code="not-found",
         field="activity"),
    Case(name="an environment that is not there", change=given(environment="en_01JZZZZZZZZZZZZZZZZZZZZZZZ"),
         status=404, code="not-found", field="environment"),
]  # fmt: skip


def fields(problem: dict[str, Any]) -> set[str]:
    """Every field that a problem names."""
    named = {str(error["field"]) for error in problem.get("errors", [])}
    return named | ({str(problem["field"])} if "field" in problem else set())


def fixes(problem: dict[str, Any]) -> list[str]:
    """Everything that a problem says to do."""
    return [str(each["fix"]) for each in [problem, *problem.get("errors", [])] if "fix" in each]


def check_refused(cast: Cast, answer: Any, case: Case, route: str) -> None:
    """The problem names the field and what to do, and is on record with its request id."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (case.status, case.code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert case.field in fields(problem), problem
    assert all(fixes(problem)), problem
    assert problem.get("corrected") == case.corrected
    record = cast.last_rejection()
    assert record["details"]["request_id"] == answer.headers["x-request-id"] == problem["request_id"]
    assert (record["details"]["code"], record["details"]["route"]) == (case.code, route)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.case("API-004", "API-010", "API-019", "API-020", "AUTHN-038")
def test_a_bad_request_for_access_is_refused_by_its_field(cast: Cast, story: Story, case: Case) -> None:
    before = cast.roles()
    answer = cast.dana.post(ASK, story.asking(**case.change(story)))
    check_refused(cast, answer, case, ASK)
    assert cast.roles() <= before


ACTIVITY = "/v1/activities"
ACTIVITY_CASES = [
    Case(name="an unknown field", change=given(state="active"), field="state"),
    Case(name="no title", change=given(title=None), field="title"),
    Case(name="a name with capitals", change=given(name="Loans"), field="name"),
    Case(name="a name of other letters", change=given(name="löans"), field="name"),
    Case(name="a naive end", change=given(ends_at="2027-01-01T00:00:00"), field="ends_at"),
    Case(name="no purpose", change=given(purposes=[]), field="purposes"),
    Case(name="a purpose that nobody knows", change=given(purposes=["gossip"]), code="order-invalid",
         field="purposes"),
    Case(name="a member that nobody knows", change=given(members=["mallory"]), code="order-invalid",
         field="members[0]"),
    Case(name="a budget as text", change=given(monthly_budget_usd="200"), field="monthly_budget_usd"),
    Case(name="a budget below nothing", change=given(monthly_budget_usd=-1), field="monthly_budget_usd"),
    Case(name="a budget as a flag", change=given(monthly_budget_usd=True), field="monthly_budget_usd"),
    Case(name="an unknown classification", change=given(data_classification="secret"), field="data_classification"),
    Case(name="an end that is over", change=given(ends_at="2020-01-01T00:00:00Z"), code="order-invalid",
         field="ends_at"),
    Case(name="a cost center that no tag takes", change=given(cost_center="a b*"), code="order-invalid",
         field="cost_center"),
]  # fmt: skip
ORDER = {
    "name": "bad-input",
    "title": "Never registered",
    "purposes": ["lending/credit-risk-research"],
    "members": [],
    "contracts": [],
    "data_classification": "internal",
    "cost_center": "CC-1",
    "monthly_budget_usd": 10,
    "template": "standard-research",
}


@pytest.mark.parametrize("case", ACTIVITY_CASES, ids=lambda case: case.name)
@pytest.mark.case("PROV-011")
def test_a_bad_activity_is_refused_by_its_field(cast: Cast, story: Story, case: Case) -> None:
    end = cast.platform.now().replace(microsecond=0, year=cast.platform.now().year + 1).isoformat()
    body = {"ends_at": end, **ORDER, **case.change(story)}
    answer = cast.dana.post(ACTIVITY, {name: value for name, value in body.items() if value is not None})
    check_refused(cast, answer, case, ACTIVITY)
    assert cast.dana.get(ACTIVITY, name="bad-input").json()["items"] == []


RAW: dict[str, tuple[bytes, str, int, str]] = {
    "a duplicate key": (b'{"duration":"PT15M","duration":"PT12H"}', "application/json", 422, "body-invalid"),
    "a duplicate key within": (b'{"sources":[{"kind":"x","kind":"y"}]}', "application/json", 422, "body-invalid"),
    "a huge number": (b'{"duration":' + b"9" * 5000 + b"}", "application/json", 422, "body-invalid"),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, "application/json", 422, "body-invalid"),
    "deep objects": (b'{"a":' * 500 + b"1" + b"}" * 500, "application/json", 422, "body-invalid"),
    "just too deep": (b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", "application/json", 422, "body-invalid"),
    "not a number": (b'{"duration":NaN}', "application/json", 422, "body-invalid"),
    "no JSON": (b"{", "application/json", 422, "body-invalid"),
    "another encoding": ('{"purpose":"x"}'.encode("utf-16"), "application/json", 422, "body-invalid"),
    "bytes of no encoding": (b'{"purpose":"\xff"}', "application/json", 422, "body-invalid"),
    "nothing": (b"", "application/json", 422, "body-invalid"),
    "a list": (b"[]", "application/json", 422, "fields-invalid"),
    "too many bytes": (b'"' + b"x" * (1024 * 1024) + b'"', "application/json", 413, "body-too-large"),
    "a form": (b"activity=ac", "application/x-www-form-urlencoded", 415, "not-json"),
    "text": (b"{}", "text/plain", 415, "not-json"),
    "a multipart upload": (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b", 415, "not-json"),
    "another charset": (b"{}", "application/json; charset=utf-16", 415, "not-json"),
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("path", [ASK, "/v1/contracts", "/v1/activities"])
@pytest.mark.case("API-005", "API-007", "API-008", "API-023")
def test_a_body_that_cannot_be_read_in_one_way_is_refused(cast: Cast, story: Story, name: str, path: str) -> None:
    raw, content_type, status, code = RAW[name]
    answer = cast.dana.send(path, raw, content_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert cast.last_rejection()["details"]["request_id"] == answer.headers["x-request-id"]


def test_a_body_without_a_length_is_cut_off_too(cast: Cast) -> None:
    parts = (b"x" * 65536 for _ in range(64))
    headers = {"Content-Type": "application/json"}
    answer = cast.dana.call("POST", ASK, content=parts, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert cast.dana.get("/v1/me").status_code == 200


def test_a_lone_surrogate_is_refused(cast: Cast, story: Story) -> None:
    raw = json.dumps(story.asking()).replace("PT1H", "\\ud800").encode()
    assert cast.dana.send(ASK, raw).status_code == 422


def test_anonymous_bad_input_meets_only_the_door(cast: Cast) -> None:
    before = cast.rejections()
    answer = cast.http.post(ASK, content=b"[" * 100_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    assert "errors" not in answer.json()
    assert cast.rejections() == before


def test_a_contract_needs_one_document(cast: Cast) -> None:
    for body in ({}, {"document": {}, "document_yaml": "a: 1"}):
        answer = cast.pat.post("/v1/contracts", body)
        assert (answer.status_code, answer.json()["field"]) == (422, "document")


def test_every_problem_of_a_contract_is_told_at_once_with_its_line(cast: Cast) -> None:
    text = filled(sample_text("loans.odcs.yaml"), cast.platform.now())
    assert "select" in text
    problem = cast.pat.post("/v1/contracts", {"document_yaml": text.replace("select", "selekt")}).json()
    assert problem["code"] == "contract-invalid"
    assert len(problem["errors"]) > 1
    assert all(error["field"] and error["fix"] and error["line"] > 0 for error in problem["errors"])


@pytest.mark.case("API-016", "API-017")
def test_a_list_refuses_what_it_does_not_know(cast: Cast) -> None:
    asked: list[tuple[str, str, str]] = [
        ("/v1/grants", "sort=id;DROP TABLE grants", "sort"),
        ("/v1/grants", "limit=1000000", "limit"),
        ("/v1/grants", "limit=0", "limit"),
        ("/v1/grants", "limit=1_0", "limit"),
        ("/v1/grants", "limit=-1", "limit"),
        ("/v1/grants", "limit=5&limit=6", "limit"),
        ("/v1/grants", "state=nonsense", "state"),
        ("/v1/grants", "cursor=AAAA", "cursor"),
        ("/v1/sources", "kind=ftp", "kind"),
        ("/v1/sources", "cursor=%FF", "cursor"),
        ("/v1/audit", "limit=1000000", "limit"),
        ("/v1/me", "verbose=1", "verbose"),
    ]
    for path, query, field in asked:
        answer = (cast.ines if "audit" in path else cast.dana).call("GET", f"{path}?{query}")
        assert answer.status_code == 422, (path, query, answer.text)
        assert field in fields(answer.json()), (path, query, answer.text)


def test_a_cursor_of_another_list_is_refused(cast: Cast, story: Story) -> None:
    cursor = cast.gus.get("/v1/environments", limit=1).json()["next_cursor"]
    assert cursor
    assert cast.gus.get("/v1/grants", cursor=cursor).json()["field"] == "cursor"


def test_something_else_than_an_id_in_a_path_is_named(cast: Cast) -> None:
    for path, field in (("/v1/grants/g-1", "grant"), ("/v1/activities/%00", "activity"), ("/v1/reviews/x", "review")):
        answer = cast.dana.get(path)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.case("API-028")
def test_an_encoded_slash_opens_no_other_path(cast: Cast) -> None:
    assert cast.dana.get("/v1/sources/team-a%2f..%2fteam-b").status_code == 404


def test_credentials_take_a_profile_and_nothing_else(cast: Cast, story: Story) -> None:
    answer = cast.dana.post(f"/v1/grants/gr_{'0' * 26}/credentials", {"duration": "PT12H"})
    assert (answer.status_code, answer.json()["code"]) == (422, "fields-invalid")


def somebody_elses(cast: Cast) -> tuple[Somebody, ...]:
    """People who do not belong to the sample's activity."""
    return (cast.sam, cast.pat)


@pytest.mark.case("API-031")
def test_asking_in_the_name_of_anothers_activity_is_as_if_it_were_not_there(cast: Cast, story: Story) -> None:
    before = cast.roles()
    for person in somebody_elses(cast):
        answer = person.post(ASK, story.asking())
        unknown = person.post(ASK, story.asking(activity=NOBODY))
        told, told_of_nothing = answer.json(), unknown.json()
        assert (answer.status_code, told["code"], told["field"]) == (404, "not-found", "activity")
        told.pop("request_id"), told_of_nothing.pop("request_id")
        assert json.dumps(told).replace(story.activity, NOBODY) == json.dumps(told_of_nothing)
        assert cast.last_rejection()["actor"] == person.get("/v1/me").json()["id"]
    assert cast.roles() <= before


def test_an_activity_that_is_not_active_gets_nothing(cast: Cast, story: Story) -> None:
    end = cast.platform.now().replace(microsecond=0, year=cast.platform.now().year + 1).isoformat()
    order = {**ORDER, "name": "waits-for-review", "ends_at": end, "monthly_budget_usd": 1_000_000}
    waiting = made(cast.dana.post(ACTIVITY, order))
    assert waiting["review"]["state"] == "open"
    before = cast.roles()
    own = {"activity": waiting["activity"]["id"], "environment": waiting["environment"]["id"]}
    answer = cast.dana.post(ASK, story.asking(**own))
    assert (answer.status_code, answer.json()["code"]) == (403, "access-refused")
    named = {rule["id"] for rule in answer.json()["sources"][0]["invariants"]["rules"]}
    assert "inv-activity-is-active" in named
    assert cast.roles() <= before


def test_an_end_before_the_duration_shortens_and_says_so(cast: Cast, story: Story) -> None:
    end = cast.platform.now().replace(microsecond=0).timestamp() + 1200
    ends_at = datetime.fromtimestamp(end, UTC).isoformat()
    preview = made(cast.dana.post(ASK, story.asking(ends_at=ends_at, dry_run=True)))
    assert preview["outcome"] == "would-be-granted"
    assert "the request's own end" in preview["shortened"]
