"""Rules about a data product or a domain hold for just what is in it, whatever else is asked for with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jit_engine.domain.verdict import Gate
from jit_engine.rules.clearance import clear
from tests.fakes import world

OTHER = world.table("parcels")
PERMIT = """
@id("science-reads")
@title("Lending science reads")
@owner("lending-data-owners")
permit (
  principal in Team::"lending-science",
  action in [Action::"read", Action::"query", Action::"readClear"],
  resource
);
"""
FORBID = """
@id("not-these")
@title("Not these")
@owner("lending-data-owners")
forbid (principal, action, resource in {what});
"""


@pytest.mark.parametrize("others_first", [False, True])
@pytest.mark.parametrize(
    ("what", "product", "domain", "refused"),
    [
        ('DataProduct::"loan-applications"', "parcels", "lending", "loans"),
        ('DataProduct::"parcels"', "parcels", "lending", "parcels"),
        ('Domain::"lending"', "loan-applications", "land", "loans"),
        ('Domain::"land"', "loan-applications", "land", "parcels"),
    ],
)
def test_a_table_is_in_its_own_product_and_domain_alone(
    what: str, product: str, domain: str, refused: str, others_first: bool
) -> None:
    place = world.prefix("land/parcels/")
    other = replace(world.table_item(OTHER, place), product=product, domain=domain)
    scope = world.contract().tables[0]
    covering = world.contract(tables=(replace(scope, tables=scope.tables | {"parcels"}),))
    known = world.facts(contracts=(covering,), catalogue=world.catalogue(other))
    asks = [world.ask(world.LOANS), world.ask(OTHER)]
    request = world.request(*(reversed(asks) if others_first else asks))
    verdict = clear(request, known, world.judges(PERMIT + FORBID.format(what=what)), world.NOW)
    by = {one.ask.source.uri.rpartition("/")[2]: one.refused_by for one in verdict.verdicts}
    assert by == {"loans": None, "parcels": None} | {refused: Gate.RULES}
