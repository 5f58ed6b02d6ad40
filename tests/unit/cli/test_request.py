"""Asking for access: what is sent, and how each verdict is told."""

from __future__ import annotations

from typing import Any

import pytest

from cli.failure import ExitCode
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

ACTIVITY, ENVIRONMENT = "ac_01J00000000000000000000000", "en_01J00000000000000000000000"
PATH = "/v1/access-requests"
ASK = ("request", "--activity", ACTIVITY, "--env", ENVIRONMENT, "--purpose", "risk")
NOT_ASKED = {"consulted": False}


def rules(passes: bool, why: str, *named: dict[str, Any]) -> dict[str, Any]:
    return {"consulted": True, "passes": passes, "why": why, "rules": list(named), "refused_item": None}


def verdict(source: str, refused_by: str | None, **gates: Any) -> dict[str, Any]:
    contract = {"consulted": True, "passes": True, "contract": {"id": "co_1", "version": "1.0.0"}, "breaches": []}
    passing = {"invariants": rules(True, "permitted"), "contract": contract}
    passing["rules"] = rules(True, "permitted", {"id": "allow-research", "title": "T", "advice": None})
    return {
        "source": source,
        "operations": ["describe", "select"],
        "passes": refused_by is None,
        "refused_by": refused_by,
        **passing,
        **gates,
    }


FACTS = verdict("s3://lake/facts/", None)
BREACH = {
    "code": "purpose-not-allowed",
    "clause": "purposes",
    "given": "campaign",
    "allowed": "risk",
    "next_step": "ask for one of the purposes, or for another contract",
}
BY_CONTRACT = verdict(
    "s3://lake/personal/",
    "contract",
    contract={
        "consulted": True,
        "passes": False,
        "contract": {"id": "co_1", "version": "1.0.0"},
        "breaches": [BREACH],
    },
    rules=NOT_ASKED,
)
BY_RULE = verdict(
    "glue://1/r/loans/people",
    "rules",
    rules=rules(
        False,
        "forbidden",
        {"id": "forbid-personal", "title": "Personal data stays out of research", "advice": "ask for the facts"},
    ),
)


def granted(*sources: Any) -> dict[str, Any]:
    grant = {"id": "gr_1", "ends_at": "2100-01-01T00:00:00Z"}
    return {"request_id": "rq_1", "outcome": "granted", "grant": grant, "sources": list(sources), "shortened": None}


