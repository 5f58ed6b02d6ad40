"""Every table; `metadata` is what the migrations have to arrive at."""

from platform_api.db.tables import (
    activities,
    artefacts,
    base_roles,
    catalogue,
    contracts,
    decisions,
    directory,
    grants,
    labels,
    outposts,
    policies,
    trail,
    waiting,
    web,
)
from platform_api.db.tables.row import Row

metadata = Row.metadata

__all__ = [
    "activities",
    "artefacts",
    "base_roles",
    "catalogue",
    "contracts",
    "decisions",
    "directory",
    "grants",
    "labels",
    "metadata",
    "outposts",
    "policies",
    "trail",
    "waiting",
    "web",
]
