"""Exports of the audit trail (JSON lines of leaf and record), verified against a root kept elsewhere.

A line is exactly `{"leaf":"<64 lower-case hex digits>","record":<canonical JSON>}` and a line feed, so that
every byte of a file counts: the leaf is hashed over the record's bytes as they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from platform_api.audit.merkle import Tree, leaf_hash

_LINE = re.compile(rb'\{"leaf":"(?P<leaf>[0-9a-f]{64})","record":(?P<record>\{[^\n]*\})\}\n\Z')
MOST_FINDINGS = 1000
"""Findings kept; a file that is wrong throughout must not fill the memory."""

Progress = Callable[[int], None]
"""Told how many records were looked at so far, now and then and at the end."""
_STEP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as it is kept: its canonical bytes, and the leaf hash computed when it was written."""

    leaf: bytes
    record: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong. `seq` names the record, or is None when no single record can be named."""

    seq: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of it: `size` and `root` (hex) as computed from the records' bytes, and all that is wrong."""

    ok: bool
    size: int
    root: str
    bad: tuple[Finding, ...]


def export_line(stored: StoredRecord) -> bytes:
    """One line of an export."""
    return b'{"leaf":"' + stored.leaf.hex().encode() + b'","record":' + stored.record + b"}\n"


def read_line(line: bytes) -> StoredRecord | None:
    """What `export_line` was given, or None when this is no such line."""
    match = _LINE.match(line)
    return StoredRecord(leaf=bytes.fromhex(match["leaf"].decode()), record=match["record"]) if match else None


def verify(
    lines: Iterable[bytes], expected_root: str, expected_size: int, progress: Progress | None = None
) -> Verification:
    """Whether `lines` (each with its line feed) are the whole log of that size and root (hex)."""
    return verify_records((read_line(line) for line in lines), expected_root, expected_size, progress)


def verify_records(
    records: Iterable[StoredRecord | None],
    expected_root: str,
    expected_size: int,
    progress: Progress | None = None,
) -> Verification:
    """As `verify`, for records already taken apart; None stands for a line that could not be read."""
    check = _Check()
    for line, stored in enumerate(records, start=1):
        check.take(line, stored)
        if progress is not None and line % _STEP == 0:
            progress(line)
    if progress is not None:
        progress(check.tree.size)
    check.finish(expected_root.lower(), expected_size)
    return Verification(ok=not check.bad, size=check.tree.size, root=check.tree.root.hex(), bad=tuple(check.bad))


class _Check:
    """The verification of one stream: what was computed so far, and which `seq` has to come next."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.bad: list[Finding] = []
        self.next_seq = 1

    def take(self, line: int, stored: StoredRecord | None) -> None:
        """Looks at one record."""
        if stored is None:
            self._find(self.next_seq, f"line {line} cannot be read as a record")
            self.tree = self.tree.appended(leaf_hash(b""))
            self.next_seq += 1
            return
        leaf = leaf_hash(stored.record)
        self.tree = self.tree.appended(leaf)
        seq = seq_of(stored.record)
        if leaf != stored.leaf:
            self._find(
                self.next_seq,
                f"line {line}: the record was changed, or its leaf: they do not agree",
            )
            self.next_seq += 1
        elif seq is None:
            self._find(self.next_seq, f"line {line} holds a record without a number")
            self.next_seq += 1
        elif seq < self.next_seq:
            self._find(seq, f"line {line}: the record stands twice or out of order")
        else:
            if seq > self.next_seq:
                self._missing(self.next_seq, seq - 1, f"before line {line}")
            self.next_seq = seq + 1

    def finish(self, expected_root: str, expected_size: int) -> None:
        """Compares the whole with what was expected."""
        last = self.next_seq - 1
        if last < expected_size:
            self._missing(last + 1, expected_size, "at the end")
        elif last > expected_size:
            self._find(expected_size + 1, f"records {expected_size + 1} to {last} are more than expected")
        if not self.bad and self.tree.root.hex() != expected_root:
            self._find(
                None,
                "every record is there and agrees with its leaf, but their root is not the expected one: "
                "a record was rewritten together with its leaf, or the root is another log's; "
                "which record cannot be told from this log alone: compare it with an earlier copy",
            )

    def _missing(self, first: int, last: int, where: str) -> None:
        which = f"record {first} is" if first == last else f"records {first} to {last} are"
        self._find(first, f"{which} missing {where}")

    def _find(self, seq: int | None, what: str) -> None:
        if len(self.bad) < MOST_FINDINGS:
            self.bad.append(Finding(seq=seq, what=what))


def seq_of(record: bytes) -> int | None:
    """The number that a record gives itself, or None when it is not a record."""
    try:
        parsed: object = json.loads(record)
    except (ValueError, RecursionError):
        return None
    seq = parsed.get("seq") if isinstance(parsed, dict) else None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) else None
