"""The store of the catalogue and of the purposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.domain.catalogue import Catalogue, CatalogueItem
from jit_engine.domain.event import Event
from platform_api.db.audit import append
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, generations, raise_generation
from platform_api.db.tables.catalogue import CatalogueItemRow, PurposeRow
from platform_api.db.waking import wake_every_grant

_ITEMS = sa.select(CatalogueItemRow.item).order_by(CatalogueItemRow.uri)
_PURPOSES = sa.select(PurposeRow.name, PurposeRow.parent).order_by(PurposeRow.name)


class SqlCatalogue:
    """The catalogue's part of `platform_api.registry.ports.RegistryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def purposes(self) -> dict[str, str | None]:
        """Every purpose with its parent (None at a root)."""
        with self._database.read() as connection:
            return read_purposes(connection)

    def catalogue(self) -> Catalogue:
        """The catalogue in one consistent reading."""
        with self._database.read() as connection:
            return read_catalogue(connection, generations(connection)[Changing.CATALOGUE])

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


def read_purposes(connection: Connection) -> dict[str, str | None]:
    """Every purpose with its parent, in the transaction at hand."""
    return {row.name: row.parent for row in connection.execute(_PURPOSES)}


def read_catalogue(connection: Connection, generation: int) -> Catalogue:
    """The catalogue, in the transaction at hand, which has read that this is its generation."""
    return Catalogue(generation=generation, items=tuple(connection.execute(_ITEMS).scalars()))
