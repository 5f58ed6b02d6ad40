"""What one process of a run plays: where, and what befalls it. Plain values, for they cross into that process."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Harm(StrEnum):
    """What befalls a process at a step boundary: a write to AWS or a commit, before or after its effect."""

    NONE = "none"
    KILL_AT = "kill at"
    KILL_WITHIN = "kill within"
    """Killed a moment later, so inside the step that follows."""
    STOP_AT = "stop at"
    """Stalled there, until it is woken."""


class AwsFault(StrEnum):
    """How an AWS call fails."""

    THROTTLED = "throttled"
    TIMED_OUT_BEFORE = "timed out before its effect"
    TIMED_OUT_AFTER = "timed out after its effect"
    FAILED_BEFORE = "5xx before its effect"
    FAILED_AFTER = "5xx after its effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """One harm: at the boundary of that name, the `nth` time (from 0), and for `KILL_WITHIN` `delay` seconds later."""

    harm: Harm = Harm.NONE
    boundary: str = ""
    nth: int = 0
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault:
    """A fault of AWS: of the calls that match (a `*` matches anything), `times` fail after `spared` that do not."""

    call: str
    fault: AwsFault
    times: int
    spared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process's part. `log` is the file to which it writes the boundaries that it passes, and what befell it.

    `lag` is how many seconds AWS takes to show what was written; time that the engine waits for it is simulated.
    """

    database: str
    log: Path
    blow: Blow = field(default_factory=Blow)
    faults: tuple[CallFault, ...] = ()
    lag: float = 0.0
    ahead: float = 0.0
    quick_to_give_up: bool = False
    """Whether a locked database is given up after a second instead of five."""
    turns: tuple[float, ...] = ()
    """Of a worker: when it takes its turns, in seconds ahead of now. Without any, it is the API."""

    def passed(self) -> list[str]:
        """What the process has written so far."""
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
