"""What an import of table definitions plans, and what a contract's labels make of column groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jit_engine.contracts.column_labels import ColumnLabels, DataLabels, data_labels
from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.terms import Contract, TableScope
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, ColumnGroup, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import SubjectId
from jit_engine.domain.view import Certificate
from jit_engine.rules.classifying import UNCLASSIFIED, classified, column_groups
from jit_engine.rules.importing import Change, FoundTable, Newcomer, Planned, plan_import
from jit_engine.rules.importing_views import FoundView
from tests.fakes import world

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
WHOSE = Newcomer(owner_team="lending", product="loans", domain="lending")
PERSONAL = frozenset({"personal"})


def found(name: str = "loans", **given: Any) -> FoundTable:
    known: dict[str, Any] = {
        "title": "Loans",
        "columns": ("amount", "phone"),
        "places": ("s3://lake/loans",),
        "parameters": {},
    }
    return FoundTable(account=ACCOUNT, region="us-east-1", database="db", name=name, **(known | given))


def planned(
    *tables: FoundTable, items: tuple[CatalogueItem, ...] = (), newcomer: Newcomer = WHOSE, remove: bool = False
) -> list[Planned]:
    catalogue = Catalogue(generation=1, items=items)
    of = [item.source for item in items if isinstance(item, TableItem)]
    return list(plan_import(tables, catalogue, [], newcomer, of=of, remove=remove))


def added(table: FoundTable) -> TableItem:
    (line,) = planned(table)
    assert line.change is Change.ADDED, line
    assert line.item is not None
    return line.item


def group(name: str, level: str, *columns: str, classes: frozenset[str] = frozenset()) -> ColumnGroup:
    return ColumnGroup(name=name, columns=columns, classification=Classification(level), classes=classes)


def said(**columns: tuple[str | None, frozenset[str]]) -> Mapping[str, ColumnLabels]:
    return {
        name: ColumnLabels(classification=None if level is None else Classification(level), classes=classes)
        for name, (level, classes) in columns.items()
    }


def test_a_new_table_is_restricted_and_unclassified_until_somebody_says_otherwise() -> None:
    item = added(found())
    assert item.groups == (group(UNCLASSIFIED, "restricted", "amount", "phone", classes=frozenset({UNCLASSIFIED})),)
    assert (item.owner_team, [place.uri for place in item.files]) == ("lending", ["s3://lake/loans/"])


def test_importing_the_same_again_changes_nothing() -> None:
    (line,) = planned(found(), items=(added(found()),))
    assert line.change is Change.UNCHANGED


def test_a_product_whose_name_another_domain_uses_is_left_out_for_rules_would_take_it_for_theirs() -> None:
    theirs = replace(WHOSE, domain="marketing")
    (line, known) = planned(found(), found("leads"), items=(added(found()),), newcomer=theirs)
    assert (known.change, line.change, line.item) == (Change.UNCHANGED, Change.LEFT_OUT, None)
    assert "domain lending has a product loans" in line.why
    assert "name it otherwise" in line.why
    (line, _) = planned(found(), found("leads"), items=(added(found()),), newcomer=replace(theirs, product="leads"))
    assert line.change is Change.ADDED


def test_of_one_import_the_first_table_says_which_domain_a_product_is_of() -> None:
    def labelled(name: str, domain: str) -> tuple[Contract, DataLabels]:
        scope = TableScope(account=ACCOUNT, region="us-east-1", database="db", tables=frozenset({name}))
        terms = world.contract(name=name, owner_team="lending", prefixes=(), tables=(scope,))
        return terms, DataLabels(product="loans", domain=domain, tables={})

    contracts = [labelled("first", "lending"), labelled("second", "lending"), labelled("third", "marketing")]
    tables = [found(name) for name in ("first", "second", "third")]
    lines = plan_import(tables, Catalogue(generation=1, items=()), contracts, Newcomer(), of=[], remove=False)
    assert [line.change for line in lines] == [Change.ADDED, Change.ADDED, Change.LEFT_OUT]


def test_a_table_that_belongs_to_nobody_is_left_out() -> None:
    (line,) = planned(found(), newcomer=Newcomer())
    assert (line.change, line.item) == (Change.LEFT_OUT, None)


@pytest.mark.parametrize(
    "given",
    [
        {"is_view": True},
        {"is_link": True},
        {"input_format": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"},
        {"places": ()},
        {"places": ("arn:aws:kinesis:us-east-1:1:stream/s",)},
        {"places": ("s3://lake",)},
        {"places": ("s3://lake/a*b/",)},
        {"columns": ()},
        {"name": "Loans"},
    ],
)
def test_what_cannot_be_read_is_left_out_and_restricted_where_it_is_catalogued(given: dict[str, Any]) -> None:
    table = found(**given)
    (line,) = planned(table)
    assert (line.change, line.item) == (Change.LEFT_OUT, None)
    if "name" in given:
        return
    known = replace(added(found()), groups=(group("facts", "internal", "amount", "phone"),))
    (kept,) = planned(table, items=(known,))
    assert kept.change is Change.CHANGED
    assert kept.item is not None
    assert (kept.item.classification, kept.item.location) == (Classification.RESTRICTED, known.location)


def test_every_place_that_the_metadata_names_is_one_of_the_table_s() -> None:
    parameters = {
        "table_type": "ICEBERG",
        "metadata_location": "s3://meta/loans/metadata/00001.json",
        "write.data.path": "s3a://data/loans",
        "storage.location.template": "s3://projected/loans/year=${year}/month=${month}",
    }
    item = added(found(places=("s3://lake/loans/", "s3://lake/loans/day=1/", "s3://old/day=0"), parameters=parameters))
    assert item.keeps_history
    assert [place.uri for place in item.files] == [
        "s3://lake/loans/",
        "s3://old/day=0/",
        "s3://data/loans/",
        "s3://meta/loans/metadata/",
        "s3://projected/loans/",
    ]


def test_a_table_that_moves_keeps_where_its_old_files_may_lie() -> None:
    (line,) = planned(found(places=("s3://lake/new/",)), items=(added(found()),))
    assert line.item is not None
    assert [place.uri for place in line.item.files] == ["s3://lake/new/", "s3://lake/loans/"]


def test_a_table_that_is_gone_stays_until_its_removal_is_asked_for() -> None:
    known = added(found())
    (kept,), (removed,) = planned(items=(known,)), planned(items=(known,), remove=True)
    assert (kept.change, kept.item) == (Change.MISSING, known)
    assert (removed.change, removed.item, removed.before) == (Change.REMOVED, None, known)


def test_a_renamed_column_leaves_its_group_and_the_new_one_is_unclassified() -> None:
    known = replace(added(found()), groups=(group("people", "confidential", "phone", "amount", classes=PERSONAL),))
    (line,) = planned(found(columns=("amount", "telephone")), items=(known,))
    assert line.item is not None
    assert [(g.name, g.columns) for g in line.item.groups] == [("people", ("amount",)), (UNCLASSIFIED, ("telephone",))]
    assert line.why == "new columns telephone; gone columns phone"


def test_a_contract_classifies_what_is_unclassified_and_never_lowers_what_is_not() -> None:
    known = (group("facts", "confidential", "amount", "rate"), *added(found(columns=("phone",))).groups)
    now = column_groups(
        ("amount", "rate", "phone"),
        known,
        said(amount=("public", frozenset()), rate=("restricted", PERSONAL), phone=("internal", PERSONAL)),
    )
    assert now == (
        group("facts", "confidential", "amount"),
        group("restricted-personal", "restricted", "rate", classes=PERSONAL),
        group("internal-personal", "internal", "phone", classes=PERSONAL),
    )


def test_a_label_without_a_classification_is_added_and_the_column_stays_restricted() -> None:
    item = classified(added(found(columns=("phone",))), said(phone=(None, PERSONAL)))
    assert item.classification is Classification.RESTRICTED
    assert item.classes == {UNCLASSIFIED, "personal"}


def test_the_strictest_of_a_column_and_all_within_it_is_what_a_document_says() -> None:
    ours: DocumentJson = {"property": "dataCategory", "value": "Personal", "vendor": "sluicegate"}
    inner: DocumentJson = {"name": "city", "classification": "confidential", "customProperties": [ours]}
    column: DocumentJson = {"name": "address", "classification": "internal", "properties": [inner]}
    labels = data_labels({"name": "Loan applications", "schema": [{"name": "loans", "properties": [column]}]})
    assert labels.product == "loan-applications"
    assert labels.tables["loans"]["address"] == ColumnLabels(
        classification=Classification.CONFIDENTIAL, classes=PERSONAL
    )


def seen(sql: str = "SELECT amount FROM loans", **given: Any) -> FoundTable:
    view = FoundView(texts=(("presto", sql),), sql=sql, database="db", **given)
    return found("seen", is_view=True, places=(), columns=("amount",), view=view)


def test_a_view_is_catalogued_with_its_bases_and_no_files() -> None:
    item = added(seen("SELECT amount FROM loans JOIN other.people ON true"))
    assert item.view is not None
    assert [base.uri.rpartition("us-east-1/")[2] for base in item.view.bases] == ["db/loans", "other/people"]
    assert (item.files, item.location, item.classification) == ((), None, Classification.RESTRICTED)


def test_a_certificate_stays_while_the_definition_is_the_same_and_falls_with_it() -> None:
    item = added(seen())
    assert item.view is not None
    said = Certificate(team="lending", by=SubjectId("pe_1"), at=NOW, sha256=item.view.sha256)
    known = replace(item, view=replace(item.view, imported_by=SubjectId("pe_2"), certificates=(said,)))
    (same,), (other,) = planned(seen(), items=(known,)), planned(seen("SELECT id FROM loans"), items=(known,))
    assert (same.change, same.item) == (Change.UNCHANGED, known)
    assert other.change is Change.CHANGED
    assert "defined otherwise: certified no longer" in other.why
    assert other.item is not None
    assert other.item.view is not None
    assert (other.item.view.certificates, other.item.view.imported_by) == ((), None)


def test_a_view_whose_tables_cannot_be_told_is_left_out_and_of_nothing_where_it_is_catalogued() -> None:
    (line,) = planned(seen("SELECT * FROM f(x)"))
    assert (line.change, line.item) == (Change.LEFT_OUT, None)
    assert "a function that makes a table" in line.why
    (kept,) = planned(seen("SELECT * FROM f(x)"), items=(added(seen()),))
    assert kept.item is not None
    assert kept.item.view is not None
    assert kept.item.view.bases == ()


def test_a_table_that_becomes_a_view_and_back_says_so() -> None:
    table = added(found("seen"))
    (line,) = planned(seen(), items=(table,))
    assert "a view now" in line.why
    assert line.item is not None
    assert line.item.view is not None
    assert [place.uri for place in line.item.files] == ["s3://lake/loans/"]  # its old files may still be there
    (back,) = planned(found("seen"), items=(line.item,))
    assert "a table now" in back.why
    assert back.item == table
