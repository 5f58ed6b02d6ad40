"""Where two contracts are about the same data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from jit_engine.contracts.terms import Contract, TableScope, do_overlap
from jit_engine.domain.services import ServiceSource
from jit_engine.domain.source import S3Prefix


def overlaps(contract: Contract, others: Iterable[Contract], now: datetime) -> tuple[str, ...]:
    """Each place that `contract` shares with another contract of `others` that has not ended, in words.

    Write targets count: what a contract lets be written is decided under that contract.
    """
    found: list[str] = []
    for other in others:
        if other.id != contract.id and other.ends_at > now:
            found += [f"{place} (contract {other.name}, {other.id})" for place in _shared(contract, other)]
    return tuple(dict.fromkeys(found))


def _shared(one: Contract, other: Contract) -> Iterator[str]:
    for place in _places(one):
        for theirs in _places(other):
            if do_overlap(place, theirs):
                yield max(place.uri, theirs.uri, key=len)
    for scope in one.tables:
        for scope_of_other in other.tables:
            for table in sorted(scope.tables & scope_of_other.tables):
                if _database(scope) == _database(scope_of_other):
                    yield "glue://" + "/".join((*_database(scope), table))


def _places(contract: Contract) -> tuple[S3Prefix | ServiceSource, ...]:
    return (*contract.prefixes, *contract.services, *(target.source for target in contract.targets))


def _database(scope: TableScope) -> tuple[str, str, str]:
    return (scope.account, scope.region, scope.database)
