"""The audit trail in the database: appending, lists, exports, and what verification finds."""

import json
import os
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa

from jit_engine.domain.event import Event
from jit_engine.errors import InvalidValue
from platform_api.audit.export import verify
from platform_api.audit.merkle import leaf_hash
from platform_api.db.audit import AuditTrail, append, recorded
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.tables.trail import AuditAboutRow, AuditRecordRow, AuditTreeRow
from platform_api.paging import PageAsk
from tests.contract.db.samples import HOUR, NOW, event


@pytest.fixture
def trail(database: Database) -> AuditTrail:
    return AuditTrail(database)


def fill(database: Database, records: int) -> None:
    for n in range(1, records + 1):
        with recorded(database, event(f"test.{n % 3}", n % 2)):
            pass


def append_and_fail(database: Database) -> None:
    with database.write() as connection:
        append(connection, event())
        raise ZeroDivisionError


def tamper(database: Database, *statements: sa.Executable) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_empty_trail_verifies(trail: AuditTrail) -> None:
    assert trail.verify().ok
    assert trail.head().size == 0


@pytest.mark.case("AUD-007")
def test_numbers_are_given_out_without_gaps_though_writes_are_rolled_back(
    database: Database, trail: AuditTrail
) -> None:
    fill(database, 2)
    with pytest.raises(ZeroDivisionError):
        append_and_fail(database)
    fill(database, 1)
    assert [entry.seq for entry in trail.page(PageAsk()).items] == [3, 2, 1]
    assert trail.verify().ok


