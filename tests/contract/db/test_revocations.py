"""Many grants ended at once in the database: exactly those in the scope, each on record, and nobody writes over it."""

from dataclasses import replace

import pytest

from jit_engine.domain.grant import Grant, GrantState, StepTime
from jit_engine.domain.ids import ContractId
from jit_engine.domain.waiting import WaitingState
from jit_engine.flows.revoke_many import Scope, Wide
from jit_engine.ports import LostRace
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.db.revocations import SqlRevocations
from platform_api.db.waiting import SqlWaiting
from platform_api.paging import PageAsk
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event
from tests.contract.db.waiting_samples import waiting


def opened(database: Database, n: int, **changes: object) -> Grant:
    ledger = SqlLedger(database)
    clearance = samples.clearance(n)
    subject = replace(clearance.request.subject, id=samples.person_id(n))
    clearance = replace(clearance, request=replace(clearance.request, subject=subject))
    grant = replace(samples.grant(n), **changes)  # type: ignore[arg-type]
    return ledger.open(grant, clearance, samples.evidence(n), event())


@pytest.mark.parametrize(
    ("scope", "ended"),
    [
        (Scope(kind=Wide.PERSON, value=samples.person_id(1)), [1]),
        (Scope(kind=Wide.ACTIVITY, value=samples.activity_id(9)), [2]),
        (Scope(kind=Wide.CONTRACT, value="other"), [3]),
        (Scope(kind=Wide.ACCOUNT, value=samples.grant().principals[0].account), [1, 2, 3, 4]),
        (Scope(kind=Wide.ACCOUNT, value="000000000009"), []),
        (Scope(kind=Wide.EVERYTHING, value=""), [1, 2, 3, 4]),
    ],
    ids=lambda value: f"{value.kind.value} {value.value}" if isinstance(value, Scope) else "",
)
def test_the_scope_is_what_is_ended(database: Database, scope: Scope, ended: list[int]) -> None:
    live = GrantState.ACTIVE
    opened(database, 1, state=live)
    opened(database, 2, state=live, activity=samples.activity_id(9))
    opened(database, 3, state=live, contracts=frozenset({(ContractId("other"), "1.0.0")}))
    opened(database, 4)
    opened(database, 5, state=GrantState.CLOSED)
    found = SqlRevocations(database).giving_in(scope)
    assert [grant.id for grant in found] == [samples.grant(n).id for n in ended]


def test_each_is_ended_on_record_and_whoever_read_it_before_loses(database: Database) -> None:
    active, minting = opened(database, 1, state=GrantState.ACTIVE), opened(database, 2)
    closed = opened(database, 3, state=GrantState.CLOSED)
    many, ledger = SqlRevocations(database), SqlLedger(database)
    ids = [active.id, minting.id, closed.id]
    assert many.end_all(ids, "enough", event("grant.revoking")) == [active.id, minting.id]
    after = [ledger.get(id_) for id_ in ids]
    assert [grant and (grant.state, grant.reason) for grant in after] == [
        (GrantState.REVOKING, "enough"),
        (GrantState.ABANDONED, "enough"),
        (GrantState.CLOSED, None),
    ]
    assert after[0] is not None
    assert after[0].due_at == NOW
    for stale in (active, minting):
        with pytest.raises(LostRace):
            ledger.save(replace(stale, reason="late"), event())
    trail = AuditTrail(database)
    records = trail.page(PageAsk(filters={"action": "grant.revoking"})).items
    assert {record.record["about"]["grant"] for record in records} == {active.id, minting.id}  # type: ignore[call-overload,index]
    assert many.end_all(ids, "again", event("grant.revoking")) == []


def test_with_a_grant_that_is_being_minted_the_request_that_waits_for_it_is_taken_back(database: Database) -> None:
    room, other = SqlWaiting(database), waiting(2, WaitingState.READY)
    grant = opened(database, 3)
    ready = replace(waiting(1, WaitingState.READY), grant=grant.id)
    room.wait(ready, {}, samples.evidence(1), event())
    room.wait(other, {}, samples.evidence(2), event())
    assert room.keep(ready, event()).grant == grant.id
    SqlRevocations(database).end_all([grant.id], "enough", event("grant.revoking"))
    after = room.waiting(ready.id)
    assert after is not None
    assert (after.state, after.reason, after.version) == (WaitingState.WITHDRAWN, "enough", 2)
    untouched = room.waiting(other.id)
    assert untouched is not None
    assert untouched.state is WaitingState.READY
    (record,) = AuditTrail(database).page(PageAsk(filters={"action": "access.withdrawn"})).items
    assert record.record["about"]["request"] == ready.id  # type: ignore[call-overload,index]


@pytest.mark.parametrize("state", [GrantState.ABANDONED, GrantState.CLOSED])
def test_a_request_between_two_attempts_at_minting_is_taken_back(database: Database, state: GrantState) -> None:
    room, many = SqlWaiting(database), SqlRevocations(database)
    failed, given = opened(database, 3, state=state), opened(database, 4, state=state)
    gave = replace(given, steps=(StepTime(step="probed", milliseconds=9),))
    SqlLedger(database).save(gave, event())
    for number, grant in ((1, failed), (2, given)):
        room.wait(waiting(number, WaitingState.READY), {}, samples.evidence(number), event())
        room.keep(replace(waiting(number, WaitingState.READY), grant=grant.id), event())
    everything = Scope(kind=Wide.EVERYTHING, value="")
    assert [grant.id for grant in many.giving_in(everything)] == [failed.id]
    assert many.end_all([failed.id, given.id], "enough", event("grant.revoking")) == [failed.id]
    after = [room.waiting(waiting(number, WaitingState.READY).id) for number in (1, 2)]
    assert [one and one.state for one in after] == [WaitingState.WITHDRAWN, WaitingState.READY]
    assert many.giving_in(everything) == []
    trail = AuditTrail(database)
    recorded = [trail.page(PageAsk(filters={"action": what})).items for what in ("access.withdrawn", "grant.revoking")]
    assert [len(items) for items in recorded] == [1, 0]


def test_a_change_of_an_activity_has_its_grants_decided_anew(database: Database) -> None:
    registry = SqlRegistry(database)
    registry.register(samples.activity(), samples.environment(), samples.review(), event())
    grant = opened(database, 1, state=GrantState.ACTIVE, due_at=NOW + 5 * HOUR)
    registry.save_activity(samples.activity(), event())
    woken = SqlLedger(database).get(grant.id)
    assert woken is not None
    assert woken.due_at == NOW
