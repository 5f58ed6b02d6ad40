"""A source is judged with everything that is reached through it: what lies inside, and what overlaps it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from jit_engine.contracts.terms import ApprovalRule, WriteTarget
from jit_engine.domain.catalogue import Catalogue, PrefixItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Gate, Refusal
from jit_engine.iam.role import grant_policy, probes_for
from jit_engine.ports import ProbeKind
from jit_engine.rules.approvals import needs_of
from jit_engine.rules.clearance import clear, refused_only_by_approval
from jit_engine.rules.containers import MOST_WITHHELD
from tests.fakes.world import (
    FACTS_PREFIX,
    GRANT,
    LENDING,
    LOANS,
    NOW,
    PEOPLE,
    PERMIT_ALL,
    PERSONAL_PREFIX,
    REPORT_PREFIX,
    activity,
    ask,
    catalogue,
    cleared,
    contract,
    facts,
    group,
    judges,
    place_of,
    prefix,
    prefix_item,
    refused,
    request,
    table,
    table_item,
)


def test_what_is_forbidden_inside_a_prefix_is_withheld_and_says_why() -> None:
    clearance = cleared(ask(LENDING))
    assert clearance.cleared[0].without == (PERSONAL_PREFIX,)
    without = clearance.verdicts[0].without
    assert [part.item for part in without] == [PERSONAL_PREFIX.uri, PEOPLE.uri]
    assert {rule.id for part in without for rule in part.rules} == {"no-personal-attributes-in-research"}
    assert without[0].refused_questions == (f"read {PERSONAL_PREFIX.uri}",)
    assert without[1].questions == (f"read {PEOPLE.uri}", f"readClear {PEOPLE.uri}#who")


def test_the_policy_denies_what_is_withheld_and_does_not_list_its_keys() -> None:
    clearance = cleared(ask(LENDING))
    place = place_of(clearance)
    policy, _ = grant_policy(clearance, place, GRANT)
    denies = {s["Sid"]: s for s in json.loads(policy)["Statement"] if s["Effect"] == "Deny"}
    assert denies["Withheld"]["Action"] == ["s3:*"]
    assert denies["Withheld"]["Resource"] == ["arn:aws:s3:::sample-lake/lending/personal/*"]
    assert denies["WithheldNames"]["Condition"] == {"StringLike": {"s3:prefix": ["lending/personal/*"]}}
    assert denies["OneLevelAtATime"]["Condition"] == {
        "StringLike": {"s3:prefix": ["lending/*"]},
        "StringNotEquals": {"s3:delimiter": "/"},
    }
    probed = {(call.kind, call.key) for call in probes_for(clearance, place).denied}
    assert (ProbeKind.LIST, "lending/personal/") in probed
    assert "GetObjectVersion" not in policy


def test_nothing_is_withheld_that_another_source_of_the_request_gives() -> None:
    """The table may be queried and its files may not be read raw: a Deny would break the query."""
    rules = (
        PERMIT_ALL
        + """
    @id("no-raw") @title("No raw files") @owner("nobody")
    forbid (principal, action == Action::"read", resource == S3Prefix::"s3://sample-lake/lending/personal/");
    """
    )
    alone = clear(request(ask(LENDING)), facts(), judges(rules), NOW)
    assert isinstance(alone, Clearance)
    also_written = ask(PERSONAL_PREFIX, Operation.INSERT)
    tier = Tier.OPERATION
    target = WriteTarget(
        stage=tier, source=PERSONAL_PREFIX, max_classification=Classification.RESTRICTED, requires=frozenset()
    )
    known = facts(tier, contracts=(contract(targets=(target,)),))
    both = clear(request(ask(LENDING), also_written, tier=tier), known, judges(rules), NOW)
    assert isinstance(both, Refusal)
    assert [verdict.passes for verdict in both.verdicts] == [False, True]


def test_a_tier_invariant_inside_refuses_the_whole() -> None:
    inside = prefix_item(prefix("monthly/lake/", REPORT_PREFIX.bucket), zone=Zone.WORKSPACE)
    refusal = clear(
        request(ask(REPORT_PREFIX, Operation.INSERT)), facts(catalogue=catalogue(inside)), judges(PERMIT_ALL), NOW
    )
    assert isinstance(refusal, Refusal)
    assert refusal.verdicts[0].refused_by is Gate.INVARIANTS
    assert refusal.verdicts[0].without == ()


def test_more_than_a_score_of_withheld_places_is_a_refusal() -> None:
    many = [
        prefix_item(prefix(f"lending/facts/{n:02}/"), classes=frozenset({"personal"})) for n in range(MOST_WITHHELD + 1)
    ]
    assert refused(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(*many))).verdicts[0].without == ()
    fewer = cleared(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(*many[1:])))
    assert len(fewer.cleared[0].without) == MOST_WITHHELD


def test_raw_files_are_given_only_where_the_owner_declares_the_prefix_closed() -> None:
    opened = Catalogue(
        generation=7,
        items=tuple(replace(i, closed=False) if isinstance(i, PrefixItem) else i for i in catalogue().items),
    )
    verdict = refused(ask(FACTS_PREFIX), known=facts(catalogue=opened)).verdicts[0].contract
    assert verdict is not None
    assert [breach.code for breach in verdict.breaches] == ["prefix-not-closed"]
    cleared(ask(LOANS), known=facts(catalogue=opened))


def test_raw_files_that_keep_erased_rows_are_withheld_and_the_table_is_given() -> None:
    old = replace(
        table_item(table("iced"), prefix("lending/facts/iced/"), group("plain")), keeps_history=True, erasure=True
    )
    terms = contract(tables=(replace(contract().tables[0], tables=frozenset({"iced"})),))
    known = facts(contracts=(terms,), catalogue=catalogue(old))
    given = cleared(ask(FACTS_PREFIX), known=known)
    assert given.cleared[0].without == (old.location,)
    assert [b.code for b in given.verdicts[0].without[0].breaches] == ["raw-history"]
    refused(ask(prefix("lending/facts/iced/")), known=known)
    cleared(ask(table("iced")), known=known)


def test_a_copy_inherits_what_is_forbidden_of_its_original() -> None:
    whole = prefix_item(prefix("replica/"), copy_of=LENDING)
    terms = contract(prefixes=(LENDING, prefix("replica/")))
    known = facts(contracts=(terms,), catalogue=catalogue(whole))
    refused(ask(prefix("replica/personal/")), known=known)
    refused(ask(prefix("replica/")), known=known)
    cleared(ask(prefix("replica/facts/")), known=known)
    lost = facts(contracts=(terms,), catalogue=catalogue(replace(whole, copy_of=prefix("nowhere/"))))
    verdict = refused(ask(prefix("replica/")), known=lost).verdicts[0].contract
    assert verdict is not None
    assert [breach.code for breach in verdict.breaches] == ["original-unknown"]


def test_a_table_is_where_its_metadata_says_and_not_at_its_location_alone() -> None:
    far = replace(
        table_item(table("far"), prefix("metadata/far/"), group("who", Classification.PUBLIC, "personal")),
        roots=(prefix("lending/facts/far/"),),
    )
    given = cleared(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(far)))
    assert given.cleared[0].without == (prefix("lending/facts/far/"),)


def test_a_stricter_contract_of_something_inside_binds_the_whole() -> None:
    inner = table_item(table("inner"), prefix("lending/facts/inner/"), group("plain"))
    key = ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ9")
    scope = replace(contract().tables[0], tables=frozenset({"inner"}))
    stricter = contract(
        id=key, name="inner", prefixes=(), tables=(scope,), targets=(), ends_at=NOW + timedelta(minutes=40)
    )
    accepted = activity(accepted=frozenset({contract().key, stricter.key}))
    known = facts(activity=accepted, contracts=(contract(), stricter), catalogue=catalogue(inner))
    given = cleared(ask(FACTS_PREFIX), known=known)
    assert given.contracts == {contract().key, stricter.key}
    assert given.sessions_end_by == stricter.ends_at
    foreign = facts(contracts=(contract(), stricter), catalogue=catalogue(inner))
    without = cleared(ask(FACTS_PREFIX), known=foreign).verdicts[0].without
    assert [breach.code for part in without for breach in part.breaches] == ["contract-not-accepted"]


def test_whoever_has_to_approve_something_inside_is_asked_about_the_whole() -> None:
    inner = table_item(table("inner"), prefix("lending/facts/inner/"), group("plain"))
    asking = ApprovalRule(max_classification=None, stage=None, automatic=False, groups=frozenset({"inner-owners"}))
    approved = contract(
        id=ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ9"),
        name="inner",
        prefixes=(),
        tables=(replace(contract().tables[0], tables=frozenset({"inner"})),),
        targets=(),
        approvals=(asking,),
    )
    accepted = activity(accepted=frozenset({contract().key, approved.key}))
    known = facts(activity=accepted, contracts=(contract(), approved), catalogue=catalogue(inner))
    for asked in (FACTS_PREFIX, prefix("lending/facts/inner/part=1/")):
        refusal = refused(ask(asked), known=known)
        assert refused_only_by_approval(refusal), asked
        (need,) = needs_of(refusal.verdicts, known.contracts)
        assert (need.contract.id, need.rule) == (approved.id, asking)
    copy = prefix_item(prefix("lending/copies/"), copy_of=prefix("lending/facts/inner/"))
    copied = replace(known, catalogue=catalogue(inner, copy))
    assert refused_only_by_approval(refused(ask(copy.source), known=copied))


def test_what_is_catalogued_inside_later_ends_a_grant_that_does_not_withhold_it() -> None:
    given = cleared(ask(FACTS_PREFIX))
    place = place_of(given)
    later = prefix_item(prefix("lending/facts/new/"), classes=frozenset({"personal"}))
    anew = cleared(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(later)))
    assert grant_policy(anew, place, GRANT)[0] != grant_policy(given, place, GRANT)[0]


def test_a_prefix_around_an_uncatalogued_part_is_cleared_with_the_facts_around_it() -> None:
    assert cleared(ask(prefix("lending/facts/2026/"))).cleared[0].files[0].prefix == "lending/facts/2026/"
    refused(ask(prefix("lending/personal/2026/")))


def test_a_forbidden_table_deep_beneath_is_withheld() -> None:
    deep = table_item(
        table("secret"), prefix("lending/facts/deep/er/"), group("who", Classification.PUBLIC, "personal")
    )
    given = cleared(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(deep)))
    assert given.cleared[0].without == (deep.location,)
    assert [part.item for part in given.verdicts[0].without] == [deep.source.uri]


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
    ):
        refusal = refused(asked, known=known)
        assert refusal.verdicts[0].refused_by is Gate.RULES, asked
    assert prefix("lending/mixed/") in cleared(ask(LENDING), known=known).cleared[0].without


def test_a_table_whose_files_hold_another_tables_is_judged_with_it() -> None:
    inner = table_item(
        table("people_2"), prefix("lending/facts/people/"), group("who", Classification.PUBLIC, "personal")
    )
    refusal = refused(ask(LOANS), known=facts(catalogue=catalogue(inner)))
    assert refusal.verdicts[0].refused_by is Gate.RULES


def test_a_container_is_as_sensitive_as_what_it_holds() -> None:
    inner = prefix_item(prefix("lending/facts/secret/"), classification=Classification.RESTRICTED)
    (part,) = cleared(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(inner))).verdicts[0].without
    assert part.refused_by is Gate.CONTRACT
    assert {b.code for b in part.breaches} == {"classification-too-high", "approval-not-covered"}


def test_a_table_without_a_single_column_group_counts_as_restricted() -> None:
    bare = replace(table_item(table("bare"), prefix("lending/facts/bare/")), groups=())
    (part,) = cleared(ask(FACTS_PREFIX), known=facts(catalogue=catalogue(bare))).verdicts[0].without
    assert (part.item, part.refused_by) == (bare.source.uri, Gate.CONTRACT)


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
    assert isinstance(verdict, Clearance)
    (part,) = verdict.verdicts[0].without
    assert (part.files, [rule.id for rule in part.rules]) == ((inside.source,), ["archive"])
