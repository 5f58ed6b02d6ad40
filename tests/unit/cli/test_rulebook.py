"""The versions of the rules, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.failure import ExitCode
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

TEXT = "// rules\npermit (principal, action, resource);\n"


def version(state: str, **more: Any) -> dict[str, Any]:
    return {
        "version": "7", "title": "A change", "state": state, "authors": ["pe_1"], "digest": "d" * 64, "against": "6",
        "revision": 3, "approvals": [], "text": TEXT, "cases": "cases: []", **more,
    }  # fmt: skip


def analysed(lead: list[str]) -> dict[str, Any]:
    return {"version": "7", "against": "6", "impact": {"lead": lead}}


def lines(*said: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in said)


@pytest.fixture
def rules(surroundings: Path) -> str:
    (surroundings / "r.cedar").write_text(TEXT)
    (surroundings / "c.yaml").write_text("cases: []\n")
    return "r.cedar"


def test_a_file_is_drafted_as_it_stands(sluice: Sluice, platform: FakePlatform, rules: str) -> None:
    platform.answers("POST", "/v1/rulebooks", version("draft"), status=201)
    told = sluice("policy", "draft", rules, "--title", "A change", "--cases", "c.yaml")
    assert platform.asked[0].body == {"title": "A change", "text": TEXT, "cases": "cases: []\n"}
    assert "Idempotency-Key" in platform.asked[0].headers
    assert "sluice policy propose 7" in told.err


def test_warnings_are_told_by_line(sluice: Sluice, platform: FakePlatform, rules: str) -> None:
    warning = {"concern": "unscoped", "rule": "a", "line": 4, "message": "everybody", "fix": "name a team"}
    platform.answers("POST", "/v1/rulebooks/validate", {"rules": [{"id": "a"}], "warnings": [warning]})
    told = sluice("policy", "validate", rules)
    assert (told.code, platform.asked[0].body) == (0, {"text": TEXT})
    assert "line 4 (a): everybody; name a team" in told.out


def test_a_text_that_is_unfit_is_told_by_line_and_fails(sluice: Sluice, platform: FakePlatform, rules: str) -> None:
    fault = {"field": "text", "line": 2, "message": "unexpected token", "fix": "correct the rule at this line"}
    platform.refuses("POST", "/v1/rulebooks/validate", 422, "rulebook-invalid", errors=[fault])
    told = sluice("policy", "validate", rules)
    assert told.code == ExitCode.USAGE
    assert "unexpected token" in told.err


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, ExitCode.FAILED)])
def test_a_case_that_fails_fails_the_command(
    sluice: Sluice, platform: FakePlatform, rules: str, passed: bool, code: int
) -> None:
    results = [
        {"suite": "rulebook", "name": "mine", "passed": passed, "problem": None if passed else "expected allow"},
        {"suite": "invariants", "name": "theirs", "passed": True, "problem": None},
    ]
    platform.answers("POST", "/v1/rulebooks/test", {"passed": passed, "results": results})
    told = sluice("policy", "test", rules, "--cases", "c.yaml")
    assert told.code == code
    assert ("fails   mine: expected allow" in told.out) is not passed
    assert f"{1 + passed} of 2 pass" in told.out


def test_an_edit_names_the_revision_it_was_made_from_and_keeps_what_is_not_said(
    sluice: Sluice, platform: FakePlatform, rules: str
) -> None:
    platform.answers("GET", "/v1/rulebooks/7", version("draft", text="old"))
    platform.answers("PUT", "/v1/rulebooks/7", version("draft", revision=4))
    assert sluice("policy", "edit", "7", rules).code == 0
    assert platform.asked[-1].body == {"title": "A change", "revision": 3, "cases": "cases: []", "text": TEXT}


def test_an_approval_names_what_was_read(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/rulebooks/7", version("proposed"))
    agreed = version("approved", approvals=[{"by": "pe_2", "at": "2030-01-01T00:00:00Z"}])
    platform.answers("POST", "/v1/rulebooks/7/approve", agreed)
    told = sluice("policy", "approve", "7")
    assert platform.asked[-1].body == {"digest": "d" * 64, "against": "6"}
    assert "approved by pe_2" in told.out
    assert "sluice policy activate 7" in told.err
    sluice("policy", "approve", "7", "--digest", "e" * 64)
    assert platform.asked[-1].body == {"digest": "e" * 64, "against": "6"}


def test_an_activation_names_the_grants_that_end(sluice: Sluice, platform: FakePlatform) -> None:
    done = {"version": "7", "retired": "6", "live_at": None, "ended_grants": ["gr_1", "gr_2"]}
    platform.answers("GET", "/v1/rulebooks/7", version("approved"))
    platform.answers("POST", "/v1/rulebooks/7/activate", done)
    told = sluice("policy", "activate", "7")
    assert platform.asked[-1].body == {"revision": 3}
    assert "Version 7 is live; version 6 is retired." in told.out
    assert "gr_1" in told.out
    assert "gr_2" in told.out


def test_a_refusal_is_told_and_exits_as_one(sluice: Sluice, platform: FakePlatform) -> None:
    platform.refuses("POST", "/v1/rulebooks/7/activate", 403, "approval-void")
    assert sluice("policy", "activate", "7", "--revision", "3").code == ExitCode.REFUSED


@pytest.mark.parametrize(("deed", "words"), [("reject", "Too wide."), ("withdraw", "No longer needed.")])
def test_a_reason_is_sent(sluice: Sluice, platform: FakePlatform, deed: str, words: str) -> None:
    platform.answers("GET", "/v1/rulebooks/7", version("proposed"))
    platform.answers("POST", f"/v1/rulebooks/7/{deed}", version("rejected"))
    assert sluice("policy", deed, "7", "--reason", words).code == 0
    assert platform.asked[-1].body == {"reason": words, "revision": 3}


def test_a_rollback_sends_nothing(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/rulebooks/7/rollback", version("draft"))
    assert sluice("policy", "rollback", "7").code == 0
    assert platform.asked[-1].body == {}


def test_a_proposal_names_the_revision_that_was_read(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/rulebooks/7", version("draft"))
    platform.answers("POST", "/v1/rulebooks/7/propose", version("proposed"))
    platform.answers("POST", "/v1/rulebooks/7/propose", version("proposed"))
    told = sluice("policy", "version", "7")
    assert "sluice policy propose 7 --revision 3" in told.err
    sluice("policy", "propose", "7", "--revision", "2")
    assert platform.asked[-1].body == {"revision": 2}
    platform.answers("GET", "/v1/rulebooks/7", version("draft"))
    sluice("policy", "propose", "7")
    assert platform.asked[-1].body == {"revision": 3}


@pytest.mark.parametrize("deed", ["approve", "activate", "diff"])
def test_a_version_without_test_cases_is_said_where_it_is_judged(
    sluice: Sluice, platform: FakePlatform, deed: str
) -> None:
    caution = "Version 7 has no test cases of its own"
    bare = version("approved", cases="", cautions=[caution])
    platform.answers("GET", "/v1/rulebooks/6", version("live", version="6"))
    platform.answers("GET", "/v1/rulebooks/7", bare)
    platform.answers("POST", f"/v1/rulebooks/7/{deed}", {**bare, "retired": "6", "ended_grants": []})
    told = sluice("policy", deed, *(["6"] if deed == "diff" else []), "7")
    assert (told.code, caution in told.err) == (0, True)
    if deed == "diff":
        assert "-cases: []" in told.out.splitlines()


def test_what_differs_is_shown_line_by_line(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/rulebooks/6", version("retired", text="a\nb\n"))
    platform.answers("GET", "/v1/rulebooks/7", version("live", text="a\nc\n"))
    told = sluice("policy", "diff", "6", "7")
    assert {"-b", "+c"} <= set(told.out.splitlines())
    assert "-a" not in told.out.splitlines()


def test_the_impact_leads_with_what_matters(sluice: Sluice, platform: FakePlatform) -> None:
    lead = ["17 people gain read of restricted data in research"]
    platform.answers("POST", "/v1/rulebooks/7/impact", raw=lines({"impact": analysed(lead)}))
    assert lead[0] in sluice("policy", "impact", "7").out


def test_the_progress_of_an_analysis_is_told_beside_it(sluice: Sluice, platform: FakePlatform) -> None:
    steps: list[dict[str, Any]] = [
        {"progress": {"part": "proof", "done": 0, "of": None}},
        *({"progress": {"part": "replay", "done": done, "of": 612}} for done in (0, 200, 400, 600, 612)),
    ]
    platform.answers("POST", "/v1/rulebooks/7/impact", raw=lines(*steps, {"impact": analysed(["nobody gains"])}))
    told = sluice("policy", "impact", "7", "--json")
    assert told.json == analysed(["nobody gains"])
    assert told.err.splitlines() == ["proof: 0", "replay: 0 of 612", "replay: 612 of 612"]
    assert (platform.asked[0].headers["Accept"], platform.asked[0].query) == ("application/x-ndjson", {})


def test_an_analysis_is_of_the_recorded_questions_that_were_named(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/rulebooks/7/impact", raw=lines({"impact": analysed([])}))
    since = ("--since", "2030-01-01T00:00:00Z", "--until", "2030-02-01T00:00:00Z")
    assert sluice("policy", "impact", "7", "--last", "50", *since).code == 0
    asked = platform.asked[0].query
    assert (asked["last"], asked["since"][:10], asked["until"][:10]) == ("50", "2030-01-01", "2030-02-01")


def test_a_fault_in_the_middle_of_an_analysis_is_told_as_any_other(sluice: Sluice, platform: FakePlatform) -> None:
    problem = {"status": 503, "code": "store-unavailable", "title": "Down", "detail": "the database did not answer"}
    step = {"progress": {"part": "proof", "done": 1, "of": 1}}
    platform.answers("POST", "/v1/rulebooks/7/impact", raw=lines(step, {"problem": problem}))
    told = sluice("policy", "impact", "7")
    assert (told.code, told.out) == (ExitCode.UNAVAILABLE, "")
    assert "the database did not answer" in told.err


@pytest.mark.parametrize("raw", [b"", b'{"progress": {"part": "proof", "done": 0, "of": 1}}\n'])
def test_an_analysis_that_breaks_off_is_no_analysis(sluice: Sluice, platform: FakePlatform, raw: bytes) -> None:
    platform.answers("POST", "/v1/rulebooks/7/impact", raw=raw)
    told = sluice("policy", "impact", "7")
    assert (told.code, told.out) == (ExitCode.UNAVAILABLE, "")
    assert "broke off" in told.err


def test_lines_that_are_no_json_are_not_the_platforms(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/rulebooks/7/impact", raw=b"<html>\n")
    told = sluice("policy", "impact", "7")
    assert told.code == ExitCode.FAILED
    assert "not the API's" in told.err


def test_an_analysis_that_is_refused_says_why(sluice: Sluice, platform: FakePlatform) -> None:
    platform.refuses("POST", "/v1/rulebooks/7/impact", 403, "forbidden")
    told = sluice("policy", "impact", "7")
    assert told.code == ExitCode.REFUSED
    assert "Detail of forbidden" in told.err


def test_a_form_becomes_cedar_text_with_its_sentence_beside_it(
    sluice: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    (surroundings / "f.yaml").write_text("id: a\nwho: {is: everyone}\nfirst_day: 2030-01-01\n")
    made = {"cedar": "permit (principal, action, resource);", "sentence": "Anyone may.", "form": {}}
    platform.answers("POST", "/v1/rulebooks/forms", made)
    told = sluice("policy", "form", "f.yaml")
    assert (told.out, told.err) == ("permit (principal, action, resource);\n", "Anyone may.\n")
    form = {"id": "a", "who": {"is": "everyone"}, "first_day": "2030-01-01"}
    assert platform.asked[0].body == {"form": form}


def test_every_field_of_a_bad_form_is_told(sluice: Sluice, platform: FakePlatform, surroundings: Path) -> None:
    (surroundings / "f.yaml").write_text("id: a\n")
    faults = [{"field": name, "message": "is missing", "fix": "correct it"} for name in ("who", "data.is")]
    platform.refuses("POST", "/v1/rulebooks/forms", 422, "rule-form-invalid", errors=faults)
    told = sluice("policy", "form", "f.yaml")
    assert told.code == ExitCode.USAGE
    assert "who" in told.err
    assert "data.is" in told.err


def test_a_rule_is_shown_with_what_it_says(sluice: Sluice, platform: FakePlatform) -> None:
    rule = {"id": "a", "title": "T", "text": TEXT}
    platform.answers("GET", "/v1/policies/a", {**rule, "sentence": "Anyone may read anything.", "not_a_form": None})
    platform.answers("GET", "/v1/policies/a", {**rule, "sentence": None, "not_a_form": "it has a comment"})
    assert "Anyone may read anything." in sluice("policy", "show", "a").out
    assert "it has a comment" in sluice("policy", "show", "a").out


def test_versions_are_listed_and_one_is_shown_whole(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", "/v1/rulebooks", {"items": [version("proposed")], "next_cursor": None})
    platform.answers("GET", "/v1/rulebooks/7", version("proposed", warnings=[], impact={"lead": ["nobody gains"]}))
    assert "proposed" in sluice("policy", "versions", "--state", "proposed").out
    assert platform.asked[0].query["state"] == "proposed"
    told = sluice("policy", "version", "7")
    assert "nobody gains" in told.out
    assert "permit (principal" in told.out
