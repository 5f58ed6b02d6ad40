"""Data products and databases: what the catalogue's items say they are in, and nothing besides."""

from __future__ import annotations

from dataclasses import replace

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.classification import Classification
from jit_engine.domain.container import DataProduct, GlueDatabase, contained_in, containers_of
from jit_engine.domain.view import View
from tests.fakes.world import ACCOUNT, LOANS, REGION, catalogue, group, prefix, prefix_item, table, table_item

DATABASE = f"glue://{ACCOUNT}/{REGION}/lending"
PRODUCT = "product://lending/loan-applications"


def test_every_item_is_in_its_product_and_every_table_in_its_database() -> None:
    known = catalogue()
    found = contained_in(known)
    assert known.containers == found
    assert known.containers is known.containers
    assert list(found) == [DATABASE, PRODUCT, "product://lending/loan-reports"]
    assert [item.source.uri for item in found[DATABASE].items] == [f"{DATABASE}/loans", f"{DATABASE}/people"]
    products = [one for one in found.values() if isinstance(one.container, DataProduct)]
    assert sum(len(one.items) for one in products) == len(known.items)
    assert all(one.container in containers_of(item) for one in found.values() for item in one.items)


def test_a_container_is_told_by_all_that_is_in_it() -> None:
    secret = table_item(table("scores"), prefix("lending/scores/"), group("x", Classification.RESTRICTED, "financial"))
    other = replace(secret, source=table("staff"), owner_team="people-team", domain="people", product="staff")
    found = contained_in(catalogue(secret, other))
    database = found[DATABASE]
    assert database.counts == {"glue-table": 4}
    assert database.classification is Classification.RESTRICTED
    assert database.classes == ("financial", "personal")
    assert database.owners == ("lending-data-owners", "people-team")
    assert database.domains == ("lending", "people")
    assert found[PRODUCT].counts == {"glue-table": 3, "s3-prefix": 3}
    assert found["product://people/staff"].items == (other,)


def test_products_of_one_name_in_two_domains_are_two() -> None:
    theirs = prefix_item(prefix("other/"), domain="fraud")
    found = contained_in(Catalogue(generation=1, items=(prefix_item(prefix("mine/")), theirs)))
    assert list(found) == ["product://fraud/loan-applications", PRODUCT]


def test_a_name_that_holds_a_slash_is_never_another_containers() -> None:
    one = prefix_item(prefix("a/"), domain="lending/loans", product="facts")
    other = prefix_item(prefix("b/"), domain="lending", product="loans/facts")
    assert len(contained_in(Catalogue(generation=1, items=(one, other)))) == 2


def test_databases_of_one_name_in_two_accounts_are_two_and_a_view_is_in_its_own() -> None:
    view = View(bases=(LOANS,), sha256="a" * 64, definer=None)
    there = replace(LOANS, account="111111111111")
    seen = replace(table_item(table("seen"), prefix("lending/seen/")), location=None, view=view)
    known = catalogue(table_item(there, prefix("lending/facts/")), seen)
    found = contained_in(known)
    databases = [one.container for one in found.values() if isinstance(one.container, GlueDatabase)]
    assert sorted(one.account for one in databases) == sorted([ACCOUNT, "111111111111"])
    assert found[DATABASE].counts == {"glue-table": 2, "glue-view": 1}
