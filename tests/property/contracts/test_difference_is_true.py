"""A difference that says equal or narrower is so: on random points, nobody sees more under the new version."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jit_engine.contracts.difference import ContractText, Verdict, diff
from jit_engine.contracts.document import read_contract, read_document
from jit_engine.contracts.effective import Use, highest_without_approval, longest_duration, table_terms
from jit_engine.contracts.profiles import PrincipalKind
from jit_engine.contracts.row_comparison import is_within, lets_through
from jit_engine.contracts.row_filters import parse_filter
from jit_engine.contracts.terms import Contract
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.row_filter import Literal, LiteralKind, RowFilter
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier

LOANS = read_document((Path(__file__).parents[2] / "unit/contracts/document/loans.odcs.yaml").read_text("utf-8")).value
TABLE = "loan_performance"
COLUMNS = ("loan_id", "borrower_ssn", "property_state", "current_upb")
STATES = ("AA", "BB", "XX")
NUMBERS = ("0", "1", "2", "3")
TYPES = {"property_state": "string", "current_upb": "number"}

texts = st.sampled_from(STATES).map(lambda text: f"'{text}'")
comparisons = st.one_of(
    st.tuples(st.just("property_state"), st.sampled_from(["=", "<>", "<", ">="]), texts).map(" ".join),
    st.tuples(st.just("current_upb"), st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.sampled_from(NUMBERS)).map(
        " ".join
    ),
    st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3).map(lambda n: f"current_upb in ({', '.join(n)})"),
)
filters = st.lists(comparisons, min_size=1, max_size=3).map(" and ".join)
tiers = st.lists(st.sampled_from([tier.value for tier in Tier]), min_size=1, unique=True)


@st.composite
def profiles(draw: st.DrawFn) -> list[dict[str, Any]]:
    """None, or one for every use, or one for pipelines alone."""
    if draw(st.booleans()):
        return []
    value: dict[str, Any] = {
        "stages": draw(tiers),
        "operations": draw(st.sampled_from([["select"], ["describe", "select"]])),
    }
    if draw(st.booleans()):
        value["columns"] = {"include": draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True))}
    if draw(st.booleans()):
        value["rowFilter"] = draw(filters)
    if draw(st.booleans()):
        value["principals"] = ["headless"]
    if draw(st.booleans()):
        value["maxDuration"] = draw(st.sampled_from(["PT1H", "PT8H"]))
    if draw(st.booleans()):
        value["autoApproveUpTo"] = draw(st.sampled_from(["public", "internal"]))
    return [value]


maskings = st.none() | st.fixed_dictionaries(
    {
        "method": st.sampled_from(["exclude", "hash", "mask"]),
        "unless": st.lists(st.sampled_from(list(Tier)), unique=True),
    }
)


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(dict(LOANS))
    document["roles"] = [
        {"role": "some", "customProperties": [{"property": "accessProfile", "value": value, "vendor": "sluicegate"}]}
        for value in draw(profiles())
    ]
    for column in document["schema"][0]["properties"]:
        masking = draw(maskings)
        column.pop("customProperties", None)
        if masking is not None:
            column["customProperties"] = [{"property": "masking", "value": masking, "vendor": "sluicegate"}]
    return document


def text(document: dict[str, Any]) -> ContractText:
    terms = read_contract(document, contract_id=ContractId("co_x"), proposer=SubjectId("pe_x"))
    return ContractText(terms=terms, document=document)


def passes(rows: RowFilter | None, state: str, number: str) -> bool:
    values = {
        "property_state": Literal(kind=LiteralKind.TEXT, text=state),
        "current_upb": Literal(kind=LiteralKind.NUMBER, text=number),
    }
    return rows is None or all(lets_through(one, values[one.column]) for one in rows.comparisons)


def points(contract: Contract) -> dict[tuple[object, ...], float]:
    """How much each use sees of every column of every row, and for how long."""
    seen: dict[tuple[object, ...], float] = {}
    for tier in Tier:
        for kind in PrincipalKind:
            if kind is PrincipalKind.INTERACTIVE and not contract.stages[tier].interactive:
                continue
            for operation in sorted(contract.stages[tier].operations & {Operation.DESCRIBE, Operation.SELECT}):
                use = Use(tier=tier, operations=frozenset({operation}), kind=kind)
                terms = table_terms(contract, TABLE, use)
                if terms is None:
                    continue
                level = highest_without_approval(contract, use)
                seen[tier, kind, operation, "time"] = longest_duration(contract, use).total_seconds()
                seen[tier, kind, operation, "unasked"] = 9 if level is None else level.rank + 1
                for column in (*COLUMNS, "unheard_of"):
                    for state in STATES:
                        for number in (*NUMBERS, "1.5"):
                            shown = 3 - terms.of(column).strictness if passes(terms.row_filter, state, number) else 0
                            seen[tier, kind, operation, column, state, number] = shown
    return seen


@settings(max_examples=150, deadline=None)
@given(contracts(), contracts())
def test_what_is_called_equal_or_narrower_shows_nobody_more(one: dict[str, Any], other: dict[str, Any]) -> None:
    old, new = text(one), text(other)
    found = diff(old, new, {})
    before, after = points(old.terms), points(new.terms)
    grows = any(value > before.get(point, 0) for point, value in after.items())
    shrinks = any(value > after.get(point, 0) for point, value in before.items())
    if grows:
        assert found.verdict in (Verdict.WIDENS, Verdict.BOTH), found.lines
    if shrinks:
        assert found.verdict in (Verdict.NARROWS, Verdict.BOTH), found.lines


@settings(max_examples=300, deadline=None)
@given(filters, filters)
def test_a_filter_within_another_lets_no_other_row_through(one: str, other: str) -> None:
    inner, outer = parse_filter(one, TYPES), parse_filter(other, TYPES)
    if is_within(inner, outer):
        for state in STATES:
            for number in (*NUMBERS, "0.5", "1.5", "2.5", "-1", "4"):
                assert passes(outer, state, number) or not passes(inner, state, number)
