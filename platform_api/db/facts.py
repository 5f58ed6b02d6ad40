"""The facts of one decision, read in one transaction; what seldom changes is parsed once a generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from jit_engine.contracts.terms import Contract, HeldContract
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId
from jit_engine.ports import Facts
from platform_api.db.activity_rows import one_activity, one_environment
from platform_api.db.catalogue import read_catalogue, read_purposes
from platform_api.db.contracts import read_held, read_terms_in_force
from platform_api.db.directory import read_subject
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, generations
from platform_api.db.label_rows import read_label
from platform_api.db.ledger import held_keys


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
        # What a version says of its name and of other contracts does not change once somebody holds it.
        self._held: dict[tuple[ContractId, str], HeldContract] = {}

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        """Today's facts, all of one state of the database."""
        with self._database.read() as connection:
            parsed = self._current(connection)
            record = one_activity(connection, activity)
            place = one_environment(connection, environment)
            owner = None if record is None else read_subject(connection, record.activity.owner)
            held = self._held_by(connection, activity)
            label = read_label(connection, environment)
        return Facts(
            activity=None if record is None else record.activity,
            owner=owner,
            environment=None if place is None else place.environment,
            contracts=parsed.contracts,
            catalogue=parsed.catalogue,
            purposes=parsed.purposes,
            held=held,
            label=label,
        )

    def _held_by(self, connection: Connection, activity: ActivityId) -> frozenset[HeldContract]:
        keys = held_keys(connection, activity)
        if unknown := keys - self._held.keys():
            self._held.update(read_held(connection, unknown))
        return frozenset(self._held[key] for key in keys)

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
