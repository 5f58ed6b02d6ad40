"""Chaos: `python -m tests.chaos --seed 7 --runs 60`. The last line is one JSON object; exit 1 when anything broke.

Each run plays, from its seed and number alone, the life of grants on real processes of the platform (API and worker),
alternately on SQLite and PostgreSQL, against the embedded AWS: see docs/chaos.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.chaos.census import census
from tests.chaos.pool import played
from tests.chaos.tally import Tally

_EVERY = 10
"""Runs after which the counts so far are told."""


def main(words: list[str]) -> int:
    """0 when nothing was lost, doubled, orphaned or left out of the trail, and no boundary was left out."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help="the number of the first run, to repeat one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs played beside each other")
    asked = parser.parse_args(words)
    began = time.monotonic()
    total = Tally()
    for tally in played(asked.seed, range(asked.first, asked.first + asked.runs), asked.jobs):
        total.add(tally)
        for line in tally.wrong:
            print(f"WRONG {line}", flush=True)
        if total.runs % _EVERY == 0 and total.runs < asked.runs:
            print(total.line(seconds=round(time.monotonic() - began)), flush=True)
    missed = census(total)
    print(total.line(seed=asked.seed, seconds=round(time.monotonic() - began)), flush=True)
    return 0 if total.ok and not missed else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
