"""`sluice policy bench`, which needs no platform."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

SAMPLE = files("platform_api.embedded") / "sample"


def bench(rules: str, cases: str) -> subprocess.CompletedProcess[str]:
    words = ("policy", "bench", rules, "--cases", cases, "--rounds", "2", "--json")
    return subprocess.run([sys.executable, "-m", "cli.main", *words], capture_output=True, text=True, check=False)


def test_every_question_of_the_cases_is_timed() -> None:
    done = bench(str(SAMPLE / "rules.cedar"), str(SAMPLE / "rules.cases.yaml"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["decisions"] == 2 * found["questions"] > 0
    assert 0 < found["p50_microseconds"] <= found["p99_microseconds"]


def test_rules_that_cannot_be_read_are_wrong_input(tmp_path: Path) -> None:
    broken = tmp_path / "broken.cedar"
    broken.write_text("permit (", encoding="utf-8")
    done = bench(str(broken), str(SAMPLE / "rules.cases.yaml"))
    assert done.returncode == 2
    assert "sluice policy validate" in done.stderr
