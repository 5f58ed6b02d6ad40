"""A source is judged with everything that is reached through it: what lies inside, and what overlaps it."""

from __future__ import annotations

from dataclasses import replace

from jit_engine.domain.catalogue import Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Gate, Refusal
from jit_engine.rules.clearance import clear
from tests.fakes.world import (
    FACTS_PREFIX,
    LENDING,
    LOANS,
    NOW,
    PERMIT_ALL,
    REPORT_PREFIX,
    ask,
    catalogue,
    cleared,
    contract,
    facts,
    group,
    judges,
    prefix,
    prefix_item,
    refused,
    request,
    table,
    table_item,
)


def test_a_container_with_something_forbidden_inside_is_refused_and_says_what() -> None:
    refusal = refused(ask(LENDING))
    rules = refusal.verdicts[0].rules
    assert rules is not None
    assert not rules.passes
    assert rules.refused_item is not None
    assert "personal" in rules.refused_item or "people" in rules.refused_item
    assert [rule.id for rule in rules.rules] == ["no-personal-attributes-in-research"]


def test_a_prefix_around_an_uncatalogued_part_is_cleared_with_the_facts_around_it() -> None:
    assert cleared(ask(prefix("lending/facts/2026/"))).cleared[0].files[0].prefix == "lending/facts/2026/"
    refused(ask(prefix("lending/personal/2026/")))


def test_a_forbidden_table_deep_beneath_refuses_the_raw_prefix() -> None:
    deep = table_item(
        table("secret"), prefix("lending/facts/deep/er/"), group("who", Classification.PUBLIC, "personal")
    )
    refusal = refused(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(deep)))
    rules = refusal.verdicts[0].rules
    assert rules is not None
    assert rules.refused_item is not None
    assert "secret" in rules.refused_item


def test_a_table_with_one_column_group_that_may_not_be_read_is_refused_by_every_path() -> None:
    mixed = table_item(
        table("mixed"), prefix("lending/mixed/"), group("plain"), group("who", Classification.PUBLIC, "personal")
    )
    terms = contract(tables=(replace(contract().tables[0], tables=frozenset({"mixed"})),))
    known = facts(contracts=(terms,), catalogue=catalogue(mixed, prefix_item(prefix("lending/mixed/"))))
    for asked in (
        ask(table("mixed")),
        ask(prefix("lending/mixed/")),
        ask(prefix("lending/mixed/part=1/")),
        ask(LENDING),
    ):
        refusal = refused(asked, known=known)
        assert refusal.verdicts[0].refused_by is Gate.RULES, asked


def test_a_table_whose_files_hold_another_tables_is_judged_with_it() -> None:
    inner = table_item(
        table("people_2"), prefix("lending/facts/people/"), group("who", Classification.PUBLIC, "personal")
    )
    refusal = refused(ask(LOANS), known=facts(catalogue=catalogue(inner)))
    assert refusal.verdicts[0].refused_by is Gate.RULES


def test_a_container_is_as_sensitive_as_what_it_holds() -> None:
    inner = prefix_item(prefix("lending/facts/secret/"), classification=Classification.RESTRICTED)
    refusal = refused(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(inner)))
    contract_verdict = refusal.verdicts[0].contract
    assert contract_verdict is not None
    assert {b.code for b in contract_verdict.breaches} == {"classification-too-high", "approval-not-covered"}


def test_a_table_without_a_single_column_group_counts_as_restricted() -> None:
    bare = replace(table_item(table("bare"), prefix("lending/facts/bare/")), groups=())
    refusal = refused(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(bare)))
    assert refusal.verdicts[0].refused_by is Gate.CONTRACT


def test_looking_at_a_table_needs_no_right_to_its_columns_and_reading_it_does() -> None:
    rules = """
    @id("describe-only") @title("Describe only") @owner("nobody")
    permit (principal, action == Action::"read", resource);
    """
    assert isinstance(clear(request(ask(LOANS, Operation.DESCRIBE)), facts(), judges(rules), NOW), Clearance)
    assert isinstance(clear(request(ask(LOANS)), facts(), judges(rules), NOW), Refusal)


def test_a_write_is_asked_of_everything_that_it_may_overwrite() -> None:
    inside = prefix_item(prefix("monthly/archive/", REPORT_PREFIX.bucket), zone=Zone.LAKE)
    rules = (
        PERMIT_ALL
        + """
    @id("archive") @title("The archive stays") @owner("nobody")
    forbid (principal, action == Action::"write", resource == S3Prefix::"s3://sample-reports/monthly/archive/");
    """
    )
    known = facts(Tier.OPERATION, catalogue=catalogue(inside))
    verdict = clear(request(ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION), known, judges(rules), NOW)
    assert isinstance(verdict, Refusal)
    assert [rule.id for v in verdict.verdicts if v.rules for rule in v.rules.rules] == ["archive"]