def test_writers_at_once_leave_one_unbroken_trail(database: Database, trail: AuditTrail) -> None:
    threads = [Thread(target=fill, args=(database, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = trail.verify()
    assert (found.ok, found.size) == (True, 40)


@pytest.mark.case("AUD-004", "AUD-005")
def test_an_export_verifies_against_the_head_kept_elsewhere_and_no_later_one(
    database: Database, trail: AuditTrail
) -> None:
    fill(database, 5)
    head, lines = trail.export()
    fill(database, 1)
    exported = list(lines)
    assert len(exported) == 5
    assert verify(exported, head.root, head.size).ok
    later = trail.head()
    assert not verify(exported, later.root, later.size).ok


def test_progress_is_told(database: Database, trail: AuditTrail) -> None:
    fill(database, 3)
    told: list[int] = []
    trail.verify(told.append)
    assert told == [3]


@pytest.mark.case("AUD-001")
def test_a_changed_record_is_named(database: Database, trail: AuditTrail) -> None:
    fill(database, 5)
    record = trail.record(3)
    assert record is not None
    forged = json.dumps(record.record | {"actor": "pe_mallory"}).encode()
    tamper(database, sa.update(AuditRecordRow).where(AuditRecordRow.seq == 3).values(record=forged))
    found = trail.verify()
    assert not found.ok
    assert {finding.seq for finding in found.bad} == {3}


def test_a_record_rewritten_with_its_leaf_is_noticed_though_not_named(database: Database, trail: AuditTrail) -> None:
    fill(database, 5)
    with database.read() as connection:
        record = connection.execute(sa.select(AuditRecordRow.record).where(AuditRecordRow.seq == 3)).scalar_one()
    forged = record.replace(b'"n":1', b'"n":7')
    assert forged != record
    values = {"record": forged, "leaf": leaf_hash(forged)}
    tamper(database, sa.update(AuditRecordRow).where(AuditRecordRow.seq == 3).values(values))
    found = trail.verify()
    assert not found.ok
    assert [finding.seq for finding in found.bad] == [None]


def test_columns_that_differ_from_their_record_are_named(database: Database, trail: AuditTrail) -> None:
    fill(database, 3)
    tamper(database, sa.update(AuditRecordRow).where(AuditRecordRow.seq == 2).values(actor="pe_other"))
    found = trail.verify()
    assert not found.ok
    assert [finding.seq for finding in found.bad] == [2]


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.case("AUD-002")
def test_a_deleted_record_is_missed(database: Database, trail: AuditTrail, seq: int) -> None:
    fill(database, 5)
    tamper(
        database,
        sa.delete(AuditAboutRow).where(AuditAboutRow.seq == seq),
        sa.delete(AuditRecordRow).where(AuditRecordRow.seq == seq),
    )
    found = trail.verify()
    assert not found.ok
    assert [finding.seq for finding in found.bad] == [seq]


@pytest.mark.case("AUD-002", "AUD-005")
def test_a_head_put_back_to_an_earlier_one_is_noticed(database: Database, trail: AuditTrail) -> None:
    fill(database, 4)
    with database.read() as connection:
        earlier = connection.execute(sa.select(AuditTreeRow.size, AuditTreeRow.frontier, AuditTreeRow.root)).one()
    fill(database, 1)
    tamper(database, sa.update(AuditTreeRow).values(earlier._asdict()))
    assert not trail.verify().ok


@pytest.mark.case("AUD-008")
def test_text_from_outside_cannot_forge_or_stop_a_record(database: Database, trail: AuditTrail) -> None:
    nasty = Event(
        action="test.nasty",
        actor="pe_\0\ud800",
        at=NOW,
        about={"grant": "x" * 5000, "request": "a\0b"},
        details={"title": 'x\n{"seq":51,"decision":"ALLOW"}', "lone": "\ud800", "nul": "\0", "big": 10**40},
    )
    with recorded(database, nasty):
        pass
    _, lines = trail.export()
    assert len(list(lines)) == 1
    assert trail.verify().ok
    record = trail.record(1)
    assert record is not None
    assert record.record["details"] == {
        "title": 'x\n{"seq":51,"decision":"ALLOW"}',
        "lone": "?",
        "nul": "\0",
        "big": str(10**40),
    }


@pytest.mark.case("AUD-019")
def test_a_clock_that_goes_back_does_not_change_the_order(database: Database, trail: AuditTrail) -> None:
    for at in (NOW, NOW - HOUR):
        with recorded(database, replace(event(), at=at)):
            pass
    assert [entry.record["at"] for entry in trail.page(PageAsk()).items] == [
        "2026-11-23T09:00:00.123456Z",
        "2026-11-23T10:00:00.123456Z",
    ]
    assert trail.verify().ok


def test_records_are_listed_newest_first_by_the_page(database: Database, trail: AuditTrail) -> None:
    fill(database, 5)
    seen: list[int] = []
    page = trail.page(PageAsk(limit=2))
    seen += [entry.seq for entry in page.items]
    while page.next_cursor is not None:
        page = trail.page(PageAsk(limit=2, cursor=page.next_cursor))
        seen += [entry.seq for entry in page.items]
    assert seen == [5, 4, 3, 2, 1]


def test_the_last_record_of_some_actions_is_the_one_committed_last(database: Database, trail: AuditTrail) -> None:
    for hours, action in enumerate(("a", "b", "a", "c")):
        with recorded(database, replace(event(action), at=NOW - hours * HOUR)):
            pass
    assert trail.last_of(("a",)) == NOW - 2 * HOUR
    assert trail.last_of(("a", "b")) == NOW - 2 * HOUR
    assert trail.last_of(("b", "d")) == NOW - HOUR
    assert trail.last_of(("d",)) is None
    assert trail.last_of(()) is None


@pytest.mark.parametrize(
    ("filters", "seqs"),
    [
        ({"action": "test.0"}, [6, 3]),
        ({"actor": event(n=1).actor}, [5, 3, 1]),
        ({"about": event(n=1).about["activity"]}, [5, 3, 1]),
        ({"activity": event(n=1).about["activity"], "action": "test.0"}, [3]),
        ({"grant": event(n=1).about["activity"].replace("ac_", "gr_")}, []),
    ],
)
def test_records_are_found_by_what_they_say(
    database: Database, trail: AuditTrail, filters: dict[str, str], seqs: list[int]
) -> None:
    fill(database, 6)
    assert [entry.seq for entry in trail.page(PageAsk(filters=filters)).items] == seqs


@pytest.mark.parametrize(
    "filters",
    [
        {"grant": event(n=1).about["activity"]},
        {"contract": "Loan applications"},
        {"since": "2026-11-23T10:00:00Z", "until": "2026-11-23T10:00:00Z"},
        {"since": "2026-11-23T10:00:00Z", "until": "2026-11-23T11:30:00+02:00"},
    ],
)
def test_what_can_find_nothing_is_refused(trail: AuditTrail, filters: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        trail.page(PageAsk(filters=filters))


def test_there_is_no_record_beyond_the_trail(database: Database, trail: AuditTrail) -> None:
    fill(database, 1)
    assert [trail.record(seq) for seq in (0, -1, 2, 2**80)] == [None] * 4


@pytest.mark.case("AUD-010")
def test_a_write_whose_record_cannot_be_made_does_not_happen(database: Database, trail: AuditTrail) -> None:
    floating: dict[str, object] = {"share": 0.5}
    with pytest.raises(TypeError):
        SqlLedger(database).note(replace(event(), details=floating))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="aware"):
        SqlLedger(database).note(replace(event(), at=NOW.replace(tzinfo=None)))
    assert trail.head().size == 0


@pytest.mark.parametrize(
    "ask",
    [
        PageAsk(limit=0),
        PageAsk(limit=201),
        PageAsk(filters={"record": "x"}),
        PageAsk(filters={"actor": "a\0b"}),
        PageAsk(filters={"actor": "x" * 201}),
        PageAsk(cursor=""),
        PageAsk(cursor="nonsense"),
        PageAsk(cursor="ñ"),
        PageAsk(cursor="WyJncmFudHMiLDFd"),  # ["grants",1]
        PageAsk(cursor="WyJhdWRpdCIsIjEiXQ"),  # ["audit","1"]
        PageAsk(cursor="WyJhdWRpdCIsdHJ1ZV0"),  # ["audit",true]
        PageAsk(cursor="WyJhdWRpdCIsOTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"),  # ["audit",99…]
    ],
)
def test_a_page_that_cannot_be_asked_for_is_refused(trail: AuditTrail, ask: PageAsk) -> None:
    with pytest.raises(InvalidValue):
        trail.page(ask)


def test_a_byte_changed_in_the_database_file_s_export_is_named(
    database: Database, trail: AuditTrail, tmp_path: Path
) -> None:
    fill(database, 20)
    head, lines = trail.export()
    exported = tmp_path / "audit.jsonl"
    exported.write_bytes(b"".join(lines))
    at = int.from_bytes(os.urandom(4)) % exported.stat().st_size
    changed = bytearray(exported.read_bytes())
    changed[at] ^= 1
    exported.write_bytes(changed)
    line = bytes(changed[:at]).count(b"\n") + 1
    with exported.open("rb") as file:
        found = verify(file, head.root, head.size)
    assert not found.ok
    assert found.bad[0].seq == line, (at, found.bad)
