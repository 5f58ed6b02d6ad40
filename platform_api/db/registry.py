"""The registry's store as one object."""

from __future__ import annotations

from platform_api.db.activities import SqlActivities
from platform_api.db.catalogue import KeptCatalogue, SqlCatalogue
from platform_api.db.contracts import SqlContracts
from platform_api.db.directory import SqlDirectory
from platform_api.db.engine import Database


class SqlRegistry(SqlDirectory, SqlCatalogue, SqlActivities, SqlContracts):
    """`platform_api.registry.ports.RegistryStore` in the database; each part is a store of its own file."""

    def __init__(self, database: Database, kept: KeptCatalogue | None = None) -> None:
        """`kept` as the catalogue's part has it; the other parts have nothing but the database."""
        SqlCatalogue.__init__(self, database, kept)
