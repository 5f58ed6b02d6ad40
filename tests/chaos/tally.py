"""What was done to the platform, at which boundaries, and what it broke by it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

COUNTS = ("runs", "kills", "faults", "orphans", "doubles", "lost", "unaudited")


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
    struck: Counter[str] = field(default_factory=Counter)
    """How often a process was killed or stalled there."""
    passed: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether nothing broke."""
        return not (self.orphans or self.doubles or self.lost or self.unaudited)

    def add(self, other: Tally) -> None:
        """Counts another's in."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        self.struck += other.struck
        self.passed += other.passed

    def whole(self) -> str:
        """All of it as one line, for another process."""
        kept = {name: getattr(self, name) for name in COUNTS}
        return json.dumps({**kept, "wrong": self.wrong, "struck": self.struck, "passed": self.passed})

    @classmethod
    def read(cls, line: str) -> Tally:
        """What `whole` wrote."""
        kept: dict[str, Any] = json.loads(line)
        return cls(**{**kept, "struck": Counter(kept["struck"]), "passed": Counter(kept["passed"])})

    def line(self, **more: object) -> str:
        """One JSON object of the counts."""
        return json.dumps({**{name: getattr(self, name) for name in COUNTS}, **more})
