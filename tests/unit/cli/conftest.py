"""Typing `sluice …` in this process, against a fake platform."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.unit.cli.fake_platform import FakePlatform, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Sluice = Callable[..., Typed]


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    """A platform with nothing in it."""
    with serving() as fake:
        yield fake


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A person's empty home, in a time zone of its own."""
    for name in [name for name in os.environ if name.startswith("SLUICE") or name in ("CI", "XDG_CONFIG_HOME")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def anyone(surroundings: Path, capsys: pytest.CaptureFixture[str]) -> Sluice:
    """Types a command as somebody who never signed in."""

    def typed(*words: str) -> Typed:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            copy_context().run(main, list(words))
        told = capsys.readouterr()
        return Typed(code=int(ended.value.code or 0), out=told.out, err=told.err)

    return typed


@pytest.fixture
def sluice(anyone: Sluice, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> Sluice:
    """Types a command with a token for the fake platform."""
    monkeypatch.setenv("SLUICE_API", platform.url)
    monkeypatch.setenv("SLUICE_TOKEN", "token-of-dana")
    return anyone
