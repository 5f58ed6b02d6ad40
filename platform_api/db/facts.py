"""The facts of one decision, read in one transaction; what seldom changes is parsed once a generation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jit_engine.contracts.terms import Contract, HeldContract
from jit_engine.domain.activity import Environment, EnvironmentState, Place
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId
from jit_engine.domain.resource_policy import Safeguards
from jit_engine.ports import Facts
from platform_api.db.activity_rows import one_activity, one_environment
from platform_api.db.catalogue import KeptCatalogue, read_purposes
from platform_api.db.contracts import read_held, read_terms_in_force
from platform_api.db.directory import read_subject
from platform_api.db.engine import Database
from platform_api.db.generations import Changing, generations
from platform_api.db.label_rows import read_label
from platform_api.db.ledger import held_keys
from platform_api.db.outposts import read_elsewhere
from platform_api.db.policies import read_policy_readings
from platform_api.db.tables.activities import EnvironmentRow

_OTHERS = (
    sa.select(EnvironmentRow.id)
    .where(
        EnvironmentRow.activity == sa.bindparam("activity"),
        EnvironmentRow.id != sa.bindparam("environment"),
        EnvironmentRow.state == EnvironmentState.ACTIVE.value,
    )
    .order_by(EnvironmentRow.id)
)


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

    def __init__(
        self,
        database: Database,
        safeguards: Safeguards | None = None,
        egress: Mapping[EnvironmentId, str] | None = None,
        workgroups_in: Collection[str] = (),
        kept: KeptCatalogue | None = None,
    ) -> None:
        """`safeguards` says what to demand, without readings; with None the sources' own policies are not looked at.
        `egress` are the lists of hosts of environments' networks, by ARN. `workgroups_in` are the accounts in which
        the platform can make workgroups of grants, whenever an environment was provisioned. `kept` is the catalogue
        that the registry reads, too; None keeps one of its own.
        """
        self._egress = egress or {}
        self._workgroups_in = frozenset(workgroups_in)
        self._database = database
        self._kept = KeptCatalogue() if kept is None else kept
        self._demanded = safeguards
        self._safeguards: tuple[int, Safeguards | None] = (-1, None)
        self._parsed: _Parsed | None = None
        # What a version says of its name and of other contracts does not change once somebody holds it.
        self._held: dict[tuple[ContractId, str], HeldContract] = {}

    def facts_for(self, activity: ActivityId, environment: EnvironmentId) -> Facts:
        """Today's facts, all of one state of the database."""
        with self._database.read() as connection:
            parsed, readings = self._current(connection)
            record = one_activity(connection, activity)
            place = one_environment(connection, environment)
            owner = None if record is None else read_subject(connection, record.activity.owner)
            held = self._held_by(connection, activity)
            label = read_label(connection, environment)
            safeguards = self._guarding(connection, readings)
            elsewhere = read_elsewhere(connection, environment)
        return Facts(
            activity=None if record is None else record.activity,
            owner=owner,
            environment=None if place is None else self._as_served(place.environment),
            contracts=parsed.contracts,
            catalogue=parsed.catalogue,
            purposes=parsed.purposes,
            held=held,
            label=label,
            safeguards=safeguards,
            elsewhere=tuple(map(self._in_workgroups, elsewhere)),
        )

    def elsewhere(self, activity: ActivityId, environment: EnvironmentId) -> Iterator[Facts]:
        """Today's facts of every other active environment of the activity, the earliest first, each read when its turn
        comes.
        """
        with self._database.read() as connection:
            found = connection.execute(_OTHERS, {"activity": activity, "environment": environment}).scalars().all()
        yield from (self.facts_for(activity, EnvironmentId(other)) for other in found)

    def _as_served(self, environment: Environment) -> Environment:
        if environment.place is None:
            return environment
        arn, place = self._egress.get(environment.id), self._in_workgroups(environment.place)
        return replace(environment, place=place if arn is None else replace(place, egress=frozenset({arn})))

    def _in_workgroups(self, place: Place) -> Place:
        return replace(place, grant_workgroups=place.account in self._workgroups_in)

    def _held_by(self, connection: Connection, activity: ActivityId) -> frozenset[HeldContract]:
        keys = held_keys(connection, activity)
        if unknown := keys - self._held.keys():
            self._held.update(read_held(connection, unknown))
        return frozenset(self._held[key] for key in keys)

    def _guarding(self, connection: Connection, generation: int) -> Safeguards | None:
        if self._demanded is None:
            return None
        read_at, kept = self._safeguards
        if kept is None or read_at != generation:
            kept = replace(self._demanded, readings=read_policy_readings(connection))
            self._safeguards = (generation, kept)
        return kept

    def _current(self, connection: Connection) -> tuple[_Parsed, int]:
        """What was parsed, and the generation of the readings of policies, which come more often than all else."""
        found = generations(connection)
        readings = found.pop(Changing.POLICY_READINGS)
        parsed = self._parsed
        if parsed is None or parsed.generations != found:
            parsed = _Parsed(
                generations=found,
                contracts=read_terms_in_force(connection),
                catalogue=self._kept.of(connection, found[Changing.CATALOGUE]),
                purposes=read_purposes(connection),
            )
            self._parsed = parsed
        return parsed, readings
