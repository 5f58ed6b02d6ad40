# ruff: noqa: E501  (a table reads better with one row a line)
"""Masking and access profiles as typed terms: who sees which columns how, which rows, and for how long."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jit_engine.contracts.document import read_contract, read_document
from jit_engine.contracts.effective import (
    TableTerms,
    Use,
    highest_without_approval,
    limited_tables,
    longest_duration,
    table_terms,
)
from jit_engine.contracts.problems import ContractInvalid
from jit_engine.contracts.profiles import PrincipalKind
from jit_engine.contracts.terms import Contract
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment, strictest

TEXT = (Path(__file__).parent / "loans.odcs.yaml").read_text("utf-8")
TABLE = "loan_performance"
Document = dict[str, Any]  # a test edits the document as free JSON
Edit = Callable[[Document], object]
READS = frozenset({Operation.DESCRIBE, Operation.SELECT})


def read(edit: Edit = lambda d: None) -> Contract:
    document: Document = copy.deepcopy(dict(read_document(TEXT).value))
    edit(document)
    return read_contract(document, contract_id=ContractId("co_x"), proposer=SubjectId("pe_x"))


def use(tier: Tier = Tier.RESEARCH, *operations: Operation, headless: bool = False) -> Use:
    kind = PrincipalKind.HEADLESS if headless else PrincipalKind.INTERACTIVE
    return Use(tier=tier, operations=frozenset(operations) or READS, kind=kind)


def terms(contract: Contract, of: Use | None = None) -> TableTerms:
    found = table_terms(contract, TABLE, of or use())
    assert found is not None
    return found


def profile(document: Document, index: int = 0) -> Document:
    found: Document = document["roles"][index]["customProperties"][0]["value"]
    return found


def column(document: Document, index: int) -> Document:
    found: Document = document["schema"][0]["properties"][index]
    return found


def masked(method: str, *unless: str) -> list[Document]:
    value = {"method": method, "unless": list(unless)} if unless else {"method": method}
    return [{"property": "masking", "value": value, "vendor": "sluicegate"}]


def test_the_sample_gives_research_its_columns_its_rows_and_its_time() -> None:
    contract, found = read(), terms(read())
    assert found.columns == frozenset({"loan_id", "property_state", "current_upb"})
    assert {name: found.of(name) for name in ("loan_id", "borrower_ssn", "property_state")} == {
        "loan_id": Treatment.HASHED,
        "borrower_ssn": Treatment.EXCLUDED,
        "property_state": Treatment.CLEAR,
    }
    assert found.row_filter is not None
    assert found.row_filter.sql == "property_state <> 'XX'"
    assert longest_duration(contract, use()) == timedelta(hours=8)
    assert highest_without_approval(contract, use()) is Classification.INTERNAL
    assert limited_tables(contract, use()) == (TABLE,)
    assert contract.tables[0].lake_formation


def test_masking_ends_where_unless_says() -> None:
    found = terms(read(), use(Tier.OPERATION, headless=True))
    assert found.of("loan_id") is Treatment.CLEAR
    assert found.of("borrower_ssn") is Treatment.EXCLUDED


def test_a_use_without_a_profile_sees_nothing() -> None:
    contract = read()
    assert table_terms(contract, TABLE, use(Tier.OPERATION)) is None  # a person: the profile is for pipelines
    assert table_terms(contract, TABLE, use(Tier.RESEARCH, Operation.INSERT)) is None
    assert limited_tables(contract, use(Tier.OPERATION)) == (TABLE,)


def test_without_profiles_and_masking_nothing_is_limited() -> None:
    def edit(d: Document) -> None:
        d.pop("roles")
        for one in d["schema"][0]["properties"]:
            one.pop("customProperties", None)

    contract = read(edit)
    assert (contract.described, contract.profiles) == ((), ())
    assert terms(contract) == TableTerms(columns=None, caps={}, row_filter=None)
    assert limited_tables(contract, use()) == ()
    assert longest_duration(contract, use()) == timedelta(hours=12)


def test_a_profile_without_a_list_gets_the_columns_described_today_and_no_later_one() -> None:
    contract = read(lambda d: profile(d).pop("columns"))
    assert terms(contract).columns == frozenset({"loan_id", "borrower_ssn", "property_state", "current_upb"})
    assert terms(contract).of("added_later") is Treatment.EXCLUDED


def test_masking_alone_resolves_to_the_columns_described_today() -> None:
    found = terms(read(lambda d: d.pop("roles")))
    assert found.of("property_state") is Treatment.CLEAR
    assert found.of("renamed") is Treatment.EXCLUDED


def test_what_is_masked_within_a_column_masks_the_whole_column() -> None:
    def edit(d: Document) -> None:
        inner = {"name": "street", "logicalType": "string", "classification": "internal"}
        column(d, 2).update(logicalType="object", properties=[{**inner, "customProperties": masked("exclude")}])
        profile(d)["rowFilter"] = "current_upb > 0"

    assert terms(read(edit)).of("property_state") is Treatment.EXCLUDED


def test_an_ask_of_several_operations_gets_what_each_of_them_allows() -> None:
    def edit(d: Document) -> None:
        profile(d)["operations"] = ["select"]
        value = {
            "stages": ["research"],
            "operations": ["describe"],
            "columns": {"include": ["loan_id", "current_upb"]},
            "rowFilter": "current_upb > 0",
            "maxDuration": "PT1H",
        }
        role = {
            "role": "looks",
            "customProperties": [{"property": "accessProfile", "value": value, "vendor": "sluicegate"}],
        }
        d["roles"].append(role)

    found = terms(read(edit))
    assert found.columns == frozenset({"loan_id", "current_upb"})
    assert found.row_filter is not None
    assert found.row_filter.sql == "current_upb > 0 and property_state <> 'XX'"
    assert longest_duration(read(edit), use()) == timedelta(hours=1)


def test_columns_are_known_by_the_name_that_the_catalogue_has() -> None:
    def edit(d: Document) -> None:
        column(d, 2)["physicalName"] = "prop_st"
        profile(d)["columns"]["include"] = ["loan_performance.property_state", "loan_id"]

    found = terms(read(edit))
    assert found.columns == frozenset({"prop_st", "loan_id"})


BAD: list[tuple[str, Edit, str, str]] = [
    ("unknown key", lambda d: profile(d).update(rows="x"), "unknown keys: rows", "leave it out"),
    ("unknown tier", lambda d: profile(d).update(stages=["dev"]), "'dev'", "research"),
    ("exclude list", lambda d: profile(d).update(columns={"exclude": ["x"]}), "include", "include"),
    ("unknown column", lambda d: profile(d)["columns"]["include"].append("ssn"), "unknown column ssn", "loan_performance.borrower_ssn"),
    ("no filter", lambda d: profile(d).update(rowFilter="a or b"), "unknown column a", "property_state"),
    ("or", lambda d: profile(d).update(rowFilter="current_upb = 1 or current_upb = 2"), "'or'", "joined by and"),
    ("duration", lambda d: profile(d).update(maxDuration="8h"), "8h", "ISO 8601"),
    ("who", lambda d: profile(d).update(principals=["people"]), "people", "headless"),
    ("masking key", lambda d: column(d, 2).update(customProperties=[{"property": "masking", "value": {"method": "exclude", "when": 1}, "vendor": "sluicegate"}]), "unknown keys: when", "leave it out"),
    ("masking method", lambda d: column(d, 2).update(customProperties=masked("rot13")), "rot13", "hmac-sha256"),
    ("masking tier", lambda d: column(d, 2).update(customProperties=masked("hash", "prod")), "'prod'", "operation"),
    ("two profiles for one use", lambda d: d["roles"].append(copy.deepcopy(d["roles"][0])), "the profile of research-read", "one profile"),
    ("managed", lambda d: d["servers"][0]["customProperties"][1].update(value="yes"), "'yes'", "true or false"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "message", "fix"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_wrong_names_its_path_and_its_fix(edit: Edit, message: str, fix: str) -> None:
    with pytest.raises(ContractInvalid) as caught:
        read(edit)
    assert any(message in f"{p.message} {p.fix}" and fix in f"{p.message} {p.fix}" for p in caught.value.problems), (
        caught.value.problems
    )
    assert all("customProperties" in p.path for p in caught.value.problems)


def test_an_unknown_column_is_told_with_its_line() -> None:
    text = TEXT.replace("include: [loan_id,", "include: [loan_idd,")
    document = read_document(text)
    with pytest.raises(ContractInvalid) as caught:
        read_contract(document.value, contract_id=ContractId("co_x"), proposer=SubjectId("pe_x"), lines=document.lines)
    (problem,) = caught.value.problems
    assert problem.line is not None
    assert "loan_idd" in text.splitlines()[problem.line - 1]


def test_the_strictest_treatment_shows_least() -> None:
    assert strictest(*Treatment) is Treatment.EXCLUDED
    assert strictest(Treatment.CLEAR, Treatment.MASKED, Treatment.HASHED) is Treatment.MASKED
