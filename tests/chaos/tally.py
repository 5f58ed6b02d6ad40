"""What was done to the platform, and what it broke by it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts over all runs; the last four have to stay 0. `wrong` says where, one line each."""

    runs: int = 0
    kills: int = 0
    faults: int = 0
    orphans: int = 0
    doubles: int = 0
    lost: int = 0
    unaudited: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing broke."""
        return not (self.orphans or self.doubles or self.lost or self.unaudited)

    def add(self, other: Tally) -> None:
        """Counts another run's in."""
        self.runs += other.runs
        self.kills += other.kills
        self.faults += other.faults
        self.orphans += other.orphans
        self.doubles += other.doubles
        self.lost += other.lost
        self.unaudited += other.unaudited
        self.wrong += other.wrong

    def line(self, **more: object) -> str:
        """One JSON object."""
        counts = {name: value for name, value in asdict(self).items() if name != "wrong"}
        return json.dumps({**counts, **more})
