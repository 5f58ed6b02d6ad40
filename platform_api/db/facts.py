"""The facts of one decision, read in one transaction; what seldom changes is parsed once a generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from jit_engine.contracts.terms import Contract
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.ports import Facts
from platform_api.db.activity_rows import one_activity, one_environment
from platform_api.db.catalogue import read_catalogue, read_purposes
from platform_api.db.contracts import read_terms_in_force
from platform_api.db.directory import read_subject
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, generations


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    """What was read in these generations; never changed, only replaced as a whole."""

    generations: Mapping[str, int]
    contracts: tuple[Contract, ...]
    catalogue: Catalogue
    purposes: Mapping[str, str | None]


class SqlFacts:
    """`jit_engine.ports.FactSource` in the database.

    The generations are read in the transaction that reads the rest, so what was kept from before is used only
    while nothing of it has changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parsed: _Parsed | None = None

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        """Today's facts, all of one state of the database."""
        with self._database.read() as connection:
            parsed = self._current(connection)
            record = one_activity(connection, activity)
            place = one_environment(connection, environment)
            owner = None if record is None else read_subject(connection, record.activity.owner)
        return Facts(
            activity=None if record is None else record.activity,
            owner=owner,
            environment=None if place is None else place.environment,
            contracts=parsed.contracts,
            catalogue=parsed.catalogue,
            purposes=parsed.purposes,
        )

    def _current(self, connection: Connection) -> _Parsed:
        found = generations(connection)
        parsed = self._parsed
        if parsed is None or parsed.generations != found:
            parsed = _Parsed(
                generations=found,
                contracts=read_terms_in_force(connection),
                catalogue=read_catalogue(connection, found[Changing.CATALOGUE]),
                purposes=read_purposes(connection),
            )
            self._parsed = parsed
        return parsed
