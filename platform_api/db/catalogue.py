"""The store of the catalogue and of the purposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.contracts.column_labels import DataLabels
from jit_engine.contracts.terms import Contract
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem
from jit_engine.domain.event import Event, Json
from jit_engine.domain.source import GlueTable
from jit_engine.ports import LostRace
from jit_engine.rules.classifying import classified
from platform_api.db.audit import append, recorded
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, generations, raise_generation
from platform_api.db.tables.catalogue import CatalogueItemRow, PurposeRow
from platform_api.db.waking import wake_every_grant

_ITEMS = sa.select(CatalogueItemRow.item).order_by(CatalogueItemRow.uri)
_PURPOSES = sa.select(PurposeRow.name, PurposeRow.parent).order_by(PurposeRow.name)


class KeptCatalogue:
    """The catalogue that was read last, with the indexes that it has built, for every reader of one database.

    Any thread may ask: what is kept is never changed, only replaced as a whole.
    """

    def __init__(self) -> None:
        self._kept: Catalogue | None = None

    def of(self, connection: Connection, generation: int) -> Catalogue:
        """The catalogue of the `generation` that this transaction, which only reads, has read; no other will do."""
        kept = self._kept
        if kept is None or kept.generation != generation:
            self._kept = kept = read_catalogue(connection, generation)
        return kept


class SqlCatalogue:
    """The catalogue's part of `platform_api.registry.ports.RegistryStore`."""

    def __init__(self, database: Database, kept: KeptCatalogue | None = None) -> None:
        """`kept` is shared with others who read the catalogue; None keeps one of its own."""
        self._database = database
        self._kept = KeptCatalogue() if kept is None else kept

    def purposes(self) -> dict[str, str | None]:
        """Every purpose with its parent (None at a root)."""
        with self._database.read() as connection:
            return read_purposes(connection)

    def catalogue(self) -> Catalogue:
        """The catalogue in one consistent reading, parsed once a generation."""
        with self._database.read() as connection:
            return self._kept.of(connection, generations(connection)[Changing.CATALOGUE])

    def put_purposes(self, purposes: Mapping[str, str | None], event: Event) -> bool:
        """Makes `purposes` all there are; whether anything changed, and only then is there a record.

        Live grants are then due to be decided anew.
        """
        with self._database.write() as connection:  # recorded below, when there is something to record
            if read_purposes(connection) == dict(purposes):
                return False
            connection.execute(sa.delete(PurposeRow))
            if purposes:
                rows = [{"name": name, "parent": parent} for name, parent in purposes.items()]
                connection.execute(sa.insert(PurposeRow), rows)
            raise_generation(connection, Changing.PURPOSES)
            wake_every_grant(connection, event.at)
            append(connection, event)
        return True

    def put_catalogue(self, items: Sequence[CatalogueItem], event: Event) -> bool:
        """Makes `items` the whole catalogue, in a new generation; whether anything changed, as `put_purposes`."""
        with self._database.write() as connection:  # recorded below, when there is something to record
            wanted = {item.source.uri: item for item in items}
            if {item.source.uri: item for item in connection.execute(_ITEMS).scalars()} == wanted:
                return False
            connection.execute(sa.delete(CatalogueItemRow))
            if wanted:
                rows = [{"uri": uri, "item": item} for uri, item in wanted.items()]
                connection.execute(sa.insert(CatalogueItemRow), rows)
            raise_generation(connection, Changing.CATALOGUE)
            wake_every_grant(connection, event.at)
            append(connection, event)
        return True

    def change_catalogue(
        self, generation: int, put: Sequence[CatalogueItem], removed: Sequence[CatalogueItem], event: Event
    ) -> None:
        """Commits what an import changes, in a new generation; every live grant is then due to be decided anew.

        Raises `LostRace` when the catalogue is no longer of `generation`.
        """
        with recorded(self._database, event) as connection:
            raise_generation(connection, Changing.CATALOGUE)  # the row is the lock
            if generations(connection)[Changing.CATALOGUE] != generation + 1:
                raise LostRace("the catalogue has changed since it was read")
            _replace(connection, put, removed)
            wake_every_grant(connection, event.at)


def classify_under(connection: Connection, contract: Contract, labels: DataLabels, event: Event) -> None:
    """Puts what a contract that comes into force says about its columns into the catalogue, in its transaction.

    Only where that changes anything is there a record of its own, a new generation, and are all grants due.
    """
    tables = {
        GlueTable(account=scope.account, region=scope.region, database=scope.database, table=table).uri: table
        for scope in contract.tables
        for table in scope.tables
    }
    rows = connection.execute(_ITEMS.where(CatalogueItemRow.uri.in_(sorted(tables)))).scalars()
    items = [item for item in rows if isinstance(item, TableItem)]
    classed = [(item, classified(item, labels.tables.get(tables[item.source.uri], {}))) for item in items]
    changed = [now for before, now in classed if now != before]
    if changed:
        _replace(connection, changed, ())
        raise_generation(connection, Changing.CATALOGUE)
        wake_every_grant(connection, event.at)
        said: dict[str, Json] = {"version": contract.version, "tables": [item.source.uri for item in changed]}
        about = {"contract": contract.id}
        append(
            connection, Event(action="catalogue.classified", actor=event.actor, at=event.at, about=about, details=said)
        )


def _replace(connection: Connection, put: Sequence[CatalogueItem], removed: Sequence[CatalogueItem]) -> None:
    for item in (*put, *removed):
        connection.execute(sa.delete(CatalogueItemRow).where(CatalogueItemRow.uri == item.source.uri))
    if put:
        connection.execute(sa.insert(CatalogueItemRow), [{"uri": item.source.uri, "item": item} for item in put])


def read_purposes(connection: Connection) -> dict[str, str | None]:
    """Every purpose with its parent, in the transaction at hand."""
    return {row.name: row.parent for row in connection.execute(_PURPOSES)}


def read_catalogue(connection: Connection, generation: int) -> Catalogue:
    """The catalogue, in the transaction at hand, which has read that this is its generation."""
    return Catalogue(generation=generation, items=tuple(connection.execute(_ITEMS).scalars()))
