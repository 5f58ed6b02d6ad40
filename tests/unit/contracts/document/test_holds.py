"""How clauses are held, and which contracts cannot be signed because nobody holds a clause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from jit_engine.contracts.document import read_contract
from jit_engine.contracts.holds import APART, CHECK, NOBODY, NOT_OFFERED, PURGE, holds, unenforceable
from jit_engine.contracts.terms import ClauseHold, Hold
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.enforcers.mechanisms import holders_of

TEXT = (Path(__file__).parent / "loans.odcs.yaml").read_text("utf-8")


def held(document: dict[str, Any]) -> dict[str, ClauseHold]:
    contract = read_contract(document, contract_id=ContractId("co_x"), proposer=SubjectId("pe_x"))
    return {row.clause: row for row in holds(contract, document)}


def sample() -> tuple[dict[str, Any], dict[str, Any]]:
    document: dict[str, Any] = yaml.safe_load(TEXT)
    return document, document["customProperties"][0]["value"]


def test_every_clause_of_the_usage_terms_has_a_row() -> None:
    document, terms = sample()
    rows = held(document)
    said = {clause.split(".")[0].split("[")[0] for clause in rows}
    assert said >= terms.keys() - {"specVersion"}


def test_every_clause_that_something_holds_names_its_mechanisms() -> None:
    document, _ = sample()
    rows = held(document)
    assert [row.clause for row in rows.values() if row.by != NOBODY and not holders_of(row)] == []
    assert [one.name for one in holders_of(rows["egress.allow[0].to"])] == ["decision", "role-policy"]


def test_what_the_engine_checks_is_enforced_and_duties_are_attested() -> None:
    document, _ = sample()
    rows = held(document)
    assert rows["purposes.allow"].hold is Hold.ENFORCED
    assert rows["egress.allow[0].to"].hold is Hold.ENFORCED
    assert rows["obligations[0]"].hold is Hold.MONITORED
    assert rows["obligations[2]"].hold is Hold.ATTESTED
    assert rows["effective.reviewEvery"].hold is Hold.ATTESTED


def test_what_is_claimed_as_enforced_without_an_enforcer_is_not_shown_as_enforced() -> None:
    document, terms = sample()
    terms["obligations"][2]["enforcement"] = "enforced"
    row = held(document)["obligations[2]"]
    assert (row.hold, row.by) == (Hold.ATTESTED, NOBODY)


def test_that_a_workspace_is_purged_at_the_end_is_enforced() -> None:
    row = held(sample()[0])["obligations[1]"]
    assert (row.text, row.hold, row.by) == ("purge-workspace-on-end", Hold.ENFORCED, PURGE)


def test_the_clauses_that_nobody_holds_keep_a_contract_from_being_signed() -> None:
    document, terms = sample()
    terms["obligations"][2]["enforcement"] = "enforced"
    at = "$.customProperties[0].value"
    assert [problem.path for problem in unenforceable(document)] == [
        f"{at}.ingress",
        f"{at}.obligations[2].enforcement",
    ]


def test_columns_and_rows_are_held_where_lake_formation_manages_the_data() -> None:
    rows = held(sample()[0])
    for clause in ("roles[0]", "schema[0].properties[0]", "schema[0].properties[1]"):
        assert (rows[f"{clause}.customProperties[0].value"].hold) is Hold.ENFORCED
        assert rows[f"{clause}.customProperties[0].value"].by == APART
    assert rows["roles[1].customProperties[0].value"].by == CHECK


@pytest.mark.parametrize("managed", [False, None])
def test_elsewhere_a_contract_that_keeps_columns_or_rows_apart_cannot_be_signed(managed: bool | None) -> None:
    document, _ = sample()
    properties = document["servers"][0]["customProperties"]
    properties[1]["value"] = managed
    if managed is None:
        del properties[1]
    found = [problem for problem in unenforceable(document) if "lakeFormationManaged" in problem.fix]
    assert [problem.path for problem in found] == [
        "$.roles[0].customProperties[0].value",
        "$.schema[0].properties[0].customProperties[0].value",
        "$.schema[0].properties[1].customProperties[0].value",
    ]


def test_each_row_that_says_nobody_is_one_that_keeps_it_from_being_signed() -> None:
    document, terms = sample()
    terms["consumers"]["residence"] = ["DE"]
    rows = [row for row in held(document).values() if row.by == NOBODY]
    assert len(rows) == len(unenforceable(document))


@pytest.mark.parametrize("claimed", ["enforced", "monitored"])
def test_an_obligation_of_people_can_only_be_attested(claimed: str) -> None:
    document, terms = sample()
    terms["obligations"] = [{"id": "no-reidentification", "enforcement": claimed}]
    found = [p for p in unenforceable(document) if "obligations" in p.path]
    assert [p.fix for p in found] == ["use: attested"]


def test_a_forbidden_combination_is_enforced_by_the_check_and_the_ledger() -> None:
    document, _ = sample()
    row = held(document)["combination.forbidWith"]
    assert row.hold is Hold.ENFORCED
    assert "ledger" in row.by


def test_where_a_result_can_leave_aggregation_is_held_by_refusing_to_publish() -> None:
    document, _ = sample()
    row = held(document)["combination.minAggregation"]
    assert (row.hold, row.by) == (Hold.ENFORCED, NOT_OFFERED)


def test_aggregation_is_a_duty_where_no_result_can_leave() -> None:
    document, terms = sample()
    del terms["stages"]["operation"], terms["egress"]["allow"]
    assert held(document)["combination.minAggregation"].by != NOBODY
    assert not any("minAggregation" in problem.path for problem in unenforceable(document))
