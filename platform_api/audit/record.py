"""One record of the audit trail and its canonical bytes, over which its leaf is hashed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from jit_engine.domain.event import Event, Json

SCHEMA = 1
"""The version of the record's form; a new form gets a new number and old records keep theirs."""
_FINDABLE = 200
_SAFE = 2**53 - 1
"""The largest integer that every JSON reader keeps (RFC 8785, appendix D)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An event with its place in the log: `seq` counts from 1 without gaps; its leaf's index is `seq - 1`."""

    seq: int
    event: Event

    def canonical(self) -> bytes:
        """The record in RFC 8785 form; raises `TypeError` for a float and `ValueError` for a naive time."""
        event = self.event
        return _canonical(
            {
                "schema": SCHEMA,
                "seq": self.seq,
                "at": rfc3339(event.at),
                "actor": findable(event.actor),
                "action": findable(event.action),
                "about": {findable(kind): findable(about) for kind, about in event.about.items()},
                "details": {_text(key): _plain(value) for key, value in event.details.items()},
            }
        )


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _canonical(document: dict[str, Json]) -> bytes:
    """The document in RFC 8785 form. It holds nothing but what `_plain` lets through: text, small integers, no floats.

    For those Python's own encoder spells the same, but for the order of names: RFC 8785 sorts by UTF-16, Python by
    code point. The two differ only where there is something beyond U+D7FF, and then the slow way is taken.
    """
    text = _ENCODER.encode(document)
    return text.encode() if text.isascii() else rfc8785.dumps(document)


def rfc3339(at: datetime) -> str:
    """`at` in UTC with six digits of a second, always of one length; raises `ValueError` when it is naive."""
    if at.tzinfo is None:
        raise ValueError("an audit record needs an aware time")
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def findable(text: str) -> str:
    """`text` as both record and index keep it: 200 characters at most and no NUL, which PostgreSQL refuses."""
    return _text(text).replace("\0", "?")[:_FINDABLE]


def _plain(value: Json) -> Json:
    """`value` as the canonical form takes it: no floats, and integers that readers would round as text."""
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            return int(value) if -_SAFE <= value <= _SAFE else str(value)
        case bytes() | bytearray():
            raise TypeError("an audit record holds no bytes: give their text or their digest")
        case Mapping():
            return {_text(key): _plain(item) for key, item in value.items()}
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"an audit record holds no {type(value).__name__}: give text instead")


def _text(text: str) -> str:
    """`text` as UTF-8 can hold it: a lone surrogate becomes `?`, so that no input can stop its own record."""
    if not isinstance(text, str):
        raise TypeError(f"an audit record needs text here, not {type(text).__name__}")
    return str(text) if text.isascii() else str(text).encode("utf-8", "replace").decode("utf-8")
