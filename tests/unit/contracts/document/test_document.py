# ruff: noqa: E501  (a table reads better with one row a line)
"""From ODCS to terms: the sample says what it says, and every bad document says where and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from jit_engine.contracts.document import classifications, read_contract, read_document
from jit_engine.contracts.problems import ContractInvalid, Problem
from jit_engine.contracts.terms import ContractState
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.sources.kinds import source_of_uri

TEXT = (Path(__file__).parent / "loans.odcs.yaml").read_text("utf-8")
ID = ContractId("co_01J00000000000000000000000")
PROPOSER = SubjectId("pe_01J00000000000000000000000")
USAGE = "$.customProperties[0].value"

Document = dict[str, Any]  # A test edits the document as free JSON.


def edited(edit: Callable[[Document], object]) -> Document:
    document: Document = yaml.safe_load(TEXT)
    edit(document)
    return document


def usage(document: Document) -> Document:
    terms: Document = document["customProperties"][0]["value"]
    return terms


def problems_of(document: Document) -> tuple[Problem, ...]:
    with pytest.raises(ContractInvalid) as caught:
        read_contract(read_document(document).value, contract_id=ID, proposer=PROPOSER)
    return caught.value.problems


def test_the_sample_reads_as_its_terms() -> None:
    read = read_document(TEXT)
    assert read.value == yaml.safe_load(TEXT)
    contract = read_contract(read.value, contract_id=ID, proposer=PROPOSER, lines=read.lines)
    assert contract.key == (ID, "1.2.0")
    assert contract.state is ContractState.PROPOSED
    assert contract.owner_team == "sf-data-products"
    assert contract.starts_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert contract.teams == {"*"}
    assert contract.denied_teams == {"vendor-contractors"}
    assert (contract.default_duration, contract.max_duration) == (timedelta(hours=4), timedelta(hours=12))
    assert contract.stages[Tier.RESEARCH].operations == {Operation.DESCRIBE, Operation.SELECT}
    assert not contract.stages[Tier.OPERATION].interactive
    assert [rule.automatic for rule in contract.approvals] == [True, False, False]
    assert [target.source.uri for target in contract.targets] == ["s3://acme-prod-reports/loans/"]
    account = "111122223333"
    assert contract.covers(S3Prefix(account=account, bucket="acme-prod-lake", prefix="sf_loans/2026/"))
    assert not contract.covers(S3Prefix(account=account, bucket="acme-prod-lake", prefix="sf_loans_b/"))
    assert not contract.covers(S3Prefix(account="999988887777", bucket="acme-prod-lake", prefix="sf_loans/"))
    table = GlueTable(account=account, region="us-east-1", database="sf_loans", table="loan_performance")
    assert contract.covers(table)
    assert Classification.RESTRICTED in classifications(read.value)


def test_problems_of_a_text_carry_its_lines() -> None:
    text = TEXT.replace("max: PT12H", "max: PT1H").replace("awsRegion, value: us-east-1", "awsRegion, value: mars")
    read = read_document(text)
    with pytest.raises(ContractInvalid) as caught:
        read_contract(read.value, contract_id=ID, proposer=PROPOSER, lines=read.lines)
    rows = text.splitlines()
    for problem, mark in zip(caught.value.problems, ("mars", "PT1H"), strict=True):
        assert problem.line is not None
        assert mark in rows[problem.line - 1]


def test_an_s3_server_covers_its_prefix() -> None:
    def edit(d: Document) -> None:
        own = {"property": "awsAccount", "value": "222233334444", "vendor": "sluicegate"}
        d["servers"] = [
            {"server": "lake", "type": "s3", "location": "s3://acme-lake/facts/", "customProperties": [own]}
        ]

    contract = read_contract(edited(edit), contract_id=ID, proposer=PROPOSER)
    assert contract.prefixes == (S3Prefix(account="222233334444", bucket="acme-lake", prefix="facts/"),)
    assert contract.tables == ()
    assert contract.targets[0].source.account == "222233334444"


def test_all_problems_are_told_at_once() -> None:
    def edit(d: Document) -> None:
        del d["version"]
        d["foo"] = 1
        d["servers"][0]["account"] = 111122223333
        usage(d)["stages"]["research"]["write"] = "prod"
        usage(d)["purpose"] = {}

    found = {(p.path, p.message) for p in problems_of(edited(edit))}
    assert {path for path, _ in found} == {"$", "$.servers[0].account", USAGE, f"{USAGE}.stages.research.write"}
    assert ("$", "lacks version") in found
    assert ("$", "has unknown keys: foo") in found
    assert (USAGE, "has unknown keys: purpose") in found


def put(*path: str | int, value: object) -> Callable[[Document], None]:
    """Sets one thing of the usage terms."""

    def edit(d: Document) -> None:
        here: Any = usage(d)
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value

    return edit


def root(*path: str | int, value: object) -> Callable[[Document], None]:
    """Sets one thing of the document."""

    def edit(d: Document) -> None:
        here: Any = d
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value

    return edit


ALLOW = {"stage": "operation", "to": "s3://r/x/", "maxClassification": "internal", "requires": []}
# fmt: off
BAD: list[tuple[Callable[[Document], object], str, str, str]] = [
    # The container
    (root("apiVersion", value="v3.1.0"), "$.apiVersion", "is v3.1.0", "ODCS v3.2.0"),
    (root("kind", value="Other"), "$.kind", "is 'Other'", "use one of: DataContract"),
    (root("id", value="loans"), "$.id", "is 'loans'", "UUID"),
    (root("version", value=1.2), "$.version", "is 1.2", 'quote it: "1.2"'),
    (root("version", value="1.2"), "$.version", "is '1.2'", '"1.2.0"'),
    (root("version", value="1.2.0\n"), "$.version", "1.2.0", '"1.2.0"'),
    (root("version", value="١.2.0"), "$.version", "2.0", '"1.2.0"'),
    (root("status", value="retired"), "$.status", "is retired", "to be used"),
    (root("name", value="a\u202eb"), "$.name", "", "printable"),
    (lambda d: d.pop("name"), "$.name", "is ''", "1 to 200"),
    (lambda d: d["team"].pop("name"), "$.team.name", "no team", "data owner's team"),
    (root("team", "name", value="Team A"), "$.team.name", "no team", "lower-case"),
    (root("team", "nam", value="x"), "$.team", "unknown keys: nam", "spelling"),
    (root("schema", 0, "properties", 0, "nope", value=1), "$.schema[0].properties[0]", "nope", "spelling"),
    # Coverage
    (lambda d: d.pop("servers"), "$.servers", "names no server", "add the server where the data lies"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/sf_loans"), "$.servers[0].location", "cannot be used", "s3://acme-prod-lake/sf_loans/"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/"), "$.servers[0].location", "cannot be used", "ends in a slash"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/a/*/"), "$.servers[0].location", "a/*/", "no wildcard"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/a/../b/"), "$.servers[0].location", "cannot be used", "single slashes"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/a/\n"), "$.servers[0].location", "acme", "slash"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/a/*"), "$.servers[0].location", "a/*", "no wildcard"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/${aws:username}/"), "$.servers[0].location", "aws:username", "no wildcard"),
    (root("servers", 0, "location", value="s3://acme-prod-lake/аb/"), "$.servers[0].location", "b/", "in ASCII"),
    (root("servers", 0, "location", value="https://x/"), "$.servers[0].location", "is 'https", "s3://bucket/prefix/"),
    (root("servers", 0, "account", value="1111-2222-3333"), "$.servers[0].account", "is '1111", "12 digits"),
    (root("servers", 0, "database", value="SF"), "$.servers[0].database", "cannot be used", "lower-case"),
    (root("servers", 0, "customProperties", value=[]), "$.servers[0]", "its region", "awsRegion"),
    (root("schema", 0, "physicalName", value="*"), "$.schema[0].physicalName", "cannot be used", "lower-case"),
    (lambda d: d["schema"].append(d["schema"][0]), "$.schema[1].physicalName", "described twice", "once"),
    (lambda d: d.pop("schema"), "$.schema", "describes no table", "describe the tables"),
    (lambda d: d["servers"].append({"server": "s", "type": "s3", "location": "s3://b-x/p/", "customProperties": [{"property": "awsAccount", "value": "999988887777", "vendor": "sluicegate"}]}), "$.servers", "several accounts", "one contract for each"),
    (root("servers", value=[{"server": "s", "type": "s3", "location": "s3://b-x/p/"}]), "$.servers[0]", "whose account", "awsAccount"),
    (root("servers", value=[{"server": "s", "type": "kafka", "host": "h:1"}]), "$.servers[0].type", "is kafka", "use one of: s3, glue, api"),
    # Columns and custom properties
    (root("schema", 0, "properties", 0, "classification", value="secret"), "$.schema[0].properties[0].classification", "is 'secret'", "restricted"),
    (lambda d: d["schema"][0]["properties"][0].pop("classification"), "$.schema[0].properties[0]", "no classification", "add classification"),
    (root("schema", 0, "properties", 0, "customProperties", 0, "property", value="maskng"), "$.schema[0].properties[0].customProperties[0].value", "'maskng'", "masking"),
    (lambda d: d["customProperties"].append({"property": "masking", "value": 1, "vendor": "sluicegate"}), "$.customProperties[1].value", "'masking'", "usageContract"),
    # The usage terms
    (lambda d: d.pop("customProperties"), "$.customProperties", "no usage terms", "add usageContract"),
    (lambda d: d["customProperties"].append(dict(d["customProperties"][0], id="two")), "$.customProperties[1]", "second usageContract", "keep one"),
    (root("customProperties", 0, "vendor", value="other"), "$.customProperties[0]", "no usage terms", "vendor: sluicegate"),
    (put("effective", "until", value="2026-11-23T23:59:59"), f"{USAGE}.effective.until", "2026-11-23", "with its zone"),
    (put("effective", "until", value=1790000000), f"{USAGE}.effective.until", "1790000000", "quote it"),
    (put("effective", "until", value="9999-12-31T23:59:59-14:00"), f"{USAGE}.effective.until", "9999", "with its zone"),
    (put("effective", "until", value="2027-02-30T00:00:00Z"), f"{USAGE}.effective.until", "02-30", "with its zone"),
    (put("effective", "until", value="2027-09-30T23:59:59Z\n"), f"{USAGE}.effective.until", "2027", "with its zone"),
    (put("effective", "until", value="2027-09-30 23:59:59Z"), f"{USAGE}.effective.until", "2027", "with its zone"),
    (put("effective", "until", value="٢027-09-30T23:59:59Z"), f"{USAGE}.effective.until", "027", "with its zone"),
    (put("effective", "tz", value="Europe/Berlin"), f"{USAGE}.effective", "unknown keys: tz", "leave it out"),
    (put("effective", "until", value="2026-10-01T00:00:00Z"), f"{USAGE}.effective.until", "not after from", "after it begins"),
    (put("effective", "until", value="2026-10-01T02:00:00+02:00"), f"{USAGE}.effective.until", "not after from", "after"),
    (put("duration", "default", value="PT13H"), f"{USAGE}.duration.default", "longer than max", "at most max"),
    (put("duration", "max", value="PT13H"), f"{USAGE}.duration.max", "any AWS session", "PT12H"),
    (put("duration", "max", value="P99999999999D"), f"{USAGE}.duration.max", "P999", "wait for"),
    (put("duration", "max", value="PT12H\n"), f"{USAGE}.duration.max", "PT12H", "ISO 8601"),
    (put("duration", "max", value="PT0H"), f"{USAGE}.duration.max", "PT0H", "ISO 8601"),
    (put("purposes", "deny", value=["acme:model-validation"]), f"{USAGE}.purposes.deny", "also denies", "one of the two"),
    (put("purposes", "allow", value=[]), f"{USAGE}.purposes.allow", "is empty", "at least 1"),
    (put("consumers", value={}), f"{USAGE}.consumers.allowTeams", "names nobody", '"*"'),
    (put("consumers", "denyTeams", value=["*"]), f"{USAGE}.consumers.denyTeams[0]", "is '*'", "team's name"),
    (put("consumers", "allowTeams", value=["a b"]), f"{USAGE}.consumers.allowTeams[0]", "is 'a b'", "team's name"),
    (put("stages", "research", "operations", value=["insert"]), f"{USAGE}.stages.research.operations[0]", "'insert'", "describe, select"),
    (put("stages", "research", "share", value="external"), f"{USAGE}.stages.research.share", "'external'", "none"),
    (put("stages", "operation", "interactive", value=True), f"{USAGE}.stages.operation.interactive", "True", "false"),
    (put("stages", "operation", "operations", value=["select"]), f"{USAGE}.stages.operation.write", "without insert", "add insert"),
    (put("stages", "operation", "write", value="none"), f"{USAGE}.stages.operation.operations", "where write is none", "prod"),
    (put("egress", "allow", value=[]), f"{USAGE}.egress.allow", "no target", "where it may write"),
    (lambda d: usage(d)["stages"].pop("operation"), f"{USAGE}.egress.allow", "no stage may write", "leave the target out"),
    (put("egress", "default", value="allow"), f"{USAGE}.egress.default", "'allow'", "only deny"),
    (put("egress", "allow", 0, "stage", value="research"), f"{USAGE}.egress.allow[0].stage", "'research'", "operation"),
    (put("egress", "allow", 0, "to", value="s3://acme-prod-reports/*/"), f"{USAGE}.egress.allow[0].to", "*", "no wildcard"),
    (put("egress", "allow", 0, "to", value="s3://acme-prod-reports/a/../"), f"{USAGE}.egress.allow[0].to", "cannot", "single slashes"),
    (put("egress", "allow", 0, "to", value="s3://acme-prod-reports//"), f"{USAGE}.egress.allow[0].to", "cannot", "single slashes"),
    (put("egress", "allow", 0, "recipientAccount", value="999988887777"), f"{USAGE}.egress.allow[0].recipientAccount", "another account", "leave it out"),
    (lambda d: usage(d)["egress"]["allow"].append(dict(ALLOW, to="s3://acme-prod-reports/loans/x/")), f"{USAGE}.egress.allow[1].to", "overlaps", "once"),
    (put("approvals", 0, "from", value=["group:x"]), f"{USAGE}.approvals[0]", "automatic and yet", "any or all"),
    (lambda d: usage(d)["approvals"][1].pop("from"), f"{USAGE}.approvals[1]", "lacks from", "add from"),
    (lambda d: usage(d)["obligations"].append({"id": "log-query", "enforcement": "attested"}), f"{USAGE}.obligations[3].id", "given twice", "keep one"),
    (put("obligations", 0, "id", value="be-nice"), f"{USAGE}.obligations[0].id", "'be-nice'", "log-query"),
    (put("onBreach", "revoke", value="never"), f"{USAGE}.onBreach.revoke", "'never'", "immediate"),
]
# fmt: on


@pytest.mark.parametrize(("edit", "path", "message", "fix"), BAD)
def test_a_bad_contract_is_refused_where_it_is_wrong_with_the_remedy(
    edit: Callable[[Document], object], path: str, message: str, fix: str
) -> None:
    found = problems_of(edited(edit))
    assert any(p.path == path and message in p.message and fix in p.fix for p in found), found


def test_one_mistake_makes_one_problem() -> None:
    counts = [len(problems_of(edited(edit))) for edit, *_ in BAD]
    # A retired server list or stage has consequences of its own; everything else is told once.
    assert sum(count > 1 for count in counts) <= 3, counts


def test_an_answer_never_repeats_a_hostile_value_in_full() -> None:
    found = problems_of(edited(put("purposes", "allow", value="x" * 100_000)))
    assert max(len(str(problem)) for problem in found) < 1_000


@pytest.mark.parametrize(
    "to",
    ["kinesis://111122223333/us-east-1/loan-events", "dynamodb://111122223333/us-east-1/loan-status/keys/2024"],
)
def test_a_target_can_be_a_stream_or_a_table(to: str) -> None:
    def edit(d: Document) -> None:
        usage(d)["egress"]["allow"][0]["to"] = to

    contract = read_contract(edited(edit), contract_id=ID, proposer=PROPOSER)
    source = source_of_uri(to, account="")
    target = contract.target_for(source)
    assert target is not None
    assert (target.source, target.stage) == (source, Tier.OPERATION)
    assert contract.covers(source)
    assert not contract.covers(source_of_uri("dynamodb://111122223333/us-east-1/loan-status", account=""))


@pytest.mark.parametrize(
    "to",
    ["secret://111122223333/us-east-1/key-AbCdEf", "kinesis://999988887777/us-east-1/loan-events",
     "kinesis://111122223333/us-east-1/loan-*", "kinesis://111122223333/us-east-1/loan-events/x",
     "dynamodb://111122223333/us-east-1/loan-status/keys/b,a", "https://data.ecb.europa.eu"],
)  # fmt: skip
def test_a_target_that_cannot_be_written_to_or_is_not_written_canonically_is_a_problem(to: str) -> None:
    def edit(d: Document) -> None:
        usage(d)["egress"]["allow"][0]["to"] = to

    assert f"{USAGE}.egress.allow[0].to" in {problem.path for problem in problems_of(edited(edit))}
