# ruff: noqa: E501  (a table reads better with one row a line)
"""What a new version of a contract changes: each clause has its line, and each line says who gains or loses."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from jit_engine.contracts.difference import ContractDiff, ContractText, Effect, Verdict, diff
from jit_engine.contracts.document import read_contract, read_document
from jit_engine.domain.ids import ContractId, SubjectId

LOANS = read_document((Path(__file__).parents[1] / "document/loans.odcs.yaml").read_text("utf-8")).value
TREE = {
    "dpv:ResearchAndDevelopment": None,
    "acme:model-validation": "dpv:ResearchAndDevelopment",
    "acme:loss-forecasting": "dpv:ResearchAndDevelopment",
    "acme:stress-testing": "acme:loss-forecasting",
    "dpv:Marketing": None,
    "acme:individual-decisioning": None,
}
Edit = Callable[[dict[str, Any], dict[str, Any]], object]
W, N, C = Effect.WIDENS, Effect.NARROWS, Effect.CHANGES


def edited(edit: Edit = lambda d, terms: None) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(dict(LOANS))
    edit(document, document["customProperties"][0]["value"])
    return document


def text(document: dict[str, Any]) -> ContractText:
    terms = read_contract(document, contract_id=ContractId("co_x"), proposer=SubjectId("pe_x"))
    return ContractText(terms=terms, document=document)


def difference(edit: Edit, before: Edit = lambda d, t: None) -> ContractDiff:
    return diff(text(edited(before)), text(edited(edit)), TREE)


def put(*path: str | int, value: Any) -> Edit:
    """Sets one value of the usage terms."""

    def edit(_: dict[str, Any], terms: dict[str, Any]) -> None:
        here: Any = terms
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value

    return edit


def drop(*path: str | int) -> Edit:
    """Takes one value out of the usage terms."""

    def edit(_: dict[str, Any], terms: dict[str, Any]) -> None:
        here: Any = terms
        for step in path[:-1]:
            here = here[step]
        del here[path[-1]]

    return edit


def column(index: int, **changes: Any) -> Edit:
    return lambda d, _: d["schema"][0]["properties"][index].update(changes)


def profile(index: int, **changes: Any) -> Edit:
    return lambda d, _: d["roles"][index]["customProperties"][0]["value"].update(changes)


def both(*edits: Edit) -> Edit:
    return lambda d, t: [edit(d, t) for edit in edits]


PUBLISH = {"stage": "operation", "to": "s3://acme-prod-reports/other/", "maxClassification": "internal", "requires": []}
WITHIN = {
    "stage": "operation",
    "to": "s3://acme-prod-reports/loans/monthly/",
    "maxClassification": "internal",
    "requires": ["dlp-scan", "release-approval"],
}
RESTRICTING: list[tuple[str, Edit, str]] = [
    ("purposes", put("purposes", "allow", value=["acme:model-validation", "acme:loss-forecasting"]), "removes purpose dpv:ResearchAndDevelopment"),
    ("denied purpose", put("purposes", "deny", value=["dpv:Marketing", "acme:individual-decisioning", "acme:stress-testing"]), "denies purpose acme:stress-testing"),
    ("every team", put("consumers", "allowTeams", value=["risk"]), "removes team *"),
    ("denied team", put("consumers", "denyTeams", value=["vendor-contractors", "x"]), "denies team x"),
    ("training", put("consumers", "requireTraining", value=["privacy-2026", "ethics"]), "requires training ethics"),
    ("residence", put("consumers", "residence", value=["US"]), "only residence US"),
    ("operation", put("stages", "research", "operations", value=["describe"]), "research loses operation select"),
    ("tier", drop("stages", "validation"), "removes validation"),
    ("people", put("stages", "research", "interactive", value=False), "research may no longer be used by people"),
    ("sharing", put("stages", "operation", "share", value="internal"), "operation may share with external → internal"),
    ("begins", put("effective", "from", value="2026-11-01T00:00:00Z"), "begins 2026-10-01T00:00:00+00:00 → 2026-11-01T00:00:00+00:00"),
    ("ends", put("effective", "until", value="2027-06-30T00:00:00Z"), "ends 2027-09-30T23:59:59+00:00 → 2027-06-30T00:00:00+00:00"),
    ("duration", put("duration", "max", value="PT8H"), "maximum duration 12 h → 8 h"),
    ("renewals", put("duration", "renewals", value=1), "renewals 2 → 1"),
    ("target", put("egress", "allow", 0, "maxClassification", value="public"), "s3://acme-prod-reports/loans/ takes up to internal → public"),
    ("release check", put("egress", "allow", 0, "requires", value=["dlp-scan", "release-approval", "malware-scan"]), "s3://acme-prod-reports/loans/ requires malware-scan"),
    ("automatic approval", put("approvals", 0, value={"when": {"maxClassification": "internal", "stage": "research"}, "mode": "any", "from": ["group:x"]}), "approval of public in research, internal in research: nobody is asked → 1 of group:x (any)"),
    ("approvers", put("approvals", 2, "atLeast", value=3), "approval of restricted in research, restricted in validation, restricted in operation: 2 of group:privacy-office, group:sf-data-steward (all) within P1D → 3 of group:privacy-office, group:sf-data-steward (all) within P1D"),
    ("no approval", lambda _, t: t["approvals"].pop(), "approval of restricted in research, restricted in validation, restricted in operation: 2 of group:privacy-office, group:sf-data-steward (all) within P1D → refused, for no clause matches"),
    ("combination", put("combination", "forbidWith", value=["contract:marketing-contacts", "contract:leads"]), "never together with contract:leads"),
    ("aggregation", put("combination", "minAggregation", value=20), "minimum aggregation 10 → 20"),
    ("endpoints", put("ingress", "publicEndpoints", value=[]), "removes public endpoint package-mirror"),
    ("duty", lambda _, t: t["obligations"].append({"id": "watermark-export", "enforcement": "attested"}), "adds duty watermark-export (attested)"),
    ("harder duty", put("obligations", 0, "enforcement", value="enforced"), "duty log-query is monitored → enforced"),
    ("classification", column(2, classification="confidential"), "column loan_performance.property_state internal → confidential"),
    ("column", both(lambda d, _: d["schema"][0]["properties"].pop(3), profile(0, columns={"include": ["loan_id", "property_state"]})), "no longer describes column loan_performance.current_upb"),
    ("masking", column(2, customProperties=[{"property": "masking", "value": {"method": "exclude"}, "vendor": "sluicegate"}]), "research, validation, operation loses column loan_performance.property_state"),
    ("where masked", column(0, customProperties=[{"property": "masking", "value": {"method": "hmac-sha256"}, "vendor": "sluicegate"}]), "operation sees column loan_performance.loan_id clear → hashed"),
    ("column group", profile(0, columns={"include": ["loan_id", "property_state"]}), "research, validation loses column loan_performance.current_upb"),
    ("row filter of all", profile(1, rowFilter="current_upb = 1"), "rows of loan_performance for operation: all → where current_upb = 1 (withholds rows that were shown)"),
    ("profile's duration", profile(0, maxDuration="PT4H"), "longest grant for research, validation: 8 h → 4 h"),
    ("profile's approval", profile(0, autoApproveUpTo="public"), "without approval for research, validation: up to internal → public"),
    ("profile", lambda d, _: d["roles"].pop(0), "research, validation loses select: no access profile fits"),
    ("files", lambda d, _: d["servers"][0].update(location="s3://acme-prod-lake/sf_loans/2026/"), ""),
    ("tables", lambda d, _: d["schema"][0].update(physicalName="loans"), ""),
]  # fmt: skip
"""What narrows, and is a widening the other way round."""


@pytest.mark.parametrize(("edit", "said"), [row[1:] for row in RESTRICTING], ids=[row[0] for row in RESTRICTING])
def test_a_clause_that_gives_less_narrows_in_its_own_words(edit: Edit, said: str) -> None:
    found = difference(edit)
    if said:
        assert (said, N) in [(line.text, line.effect) for line in found.lines], found.lines
        assert found.verdict is Verdict.NARROWS
    assert any(line.effect is N for line in found.lines)


@pytest.mark.parametrize("edit", [row[1] for row in RESTRICTING], ids=[row[0] for row in RESTRICTING])
def test_what_narrows_one_way_widens_the_other_way(edit: Edit) -> None:
    there, back = difference(edit), difference(lambda d, t: None, before=edit)
    assert [line.effect for line in back.lines].count(W) == [line.effect for line in there.lines].count(N)
    assert [line.effect for line in back.lines].count(N) == [line.effect for line in there.lines].count(W)


CHANGING: list[tuple[str, Edit, str]] = [
    ("a purpose beneath one that is allowed", put("purposes", "allow", value=["dpv:ResearchAndDevelopment", "acme:model-validation", "acme:loss-forecasting", "acme:stress-testing"]), "adds purpose acme:stress-testing"),
    ("a purpose that is allowed above", put("purposes", "allow", value=["dpv:ResearchAndDevelopment"]), "removes purpose acme:model-validation"),
    ("a team besides every team", put("consumers", "allowTeams", value=["*", "risk"]), "adds team risk"),
    ("the default duration", put("duration", "default", value="PT2H"), "default duration 4 h → 2 h"),
    ("minting", put("mint", value="session"), "minting is now sessions of a role"),
    ("review", put("effective", "reviewEvery", value="P90D"), "reviewed every P180D → P90D"),
    ("who is told", put("onBreach", "notify", value=["group:x"]), "on a breach tells group:sf-data-steward → group:x"),
    ("other approvers", put("approvals", 1, "from", value=["group:x"]), "approval of confidential in research, public in validation, internal in validation, confidential in validation, public in operation, internal in operation, confidential in operation: 1 of group:sf-data-steward (any) within PT8H → 1 of group:x (any) within PT8H"),
    ("the same rows in other words", profile(0, rowFilter="property_state <> 'XX' and property_state <> 'XX'"), "changes access profile research-read"),
    ("another method", column(0, customProperties=[{"property": "masking", "value": {"method": "tokenize", "unless": ["operation"]}, "vendor": "sluicegate"}]), "masking of column loan_performance.loan_id: method hmac-sha256, unless operation → method tokenize, unless operation"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "said"), [row[1:] for row in CHANGING], ids=[row[0] for row in CHANGING])
def test_what_gives_and_takes_nothing_is_said_and_is_equal(edit: Edit, said: str) -> None:
    found = difference(edit)
    assert {line.effect for line in found.lines} == {C}
    assert said in [line.text for line in found.lines], found.lines
    assert found.verdict is Verdict.EQUAL


def test_a_row_filter_that_lets_other_rows_through_gives_and_takes() -> None:
    found = difference(profile(0, rowFilter="current_upb = 1"))
    said = "rows of loan_performance for research, validation: where property_state <> 'XX' → where current_upb = 1"
    assert {(line.text, line.effect) for line in found.lines if line.clause == "roles.rowFilter"} == {
        (f"{said} (shows rows that were withheld)", W),
        (f"{said} (withholds rows that were shown)", N),
    }
    assert found.verdict is Verdict.BOTH


def test_the_first_profile_narrows_and_taking_the_last_one_out_widens() -> None:
    def none(d: dict[str, Any], _: dict[str, Any]) -> None:
        d.pop("roles")

    assert difference(lambda d, t: None, before=none).verdict is Verdict.NARROWS
    assert difference(none).verdict is Verdict.WIDENS


def test_a_masked_column_that_is_no_longer_described_is_seen() -> None:
    def bare(d: dict[str, Any], _: dict[str, Any]) -> None:
        d.pop("roles")
        for one in d["schema"][0]["properties"]:
            one.pop("customProperties", None)
        d["schema"][0]["properties"][1].update(
            customProperties=[{"property": "masking", "value": {"method": "exclude"}, "vendor": "sluicegate"}]
        )

    def undescribed(d: dict[str, Any], terms: dict[str, Any]) -> None:
        bare(d, terms)
        d["schema"][0]["properties"].pop(1)

    found = difference(undescribed, before=bare)
    assert ("research, validation, operation gains column loan_performance.borrower_ssn", W) in [
        (x.text, x.effect) for x in found.lines
    ]


def test_two_versions_that_say_the_same_have_no_line() -> None:
    found = difference(lambda d, _: d.update(version="9.0.0"))
    assert (found.verdict, found.lines) == (Verdict.EQUAL, ())


@pytest.mark.parametrize(
    ("edit", "clause"),
    [
        (lambda d, _: d.update(name="Other"), "name"),
        (lambda d, _: d["description"].update(usage="Otherwise."), "description"),
        (lambda d, _: d["slaProperties"].pop(), "slaProperties"),
        (lambda d, _: d["servers"][0].update(environment="test"), "servers"),
        (lambda d, _: d["servers"][0]["customProperties"].pop(), "server properties"),
        (lambda d, _: d["schema"][0].update(description="x"), "schema"),
        (column(0, description="x"), "columns"),
        (lambda d, _: d["roles"][0].update(description="x"), "roles"),
        (lambda d, _: d["team"]["members"].pop(), "team"),
        (lambda d, _: d["customProperties"].append({"property": "x", "value": 1}), "customProperties"),
    ],
)
def test_words_alone_are_told_as_words(edit: Edit, clause: str) -> None:
    found = difference(edit)
    assert [(line.clause, line.effect) for line in found.lines] == [(clause, C)]
    assert found.verdict is Verdict.WORDS


def test_a_version_may_give_and_take_at_once() -> None:
    found = difference(both(put("duration", "max", value="PT4H"), put("purposes", "allow", value=[*[*TREE][:3], "x"])))
    assert {line.text for line in found.lines} >= {"maximum duration 12 h → 4 h", "adds purpose x"}
    assert found.verdict is Verdict.BOTH


def test_a_target_within_another_that_admits_as_much_widens_nothing() -> None:
    two = put("egress", "allow", value=[PUBLISH])
    found = difference(put("egress", "allow", value=[WITHIN]), before=lambda d, t: None)
    assert ("operation may write to s3://acme-prod-reports/loans/monthly/ (up to internal)", C) in [
        (line.text, line.effect) for line in found.lines
    ]
    assert ("operation may no longer write to s3://acme-prod-reports/loans/", N) in [
        (line.text, line.effect) for line in found.lines
    ]
    assert difference(two).verdict is Verdict.BOTH


def test_a_part_of_a_prefix_narrows_and_the_part_itself_is_no_gain() -> None:
    found = difference(lambda d, _: d["servers"][0].update(location="s3://acme-prod-lake/sf_loans/2026/"))
    assert [(line.text, line.effect) for line in found.lines] == [
        ("no longer names s3://acme-prod-lake/sf_loans/", N),
        ("covers s3://acme-prod-lake/sf_loans/2026/", C),
    ]


def test_without_a_tree_purposes_are_compared_as_they_stand() -> None:
    old, new = edited(), edited(put("purposes", "allow", value=["acme:model-validation", "new"]))
    found = diff(text(old), text(new), {})
    assert {(line.text, line.effect) for line in found.lines} == {
        ("adds purpose new", W),
        ("removes purpose dpv:ResearchAndDevelopment", N),
        ("removes purpose acme:loss-forecasting", N),
    }


def clauses() -> Iterator[tuple[str, ...]]:
    """Every leaf of the usage schema, by its names."""
    schema = json.loads(resources.files("jit_engine.contracts").joinpath("usage-contract.v1.json").read_text("utf-8"))

    def walk(node: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if node.get("type") == "object":
            for name, inner in node["properties"].items():
                yield from walk(inner, (*path, name))
        elif node.get("type") == "array" and node["items"].get("type") == "object":
            yield from walk(node["items"], path)
        else:
            yield path

    return walk(schema, ())


def test_every_clause_of_the_usage_schema_is_compared_or_stands_for_itself() -> None:
    """A clause that is new in the schema has to be put here, with a test above that shows its line."""
    shown = {
        "effective.from", "effective.until", "effective.reviewEvery", "purposes.allow", "purposes.deny",
        "consumers.allowTeams", "consumers.denyTeams", "consumers.requireTraining", "consumers.residence",
        *(f"stages.{tier}.{key}" for tier in ("research", "validation", "operation") for key in ("operations", "write", "share", "interactive")),
        "combination.forbidWith", "combination.minAggregation",
        "egress.allow.stage", "egress.allow.to", "egress.allow.maxClassification", "egress.allow.requires",
        "ingress.allowUpload", "ingress.publicEndpoints", "duration.default", "duration.max", "duration.renewals", "mint",
        "approvals.when.maxClassification", "approvals.when.stage", "approvals.mode", "approvals.atLeast", "approvals.from", "approvals.within",
        "obligations.id", "obligations.enforcement", "onBreach.revoke", "onBreach.notify",
    }  # fmt: skip
    constant = {"specVersion", "egress.default", "egress.allow.recipientAccount"}  # one value each
    assert {".".join(path) for path in clauses()} == shown | constant
