"""The suite of the port `WaitingRoom`: the same on the fake, on SQLite and on PostgreSQL."""

from dataclasses import replace

import pytest

from jit_engine.domain.ids import RequestId
from jit_engine.domain.waiting import WaitingRequest, WaitingState
from jit_engine.errors import InvalidValue
from jit_engine.ports import Ledger, LostRace, WaitingRoom
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.db.requests import SqlRequests
from platform_api.db.waiting import SqlWaiting
from platform_api.paging import PageAsk
from platform_api.registry.records import DirectoryEntry
from tests.contract.db import samples, waiting_samples
from tests.contract.db.samples import HOUR, NOW, event
from tests.fakes.ledger import MemoryLedger
from tests.fakes.registry import MemoryRegistry

Rooms = tuple[WaitingRoom, Ledger]
RECORD = {"outcome": "awaiting-approval", "sources": []}


@pytest.fixture
def rooms(request: pytest.FixtureRequest, kind: str) -> Rooms:
    """A waiting room, and the ledger that takes requests out of it."""
    if kind == "fake":
        fake = MemoryLedger()
        return fake, fake
    database = request.getfixturevalue("database")
    return SqlWaiting(database), SqlLedger(database)


@pytest.fixture
def room(rooms: Rooms) -> WaitingRoom:
    return rooms[0]


def waits(room: WaitingRoom, n: int = 1) -> WaitingRequest:
    room.wait(waiting_samples.waiting(n), RECORD, samples.evidence(n), event("access.awaiting-approval", n))
    return waiting_samples.waiting(n)


def test_what_waits_is_read_back_as_it_was_given(room: WaitingRoom) -> None:
    assert room.waiting(waits(room).id) == waiting_samples.waiting()
    assert room.waiting(RequestId("rq_none")) is None


def test_what_is_kept_is_read_back_in_every_field_with_the_next_version(room: WaitingRoom) -> None:
    first = waits(room)
    second = replace(first.approvals[0], approver=samples.person_id(10), longest=None, release=True)
    changed = replace(
        first,
        state=WaitingState.READY,
        approvals=(*first.approvals, second),
        expires_at=NOW,
        due_at=NOW + 2 * HOUR,
        grant=samples.grant().id,
        minted_as=RequestId("rq_other"),
        reason="Ärger",
        tries=3,
    )
    assert room.keep(changed, event()) == replace(changed, version=1)
    assert room.waiting(first.id) == replace(changed, version=1)


def test_of_two_writers_who_read_the_same_version_the_second_loses(room: WaitingRoom) -> None:
    read = waits(room)
    room.keep(read.moved(WaitingState.READY), event())
    with pytest.raises(LostRace):
        room.keep(read.moved(WaitingState.DECLINED), event())


def test_only_one_of_the_same_waits_at_a_time(room: WaitingRoom) -> None:
    first = waits(room)
    other = replace(first, request=replace(first.request, id=samples.request(2).id, justification="another reason"))
    with pytest.raises(LostRace):
        room.wait(other, RECORD, samples.evidence(2), event())
    assert room.waiting_same(other.request.fingerprint) == first
    room.keep(first.moved(WaitingState.WITHDRAWN), event())
    assert room.waiting_same(other.request.fingerprint) is None
    room.wait(other, RECORD, samples.evidence(2), event())


def test_what_is_due_is_claimed_once_and_what_has_left_never(room: WaitingRoom) -> None:
    first, second = waits(room, 1), waits(room, 2)
    room.keep(second.moved(WaitingState.DECLINED), event())
    assert list(room.claim_waiting(NOW, 5, HOUR)) == []
    (claimed,) = room.claim_waiting(NOW + 8 * HOUR, 5, HOUR)
    assert (claimed.id, claimed.due_at, claimed.version) == (first.id, NOW + 9 * HOUR, 1)
    assert list(room.claim_waiting(NOW + 8 * HOUR, 5, HOUR)) == []
    with pytest.raises(LostRace):
        room.keep(first, event())


