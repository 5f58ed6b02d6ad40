"""Speed, as ratios against a floor measured in the same run: one JSON object a line; exit 1 when an aim is missed.

Each pair is measured in turn (A B A B …) and the medians are compared, so that a machine whose speed drifts
slows both alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tests.bench.decision import decision
from tests.bench.request import request_to_credentials
from tests.bench.start import start_of_help


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One ratio: smaller is better, and `aim` is the largest that is good enough."""

    name: str
    value: float
    unit: str
    aim: float
    ok: bool


def figures() -> Iterator[Figure]:
    """Every figure, as soon as it is known."""
    for name, aim, measure in (
        ("start of `sluice --help` over `import typer`", 2.0, start_of_help),
        ("one decision over one cedarpy call", 4.0, decision),
        ("request to credentials over two no-op POSTs and their commits", 3.0, request_to_credentials),
    ):
        value = round(measure(), 2)
        yield Figure(name=name, value=value, unit="ratio", aim=aim, ok=value <= aim)


def main() -> int:
    """0 when every aim is met."""
    good = True
    for figure in figures():
        print(json.dumps(asdict(figure)), flush=True)
        good = good and figure.ok
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
