"""A database or a product that is asked for: its catalogued items, as if somebody had named each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jit_engine.contracts.terms import TableScope
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.container import contained_in
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import RequestId
from jit_engine.domain.request import MAX_SOURCES, AccessRequest, Mode, SourceAsk
from jit_engine.domain.source import Operation
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.errors import InvalidValue
from jit_engine.flows.outcome import AccessRefused
from jit_engine.iam.plan import parts_of
from jit_engine.ports import Facts
from jit_engine.rules.clearance import clear
from jit_engine.rules.evidence import evidence_of, record_of
from jit_engine.rules.expanding import ContainerAsk, Expanded, expanded
from jit_engine.rules.record import clearance_record
from platform_api.db.decision_rows import evidence_text
from platform_api.db.evidence_text import evidence_in
from tests.fakes.services import RATES, service_item
from tests.fakes.world import (
    ACCOUNT,
    ADA,
    DESCRIBE,
    GRANT,
    LOANS,
    NOW,
    PEOPLE,
    REGION,
    SELECT,
    catalogue,
    contract,
    facts,
    group,
    judges,
    place_of,
    prefix,
    prefix_item,
    request,
    table,
    table_item,
)
from tests.unit.engine.desk import Desk

LENDING = f"glue://{ACCOUNT}/{REGION}/lending"
PRODUCT = "product://lending/loan-applications"
BOTH = SELECT | DESCRIBE


def whole(uri: str = LENDING, operations: frozenset[Operation] = SELECT, job: str | None = None) -> ContainerAsk:
    return ContainerAsk(uri=uri, operations=operations, job=job)


def asked(
    *asks: SourceAsk | ContainerAsk, known: Catalogue | None = None, mode: Mode = Mode.ALL, **changes: Any
) -> AccessRequest:
    found = expanded(asks, known or catalogue(), mode)
    return request(*found.asks, mode=mode, containers=found.containers, **changes)


def uris(found: Expanded | AccessRequest) -> list[str]:
    return [ask.source.uri for ask in found.asks]


def test_a_database_is_every_table_that_is_catalogued_in_it_and_says_at_which_generation() -> None:
    found = expanded([whole(operations=BOTH, job="together")], catalogue(), Mode.ALL)
    assert uris(found) == [LOANS.uri, PEOPLE.uri]
    assert {(ask.operations, ask.job, ask.columns) for ask in found.asks} == {(BOTH, "together", None)}
    (container,) = found.containers
    assert (container.uri, container.generation, container.sources) == (LENDING, 7, (LOANS.uri, PEOPLE.uri))
    assert container.lacking == ()


def test_a_product_is_what_is_of_it_of_whatever_kind() -> None:
    found = expanded([whole(PRODUCT)], catalogue(), Mode.ALL)
    known = contained_in(catalogue())[PRODUCT]
    assert uris(found) == [item.source.uri for item in known.items]
    assert "s3://sample-reports/monthly/" not in uris(found)


@pytest.mark.parametrize(
    "uri", [f"{LENDING}x", f"glue://{ACCOUNT}/{REGION}/", LOANS.uri, "product://lending/", f"{LENDING}/", "product://x"]
)
def test_what_holds_nothing_that_is_catalogued_is_refused_with_where_to_look(uri: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        expanded([SourceAsk(source=LOANS, operations=SELECT), whole(uri)], catalogue(), Mode.ALL)
    assert (refused.value.field, refused.value.given) == ("sources[1].uri", uri)
    assert "sluice data databases" in refused.value.fix


def test_of_each_item_those_operations_are_asked_for_that_its_kind_offers_and_the_rest_is_told() -> None:
    host = replace(service_item(RATES), product="loan-applications", domain="lending")
    known = catalogue()
    known = replace(known, items=(*known.items, host))
    found = expanded([whole(PRODUCT, BOTH)], known, Mode.ALL)
    (narrow,) = [ask for ask in found.asks if ask.source == RATES]
    assert narrow.operations == SELECT
    assert all(ask.operations == BOTH for ask in found.asks if ask is not narrow)
    (lacking,) = found.containers[0].lacking
    assert (lacking.source, lacking.operations) == (RATES.uri, DESCRIBE)


def test_what_offers_none_of_the_operations_is_left_out_in_part_and_refuses_the_whole() -> None:
    host = replace(service_item(RATES), product="loan-applications", domain="lending")
    known = catalogue()
    known = replace(known, items=(*known.items, host))
    with pytest.raises(InvalidValue) as refused:
        expanded([whole(PRODUCT, DESCRIBE)], known, Mode.ALL)
    assert refused.value.field == "sources[0].operations"
    assert RATES.uri in refused.value.given
    found = expanded([whole(PRODUCT, DESCRIBE)], known, Mode.PARTIAL)
    assert RATES.uri not in uris(found)
    assert [each.source for each in found.containers[0].lacking] == [RATES.uri]
    alone = Catalogue(generation=1, items=(host,))
    with pytest.raises(InvalidValue):
        expanded([whole(PRODUCT, DESCRIBE)], alone, Mode.PARTIAL)


def test_a_source_that_is_named_by_itself_is_asked_for_as_it_is_named() -> None:
    narrow = SourceAsk(source=PEOPLE, operations=SELECT, columns=frozenset({"who_1"}))
    orders: tuple[list[SourceAsk | ContainerAsk], ...] = (
        [whole(operations=BOTH), narrow],
        [narrow, whole(operations=BOTH)],
    )
    for asks in orders:
        found = expanded(asks, catalogue(), Mode.ALL)
        assert [ask for ask in found.asks if ask.source == PEOPLE] == [narrow]
        assert sorted(uris(found)) == sorted({LOANS.uri, PEOPLE.uri})
        assert found.containers[0].sources == (LOANS.uri, PEOPLE.uri)


def test_an_item_of_two_containers_is_asked_for_once_or_refused_where_they_differ() -> None:
    found = expanded([whole(), whole(PRODUCT)], catalogue(), Mode.ALL)
    assert len(uris(found)) == len(set(uris(found)))
    assert len(found.containers) == 2
    for other in (whole(PRODUCT, BOTH), whole(PRODUCT, SELECT, "a-job")):
        with pytest.raises(InvalidValue) as refused:
            expanded([whole(), other], catalogue(), Mode.ALL)
        assert LOANS.uri in refused.value.given
    with pytest.raises(InvalidValue) as twice:
        expanded([whole(), whole(operations=BOTH)], catalogue(), Mode.ALL)
    assert twice.value.field == "sources[1].uri"


def test_more_than_may_be_asked_for_is_refused_with_the_count() -> None:
    tables = [table_item(table(f"t{n:03}"), prefix(f"lending/t{n:03}/")) for n in range(MAX_SOURCES - 2)]
    known = catalogue(*tables)
    assert len(expanded([whole()], known, Mode.ALL).asks) == MAX_SOURCES
    more = SourceAsk(source=prefix("lending/"), operations=SELECT)
    with pytest.raises(InvalidValue) as refused:
        expanded([whole(), more], known, Mode.PARTIAL)
    assert refused.value.field == "sources"
    assert refused.value.given == f"101 sources ({LENDING} has 100)"
    assert "sluice data show" in refused.value.fix


# ---- what is granted


def lending(tables: Iterable[TableItem]) -> Facts:
    """A catalogue of these tables alone, all under one contract."""
    items: tuple[CatalogueItem, ...] = tuple(tables)
    names = frozenset(item.source.table for item in items if isinstance(item, TableItem))
    scope = TableScope(account=ACCOUNT, region=REGION, database="lending", tables=names)
    return facts(catalogue=Catalogue(generation=3, items=items), contracts=(contract(tables=(scope,), prefixes=()),))


TABLES = st.lists(
    st.tuples(
        st.sampled_from([(), ("personal",), ("financial",)]),
        st.sampled_from([Classification.INTERNAL, Classification.CONFIDENTIAL]),
        st.sampled_from(["lending/shared/", "lending/shared/inner/", None]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(kinds=TABLES, mode=st.sampled_from(Mode), operations=st.sampled_from([SELECT, DESCRIBE, BOTH]))
def test_a_database_mints_exactly_what_its_tables_would_mint_had_they_been_named(
    kinds: list[tuple[tuple[str, ...], Classification, str | None]], mode: Mode, operations: frozenset[Operation]
) -> None:
    """The rules forbid what is personal: it is refused, alone or with the rest, and no table that shares its files is
    given with it."""
    items = [
        table_item(table(f"t{n}"), prefix(place or f"lending/t{n}/"), group("g", level, *classes))
        for n, (classes, level, place) in enumerate(kinds)
    ]
    known = lending(items)
    listed = request(*(SourceAsk(source=item.source, operations=operations) for item in items), mode=mode)
    outcomes = [
        clear(one, known, judges(), NOW)
        for one in (asked(whole(operations=operations), known=known.catalogue, mode=mode), listed)
    ]
    by_container, by_name = outcomes
    assert type(by_container) is type(by_name)
    assert by_container.verdicts == by_name.verdicts
    if isinstance(by_container, Clearance) and isinstance(by_name, Clearance):
        minted, named = (parts_of(one, place_of(one), GRANT) for one in (by_container, by_name))
        assert [part.policy for part in minted] == [part.policy for part in named]
        given_ = {cleared.ask.source for cleared in by_container.cleared}
        assert not any("personal" in item.classes for item in items if item.source in given_) or operations == DESCRIBE


def test_one_forbidden_table_refuses_the_database_or_is_left_out_by_the_mode() -> None:
    refused = clear(asked(whole()), facts(), judges(), NOW)
    assert isinstance(refused, Refusal)
    assert [verdict.passes for verdict in refused.verdicts] == [True, False]
    partial = clear(asked(whole(), mode=Mode.PARTIAL), facts(), judges(), NOW)
    assert isinstance(partial, Clearance)
    assert [one.ask.source for one in partial.cleared] == [LOANS]


def test_the_record_says_what_was_asked_for_and_what_it_came_to() -> None:
    verdict = clear(asked(whole(), mode=Mode.PARTIAL), facts(), judges(), NOW)
    assert isinstance(verdict, Clearance)
    record = clearance_record(verdict)["asked"]
    assert isinstance(record, dict)
    assert record["containers"] == [
        {
            "uri": LENDING,
            "operations": ["select"],
            "catalogue_generation": 7,
            "sources": [LOANS.uri, PEOPLE.uri],
            "lacking": [],
        }
    ]
    plain = clear(request(SourceAsk(source=LOANS, operations=SELECT)), facts(), judges(), NOW)
    assert isinstance(plain, Clearance)
    assert "containers" not in json.dumps(clearance_record(plain))


def test_a_table_that_comes_into_the_database_later_is_not_in_the_grant() -> None:
    desk = Desk()
    grant = desk.ask(asked(whole(), mode=Mode.PARTIAL))
    later = table_item(table("later"), prefix("lending/later/"))
    known = desk.facts.now_known
    scope = replace(known.contracts[0].tables[0], tables=known.contracts[0].tables[0].tables | {"later"})
    desk.facts.now_known = replace(
        known,
        catalogue=replace(catalogue(later), generation=8),
        contracts=(replace(known.contracts[0], tables=(scope,)),),
    )
    desk.deliver(grant.id, ADA, desk.later(minutes=1))
    assert "later" not in policy_of(desk.grant(grant))
    other = RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ9")
    both = desk.ask(asked(whole(), known=desk.facts.now_known.catalogue, mode=Mode.PARTIAL, id=other))
    assert "later" in policy_of(desk.grant(both))


def test_what_is_offered_instead_of_a_database_names_its_sources() -> None:
    desk = Desk()
    with pytest.raises(AccessRefused) as refused:
        desk.ask(asked(whole()))
    offers = refused.value.offers
    assert offers
    assert all(offer.request.containers == () for offer in offers)
    assert {ask.source for offer in offers for ask in offer.request.asks} == {LOANS}


def test_a_prefix_and_a_table_of_one_product_are_both_asked_for() -> None:
    item = prefix_item(prefix("other/"), product="other")
    known = Catalogue(generation=1, items=(item, replace(table_item(table("o"), prefix("other/")), product="other")))
    assert len(expanded([whole("product://lending/other")], known, Mode.ALL).asks) == 2


def policy_of(grant: Grant) -> str:
    return "".join(principal.policy for principal in grant.principals)


def test_what_was_asked_for_is_in_the_evidence_and_decides_nothing() -> None:
    wanted = asked(whole(), mode=Mode.PARTIAL)
    kept = evidence_of(wanted, facts(), judges(), NOW)
    record = clear(wanted, facts(), judges(), NOW)
    assert isinstance(record, Clearance)
    text = evidence_text(kept)
    read = evidence_in("the decision", text)
    assert read.request.containers == wanted.containers
    assert record_of(read, judges()) == clearance_record(record)
    assert asked(whole(), mode=Mode.PARTIAL).fingerprint == replace(wanted, containers=()).fingerprint
