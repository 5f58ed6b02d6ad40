"""Players beside each other, each a process with a ground of its own, fed one run at a time."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.chaos.tally import Tally

ROOT = Path(__file__).parents[2]


class PlayerEnded(Exception):
    """A player went away in the midst of its runs; what it said stands above."""


class Hired:
    """One player: `with Hired() as player: player.play(seed, number)`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.player"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._is_ready = False

    def __enter__(self) -> Hired:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def play(self, seed: int, number: int) -> Tally:
        """That run; raises `PlayerEnded`."""
        if not self._is_ready:
            self._line()
            self._is_ready = True
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed} {number}\n")
        self._process.stdin.flush()
        return Tally.read(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PlayerEnded(f"a player of chaos ended with {self._process.wait()}")
        return line


def played(seed: int, numbers: Sequence[int], jobs: int) -> Iterator[Tally]:
    """The runs of these numbers, as they end."""
    waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Tally | BaseException] = queue.SimpleQueue()
    for number in (*numbers, *[None] * jobs):
        waiting.put(number)

    def work() -> None:
        try:
            with Hired() as player:
                while (number := waiting.get()) is not None:
                    done.put(player.play(seed, number))
        except BaseException as error:  # noqa: BLE001 - raised again where runs are waited for
            done.put(error)

    workers = [threading.Thread(target=work) for _ in range(min(jobs, len(numbers)))]
    for worker in workers:
        worker.start()
    for _ in numbers:
        ended = done.get()
        if isinstance(ended, BaseException):
            raise ended
        yield ended
    for worker in workers:
        worker.join()
