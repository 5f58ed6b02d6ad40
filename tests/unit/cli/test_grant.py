"""Showing a grant and following its end."""

from __future__ import annotations

from typing import Any

import pytest

from cli.failure import ExitCode
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

STATEMENT = {"Sid": "Read0", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::lake/facts/*"]}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def grant(state: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": "gr_1",
        "state": state,
        "purpose": "risk",
        "tier": "research",
        "ends_at": "2100-01-01T00:00:00Z",
        "sources": [{"uri": "s3://lake/facts/", "operations": ["select"]}],
        "principals": [principal("main")],
        "steps": [{"step": "create-role", "milliseconds": 120}],
        "denial": None,
        **changes,
    }


def principal(profile: str, **changes: Any) -> dict[str, Any]:
    return {
        "part": 1,
        "profile": profile,
        "account": "111122223333",
        "region": "eu-west-1",
        "way": "role",
        "sources": ["s3://lake/facts/"],
        "role": {"name": "sg-gr_1-1-1", "arn": "arn:aws:iam::1:role/jit/sg-gr_1-1-1"},
        "boundary_arn": "arn:aws:iam::1:policy/sluicegate/boundary/sg",
        "policy": POLICY,
        "statements": [{"sid": "Read0", "why": "select on s3://lake/facts/", "statement": STATEMENT}],
        **changes,
    }


def denied(count: int = 3) -> dict[str, Any]:
    return {"count": count, "first_at": "2030-01-01T00:00:04Z", "where": "the engine's own session"}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_a_grant_is_shown_with_each_statement_and_why(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/grants/gr_1", grant("active"))
    told = sluice("grant", "show", "gr_1")
    assert "Read0: select on s3://lake/facts/" in told.out
    assert '"Resource": [' in told.out
    assert "arn:aws:s3:::lake/facts/*" in told.out
    assert "arn:aws:iam::1:role/jit/sg-gr_1-1-1" in told.out
    assert "0.12 s (create-role 120 ms)" in told.out


def test_the_policy_alone_is_what_aws_has(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/grants/gr_1", grant("active"))
    assert sluice("grant", "show", "gr_1", "--policy").json == POLICY


def test_of_several_profiles_each_is_shown_with_what_it_holds(sluice: Sluice, platform: FakePlatform) -> None:
    two = principal("main-2", part=2, sources=["s3://lake/personal/"])
    platform.answers("GET", "/v1/grants/gr_1", grant("active", principals=[principal("main"), two]))
    told = sluice("grant", "show", "gr_1")
    assert told.out.index("main-2") < told.out.index("s3://lake/personal/")
    assert told.out.count("111122223333 (eu-west-1)") == 2


def test_the_policy_of_several_is_asked_for_by_profile(sluice: Sluice, platform: FakePlatform) -> None:
    other = {"Version": "2012-10-17", "Statement": []}
    several = [principal("main"), principal("main-2", policy=other)]
    for _ in range(3):
        platform.answers("GET", "/v1/grants/gr_1", grant("active", principals=several))
    told = sluice("grant", "show", "gr_1", "--policy")
    assert told.code == ExitCode.USAGE
    assert "--profile: main for s3://lake/facts/; main-2 for" in told.err
    assert sluice("grant", "show", "gr_1", "--policy", "--profile", "main-2").json == other
    assert sluice("grant", "show", "gr_1", "--policy", "--profile", "main-3").code == ExitCode.USAGE


def test_a_revocation_without_waiting_claims_no_more_than_revoking(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/grants/gr_1/revoke", grant("revoking"), status=202)
    told = sluice("grant", "revoke", "gr_1", "--reason", "over")
    assert told.code == 0
    assert "gr_1 is revoking" in told.out
    assert "denied" not in told.out
    assert platform.asked[0].body == {"reason": "over"}


def test_a_revocation_is_followed_until_aws_was_seen_to_refuse(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/grants/gr_1/revoke", grant("revoking"), status=202)
    for state, denial in (("revoking", None), ("revoking", None), ("denied", denied())):
        platform.answers("GET", "/v1/grants/gr_1", grant(state, denial=denial))
    told = sluice("grant", "revoke", "gr_1", "--reason", "over", "--wait")
    assert told.code == 0
    assert told.err.count("revoking") == 1
    assert "AWS was seen to refuse 3 times" in told.err
    assert "gr_1 is denied" in told.out


def test_a_denial_that_nobody_saw_is_told_as_such(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/grants/gr_1/revoke", grant("revoking"), status=202)
    unseen = {"count": 0, "first_at": None, "where": "no session was left to look with"}
    platform.answers("GET", "/v1/grants/gr_1", grant("denied", denial=unseen))
    told = sluice("grant", "revoke", "gr_1", "--reason", "over", "--wait")
    assert "nobody could look" in told.err
    assert "seen" not in told.out


@pytest.mark.parametrize(
    ("state", "words", "ends"),
    [("stuck", (), ExitCode.FAILED), ("revoking", ("--timeout", "PT0S"), ExitCode.UNAVAILABLE)],
)
def test_an_end_that_does_not_come_is_not_success(
    sluice: Sluice, platform: FakePlatform, state: str, words: tuple[str, ...], ends: ExitCode
) -> None:
    platform.answers("POST", "/v1/grants/gr_1/revoke", grant("revoking"), status=202)
    platform.answers("GET", "/v1/grants/gr_1", grant(state))
    assert sluice("grant", "revoke", "gr_1", "--reason", "over", "--wait", *words).code == ends


def test_the_list_shows_sources(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/grants", {"items": [grant("active")], "next_cursor": None})
    assert "s3://lake/facts/" in sluice("grant", "list", "--state", "active").out
    assert platform.asked[0].query["state"] == "active"


DANA = "pe_01JABCDEFGHJKMNPQRSTVWXYZ4"
SUBJECTS = {"items": [{"id": DANA, "name": "Dana Quist"}], "next_cursor": None}


def test_a_grant_says_how_much_of_a_container_it_gives_and_where_the_rest_is_told(
    sluice: Sluice, platform: FakePlatform
) -> None:
    whole = {"uri": "product://lending/loans", "operations": ["select"], "catalogue_generation": 7}
    uris = ["s3://lake/facts/", *(f"s3://lake/{n}/" for n in range(8))]
    platform.answers("GET", "/v1/grants/gr_1", grant("active", request="rq_1", containers=[{**whole, "sources": uris}]))
    told = sluice("grant", "show", "gr_1")
    assert "lending/loans (select): 9 sources, by generation 7 of the catalogue; 1 of 9 were given." in told.out
    assert "sluice requests show rq_1" in told.err


def test_a_person_is_named_where_people_read_and_keeps_the_id_in_json(sluice: Sluice, platform: FakePlatform) -> None:
    policy = {**POLICY, "Statement": [{**STATEMENT, "by": "x", "Condition": {"StringEquals": {"aws:user": DANA}}}]}
    main = principal("main", policy=policy)
    platform.answers("GET", "/v1/grants/gr_1", grant("active", subject=DANA, principals=[main]))
    platform.answers("GET", "/v1/subjects", SUBJECTS)
    assert f"Dana Quist ({DANA})" in sluice("grant", "show", "gr_1").out
    asked = len(platform.asked)
    assert sluice("grant", "show", "gr_1", "--json").json["subject"] == DANA
    assert sluice("grant", "show", "gr_1", "--policy").json == policy
    assert "GET /v1/subjects" not in platform.paths()[asked:]


@pytest.mark.parametrize("status", [403, 500])
def test_without_the_directory_an_id_stands(sluice: Sluice, platform: FakePlatform, status: int) -> None:
    platform.answers("GET", "/v1/grants/gr_1", grant("active", subject=DANA))
    platform.refuses("GET", "/v1/subjects", status, "forbidden")
    told = sluice("grant", "show", "gr_1")
    assert (told.code, DANA in told.out) == (ExitCode.DONE, True)
    platform.answers("POST", "/v1/reviews/rv_1/decision", {"id": "rv_1", "state": "approved", "decided_by": DANA})
    told = sluice("review", "approve", "rv_1", "--comment", "fine")
    assert (told.code, f"approved by {DANA}" in told.out) == (ExitCode.DONE, True)


def test_everything_of_a_person_is_ended_by_id_or_by_whole_name(sluice: Sluice, platform: FakePlatform) -> None:
    mine = {"id": "gr_1", "subject": DANA, "purpose": "risk", "ends_at": "2100-01-01T00:00:00Z", "sources": []}
    platform.answers("POST", "/v1/revocations", {"count": 1, "dry_run": True, "grants": [mine]})
    platform.answers("GET", "/v1/subjects", SUBJECTS)
    words = ("grant", "revoke-all", "--reason", "she left", "--dry-run", "--person")
    assert "Dana Quist" in sluice(*words, "dana quist").out
    assert sluice(*words, DANA).code == ExitCode.DONE
    ended = [one.body["person"] for one in platform.asked if one.method == "POST"]
    assert ended == [DANA, DANA]
    nobody = sluice(*words, "Dana")
    assert (nobody.code, "nobody is called Dana" in nobody.err) == (ExitCode.NOT_FOUND, True)
    assert [one.method for one in platform.asked][-1] == "GET"
