"""The one maker of ids: a two-letter prefix and a ULID, sortable by the moment of making."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PREFIX: Final = re.compile(r"[a-z]{2}\Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BYTES: Final = 10

NewId = Callable[[str, datetime], str]
"""(prefix, now) → a new id. Passed in, so that flows stay testable."""


def new_id(prefix: str, now: datetime, entropy: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """`ac_01J…`: the prefix, then a ULID of 48 bits of milliseconds and 80 random bits."""
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= milliseconds < 2**48:
        raise ValueError("a ULID holds the years 1970 to 10889")
    return id_of_bytes(prefix, milliseconds.to_bytes(6, "big") + entropy(_RANDOM_BYTES))


def id_of_bytes(prefix: str, value: bytes) -> str:
    """The id that spells these 16 bytes in Crockford's upper-case alphabet."""
    if not _PREFIX.match(prefix) or len(value) != 6 + _RANDOM_BYTES:
        raise ValueError("an id is two lower-case letters and 16 bytes")
    number = int.from_bytes(value, "big")
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
