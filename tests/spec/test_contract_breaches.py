"""The coarse check, held to its table: every breach is named, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jit_engine.contracts.breaches import lineage
from jit_engine.contracts.terms import Contract
from tests.fakes.world import LOANS, PURPOSES, RESEARCH_PURPOSE, contract, prefix
from tests.spec.breach_rows import PAGE, ROWS, Row, page


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_the_clauses_that_an_ask_exceeds_are_these(row: Row) -> None:
    found = row.breaches()
    assert tuple(breach.code for breach in found) == row.codes


@pytest.mark.parametrize("row", [row for row in ROWS if row.codes], ids=lambda row: row.title)
def test_every_breach_says_which_clause_and_what_to_do(row: Row) -> None:
    for breach in row.breaches():
        assert breach.clause
        assert breach.given
        assert breach.next_step


def test_every_code_has_a_row() -> None:
    shown = {code for row in ROWS for code in row.codes}
    assert shown == {
        "aggregation-not-shown",
        "approval-not-covered",
        "classification-too-high",
        "combination-forbidden",
        "contract-ends-too-soon",
        "contract-not-accepted",
        "contract-not-in-force",
        "contract-not-valid-now",
        "duration-too-long",
        "egress-classification",
        "egress-requirement",
        "not-a-write-target",
        "not-interactive",
        "operation-not-allowed",
        "owner-mismatch",
        "purpose-not-allowed",
        "team-not-allowed",
        "tier-not-allowed",
        "training-missing",
    }


def test_a_lineage_ends_where_the_tree_does_even_in_a_circle() -> None:
    assert list(lineage(f"{RESEARCH_PURPOSE}/thin-files", PURPOSES)) == [
        f"{RESEARCH_PURPOSE}/thin-files",
        RESEARCH_PURPOSE,
        "lending",
    ]
    assert list(lineage("a", {"a": "b", "b": "a"})) == ["a", "b"]
    assert list(lineage("nowhere", PURPOSES)) == []


@pytest.mark.parametrize(
    ("asked", "covered"),
    [
        ("lending/", True),
        ("lending/facts/2026/", True),
        ("lending-2/", False),
        ("len/", False),
    ],
)
def test_a_contract_covers_what_lies_wholly_in_its_prefixes(asked: str, *, covered: bool) -> None:
    assert contract().covers(prefix(asked)) is covered


def test_a_contract_covers_the_named_tables_of_its_own_database_account_and_region() -> None:
    terms: Contract = contract()
    assert terms.covers(LOANS)
    assert not terms.covers(replace(LOANS, table="loans_2"))
    assert not terms.covers(replace(LOANS, database="other"))
    assert not terms.covers(replace(LOANS, region="eu-west-1"))
    assert not terms.covers(replace(LOANS, account="999988887777"))


def test_the_page_of_breaches_is_the_table_that_is_tested() -> None:
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert written == page(), "write it anew: .venv/bin/python -m tests.spec.breach_rows"
