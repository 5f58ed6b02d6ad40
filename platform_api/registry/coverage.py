"""Where two contracts are about the same data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from jit_engine.contracts.terms import Contract, TableScope
from jit_engine.domain.services import DynamoTable, ServiceSource
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
    for prefix in _prefixes(one):
        for theirs in _prefixes(other):
            if prefix.overlaps(theirs):
                yield max(prefix, theirs, key=lambda p: len(p.prefix)).uri
    for service in one.services:
        for theirs_too in other.services:
            if service == theirs_too or _overlap(service, theirs_too):
                yield service.uri
    for scope in one.tables:
        for scope_of_other in other.tables:
            for table in sorted(scope.tables & scope_of_other.tables):
                if _database(scope) == _database(scope_of_other):
                    yield "glue://" + "/".join((*_database(scope), table))


def _overlap(one: ServiceSource, other: ServiceSource) -> bool:
    return isinstance(one, DynamoTable) and isinstance(other, DynamoTable) and one.overlaps(other)


def _prefixes(contract: Contract) -> tuple[S3Prefix, ...]:
    return (*contract.prefixes, *(target.prefix for target in contract.targets))


def _database(scope: TableScope) -> tuple[str, str, str]:
    return (scope.account, scope.region, scope.database)
