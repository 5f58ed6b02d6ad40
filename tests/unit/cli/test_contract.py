"""The contract desk at the command line: checked and compared in files, drafted, ended, and what that ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.failure import ExitCode
from tests.unit.cli.conftest import Sluice
from tests.unit.cli.fake_platform import FakePlatform

CONTRACT = "co_01J00000000000000000000000"
VERSION = f"/v1/contracts/{CONTRACT}/versions/1.1.0"
TEXT = (Path(__file__).parents[1] / "contracts/document/loans.odcs.yaml").read_text("utf-8")
SHOWN: dict[str, Any] = {
    "id": CONTRACT,
    "name": "Loans",
    "version": "1.1.0",
    "state": "in-force",
    "starts_at": "2030-01-01T00:00:00Z",
    "ends_at": "2031-01-01T00:00:00Z",
    "document": {"kind": "DataContract", "name": "Größe"},
}


@pytest.fixture
def loans(surroundings: Path) -> Path:
    file = surroundings / "loans.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_a_file_is_checked_without_any_platform(anyone: Sluice, loans: Path) -> None:
    told = anyone("contract", "validate", loans.name)
    assert (told.code, told.out) == (0, "loans.yaml is a contract: Single-family loan performance, version 1.2.0.\n")
    assert "cannot be signed yet: loans.yaml: $.customProperties[0].value.ingress: has no enforcer yet" in told.err
    checked = anyone("contract", "validate", loans.name, "--json").json
    assert (checked["valid"], checked["problems"], len(checked["unenforceable"])) == (True, [], 1)


def test_each_problem_of_a_file_comes_with_its_line(anyone: Sluice, loans: Path) -> None:
    loans.write_text(TEXT.replace("max: PT12H", "max: PT1H").replace("share: none, inter", "share: all, inter", 1))
    told = anyone("contract", "validate", loans.name)
    line = next(n for n, text in enumerate(TEXT.splitlines(), 1) if "research:" in text)
    assert told.code == ExitCode.FAILED
    assert f"loans.yaml:{line}: $.customProperties[0].value.stages.research.share: is 'all'" in told.err
    checked = anyone("contract", "validate", loans.name, "--json")
    assert checked.code == ExitCode.FAILED
    assert [problem["line"] for problem in checked.json["problems"]] == [line]


def test_two_files_are_compared_without_any_platform(anyone: Sluice, loans: Path) -> None:
    newer = loans.with_name("newer.yaml")
    newer.write_text(TEXT.replace("version: 1.2.0", "version: 1.3.0").replace("max: PT12H", "max: PT8H"))
    told = anyone("contract", "diff", loans.name, newer.name)
    assert told.out.splitlines() == [
        "1.2.0 → 1.3.0: access narrows",
        "  narrows   maximum duration 12 h → 8 h  (duration.max)",
    ]
    assert anyone("contract", "diff", newer.name, loans.name, "--json").json["verdict"] == "widens"
    assert anyone("contract", "diff", loans.name, "nowhere.yaml").code == ExitCode.USAGE
    assert anyone("contract", "diff", loans.name, newer.name, "--from", "1.2.0").code == ExitCode.USAGE


def test_two_versions_are_compared_by_the_platform(sluice: Sluice, platform: FakePlatform) -> None:
    lines = [{"clause": "purposes.allow", "text": "adds purpose x", "effect": "widens"}]
    found = {"from_version": "1.0.0", "to_version": "1.1.0", "verdict": "widens", "lines": lines}
    platform.answers("GET", f"{VERSION}/difference", found)
    told = sluice("contract", "diff", CONTRACT, "--from", "1.0.0", "--to", "1.1.0")
    assert told.out == "1.0.0 → 1.1.0: access widens\n  widens    adds purpose x  (purposes.allow)\n"
    assert platform.asked[-1].query == {"from": "1.0.0"}
    platform.answers("GET", f"/v1/contracts/{CONTRACT}", SHOWN)
    sluice("contract", "diff", CONTRACT)
    assert (platform.paths()[-2:], platform.asked[-1].query) == (
        [f"GET /v1/contracts/{CONTRACT}", f"GET {VERSION}/difference"],
        {},
    )


def test_a_draft_is_saved_and_proposed(sluice: Sluice, platform: FakePlatform, loans: Path) -> None:
    platform.answers("POST", "/v1/contracts/drafts", SHOWN | {"state": "draft"}, status=201)
    platform.answers("POST", f"{VERSION}/proposal", SHOWN | {"state": "proposed"}, status=201)
    assert "state    draft" in sluice("contract", "draft", loans.name).out
    assert platform.asked[-1].body == {"document_yaml": TEXT}
    assert "proposed" in sluice("contract", "propose", "--draft", CONTRACT, "--version", "1.1.0").out
    for words in ([], [loans.name, "--draft", CONTRACT, "--version", "1.1.0"], ["--draft", CONTRACT]):
        assert sluice("contract", "propose", *words).code == ExitCode.USAGE


def test_ending_a_contract_names_the_grants_that_end_with_it(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", f"{VERSION}/end", SHOWN | {"state": "ended", "revoked_grants": ["gr_1", "gr_2"]})
    told = sluice("contract", "end", CONTRACT, "--version", "1.1.0", "--reason", "the data moved")
    assert platform.asked[-1].body == {"reason": "the data moved"}
    assert "no longer passes, and is being revoked: grant gr_2" in told.out
    assert sluice("contract", "end", CONTRACT, "--version", "1.1.0").code == ExitCode.USAGE


def test_what_the_catalogue_lacks_is_told_to_who_looks_at_a_contract_and_to_who_signs_it(
    sluice: Sluice, platform: FakePlatform
) -> None:
    lacking = SHOWN | {"uncatalogued": ["s3://lake/nowhere/"]}
    platform.answers("GET", VERSION, lacking)
    platform.answers("POST", f"{VERSION}/signatures", lacking | {"revoked_grants": []}, status=201)
    for words in (("show",), ("sign", "--role", "data-owner")):
        told = sluice("contract", words[0], CONTRACT, "--version", "1.1.0", *words[1:])
        assert "not catalogued, so that nobody can ask for it yet: s3://lake/nowhere/" in told.out


def test_a_version_signed_ahead_says_when_it_begins(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("POST", f"{VERSION}/signatures", SHOWN | {"state": "signed", "revoked_grants": []}, status=201)
    told = sluice("contract", "sign", CONTRACT, "--version", "1.1.0", "--role", "data-owner")
    assert "everybody has signed; it comes into force at" in told.err


def test_the_document_of_a_version_comes_out_whole(sluice: Sluice, platform: FakePlatform) -> None:
    platform.answers("GET", VERSION, SHOWN)
    told = sluice("contract", "show", CONTRACT, "--version", "1.1.0", "--document")
    assert json.loads(told.out) == SHOWN["document"]


def test_what_holds_each_clause_is_a_line_and_what_nothing_holds_says_so(
    sluice: Sluice, platform: FakePlatform
) -> None:
    seen = {"name": "decision", "verified": ["own-tests"], "last_seen": "2030-01-01T10:00:00Z"}
    never = {"name": "purge", "verified": ["embedded-aws", "own-tests"], "last_seen": None}
    clauses = [
        {"clause": "purposes.allow", "hold": "enforced", "mechanisms": [seen, never]},
        {"clause": "ingress", "hold": "attested", "mechanisms": []},
    ]
    answer = {"id": CONTRACT, "version": "1.1.0", "clauses": clauses}
    for _ in range(2):
        platform.answers("GET", f"/v1/contracts/{CONTRACT}/enforcement", answer)
    lines = sluice("contract", "enforcement", CONTRACT).out.splitlines()
    assert [re.split(r" {2,}", line.strip()) for line in lines[-2:]] == [
        [
            "purposes.allow",
            "enforced",
            "decision; purge",
            "own-tests; embedded-aws, own-tests",
            "2030-01-01 10:00:00 UTC; never",
        ],
        ["ingress", "attested", "nothing"],
    ]
    assert sluice("contract", "enforcement", CONTRACT, "--json").json == answer
