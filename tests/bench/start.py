"""How long `sluice --help` takes to start, over the library that it is made with."""

from __future__ import annotations

import subprocess
import sys

from tests.bench.pairs import ratio, seconds


def start_of_help() -> float:
    """Whole processes, by the same interpreter."""

    def process(*words: str) -> float:
        command = [sys.executable, *words]
        return seconds(lambda: subprocess.run(command, check=True, capture_output=True))

    return ratio(lambda: process("-m", "cli.main", "--help"), lambda: process("-c", "import typer"), rounds=15)
