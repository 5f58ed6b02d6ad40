"""The artefacts in memory, and an enforcer whose service is a set of names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from jit_engine.domain.artefact import Artefact, ArtefactState, Mechanism
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.ports import Enforcer, Seated
from jit_engine.flows.enforce import Enforcement
from jit_engine.ports import Ledger, LostRace
from tests.fakes.ledger import MemoryLedger

Key = tuple[Mechanism, str]


class MemoryArtefacts:
    """`jit_engine.enforcers.ports.ArtefactLedger` in memory, beside the grants of a `MemoryLedger`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.ledger = ledger
        self.rows: dict[Key, Artefact] = {}

    def intend(self, grant: Grant, artefacts: Sequence[Artefact], event: Event) -> Grant:
        """As the port says."""
        saved = self.ledger.save(grant, event)
        self.rows.update({(one.mechanism, one.name): one for one in artefacts})
        return saved

    def keep(self, artefact: Artefact, event: Event) -> Artefact:
        """As the port says."""
        stored = self.rows.get((artefact.mechanism, artefact.name))
        if stored is None or stored.version != artefact.version:
            raise LostRace("another version")
        kept = replace(artefact, version=artefact.version + 1)
        self.rows[artefact.mechanism, artefact.name] = kept
        self.ledger.note(event)
        return kept

    def of_grant(self, grant: GrantId) -> Sequence[Artefact]:
        """As the port says."""
        found = [one for one in self.rows.values() if one.grant == grant]
        return sorted(found, key=lambda one: (one.part, one.mechanism, one.name))

    def live(self, mechanism: Mechanism) -> Sequence[Artefact]:
        """As the port says."""
        found = [
            one
            for one in self.rows.values()
            if one.mechanism is mechanism
            and one.state is not ArtefactState.GONE
            and self.ledger.grants[one.grant].state in (GrantState.MINTING, GrantState.ACTIVE)
        ]
        return sorted(found, key=lambda one: one.name)

    def last_seen(self, mechanisms: Collection[Mechanism]) -> datetime | None:
        """As the port says."""
        found = [
            one for one in self.rows.values() if one.mechanism in mechanisms and one.state is not ArtefactState.INTENDED
        ]
        return max((one.ended_at or one.created_at for one in found), default=None)

    def of_name(self, mechanism: Mechanism, name: str) -> Artefact | None:
        """As the port says."""
        return self.rows.get((mechanism, name))


@dataclass(slots=True)
class FakeEnforcer:
    """Holds every source that is not whole, by a name in `standing`. `faults` as of the `FakeMinter`."""

    mechanism: Mechanism = Mechanism.LAKE_FORMATION
    standing: dict[str, Artefact] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))

    def plan(self, seated: Seated) -> Sequence[Artefact]:
        """As the port says."""
        return [
            Artefact(
                grant=seated.grant,
                part=seated.part,
                mechanism=self.mechanism,
                account=seated.account,
                region=seated.region,
                source=cleared.ask.source.uri,
                name=f"sg-{seated.grant}-{seated.part}-{number}",
                plan={"principal": seated.role_arn or "", "columns": cleared.columns or ()},
                created_at=seated.now,
            )
            for number, cleared in enumerate(seated.clearance.cleared)
            if not cleared.is_whole
        ]

    def put(self, artefact: Artefact) -> None:
        """As the port says."""
        self._called("put", artefact.name)
        self.standing[artefact.name] = artefact
        self._called("made", artefact.name)

    def lift(self, artefact: Artefact) -> None:
        """As the port says."""
        self._called("lift", artefact.name)
        self.standing.pop(artefact.name, None)

    def is_gone(self, artefact: Artefact) -> bool:
        """As the port says."""
        return artefact.name not in self.standing

    def found(self) -> Sequence[Artefact]:
        """As the port says."""
        return list(self.standing.values())

    def _called(self, operation: str, name: str) -> None:
        self.calls.append((operation, name))
        if self.faults[operation]:
            raise self.faults[operation].pop(0)


def enforcement(ledger: Ledger, *enforcers: Enforcer) -> Enforcement:
    """These enforcers, or none, over artefacts in memory."""
    own = ledger if isinstance(ledger, MemoryLedger) else MemoryLedger()
    return Enforcement(
        artefacts=MemoryArtefacts(own), ledger=ledger, enforcers={one.mechanism: one for one in enforcers}
    )
