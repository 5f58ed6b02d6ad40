"""Activities, environments, reviews, contracts, the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.failure import ExitCode, InputInvalid
from cli.yaml_file import read_object
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

ACTIVITY, CONTRACT = "ac_01J00000000000000000000000", "co_01J00000000000000000000000"
REVIEW = {
    "id": "rv_1",
    "state": "approved",
    "decided_by": None,
    "rule_set": "fast-path-1",
    "criteria": [{"id": "c1", "title": "Template", "met": True, "found": "standard-research, unmodified"}],
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_an_import_sends_what_was_given_and_shows_every_table_with_its_reason(
    sluice: Sluice, platform: FakePlatform
) -> None:
    view = {"change": "left-out", "uri": "glue://1/r/db/v", "classification": None, "why": "it names no table"}
    platform.answers("POST", "/v1/catalogue/imports", {"tables": [view], "generation": 4, "dry_run": True})
    told = sluice("data", "import", "--database", "db", "--owner", "lending", "--dry-run")
    given = {"databases": ["db"], "remove": False, "dry_run": True, "owner": "lending"}
    assert platform.asked[-1].body == given
    assert "it names no table" in " ".join(told.out.split())
    assert "Nothing was changed." in told.out


def test_every_account_is_imported_although_one_of_them_fails(sluice: Sluice, platform: FakePlatform) -> None:
    two = [{"account": "111111111111"}, {"account": "222222222222"}]
    platform.answers("GET", "/v1/catalogue/accounts", {"items": two, "next_cursor": None})
    platform.refuses("POST", "/v1/catalogue/imports", 403, "aws-refused")
    platform.answers("POST", "/v1/catalogue/imports", {"account": "222222222222", "tables": [], "generation": 5})
    told = sluice("data", "import", "--all-accounts")
    assert told.code == ExitCode.FAILED
    assert [one.body["account"] for one in platform.asked[-2:]] == ["111111111111", "222222222222"]
    assert "The catalogue is of generation 5." in told.out
    assert "Detail of aws-refused" in told.err
    assert "111111111111 could not be imported" in told.err
    assert sluice("data", "import", "--all-accounts", "--account", "111111111111").code == ExitCode.USAGE


def test_one_account_is_imported_by_its_number(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", "/v1/catalogue/imports", {"tables": [], "generation": 4, "dry_run": True})
    assert sluice("data", "import", "--account", "222222222222", "--dry-run").code == ExitCode.DONE
    assert platform.asked[-1].body["account"] == "222222222222"


LOANS = {
    "uri": "product://lending/loans",
    "owners": ["lending-data-owners"],
    "classification": "confidential",
    "classes": ["personal"],
    "sources": 3,
    "counts": {"glue-table": 2, "s3-prefix": 1},
    "contracts": [{"id": CONTRACT, "name": "Loans", "version": "1.0.0", "sources": 2}],
}


def test_data_products_and_databases_are_listed_with_what_is_in_them(sluice: Sluice, platform: FakePlatform) -> None:
    for command, path in (("products", "/v1/catalogue/products"), ("databases", "/v1/catalogue/databases")):
        platform.answers("GET", path, {"items": [LOANS], "next_cursor": None})
        told = " ".join(
            sluice("data", command, "--owner", "lending-data-owners", "--class", "confidential").out.split()
        )
        given = {"limit": "200", "owner": "lending-data-owners", "classification": "confidential"}
        assert (platform.asked[-1].path, platform.asked[-1].query) == (path, given)
        assert "2 glue-table, 1 s3-prefix" in told
        assert "Loans 1.0.0 (2 of 3)" in told


def test_a_container_is_shown_with_everything_in_it_page_after_page(sluice: Sluice, platform: FakePlatform) -> None:
    path, uri = "/v1/catalogue/databases/item", "glue://111122223333/eu-central-1/loans"
    first, second = ({"uri": f"{uri}/{name}", "contract": None} for name in ("a", "b"))
    platform.answers("GET", path, {**LOANS, "items": [first], "next_cursor": "x"})
    platform.answers("GET", path, {**LOANS, "items": [second], "next_cursor": None})
    told = sluice("data", "show", uri)
    assert told.out.count(f"{uri}/a") == 1
    assert told.out.count(f"{uri}/b") == 1
    assert [one.query for one in platform.asked] == [
        {"uri": uri, "limit": "200"},
        {"uri": uri, "limit": "200", "cursor": "x"},
    ]
    platform.answers("GET", "/v1/sources/item", {"uri": f"{uri}/a"})
    assert sluice("data", "show", f"{uri}/a").code == ExitCode.DONE
    assert platform.paths()[-1] == "GET /v1/sources/item"


def test_a_view_is_certified_for_the_definition_that_was_shown(sluice: Sluice, platform: FakePlatform) -> None:
    uri, sha256 = "glue://1/r/db/v", "a" * 64
    said = {"team": "lending", "by": "pe_1", "at": "2026-11-23T10:00:00Z", "is_void": False}
    shown = {"bases": ["glue://1/r/db/t"], "sha256": sha256, "owners": ["lending"], "certificates": [said]}
    platform.answers("POST", "/v1/catalogue/views/certificates", {**shown, "is_treatment": True})
    told = sluice("data", "certify", uri, "--definition", sha256)
    assert (platform.asked[-1].query, platform.asked[-1].body) == ({"uri": uri}, {"sha256": sha256})
    assert "certified for lending by pe_1" in told.out
    assert "a treatment: read without its tables" in told.out
    platform.answers("POST", "/v1/catalogue/views/certificates/withdraw", {**shown, "certificates": []})
    assert "to be certified by lending" in sluice("data", "uncertify", uri).out


def test_an_activity_is_registered_from_a_file_with_its_contracts_by_name(
    sluice: Sluice, platform: FakePlatform, surroundings: Path
) -> None:
    file = surroundings / "a.yaml"
    file.write_text(f"name: credit\ncontracts: [Loans, {CONTRACT}]\nends_at: 2030-12-31T00:00:00Z\nbudget: 5\n")
    platform.answers("GET", "/v1/contracts", {"items": [{"id": CONTRACT, "name": "Loans"}], "next_cursor": None})
    made = {
        "activity": {"id": ACTIVITY, "name": "credit", "state": "active"},
        "environment": {"id": "en_1", "tier": "research", "state": "approved"},
        "review": REVIEW,
    }
    platform.answers("POST", "/v1/activities", made, status=201)
    told = sluice("activity", "register", str(file))
    assert platform.asked[-1].body == {
        "name": "credit",
        "contracts": [CONTRACT, CONTRACT],
        "ends_at": "2030-12-31T00:00:00Z",
        "budget": 5,
    }
    assert "approved by the fast path" in told.out
    assert "met      Template: standard-research, unmodified" in told.out
    assert "sluice env wait en_1" in told.err


@pytest.mark.parametrize(
    "text",
    ["- a\n", "a: 1\na: 2\n", "a: &x [1]\nb: *x\n", "a: [1\n", "1: a\n", "!!python/object:os.system {}\n", "\xff", ""],
)
def test_a_file_that_could_be_read_in_two_ways_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputInvalid):
        read_object(file)


def test_a_missing_file_is_a_usage_error(sluice: Sluice, platform: FakePlatform) -> None:
    assert sluice("activity", "register", "nowhere.yaml").code == ExitCode.USAGE
    assert sluice("contract", "propose", "nowhere.yaml").code == ExitCode.USAGE
    assert platform.asked == []


def environment(state: str, *events: str, **changes: Any) -> dict[str, Any]:
    told = [{"at": "2030-01-01T00:00:00Z", "resource": e, "status": "CREATE_COMPLETE", "reason": ""} for e in events]
    return {"id": "en_1", "state": state, "tier": "research", "events": told, "review": "rv_1", **changes}


def test_waiting_tells_each_event_once(sluice: Sluice, platform: FakePlatform) -> None:
    for answer in (
        environment("approved"),
        environment("provisioning", "Bucket"),
        environment("provisioning", "Bucket", "Key"),
        environment("active", "Bucket", "Key"),
    ):
        platform.answers("GET", "/v1/environments/en_1", answer)
    told = sluice("env", "wait", "en_1")
    assert told.code == 0
    assert told.err.count("Bucket ") == 1
    assert told.err.count("Key ") == 1
    assert "en_1 is active." in told.out


@pytest.mark.parametrize(
    ("state", "words", "ends"),
    [
        ("failed", (), ExitCode.FAILED),
        ("rejected", (), ExitCode.FAILED),
        ("submitted", ("--timeout", "PT0S"), ExitCode.UNAVAILABLE),
    ],
)
def test_waiting_for_what_does_not_come_is_not_success(
    sluice: Sluice, platform: FakePlatform, state: str, words: tuple[str, ...], ends: ExitCode
) -> None:
    platform.answers("GET", "/v1/environments/en_1", environment(state, last_error="Bucket: taken"))
    told = sluice("env", "wait", "en_1", *words)
    assert told.code == ends
    if state == "failed":
        assert "Bucket: taken" in told.err
    if state == "submitted":
        assert "sluice review show rv_1" in told.err


def test_a_review_is_decided_with_a_comment(sluice: Sluice, platform: FakePlatform) -> None:
    decided = {**REVIEW, "state": "rejected", "decided_by": "pe_2"}
    platform.answers("POST", "/v1/reviews/rv_1/decision", decided)
    told = sluice("review", "reject", "rv_1", "--comment", "Too wide.")
    assert platform.asked[0].body == {"decision": "reject", "comment": "Too wide."}
    assert "rejected by pe_2" in told.out


def contract(state: str, *signed: str) -> dict[str, Any]:
    signatures = [{"role": role, "by": "pe_1", "at": "2030-01-01T00:00:00Z"} for role in signed]
    return {
        "id": CONTRACT,
        "version": "1.0.0",
        "name": "Loans",
        "state": state,
        "needed": ["data-owner", "privacy-office"],
        "signatures": signatures,
        "clauses": [{"clause": "purposes", "text": "risk only", "hold": "enforced", "by": "the engine"}],
    }


def test_a_contract_is_proposed_as_it_stands(sluice: Sluice, platform: FakePlatform, surroundings: Path) -> None:
    text = "apiVersion: v3.2.0\n# comment\nversion: 1.2.0\n"
    (surroundings / "c.yaml").write_text(text)
    platform.answers("POST", "/v1/contracts", contract("proposed"), status=201)
    told = sluice("contract", "propose", "c.yaml")
    assert platform.asked[0].body == {"document_yaml": text}
    assert "still to sign: data-owner" in told.err
    assert "enforced" in told.out


def test_signing_and_accepting_go_to_the_version_named(sluice: Sluice, platform: FakePlatform) -> None:
    path = f"/v1/contracts/{CONTRACT}/versions/1.0.0"
    platform.answers("GET", "/v1/contracts", {"items": [{"id": CONTRACT, "name": "Loans"}], "next_cursor": None})
    platform.answers("POST", f"{path}/signatures", contract("proposed", "data-owner"), status=201)
    told = sluice("contract", "sign", "Loans", "--version", "1.0.0", "--role", "data-owner")
    assert platform.asked[-1].body == {"role": "data-owner"}
    assert "still to sign: privacy-office" in told.err
    assert "still to sign: data-owner" not in told.err
    accepted = {"activity": ACTIVITY, "contract": CONTRACT, "version": "1.0.0", "at": "2030-01-01T00:00:00Z"}
    platform.answers("POST", f"{path}/acceptances", accepted, status=201)
    assert sluice("contract", "accept", CONTRACT, "--version", "1.0.0", "--activity", ACTIVITY).code == 0
    assert platform.asked[-1].body == {"activity": ACTIVITY}


def test_one_version_is_shown_by_its_path(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", f"/v1/contracts/{CONTRACT}", contract("in-force"))
    platform.answers("GET", f"/v1/contracts/{CONTRACT}/versions/1.0.0", contract("superseded"))
    assert "in-force" in sluice("contract", "show", CONTRACT).out
    assert "superseded" in sluice("contract", "show", CONTRACT, "--version", "1.0.0").out


def test_the_catalogue_is_searched_by_the_apis_names(sluice: Sluice, platform: FakePlatform) -> None:
    item = {
        "uri": "s3://lake/facts/",
        "title": "Facts",
        "classification": "confidential",
        "classes": ["loan"],
        "contract": {"id": CONTRACT, "version": "1.0.0", "name": "Loans"},
    }
    platform.answers("GET", "/v1/sources", {"items": [item, {**item, "contract": None}], "next_cursor": None})
    told = sluice("data", "list", "--q", "fact", "--class", "confidential", "--kind", "s3-prefix")
    assert platform.asked[0].query == {
        "limit": "200", "q": "fact", "classification": "confidential", "kind": "s3-prefix",
    }  # fmt: skip
    assert "Loans 1.0.0" in told.out
    assert "none" in told.out