def test_a_request_is_sent_whole(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", PATH, granted(FACTS), status=201)
    more = ("--duration", "PT1H", "--ends-at", "2100-01-01T00:00:00Z", "--mode", "partial", "--justification", "why")
    assert sluice(*ASK, *more, "s3://lake/facts/=select", "glue:loans.facts").code == 0
    assert platform.asked[0].body == {
        "activity": ACTIVITY,
        "environment": ENVIRONMENT,
        "purpose": "risk",
        "duration": "PT1H",
        "ends_at": "2100-01-01T00:00:00Z",
        "mode": "partial",
        "justification": "why",
        "dry_run": False,
        "sources": [
            {"kind": "s3-prefix", "bucket": "lake", "prefix": "facts/", "operations": ["select"]},
            {"kind": "glue-table", "database": "loans", "table": "facts", "operations": ["select", "describe"]},
        ],
    }
    assert len(platform.asked[0].headers["Idempotency-Key"]) >= 8


DATABASE = "glue://111122223333/eu-central-1/loans"
ASKED_WHOLE = {
    "uri": DATABASE,
    "operations": ["describe", "select"],
    "catalogue_generation": 7,
    "sources": [f"{DATABASE}/facts"],
    "lacking": [{"source": "https://rates.example.org", "operations": ["describe"]}],
}


def test_a_database_and_a_product_are_asked_for_by_their_uris(sluice: Sluice, platform: FakePlatform) -> None:
    made = granted(FACTS)
    made["grant"]["containers"] = [ASKED_WHOLE]
    dry = {"outcome": "would-be-refused", "sources": [BY_RULE], "containers": [{**ASKED_WHOLE, "lacking": []}]}
    platform.answers("POST", PATH, made, status=201)
    platform.answers("POST", PATH, dry)
    platform.refuses("POST", PATH, 403, "access-refused", sources=[BY_RULE], containers=[ASKED_WHOLE])
    told = sluice(*ASK, DATABASE, "product://lending/loans=select")
    assert platform.asked[0].body["sources"] == [
        {"kind": "glue-database", "uri": DATABASE, "operations": ["select", "describe"]},
        {"kind": "data-product", "uri": "product://lending/loans", "operations": ["select"]},
    ]
    assert f"Asked for {DATABASE} (describe, select): 1 source, by generation 7 of the catalogue." in told.out
    assert "https://rates.example.org offers no describe, so it was left out" in told.out
    assert f"Asked for {DATABASE}" in sluice(*ASK, "--dry-run", DATABASE).out
    refused = sluice(*ASK, DATABASE).err.splitlines()
    assert [line for line in refused if line.startswith(f"Asked for {DATABASE}")]
    assert [line for line in refused if line.strip() == "-"] == []


def test_what_was_not_said_is_not_sent(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", PATH, granted(FACTS), status=201)
    sluice(*ASK, "s3://lake/facts/")
    assert {"duration", "ends_at", "justification"} & set(platform.asked[0].body) == set()


def test_a_grant_is_told_with_a_verdict_a_source_and_the_next_step(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", PATH, granted(FACTS, BY_RULE), status=201)
    told = sluice(*ASK, "s3://lake/facts/", "glue:loans.people")
    assert "Granted: gr_1" in told.out
    assert "within co_1 1.0.0" in told.out
    assert "permitted by allow-research" in told.out
    assert "forbidden by forbid-personal" in told.out
    assert "next: ask for the facts" in told.out
    assert "sluice run --grant gr_1" in told.err


def test_a_refusal_tells_every_source_every_reason_and_the_next_step(sluice: Sluice, platform: FakePlatform) -> None:
    platform.refuses(
        "POST", PATH, 403, "access-refused", request_id="rq_9", sources=[FACTS, BY_CONTRACT, BY_RULE], reasons=[]
    )
    told = sluice(*ASK, "s3://lake/facts/", "s3://lake/personal/", "glue:loans.people")
    assert told.code == ExitCode.REFUSED
    assert told.out == ""
    for expected in (
        "1 clause of co_1 1.0.0 exceeded; policy: not asked",
        "purposes purpose-not-allowed",
        "given: campaign",
        "allowed: risk",
        "next: ask for one of the purposes",
        "forbid-personal: Personal data stays out of research",
        "next: ask for the facts",
        "sluice requests show rq_9",
    ):
        assert expected in told.err


def test_a_reason_that_concerns_the_whole_is_told_too(sluice: Sluice, platform: FakePlatform) -> None:
    reason = {**BREACH, "code": "activity-not-active", "clause": "activity"}
    platform.refuses("POST", PATH, 403, "access-refused", sources=[FACTS], reasons=[reason])
    assert "activity-not-active" in sluice(*ASK, "s3://lake/facts/").err


def test_a_refusal_as_json_is_the_answer_and_still_a_refusal(sluice: Sluice, platform: FakePlatform) -> None:
    platform.refuses("POST", PATH, 403, "access-refused", request_id="rq_9", sources=[BY_RULE], reasons=[])
    told = sluice(*ASK, "glue:loans.people", "--json")
    assert told.code == ExitCode.REFUSED
    assert told.json["request_id"] == "rq_9"
    assert told.json["sources"] == [BY_RULE]


@pytest.mark.parametrize(("outcome", "ends"), [("would-be-granted", 0), ("would-be-refused", ExitCode.REFUSED)])
def test_a_dry_run_ends_as_the_request_would(sluice: Sluice, platform: FakePlatform, outcome: str, ends: int) -> None:
    platform.answers("POST", PATH, {"outcome": outcome, "sources": [FACTS], "ends_at": None, "shortened": None})
    assert sluice(*ASK, "--dry-run", "s3://lake/facts/").code == ends
    assert platform.asked[0].body["dry_run"] is True


@pytest.mark.parametrize(
    "words",
    [("--duration", "1h"), ("--ends-at", "2030-01-01T00:00:00"), ("--mode", "some"), ()],
)
def test_what_cannot_be_sent_is_refused_before_it_is(
    sluice: Sluice, platform: FakePlatform, words: tuple[str, ...]
) -> None:
    assert sluice(*ASK, *words, "lake/facts" if not words else "s3://lake/facts/").code == ExitCode.USAGE
    assert platform.asked == []


def test_activity_and_environment_are_found_by_name_and_tier(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/activities", {"items": [{"id": ACTIVITY, "name": "credit"}], "next_cursor": None})
    retired = {"id": "en_old", "state": "retired"}
    items = [retired, {"id": ENVIRONMENT, "state": "active"}]
    platform.answers("GET", "/v1/environments", {"items": items, "next_cursor": None})
    platform.answers("POST", PATH, granted(FACTS), status=201)
    asked = ("request", "--activity", "credit", "--env", "research", "--purpose", "risk", "s3://lake/facts/")
    assert sluice(*asked).code == 0
    assert platform.asked[0].query["name"] == "credit"
    assert platform.asked[1].query["activity"] == ACTIVITY
    assert platform.asked[1].query["tier"] == "research"
    assert (platform.asked[2].body["activity"], platform.asked[2].body["environment"]) == (ACTIVITY, ENVIRONMENT)


@pytest.mark.parametrize("items", [[], [{"id": "ac_1", "name": "credit"}, {"id": "ac_2", "name": "credit"}]])
def test_a_name_of_none_or_of_two_is_not_guessed(
    sluice: Sluice, platform: FakePlatform, items: list[dict[str, str]]
) -> None:
    platform.answers("GET", "/v1/activities", {"items": items, "next_cursor": None})
    asked = ("request", "--activity", "credit", "--env", "research", "--purpose", "risk", "s3://lake/facts/")
    assert sluice(*asked).code == ExitCode.NOT_FOUND
    assert platform.paths() == ["GET /v1/activities"]


def test_a_recorded_request_shows_what_was_not_asked(sluice: Sluice, platform: FakePlatform) -> None:
    decision = {"outcome": "refused", "asked": {"purpose": "campaign"}, "sources": [BY_CONTRACT], "reasons": []}
    record = {"id": "rq_9", "subject": "pe_1", "outcome": "refused", "decision": decision, "grant": None}
    platform.answers("GET", f"{PATH}/rq_9", record)
    told = sluice("requests", "show", "rq_9")
    assert "not asked" in told.out
    assert "next: ask for one of the purposes" in told.out


def test_what_one_job_uses_as_a_whole_is_asked_for_as_such(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", PATH, granted(FACTS), status=201)
    assert sluice(*ASK, "--together", "s3://lake/facts/", "s3://lake/more/").code == 0
    assert [source["job"] for source in platform.asked[0].body["sources"]] == ["together", "together"]


def test_of_several_profiles_each_says_what_it_holds_and_why(sluice: Sluice, platform: FakePlatform) -> None:
    def principal(profile: str, source: str, why: str) -> dict[str, Any]:
        return {
            "profile": profile,
            "account": "111122223333",
            "region": "eu-west-1",
            "way": "role",
            "why": why,
            "sources": [source],
        }

    several = [principal("main", "s3://lake/facts/", "1 of 2"), principal("main-2", "s3://lake/more/", "2 of 2")]
    body = granted(FACTS)
    platform.answers("POST", PATH, {**body, "grant": {**body["grant"], "principals": several}}, status=201)
    told = sluice(*ASK, "s3://lake/facts/", "s3://lake/more/")
    assert told.code == 0
    assert told.out.index("main-2") < told.out.index("s3://lake/more/") < told.out.index("2 of 2")
    assert "sluice run --grant gr_1 --profile main -- COMMAND" in told.err


OFFER = {
    "changes": ["without s3://lake/personal/"],
    "request": {
        "activity": ACTIVITY,
        "environment": ENVIRONMENT,
        "purpose": "risk",
        "duration_seconds": 3600,
        "mode": "all",
        "sources": [{"source": "s3://lake/facts/", "operations": ["select"]}],
    },
}


def test_a_refusal_tells_the_command_for_what_would_be_granted(sluice: Sluice, platform: FakePlatform) -> None:
    platform.refuses("POST", PATH, 403, "access-refused", sources=[BY_CONTRACT], reasons=[], offers=[OFFER])
    result = sluice(*ASK, "s3://lake/personal/")
    assert result.code == ExitCode.REFUSED
    assert "this would be granted: without s3://lake/personal/" in result.err
    command = f"sluice request --activity {ACTIVITY} --env {ENVIRONMENT} --purpose risk --duration PT3600S"
    assert f"{command} s3://lake/facts/=select" in result.err


SECRET = "secret://111122223333/us-east-1/scoring-key-AbCdEf"


def test_a_name_stands_for_the_one_catalogued_source_that_it_fits(platform: FakePlatform, sluice: Sluice) -> None:
    platform.answers("GET", "/v1/sources", {"items": [{"uri": SECRET}, {"uri": SECRET.replace("key", "key-old")}]})
    platform.answers("POST", PATH, granted(FACTS), status=201)
    assert sluice(*ASK, "secret:scoring-key=select").code == ExitCode.DONE
    assert platform.asked[-1].body["sources"] == [{"kind": "secret", "uri": SECRET, "operations": ["select"]}]
    assert platform.asked[0].query == {"kind": "secret", "q": "scoring-key", "limit": "200"}


def test_attributes_typed_after_a_table_are_put_behind_its_uri(platform: FakePlatform, sluice: Sluice) -> None:
    table = "dynamodb://111122223333/us-east-1/loan-status"
    platform.answers("GET", "/v1/sources", {"items": [{"uri": table}, {"uri": f"{table}/keys/2024"}]})
    platform.answers("POST", PATH, granted(FACTS), status=201)
    assert sluice(*ASK, "dynamodb:loan-status:b,a").code == ExitCode.DONE
    assert platform.asked[-1].body["sources"][0]["uri"] == f"{table}/attributes/a,b"


def test_a_name_that_fits_nothing_or_several_is_refused_before_anything_is_asked(
    platform: FakePlatform, sluice: Sluice
) -> None:
    twice = [{"uri": SECRET}, {"uri": SECRET.replace("AbCdEf", "GhIjKl")}]
    platform.answers("GET", "/v1/sources", {"items": []})
    platform.answers("GET", "/v1/sources", {"items": twice})
    none, several = sluice(*ASK, "secret:scoring-key"), sluice(*ASK, "secret:scoring-key")
    assert "sluice data list --kind secret" in none.err
    assert "2 sources are secret:scoring-key" in several.err
    assert f"POST {PATH}" not in platform.paths()


@pytest.mark.parametrize(("state", "waits"), [("awaiting-approval", True), ("granted", False), ("declined", False)])
def test_only_a_request_that_waits_asks_for_an_approval(
    sluice: Sluice, platform: FakePlatform, state: str, waits: bool
) -> None:
    given = {"approver": "pe_1", "at": "2026-11-23T10:00:00Z", "void": "the person holds more than they were shown"}
    found = {"request": "rq_1", "state": state, "shown": {"terms": {}}, "shown_sha256": "ab" * 32, "approvals": [given]}
    platform.answers("GET", "/v1/access-requests/rq_1/approvals", found)
    told = sluice("approvals", "show", "rq_1")
    assert ("void:" in told.out) is waits
    assert ("sluice approvals approve rq_1" in told.err) is waits
