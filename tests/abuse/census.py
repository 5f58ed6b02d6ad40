"""Which abuse cases have tests: `python -m tests.abuse.census` prints them, an area at a time.

Asks pytest itself what it collects from every test file that marks a case, so that a name in a comment counts for
nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/abuse/cases.yaml"
_FILE = "ABUSE_CENSUS"
_MARKS = ("mark.case(", "tests.abuse.rows")


_NOT_HELD = "not-held"


def known() -> dict[str, dict[str, str]]:
    """Area by area the title of each case that the product holds, by its id."""
    return {area: cases for area, cases in _read().items() if area != _NOT_HELD}


def not_held() -> dict[str, str]:
    """Why the product does not hold a case, by the case's id."""
    return _read().get(_NOT_HELD, {})


def _read() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    return found


def held() -> dict[str, list[str]]:
    """The tests of each case that is marked, by its id."""
    files = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if any(mark in path.read_text(encoding="utf-8") for mark in _MARKS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "census.json"
        options = ["--collect-only", "-qq", "-n0", "-p", "no:cacheprovider", "-p", "tests.abuse.census"]
        collected = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *files],
            cwd=ROOT,
            env={**os.environ, _FILE: str(answer), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if collected.returncode != 0:
            raise RuntimeError(f"pytest could not collect the cases: {collected.stdout[-2000:]}")
        found: dict[str, list[str]] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def pytest_collection_finish(session: pytest.Session) -> None:
    """Writes down the tests of each case; a test that is skipped holds nothing."""
    if _FILE not in os.environ:
        return
    found: dict[str, list[str]] = {}
    for item in session.items:
        if item.get_closest_marker("skip") or item.get_closest_marker("skipif"):
            continue
        for mark in item.iter_markers("case"):
            for case in mark.args:
                found.setdefault(case, []).append(item.nodeid)
    Path(os.environ[_FILE]).write_text(json.dumps(found), encoding="utf-8")


def main() -> int:
    """Prints every case with its tests; 1 when one has none."""
    tests = held()
    for area, cases in known().items():
        print(f"\n{area}: {sum(case in tests for case in cases)} of {len(cases)}")
        for case, title in cases.items():
            print(f"  {case}  {title}")
            _print_tests(tests.get(case, []))
    print("\nnot held:")
    for case, why in not_held().items():
        print(f"  {case}  {why}")
    return 0 if missing(known(), tests) == [] else 1


def missing(cases: Mapping[str, Mapping[str, str]], tests: Mapping[str, Sequence[str]]) -> list[str]:
    """The cases that no test holds."""
    return [case for area in cases.values() for case in area if not tests.get(case)]


def _print_tests(tests: Sequence[str]) -> None:
    for test in tests or ["NONE"]:
        print(f"      {test}")


if __name__ == "__main__":
    sys.exit(main())
