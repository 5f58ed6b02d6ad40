"""A request for a container with ten thousand things inside, over the same request with one table in it."""

from __future__ import annotations

from collections.abc import Callable

from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.verdict import Clearance
from jit_engine.rules.clearance import clear
from tests.bench.pairs import ratio, seconds
from tests.fakes import world

TABLES = 3333
"""Each is asked about, and each of its two groups of columns: 10,000 questions with the container itself."""
CALLS = 20


def container() -> float:
    """Gates, contracts and rules over everything inside; the rules name none of it, so few questions are put."""
    many, one = _deciding(TABLES), _deciding(1)

    def ones() -> None:
        for _ in range(CALLS):
            one()

    return ratio(lambda: seconds(many), lambda: seconds(ones) / CALLS, rounds=5)


def _deciding(tables: int) -> Callable[[], object]:
    items: list[CatalogueItem] = [world.prefix_item(world.FACTS_PREFIX), *map(_table, range(tables))]
    facts = world.facts(catalogue=Catalogue(generation=1, items=tuple(items)))
    judges, request = world.judges(), world.request(world.ask(world.FACTS_PREFIX))
    if not isinstance(clear(request, facts, judges, world.NOW), Clearance):
        raise SystemExit("the benchmark's container is refused: mend it")
    return lambda: clear(request, facts, judges, world.NOW)


def _table(number: int) -> TableItem:
    name = f"t{number:05}"
    groups = (world.group("plain"), world.group("more", Classification.INTERNAL))
    return world.table_item(world.table(name), world.prefix(f"{world.FACTS_PREFIX.prefix}{name}/"), *groups)
