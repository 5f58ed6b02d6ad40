"""Exports: one changed byte anywhere is found and its record named; so is every other kind of damage."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jit_engine.domain.event import Event
from platform_api.audit.export import MOST_FINDINGS, StoredRecord, Verification, export_line, read_line, verify
from platform_api.audit.merkle import Tree, leaf_hash
from platform_api.audit.record import AuditRecord

SIZE = 40


def line(seq: int, title: str = "Überblick") -> bytes:
    event = Event(
        action="grant.opened",
        actor="pe_1",
        at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        about={"grant": f"gr_{seq}"},
        details={"n": seq, "title": title},
    )
    record = AuditRecord(seq=seq, event=event).canonical()
    return export_line(StoredRecord(leaf=leaf_hash(record), record=record))


def root_over(lines: list[bytes]) -> str:
    stored = [read_line(one) for one in lines]
    return reduce(Tree.appended, (leaf_hash(one.record) for one in stored if one is not None), Tree()).root.hex()


LINES = [line(seq) for seq in range(1, SIZE + 1)]
EXPORT = b"".join(LINES)
ROOT = root_over(LINES)


@dataclass(frozen=True)
class Damage:
    """A change to the lines, and the record that has to be named first."""

    name: str
    lines: list[bytes]
    seq: int | None


def checked(lines: list[bytes]) -> Verification:
    return verify(lines, ROOT, SIZE)


def test_an_export_as_it_was_written_is_in_order() -> None:
    found = checked(LINES)
    assert (found.ok, found.size, found.root, found.bad) == (True, SIZE, ROOT, ())


def test_a_root_in_capitals_is_the_same_root() -> None:
    assert verify(LINES, ROOT.upper(), SIZE).ok


@settings(max_examples=400)
@given(st.integers(0, len(EXPORT) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found_and_its_record_named(at: int, flip: int) -> None:
    changed = bytearray(EXPORT)
    changed[at] ^= flip
    found = checked(_lines(bytes(changed)))
    assert not found.ok
    assert found.bad[0].seq == EXPORT[:at].count(b"\n") + 1


def _lines(export: bytes) -> list[bytes]:
    """As a file gives them: split at line feeds alone."""
    parts = export.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


@settings(max_examples=200)
@given(st.integers(0, len(EXPORT) - 1))
def test_any_missing_byte_is_found_and_its_record_named(at: int) -> None:
    found = checked(_lines(EXPORT[:at] + EXPORT[at + 1 :]))
    assert not found.ok
    assert found.bad[0].seq == EXPORT[:at].count(b"\n") + 1


DAMAGES = [
    Damage("first missing", LINES[1:], 1),
    Damage("one missing", LINES[:9] + LINES[10:], 10),
    Damage("several missing", LINES[:9] + LINES[20:], 10),
    Damage("truncated", LINES[:-1], SIZE),
    Damage("empty", [], 1),
    Damage("repeated", [*LINES[:10], LINES[9], *LINES[10:]], 10),
    Damage("swapped", [*LINES[:9], LINES[10], LINES[9], *LINES[11:]], 10),
    Damage("one more", [*LINES, line(SIZE + 1)], SIZE + 1),
    Damage("a blank line", [*LINES[:9], b"\n", *LINES[9:]], 10),
    Damage("another log's record", [*LINES[:9], line(99), *LINES[9:]], 10),
    Damage("the last line feed gone", [*LINES[:-1], LINES[-1][:-1]], SIZE),
    Damage("not even JSON", [*LINES[:9], b"\xff\xfe\n", *LINES[10:]], 10),
    Damage("windows line ends", [one[:-1] + b"\r\n" for one in LINES], 1),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@pytest.mark.case("AUD-001")
def test_damage_is_found_where_it_is(damage: Damage) -> None:
    found = checked(damage.lines)
    assert not found.ok
    assert found.bad[0].seq == damage.seq


def test_a_record_rewritten_with_its_leaf_is_found_though_no_record_can_be_named() -> None:
    found = checked([*LINES[:9], line(10, "forged"), *LINES[10:]])
    assert not found.ok
    assert [finding.seq for finding in found.bad] == [None]
    assert "which record cannot be told" in found.bad[0].what


@pytest.mark.case("AUD-004")
def test_a_whole_rewritten_log_is_found() -> None:
    rewritten = [line(seq, "forged") for seq in range(1, SIZE + 1)]
    assert verify(rewritten, root_over(rewritten), SIZE).ok
    assert not checked(rewritten).ok


def test_a_leaf_that_wraps_no_record_is_named() -> None:
    for record in (b'{"seq":true}', b'{"seq":"10"}', b'{"n":1}', b'{"a":[}', b"{" * 5000 + b"}"):
        odd = export_line(StoredRecord(leaf=leaf_hash(record), record=record))
        found = checked([*LINES[:9], odd, *LINES[10:]])
        assert [finding.seq for finding in found.bad][:1] == [10], record


def test_every_changed_record_is_named_not_only_the_first() -> None:
    changed = [one.replace(b"opened", b"0pened") if n in (4, 9) else one for n, one in enumerate(LINES)]
    assert [finding.seq for finding in checked(changed).bad] == [5, 10]


def test_a_file_that_is_wrong_throughout_does_not_fill_the_memory() -> None:
    assert len(checked([b"\n"] * (MOST_FINDINGS + 500)).bad) == MOST_FINDINGS


def test_progress_is_told_now_and_then_and_at_the_end() -> None:
    told: list[int] = []
    verify((line(seq) for seq in range(1, 2502)), ROOT, SIZE, told.append)
    assert told == [1000, 2000, 2501]
