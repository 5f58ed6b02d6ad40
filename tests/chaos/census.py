"""At which boundaries of the closed list processes were killed or stalled, over all runs."""

from __future__ import annotations

from tests.chaos.boundaries import BOUNDARIES, STEPS
from tests.chaos.tally import Tally

ENOUGH = 500
"""Runs after which every boundary of the list has to have been met."""


def census(total: Tally) -> list[str]:
    """Prints it, a step a line; answers the boundaries that were missed where enough was played to meet them all."""
    print("killed or stalled before / after, of so many times that it was passed:")
    for step in STEPS:
        before, after = step.sides
        passed = f"of {total.passed[before]} / {total.passed[after]}"
        print(f"{total.struck[before]:6} / {total.struck[after]:<6}{passed:>16}  {step.flow}: {step.step}")
    beside = sum(total.passed[name] for name in total.passed if name not in BOUNDARIES)
    print(f"and {beside} boundaries of steps that are not of a grant's life, or taken only after a failure")
    missed = [name for name in BOUNDARIES if not total.struck[name]]
    for name in missed:
        print(f"never met: {name}", flush=True)
    return missed if total.runs >= ENOUGH else []
