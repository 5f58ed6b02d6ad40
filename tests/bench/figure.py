"""What a benchmark reports."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: smaller is better. `aim` is the largest that is good enough; None where it is only told."""

    name: str
    value: float
    unit: str
    aim: float | None
    met: bool


def ratio_figure(name: str, value: float, aim: float | None) -> Figure:
    """A ratio against what it has to keep up with."""
    value = float(f"{value:.3g}")
    return Figure(name=name, value=value, unit="ratio", aim=aim, met=aim is None or value <= aim)


def tell(figure: Figure) -> None:
    """Print a figure as a line of JSON, at once."""
    print(json.dumps(asdict(figure)), flush=True)
