"""Counters of change: what a reader parsed stays good for as long as its generation does."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from platform_api.db.tables.catalogue import GenerationRow


class Changing(StrEnum):
    """What has a generation; a migration made a row for each."""

    CATALOGUE = "catalogue"
    CONTRACTS = "contracts"
    POLICY_READINGS = "policy-readings"
    PURPOSES = "purposes"
    RULEBOOKS = "rulebooks"


_ALL = sa.select(GenerationRow.name, GenerationRow.generation)


def generations(connection: Connection) -> dict[str, int]:
    """Every generation, in one reading."""
    return {row.name: row.generation for row in connection.execute(_ALL)}


def raise_generation(connection: Connection, what: Changing) -> None:
    """Says, in the transaction that changes it, that `what` has changed."""
    connection.execute(
        sa.update(GenerationRow).where(GenerationRow.name == what.value).values(generation=GenerationRow.generation + 1)
    )
