"""Importing table definitions into the catalogue: read, planned, and written in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from jit_engine.contracts.column_labels import data_labels
from jit_engine.domain.catalogue import TableItem
from jit_engine.domain.event import Event, Json
from jit_engine.domain.source import GlueTable
from jit_engine.domain.subject import Subject
from jit_engine.errors import AccountNotServed
from jit_engine.rules.importing import Change, FoundTable, Newcomer, Planned, plan_import
from platform_api.registry.ports import RegistryStore


class TableDefinitions(Protocol):
    """What describes the tables of one account and region."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    def tables(self, databases: Sequence[str]) -> Iterator[FoundTable]:
        """Every table of these databases, or of all where none is named; raises `InvalidValue` for an unknown one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A plan for one account, and whether it was carried out; `generation` is the catalogue's that holds now."""

    account: str
    lines: tuple[Planned, ...]
    generation: int
    applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueDesk:
    """Whoever may import is decided before. `definitions` has every account that is served, `home` first of them.

    Each account is imported by itself, in a transaction of its own: one that does not answer holds up no other.
    """

    store: RegistryStore
    home: str
    definitions: Mapping[str, TableDefinitions]

    def plan(
        self, databases: Sequence[str], newcomer: Newcomer, *, remove: bool, account: str | None = None
    ) -> Imported:
        """What an import from the account would do, the platform's own unless one is named.

        Raises `AccountNotServed`, or `AwsUnavailable` where the account does not answer.
        """
        described = self._described_in(account or self.home)
        catalogue = self.store.catalogue()
        place = (described.account, described.region)
        tables = [item.source for item in catalogue.items if isinstance(item, TableItem)]
        contracts = [(record.contract, data_labels(record.document)) for record in self.store.contracts_in_force()]
        lines = plan_import(
            described.tables(databases),
            catalogue,
            contracts,
            newcomer,
            of=[t for t in tables if (t.account, t.region) == place and _is_of(t, databases)],
            remove=remove,
        )
        return Imported(account=described.account, lines=lines, generation=catalogue.generation, applied=False)

    def carry_out(
        self,
        subject: Subject,
        databases: Sequence[str],
        newcomer: Newcomer,
        now: datetime,
        *,
        remove: bool,
        account: str | None = None,
    ) -> Imported:
        """Imports, as `plan`; raises `LostRace` when the catalogue changed on the way. Changes nothing where nothing
        differs.
        """
        planned = self.plan(databases, newcomer, remove=remove, account=account)
        changed = _of(planned.lines, Change.ADDED, Change.CHANGED)
        put = [_brought_in(line.item, subject) for line in changed if line.item is not None]
        removed = [line.before for line in _of(planned.lines, Change.REMOVED) if line.before is not None]
        if not put and not removed:
            return replace(planned, applied=True)
        details: dict[str, Json] = {
            change.value: [line.uri for line in _of(planned.lines, change)]
            for change in (Change.ADDED, Change.CHANGED, Change.REMOVED)
        }
        details |= {
            "account": planned.account,
            "databases": sorted(databases),
            "generation": planned.generation + 1,
        }
        event = Event(action="catalogue.imported", actor=subject.id, at=now, about={}, details=details)
        self.store.change_catalogue(planned.generation, put, removed, event)
        return replace(planned, generation=planned.generation + 1, applied=True)

    def _described_in(self, account: str) -> TableDefinitions:
        found = self.definitions.get(account)
        if found is None:
            raise AccountNotServed(account=account)
        return found


def _of(lines: Sequence[Planned], *changes: Change) -> list[Planned]:
    return [line for line in lines if line.change in changes]


def _brought_in(item: TableItem, by: Subject) -> TableItem:
    """The item, a view that is new or defined otherwise with who brought it in, who will not certify it."""
    if item.view is None or item.view.imported_by is not None:
        return item
    return replace(item, view=replace(item.view, imported_by=by.id))


def _is_of(table: GlueTable, databases: Sequence[str]) -> bool:
    return not databases or table.database in databases