def test_a_grant_is_opened_together_with_the_request_that_waited_or_not_at_all(rooms: Rooms) -> None:
    room, ledger = rooms
    waiting = waits(room)
    clearance = replace(samples.clearance(), request=waiting.request)
    grant = samples.grant()
    opened = replace(waiting.moved(WaitingState.READY), grant=grant.id)
    with pytest.raises(LostRace):
        ledger.open(grant, clearance, samples.evidence(), event(), replace(opened, version=7))
    assert ledger.get(grant.id) is None
    ledger.open(grant, clearance, samples.evidence(), event(), opened)
    assert room.waiting(waiting.id) == replace(opened, version=1)
    assert room.holdings(grant.subject) == ["s3://corp-lake/loans/"]


def test_a_refusal_at_minting_moves_the_request_that_waited(rooms: Rooms) -> None:
    room, ledger = rooms
    waiting = waits(room)
    refusal = replace(samples.refusal(), request=waiting.request)
    ledger.refuse(refusal, samples.evidence(), event(), waiting.moved(WaitingState.REFUSED))
    found = room.waiting(waiting.id)
    assert found is not None
    assert found.state is WaitingState.REFUSED


def test_lists_show_what_a_request_waits_for_and_what_came_of_it(database: Database) -> None:
    room, requests = SqlWaiting(database), SqlRequests(database)
    waiting = waits(room)
    (listed,) = requests.page(PageAsk(filters={"outcome": "awaiting-approval"}), None).items
    assert listed.id == waiting.id
    assert [one.id for one in requests.page(PageAsk(filters={"waiting": "true"}), None).items] == [waiting.id]
    assert not requests.page(PageAsk(filters={"waiting": "false"}), None).items
    with pytest.raises(InvalidValue, match="true or false"):
        requests.page(PageAsk(filters={"waiting": "yes"}), None)
    kept = room.keep(waiting.moved(WaitingState.READY), event())
    clearance = replace(samples.clearance(), request=waiting.request)
    opened = replace(kept, grant=samples.grant().id)
    SqlLedger(database).open(samples.grant(), clearance, samples.evidence(), event(), opened)
    assert not requests.page(PageAsk(filters={"outcome": "granted"}), None).items
    minted = room.waiting(waiting.id)
    assert minted is not None
    room.keep(minted.moved(WaitingState.GRANTED), event())
    (listed,) = requests.page(PageAsk(filters={"outcome": "granted"}), None).items
    assert (listed.id, listed.grant) == (waiting.id, samples.grant().id)
    assert not requests.page(PageAsk(filters={"waiting": "true"}), None).items


def test_the_directory_tells_the_human_behind_every_login(database: Database) -> None:
    registry = SqlRegistry(database)
    ana, nightly = samples.directory()
    other = replace(ana.subject, id=samples.person_id(2), name="Ana (admin)")
    entries: list[DirectoryEntry] = [
        ana,
        DirectoryEntry(subject=other, issuer="https://idp", login="ana-admin", title="", person=ana.subject.id),
        replace(nightly, person=samples.person_id(2)),
    ]
    registry.put_directory(entries, event())
    assert list(registry.directory()) == sorted(entries, key=lambda entry: entry.login)
    for entry in entries:
        assert registry.people_behind(entry.subject.id) == {ana.subject.id}
        assert MemoryRegistry(entries=entries).people_behind(entry.subject.id) == {ana.subject.id}
    left, alone = replace(entries[2], person="pe_left"), [nightly]
    registry.put_directory([left], event())
    for known in (registry, MemoryRegistry(entries=[left])):
        assert known.people_behind(samples.person_id(3)) == frozenset()
        assert known.people_behind(nightly.subject.id) == {"pe_left"}
    registry.put_directory(alone, event())
    for known in (registry, MemoryRegistry(entries=alone)):
        assert known.people_behind(nightly.subject.id) == frozenset()
