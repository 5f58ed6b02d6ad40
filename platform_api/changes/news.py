"""What the newest records of the trail say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from platform_api.changes.kinds import Changed


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What changed, each thing with the last record that says so, and whether somebody signed out."""

    changed: Sequence[tuple[int, Changed]]
    signed_out: bool
