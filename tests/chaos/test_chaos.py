"""Sixty runs of chaos, in two halves that run beside each other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.aws, pytest.mark.long, pytest.mark.postgres]

ROOT = Path(__file__).parents[2]
HALF = 30


@pytest.mark.parametrize("first", [0, HALF])
def test_whatever_befalls_the_processes_nothing_is_lost_doubled_orphaned_or_unaudited(first: int) -> None:
    command = [sys.executable, "-m", "tests.chaos", "--seed", "1", "--first", str(first), "--runs", str(HALF)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    counts = json.loads(ended.stdout.splitlines()[-1])
    assert counts["runs"] == HALF
    assert counts["kills"] >= HALF
    assert counts["faults"] > 0
    assert [counts[name] for name in ("orphans", "doubles", "lost", "unaudited")] == [0, 0, 0, 0]
