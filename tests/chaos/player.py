"""Plays runs on a ground of its own: `python -m tests.chaos.player`, a run's seed and number a line in, a tally out."""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from platform_api.db.engine import Database, create_engine
from tests.chaos.boundaries import Shape
from tests.chaos.caller import PATIENCE, Caller, asking
from tests.chaos.ground import POSTGRES, Ground, prepared
from tests.chaos.holds import Account, Judge
from tests.chaos.life import life
from tests.chaos.nursery import Nursery, Raised
from tests.chaos.run import Run
from tests.chaos.tally import Tally

WARMING = (Shape.FILTERED, Shape.SESSION)
"""Together they pass nearly all there is to pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A ground, a warm platform on each of its databases, and connections to look with."""

    ground: Ground
    nursery: Nursery
    http: httpx.Client
    looking: dict[str, Database]

    def play(self, seed: int, number: int) -> Tally:
        """That run."""
        ground, tally = self.ground, Tally()
        drawn = life(seed, number, ground.databases)
        account = Account(iam=ground.iam, lake=ground.lake)
        ground.renew(drawn.database)
        database = self.looking[drawn.database]
        caller = Caller(
            http=self.http,
            story=ground.story,
            holder=ground.holder,
            governor=ground.governor,
            shape=drawn.shape,
            wide=drawn.wide,
            name=f"chaos-{seed}-{number}",
        )
        where = f"run {seed}-{number} on {drawn.database}, {drawn.shape}"
        judge = Judge(account=account, database=database, told=caller.told, tally=tally, where=where)
        with tempfile.TemporaryDirectory(dir=ground.folder) as folder:
            run = Run(
                life=drawn,
                nursery=self.nursery,
                account=account,
                caller=caller,
                judge=judge,
                tally=tally,
                folder=Path(folder),
                server=ground.postgres if drawn.database == POSTGRES else None,
                file=ground.file,
            )
            try:
                run.play()
            finally:
                database.close()
                account.clear()
        return tally


def main() -> int:
    """Until no line comes any more."""
    with ExitStack() as parts:
        nursery = parts.enter_context(Nursery())  # first of all: it forks, and nothing else may run by then
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started here is stopped
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="sluicegate-chaos-")))
        ground = parts.enter_context(prepared(folder))
        bodies = tuple(asking(ground.story, shape) for shape in WARMING)
        for name in ground.databases:
            nursery.prepare(
                Raised(
                    database=name,
                    settings=ground.on(name),
                    lake=ground.lake.path,
                    token=ground.holder,
                    asking=bodies,
                )
            )
        Account(iam=ground.iam, lake=ground.lake).clear()
        looking = {name: Database(create_engine(ground.url(name), pool_size=2)) for name in ground.databases}
        http = parts.enter_context(httpx.Client(timeout=PATIENCE, trust_env=False))
        player = Player(ground=ground, nursery=nursery, http=http, looking=looking)
        print("ready", flush=True)
        for line in sys.stdin:
            seed, number = line.split()
            print(player.play(int(seed), int(number)).whole(), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
