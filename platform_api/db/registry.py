"""The registry's store as one object."""

from __future__ import annotations

from platform_api.db.activities import SqlActivities
from platform_api.db.catalogue import SqlCatalogue
from platform_api.db.contracts import SqlContracts
from platform_api.db.directory import SqlDirectory


class SqlRegistry(SqlDirectory, SqlCatalogue, SqlActivities, SqlContracts):
    """`platform_api.registry.ports.RegistryStore` in the database; each part is a store of its own file."""
