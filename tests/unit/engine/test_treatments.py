"""Columns and rows in the decision: the stricter of contract and rules, and only where something can enforce it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.contracts.profiles import AccessProfile, DescribedColumn, DescribedTable, PrincipalKind
from jit_engine.contracts.row_filters import parse_filter
from jit_engine.contracts.terms import Contract, TableScope
from jit_engine.domain.catalogue import ColumnGroup
from jit_engine.domain.classification import Classification
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.treatment import Treatment
from jit_engine.domain.verdict import Clearance, Gate, Refusal
from jit_engine.errors import InvalidValue
from jit_engine.flows.anew import Changed, decide_anew
from jit_engine.iam.enforcing import NoEnforcer
from jit_engine.iam.grant_policy import grant_statements
from jit_engine.iam.reading import check_within
from jit_engine.iam.readings.widens import PolicyWidens
from jit_engine.iam.statement import document
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear
from jit_engine.rules.evidence import evidence_of, questions_of, record_of
from jit_engine.rules.record import clearance_record, cleared_request, refusal_record
from tests.fakes import world
from tests.fakes.world import ADA, FACTS_PREFIX, LENDING, NOW, ask, catalogue, contract, facts, judges, request, table
from tests.unit.engine.desk import Desk

PARTS = table("parts")
FILES = world.prefix("lending/parts/")
READS = frozenset({Operation.DESCRIBE, Operation.SELECT})
ROWS = parse_filter("state <> 'XX'", {"state": "string"})
RULES = world.RULES.replace('[Action::"readLike", Action::"columnRead"]', '[Action::"columnRead"]')
"""The usual rules, whose forbid speaks of columns instead of whole tables."""
RESTRICTED = ColumnGroup(name="who", columns=("ssn",), classification=Classification.RESTRICTED, classes=frozenset())
GROUPS = (
    ColumnGroup(name="plain", columns=("state", "upb"), classification=Classification.INTERNAL, classes=frozenset()),
    ColumnGroup(name="key", columns=("loan_id",), classification=Classification.CONFIDENTIAL, classes=frozenset()),
    ColumnGroup(
        name="who", columns=("ssn",), classification=Classification.CONFIDENTIAL, classes=frozenset({"personal"})
    ),
)
COLUMNS = ("state", "upb", "loan_id", "ssn")
HASHES = """
@id("science-reads-hashed") @title("Lending science reads keys hashed") @owner("lending-data-owners")
permit (principal in Team::"lending-science", action == Action::"readHashed", resource is ColumnGroup);
@id("no-keys") @title("Keys stay out of research") @owner("lending-data-owners") @advice("Ask for the rest.")
forbid (principal, action == Action::"readClear", resource is ColumnGroup) when { resource.sensitivity >= 2 };
"""


def described(**caps: Treatment) -> tuple[DescribedTable, ...]:
    """The table in the contract, with what some columns are capped to in research."""
    columns = tuple(DescribedColumn(name=c, caps={Tier.RESEARCH: caps[c]} if c in caps else {}) for c in COLUMNS)
    return (DescribedTable(table=PARTS.table, columns=columns),)


def profile(**changes: Any) -> AccessProfile:
    """What research may do: every column, no row filter."""
    usual = AccessProfile(
        role="research-read",
        stages=frozenset({Tier.RESEARCH}),
        operations=READS,
        kinds=frozenset(PrincipalKind),
        columns={PARTS.table: frozenset(COLUMNS)},
        row_filters={},
        max_duration=None,
        auto_approve_up_to=None,
    )
    return replace(usual, **changes)


def terms(*, managed: bool = True, **changes: Any) -> Contract:
    """The loans contract with the table of parts, which Lake Formation manages unless said otherwise."""
    scope = TableScope(
        account=world.ACCOUNT,
        region=world.REGION,
        database="lending",
        tables=frozenset({PARTS.table, world.LOANS.table, world.PEOPLE.table}),
        lake_formation=managed,
    )
    return contract(tables=(scope,), **changes)


def known(of: Contract | None = None, *groups: ColumnGroup) -> Facts:
    items = catalogue(world.table_item(PARTS, FILES, *(groups or GROUPS)))
    return facts(contracts=(of or terms(),), catalogue=items)


def wants(*columns: str, of: Any = PARTS, operations: frozenset[Operation] = READS) -> SourceAsk:
    return SourceAsk(source=of, operations=operations, columns=frozenset(columns) or None)


def decided(*asks: SourceAsk, of: Facts | None = None, rules: str = RULES) -> Clearance | Refusal:
    return clear(request(*(asks or (wants(),))), of or known(), judges(rules), NOW)


def passed(*asks: SourceAsk, of: Facts | None = None, rules: str = RULES) -> Clearance:
    verdict = decided(*asks, of=of, rules=rules)
    assert isinstance(verdict, Clearance), refusal_record(verdict)
    return verdict


def codes(verdict: Clearance | Refusal) -> list[str]:
    assert isinstance(verdict, Refusal), verdict
    (source,) = verdict.verdicts
    contract_breaches = () if source.contract is None else source.contract.breaches
    return [b.code for b in (*contract_breaches, *(source.columns.breaches if source.columns else ()))]


# ---- what is left


def test_a_table_of_which_everything_may_be_seen_is_had_whole_as_ever() -> None:
    (source,) = passed(of=known(terms(), GROUPS[0])).cleared
    assert (source.columns, source.row_filter, source.files) == (None, None, (FILES,))
    assert "obligations" not in str(clearance_record(passed(of=known(terms(), GROUPS[0]))))


def test_what_the_rules_do_not_allow_is_left_out_of_a_managed_table() -> None:
    clearance = passed()
    (source,) = clearance.cleared
    assert source.columns == ("state", "upb", "loan_id")
    assert source.files == ()
    who = next(one for one in source.treatments if one.group == "who")
    assert (who.rules, who.contract, who.shown) == (Treatment.EXCLUDED, Treatment.CLEAR, Treatment.EXCLUDED)
    assert who.why == "left out by the rules (no-personal-attributes-in-research)"


def test_without_an_enforcer_such_a_table_is_refused_with_a_next_step() -> None:
    verdict = decided(of=known(terms(managed=False)))
    assert codes(verdict) == ["columns-not-enforceable"]
    assert isinstance(verdict, Refusal)
    (source,) = verdict.verdicts
    assert source.refused_by is Gate.RULES
    assert source.columns is not None
    assert "lakeFormationManaged" in source.columns.breaches[0].next_step
    assert "state, upb, loan_id" in source.columns.breaches[0].next_step


def test_the_treatment_is_the_stricter_of_contract_and_rules() -> None:
    capped = terms(described=described(upb=Treatment.MASKED, loan_id=Treatment.EXCLUDED))
    (source,) = passed(of=known(capped), rules=RULES + HASHES).cleared
    found = {c: (t.rules, t.contract, t.shown) for t in source.treatments for c in t.columns}
    clear_, hashed, masked, excluded = Treatment
    assert found["state"] == (clear_, clear_, clear_)
    assert found["upb"] == (clear_, masked, excluded)
    assert found["loan_id"] == (hashed, excluded, excluded)
    assert source.columns == ("state",)


def test_what_may_be_seen_hashed_alone_is_left_out_and_says_what_would_help() -> None:
    (source,) = passed(rules=RULES + HASHES).cleared
    key = next(one for one in source.treatments if one.group == "key")
    assert (key.rules, key.shown) == (Treatment.HASHED, Treatment.EXCLUDED)
    assert key.why is not None
    assert "certify" in key.why


def test_a_table_with_no_column_left_is_refused_for_query_and_for_description() -> None:
    only_who = known(terms(), GROUPS[2])
    assert isinstance(decided(of=only_who), Refusal)
    assert isinstance(decided(wants(operations=frozenset({Operation.DESCRIBE})), of=only_who), Refusal)
    nothing = known(terms(described=described(state=Treatment.EXCLUDED, upb=Treatment.HASHED)), GROUPS[0])
    assert codes(decided(of=nothing)) == ["no-column-left"]


def test_the_row_filter_of_the_profile_binds_and_needs_an_enforcer_too() -> None:
    filtered = profile(row_filters={PARTS.table: ROWS})
    (source,) = passed(of=known(terms(profiles=(filtered,), described=described()), GROUPS[0])).cleared
    assert (source.columns, source.files) == (None, ())
    assert source.row_filter == ROWS
    raw = terms(managed=False, profiles=(filtered,), described=described())
    assert codes(decided(of=known(raw, GROUPS[0]))) == ["columns-not-enforceable"]


def test_a_column_that_the_contract_does_not_name_is_never_among_them() -> None:
    later = replace(GROUPS[0], columns=("state", "upb", "added_later"))
    (source,) = passed(of=known(terms(profiles=(profile(),), described=described()), later)).cleared
    assert source.columns == ("state", "upb")


@pytest.mark.parametrize("source", [FILES, LENDING, world.prefix("lending/parts/2026/")])
def test_raw_files_of_a_limited_table_are_refused(source: Any) -> None:
    limited = known(terms(described=described(ssn=Treatment.EXCLUDED)), GROUPS[0], GROUPS[1])
    assert "raw-files-hold-more" in codes(decided(wants(of=source), of=limited))


def test_a_use_without_a_profile_is_refused() -> None:
    wrong = terms(profiles=(profile(stages=frozenset({Tier.OPERATION})),), described=described())
    assert "no-access-profile" in codes(decided(of=known(wrong)))
    assert "no-access-profile" in codes(decided(wants(of=FACTS_PREFIX), of=known(wrong)))


# ---- naming columns


def test_a_person_may_ask_for_the_columns_that_pass() -> None:
    (source,) = passed(wants("upb", "state")).cleared
    assert source.columns == ("state", "upb")


def test_a_named_column_that_is_withheld_refuses_with_those_that_would_pass() -> None:
    verdict = decided(wants("ssn", "state"))
    assert codes(verdict) == ["column-withheld"]
    assert isinstance(verdict, Refusal)
    assert verdict.verdicts[0].refused_by is Gate.COLUMNS
    assert "no-personal-attributes-in-research" in str(refusal_record(verdict))
    excluded = known(terms(described=described(ssn=Treatment.EXCLUDED)))
    assert codes(decided(wants("ssn", "state"), of=excluded)) == ["column-not-covered"]


def test_unknown_columns_and_columns_of_files_are_wrong_values() -> None:
    with pytest.raises(InvalidValue, match="state, upb, loan_id, ssn"):
        decided(wants("nope"))
    with pytest.raises(InvalidValue, match="only a table has columns"):
        wants("state", of=FACTS_PREFIX)


def test_columns_of_files_cannot_be_had_apart() -> None:
    whole = known(terms(managed=False), GROUPS[0])
    assert codes(decided(wants("state"), of=whole)) == ["columns-not-enforceable"]
    assert passed(wants("state", "upb"), of=whole).cleared[0].is_whole


# ---- classification, duration, approval


def test_only_the_columns_that_the_contract_leaves_count_for_classification_and_approval() -> None:
    groups = (*GROUPS[:2], RESTRICTED)
    assert codes(decided(of=known(terms(), *groups))) == ["classification-too-high", "approval-not-covered"]
    excluded = terms(described=described(ssn=Treatment.EXCLUDED))
    assert passed(of=known(excluded, *groups)).cleared[0].columns == ("state", "upb", "loan_id")
    assert passed(wants("state"), of=known(terms(), *groups)).cleared[0].columns == ("state",)


def test_a_profile_shortens_the_grant_and_caps_what_needs_no_approval() -> None:
    short = profile(max_duration=timedelta(minutes=30), auto_approve_up_to=Classification.INTERNAL)
    of = known(terms(profiles=(short,), described=described()), GROUPS[0])
    assert codes(decided(of=of)) == ["duration-too-long"]
    unasked = clear(request(wants(), duration=None), of, judges(RULES), NOW)
    assert isinstance(unasked, Clearance)
    assert unasked.ends_at == NOW + timedelta(minutes=30)
    more = known(terms(profiles=(replace(short, max_duration=None),), described=described()), GROUPS[0], GROUPS[1])
    assert codes(clear(request(wants(), duration=None), more, judges(RULES), NOW)) == ["approval-not-covered"]


# ---- the record, and deciding it again


def test_the_record_says_what_binds_and_is_taken_again_the_same() -> None:
    of, by = known(terms(profiles=(profile(row_filters={PARTS.table: ROWS}),), described=described())), judges(RULES)
    clearance = clear(request(wants()), of, by, NOW)
    assert isinstance(clearance, Clearance)
    record: dict[str, Any] = clearance_record(clearance)
    bound = record["sources"][0]["obligations"]
    assert bound["columns"] == ["state", "upb", "loan_id"]
    assert bound["row_filter"] == "state <> 'XX'"
    assert bound["enforcer"] == "lake-formation"
    assert record_of(evidence_of(request(wants()), of, by, NOW), by) == record
    (again,) = cleared_request(record, ADA).asks
    assert again.columns == frozenset({"state", "upb", "loan_id"})


def test_the_questions_of_a_grant_are_those_of_its_own_columns() -> None:
    record = clearance_record(passed())
    ((_, questions),) = questions_of(cleared_request(record, ADA), known(), NOW)
    asked = {q.resource.id.partition("#")[2] for q in questions if q.resource.type == "ColumnGroup"}
    assert asked == {"plain", "key"}
    assert {q.action for q in questions if q.resource.type == "ColumnGroup"} == {"readClear"}


# ---- minting


@pytest.mark.case("MINT-044", "MINT-046")
def test_what_needs_an_enforcer_is_never_minted_and_aws_never_hears_of_it() -> None:
    desk = Desk(judges=judges(RULES))
    desk.facts.now_known = known()
    with pytest.raises(NoEnforcer, match="glue://000000000000/us-east-1/lending/parts"):
        desk.ask(request(wants()))
    with pytest.raises(NoEnforcer):
        desk.request_access.preview(request(wants()), NOW)
    assert desk.minter.calls == []
    assert desk.ledger.grants == {}


def test_a_policy_never_gives_its_files_partitions_or_statistics_and_queries_it_in_the_grants_own_workgroup() -> None:
    clearance = passed(wants(), ask(FACTS_PREFIX))
    place = world.place_of(clearance)
    text = document(grant_statements(clearance, place, world.GRANT))
    check_within(text, clearance, place, world.GRANT)
    assert "lending/facts/" in text
    assert "lending/parts" not in text.replace("table/lending/parts", "")
    assert not any(word in text for word in ("Partition", "Statistics", f'{place.workgroup}"'))
    assert f"workgroup/{place.workgroup}-{world.GRANT}" in text
    assert f"/athena/{world.GRANT}/*" in text


def test_a_policy_goes_with_the_columns_and_rows_that_were_decided_and_with_no_others() -> None:
    clearance = passed()
    place = world.place_of(clearance)
    text = document(grant_statements(clearance, place, world.GRANT))
    fewer = replace(clearance, cleared=tuple(replace(c, columns=("state",)) for c in clearance.cleared))
    with pytest.raises(PolicyWidens, match="does not go with the columns and rows"):
        check_within(text, fewer, place, world.GRANT)
    with pytest.raises(PolicyWidens, match="not bound to queries of Athena"):
        check_within(text.replace("athena.amazonaws.com", "glue.amazonaws.com"), clearance, place, world.GRANT)


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"files": (FILES,)}, "its files hold them all"), ({"ask": ask(FACTS_PREFIX)}, "no policy can hold them apart")],
)
def test_what_lake_formation_cannot_keep_apart_is_read_as_wider(changes: dict[str, Any], why: str) -> None:
    clearance = passed()
    place = world.place_of(clearance)
    text = document(grant_statements(clearance, place, world.GRANT))
    other = replace(clearance, cleared=tuple(replace(c, **changes) for c in clearance.cleared))
    with pytest.raises(PolicyWidens, match=why):
        check_within(text, other, place, world.GRANT)


def test_a_grant_ends_when_other_columns_or_rows_may_be_seen() -> None:
    of = known(terms(profiles=(profile(row_filters={PARTS.table: ROWS}),), described=described()), *GROUPS[:2])
    decision = clearance_record(passed(of=of))
    desk = Desk()
    grant = desk.ask()
    unfiltered = known(terms(profiles=(profile(),), described=described()), *GROUPS[:2])
    found = decide_anew(grant, decision, ADA, unfiltered, judges(RULES), NOW)
    assert found == Changed(why="other columns or rows of it may be seen now")
