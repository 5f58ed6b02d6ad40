"""The JSON of a contract's document, which may hold numbers with a fraction, exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

DocumentJson = None | bool | int | float | str | Sequence["DocumentJson"] | Mapping[str, "DocumentJson"]
"""As `domain.event.Json`, with the numbers of ODCS. A float is what RFC 8785 rests on; see `exact`."""

_LARGEST: Final = 2.0**53
_SMALLEST: Final = 1e-6
"""Beneath it RFC 8785 (3.2.2.3, ECMAScript) writes an exponent, which not every reader of YAML takes for a number."""


def is_exact(number: float) -> bool:
    """Whether it is written without an exponent, and the same by everybody."""
    return math.isfinite(number) and (number == 0 or _SMALLEST <= abs(number) < _LARGEST)


def exact(text: str) -> float | None:
    """The number that a decimal fraction such as `99.5` says; None where a double would say another.

    Digits that a double does not keep would be lost from what is signed.
    """
    number = float(text)
    return number if is_exact(number) and Decimal(repr(number)) == Decimal(text) else None
