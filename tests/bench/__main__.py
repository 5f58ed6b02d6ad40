"""Speed, as ratios against a floor measured in the same run: one JSON object a line; exit 1 when an aim is missed.

A figure without an aim is only told. `python -m tests.bench scale` measures the reconciler at scale alone,
`make bench` leaves it to the end.

Each pair is measured in turn (A B A B …) and the medians are compared, so that a machine whose speed drifts
slows both alike.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator

from tests.bench.change import change_figures
from tests.bench.container import container
from tests.bench.decision import decision
from tests.bench.figure import Figure, ratio_figure, tell
from tests.bench.request import request_figures
from tests.bench.start import start_of_help

SCALE = "tests.bench.scale"


def figures() -> Iterator[Figure]:
    """Every figure, as soon as it is known."""
    for name, aim, measure in (
        ("start of `sluice --help` over `import typer`", 2.0, start_of_help),
        ("one decision over one cedarpy call", 4.0, decision),
        ("10,000 things in a container over one", 300.0, container),
    ):
        _set_apart()
        yield ratio_figure(name, measure(), aim)
    for several in (request_figures, change_figures):
        _set_apart()
        yield from several()
    for module in ("tests.bench.policy_scale", "tests.bench.policy_rivals", SCALE):
        yield from elsewhere(module)


def _set_apart() -> None:
    """No collection of garbage goes through what earlier measurements have left: they would slow later ones down."""
    gc.collect()
    gc.freeze()


def elsewhere(module: str) -> Iterator[Figure]:
    """The figures of a program that measures in a process of its own, as the engines that it compares do."""
    with subprocess.Popen([sys.executable, "-m", module], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            yield Figure(**json.loads(line))
    if process.returncode:
        raise SystemExit(f"{module} has failed: see what it wrote above")


def main(words: list[str]) -> int:
    """0 when every aim is met."""
    good = True
    for figure in elsewhere(SCALE) if words == ["scale"] else figures():
        tell(figure)
        good = good and figure.met
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
