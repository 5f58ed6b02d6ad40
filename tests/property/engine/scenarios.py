"""Random lakes with look-alike names, and random requests into them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from jit_engine.contracts.terms import TableScope, WriteTarget
from jit_engine.domain.catalogue import Catalogue, PrefixItem, TableItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.source import GlueTable, Operation, S3Prefix
from jit_engine.domain.tier import Tier
from jit_engine.ports import Facts
from tests.fakes import world

LAKES = (world.LAKE, f"{world.LAKE}-2", f"{world.LAKE}2")
SEGMENTS = ("x", "xy", "x-y", "X", "x y", "team-a", "team-ab", "dt=2026-01-01", "(1)", "it's", "a.b")
TABLES = ("loans", "loans_2", "loan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is known and what is asked."""

    facts: Facts
    request: AccessRequest

    @property
    def tier(self) -> Tier:
        """The environment's."""
        assert self.facts.environment is not None
        return self.facts.environment.tier


_PATHS = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3).map(lambda parts: "/".join(parts) + "/")
_READS = st.sampled_from(
    [
        frozenset({Operation.SELECT}),
        frozenset({Operation.DESCRIBE}),
        frozenset({Operation.DESCRIBE, Operation.SELECT}),
    ]
)
_WRITES = st.sampled_from([frozenset({Operation.INSERT}), frozenset({Operation.INSERT, Operation.SELECT})])


def _prefixes(bucket: str) -> st.SearchStrategy[S3Prefix]:
    return _PATHS.map(lambda path: world.prefix(path, bucket))


@st.composite
def scenarios(draw: st.DrawFn, tier: Tier) -> Scenario:
    """A lake of three buckets, some tables, report targets, and one to five sources asked for together."""
    lake = draw(st.lists(st.sampled_from(LAKES).flatmap(_prefixes), min_size=1, max_size=6, unique=True))
    targets = draw(st.lists(_prefixes(world.REPORTS), min_size=1, max_size=2, unique=True))
    names = draw(st.lists(st.sampled_from(TABLES), max_size=2, unique=True))
    tables = [world.table_item(world.table(name), draw(st.sampled_from(lake))) for name in names]
    items: list[PrefixItem | TableItem] = [world.prefix_item(prefix) for prefix in lake]
    items += [world.prefix_item(target, zone=Zone.REPORT, classification=Classification.INTERNAL) for target in targets]
    asks = [draw(_read_of(lake, tables)) for _ in range(draw(st.integers(1, 4)))]
    if tier is Tier.OPERATION and draw(st.booleans()):
        asks.append(SourceAsk(source=_beneath(draw, draw(st.sampled_from(targets))), operations=draw(_WRITES)))
    distinct = tuple({each.source: each for each in asks}.values())
    contract = world.contract(
        prefixes=tuple(lake),
        tables=(TableScope(account=world.ACCOUNT, region=world.REGION, database="lending", tables=frozenset(TABLES)),),
        targets=tuple(
            WriteTarget(
                stage=Tier.OPERATION,
                source=target,
                max_classification=Classification.CONFIDENTIAL,
                requires=frozenset(),
            )
            for target in targets
        ),
    )
    seconds = draw(st.integers(10, 2 * 3600))
    return Scenario(
        facts=world.facts(tier, contracts=(contract,), catalogue=Catalogue(generation=1, items=(*items, *tables))),
        request=world.request(*distinct, tier=tier, duration=timedelta(seconds=seconds)),
    )


@st.composite
def _read_of(draw: st.DrawFn, lake: list[S3Prefix], tables: list[TableItem]) -> SourceAsk:
    known: list[S3Prefix | GlueTable] = [*lake, *(item.source for item in tables)]
    source = draw(st.sampled_from(known))
    if isinstance(source, S3Prefix):
        source = _beneath(draw, source)
    return SourceAsk(source=source, operations=draw(_READS))


def _beneath(draw: st.DrawFn, prefix: S3Prefix) -> S3Prefix:
    """The prefix, or one under it."""
    return world.prefix(prefix.prefix + draw(st.just("") | _PATHS), prefix.bucket)
