"""Chaos: `python -m tests.chaos --seed 7 --runs 60`. The last line is one JSON object; exit 1 when anything broke.

Each run plays, from its seed and number alone, a request, deliveries, a revocation or an expiry, and the sweep, on real
processes of the platform (API and worker), alternately on SQLite and PostgreSQL, against the embedded AWS. Processes
are killed by SIGKILL at step boundaries (both sides of every AWS write and of every commit) and inside steps, stalled
beyond their lease and woken; AWS throttles, times out and fails on either side of the effect, and shows what was
written up to 60 simulated seconds late; PostgreSQL is stopped and started, SQLite's file is withheld.

What befalls whom is reproducible; at which instruction a kill inside a step falls is not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.ground import Ground, prepared
from tests.chaos.run import Run, processes
from tests.chaos.score import score
from tests.chaos.tally import Tally


def main(words: list[str]) -> int:
    """0 when nothing was lost, doubled, orphaned or left out of the trail."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help="the number of the first run, to repeat one")
    asked = parser.parse_args(words)
    began = time.monotonic()
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="sluicegate-chaos-") as folder, prepared(Path(folder)) as ground:
        for number in range(asked.first, asked.first + asked.runs):
            total.add(_run(ground, asked.seed, number))
            if total.wrong or number % 10 == 9:
                for line in total.wrong:
                    print(f"WRONG {line}", flush=True)
                total.wrong.clear()
                print(total.line(seconds=round(time.monotonic() - began)), flush=True)
    print(total.line(seed=asked.seed, seconds=round(time.monotonic() - began)), flush=True)
    return 0 if total.ok else 1


def _run(ground: Ground, seed: int, number: int) -> Tally:
    databases = ("sqlite", "postgresql") if ground.postgres is not None else ("sqlite",)
    drawn = score(seed, number, databases)
    name = f"{seed}-{number}"
    with ExitStack() as parts:
        on = ground.sqlite(name) if drawn.database == "sqlite" else ground.postgresql()
        settings = ground.on(parts.enter_context(on))
        return Run(
            ground=ground, score=drawn, settings=settings, folder=ground.folder, context=processes(), name=name
        ).play()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
