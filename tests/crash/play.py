"""A program: plays one grant's life again and again, each time in a process of its own that dies where it is told.

A line in, `FILE BOUNDARY`: the setting, and the number of the boundary at which to be killed (-1: at none).
A line out: JSON with every boundary that was passed and how the process ended. The play is forked from this process,
which has imported everything and opened nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path

from tests.crash.stage import Setting, Stage, whole_life
from tests.fakes.aws_faults import When


class Tripwire:
    """Counts boundaries into a pipe and kills its own process at one of them, as a power cut would."""

    def __init__(self, fatal: int, pipe: int) -> None:
        self._fatal = fatal
        self._pipe = pipe
        self._passed = 0

    def __call__(self, when: When, what: str) -> None:
        os.write(self._pipe, f"{when} {what}\n".encode())
        if self._passed == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self._passed += 1


def play(setting: Setting, fatal: int) -> dict[str, object]:
    """One life in a child; its boundaries, and its exit status (negative: the signal that ended it)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            whole_life(Stage(setting, Tripwire(fatal, writer)))
        except BaseException:  # noqa: BLE001 - the fork must never go on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as passed:
        boundaries = passed.read().splitlines()
    _, status = os.waitpid(child, 0)
    return {"boundaries": boundaries, "status": os.waitstatus_to_exitcode(status)}


def main() -> None:
    """Plays until its input ends."""
    for line in sys.stdin:
        file, fatal = line.split("\t")
        print(json.dumps(play(Setting.read(Path(file)), int(fatal))), flush=True)


if __name__ == "__main__":
    main()
