"""The stage: runs what people type, tells what happens, and keeps the checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim: what was expected, what was seen, whether they agree, and how long it took to see."""

    name: str
    expected: str
    observed: str
    ok: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came of a command."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """The JSON object that it printed; raises `DemoBroken` with what it said instead."""
        try:
            value = json.loads(self.out)
        except ValueError as error:
            raise DemoBroken(f"no JSON came out (exit {self.code}): {self.out[:300]} {self.err[:1500]}") from error
        if not isinstance(value, dict):
            raise DemoBroken(f"not an object: {self.out[:300]}")
        return value


class DemoBroken(Exception):
    """The story cannot go on: something that it stands on did not come about."""


@dataclass(slots=True)
class Stage:
    """Where the demo plays. `home` holds a folder per person, with that person's own token."""

    home: Path
    profile: Path
    settings: Path
    tell: Tell
    checks: list[Check] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def act(self, number: int, title: str) -> None:
        """Opens an act of the story."""
        self.tell("")
        self.tell(f"{number}. {title}")
        self._began = time.monotonic()

    def sluice(self, person: str, *words: str, quiet: bool = False) -> Typed:
        """Types `sluice …` as that person, as a process of its own, and tells it."""
        began = time.monotonic()
        done = subprocess.run(
            [*sluice_command(), *words], env=self.environment(person), capture_output=True, text=True, check=False
        )
        if not quiet:
            seconds = time.monotonic() - began
            self.tell(f"   {person:>5} $ sluice {_shown(words)}  [{_outcome(done.returncode)}, {seconds:.1f} s]")
        return Typed(code=done.returncode, out=done.stdout, err=done.stderr)

    @contextmanager
    def running(self, person: str, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The same in the background; ended with the block."""
        self.tell(f"   {person:>5} $ sluice {_shown(words)} &")
        process = subprocess.Popen(
            [*sluice_command(), *words],
            env=self.environment(person),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=20)

    def environment(self, person: str) -> dict[str, str]:
        """A person's surroundings: their own home, no AWS credentials, nobody else's token."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SLUICE", "CI"))}
        return {
            **kept,
            "SLUICE_HOME": str(self.home / person),
            "SLUICE_PROFILE": str(self.profile),
            "SLUICEGATE_SETTINGS": str(self.settings),
        }

    def show(self, typed: Typed) -> None:
        """Shows what a command printed, a line at a time."""
        for line in typed.out.splitlines():
            self.tell(f"         {line}")

    def check(self, name: str, expected: object, observed: object, *, ok: bool | None = None) -> None:
        """Keeps a claim; without `ok` it holds when the two are equal."""
        holds = expected == observed if ok is None else ok
        now = time.monotonic()
        check = Check(
            name=name, expected=_text(expected), observed=_text(observed), ok=holds, seconds=round(now - self._began, 2)
        )
        self._began = now
        self.checks.append(check)
        self.tell(f"         {'ok  ' if holds else 'FAIL'} {name}: {check.observed}")
        if not holds:
            self.tell(f"              expected {check.expected}")

    def report(self, path: Path) -> None:
        """Writes every check as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(check) for check in self.checks], indent=1) + "\n", encoding="utf-8")


def sluice_command() -> list[str]:
    """How to start the CLI with the Python that runs this."""
    return [sys.executable, "-m", "cli.main"]


def mapping(value: object) -> Mapping[str, object]:
    """`value` as a JSON object; raises `DemoBroken` for anything else."""
    if not isinstance(value, Mapping):
        raise DemoBroken(f"expected an object, got {str(value)[:200]}")
    return value


def rows(value: object) -> Sequence[Mapping[str, object]]:
    """`value` as a list of JSON objects; raises `DemoBroken` for anything else."""
    if not isinstance(value, list):
        raise DemoBroken(f"expected a list, got {str(value)[:200]}")
    return [mapping(row) for row in value]


def _shown(words: Sequence[str]) -> str:
    shown = " ".join(word if len(word) < 60 else word[:40] + "…" for word in words if word != "--json")
    return shown.replace(sys.executable, "python")


def _outcome(code: int) -> str:
    return "done" if code == 0 else f"exit {code}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
