"""Idempotency keys."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from jit_engine.ports import LostRace
from platform_api.db.engine import Database
from platform_api.db.idempotency import (
    IN_FLIGHT,
    Claim,
    Fresh,
    InFlight,
    Mismatch,
    Replay,
    SqlIdempotencyKeys,
)
from tests.contract.db.samples import NOW

SAME = {"key": "k-1", "subject": "pe_1", "route": "POST /v1/access-requests", "fingerprint": "ab" * 32}


@pytest.fixture
def keys(database: Database) -> SqlIdempotencyKeys:
    return SqlIdempotencyKeys(database)


def claimed(keys: SqlIdempotencyKeys, seconds: int = 0, **other: str) -> Claim:
    asked = SAME | other
    return keys.claim(
        asked["key"], asked["subject"], asked["route"], asked["fingerprint"], NOW + timedelta(seconds=seconds)
    )


def fresh(keys: SqlIdempotencyKeys, seconds: int = 0) -> Fresh:
    claim = claimed(keys, seconds)
    assert isinstance(claim, Fresh)
    return claim


def test_the_answer_is_given_again_byte_for_byte(keys: SqlIdempotencyKeys) -> None:
    keys.complete(fresh(keys), 201, b'{"id":"gr_1"}\x00')
    assert claimed(keys, 3600) == Replay(status=201, body=b'{"id":"gr_1"}\x00')


def test_a_key_in_flight_is_not_claimed_again(keys: SqlIdempotencyKeys) -> None:
    fresh(keys)
    assert claimed(keys, int(IN_FLIGHT.total_seconds())) == InFlight()


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(("field", "other"), [("subject", "pe_2"), ("route", "POST /v1/x"), ("fingerprint", "cd" * 32)])
def test_another_person_route_or_body_never_gets_the_answer(
    keys: SqlIdempotencyKeys, field: str, other: str, done: bool
) -> None:
    claim = fresh(keys)
    if done:
        keys.complete(claim, 201, b"{}")
    assert claimed(keys, 3600, **{field: other}) == Mismatch()


def test_a_claim_whose_process_died_is_claimed_anew_and_the_late_answer_is_dropped(keys: SqlIdempotencyKeys) -> None:
    dead = fresh(keys)
    lapsed = int(IN_FLIGHT.total_seconds()) + 1
    alive = fresh(keys, lapsed)
    keys.complete(dead, 500, b"late")
    keys.release(dead)
    keys.complete(alive, 201, b"good")
    assert claimed(keys, lapsed + 1) == Replay(status=201, body=b"good")


def test_whoever_claims_a_dead_ones_key_learns_the_name_that_it_worked_under(keys: SqlIdempotencyKeys) -> None:
    lapsed = NOW + IN_FLIGHT + timedelta(seconds=1)
    assert keys.claim(**SAME, now=NOW, name="rq_1") == Fresh(key="k-1", claimed_at=NOW, name="rq_1")
    again = keys.claim(**SAME, now=lapsed, name="rq_2")
    assert again == Fresh(key="k-1", claimed_at=lapsed, name="rq_1", again=True)
    assert isinstance(again, Fresh)
    assert keys.rename(again, "rq_2") == Fresh(key="k-1", claimed_at=lapsed, name="rq_2")
    later = lapsed + IN_FLIGHT + timedelta(seconds=1)
    third = keys.claim(**SAME, now=later, name="rq_3")
    assert third == Fresh(key="k-1", claimed_at=later, name="rq_2", again=True)
    with pytest.raises(LostRace):
        keys.rename(again, "rq_4")


def test_a_released_key_may_carry_another_body(keys: SqlIdempotencyKeys) -> None:
    keys.release(fresh(keys))
    assert isinstance(claimed(keys, fingerprint="cd" * 32), Fresh)


def test_a_given_answer_cannot_be_released_or_changed(keys: SqlIdempotencyKeys) -> None:
    claim = fresh(keys)
    keys.complete(claim, 201, b"first")
    keys.complete(claim, 200, b"second")
    keys.release(claim)
    assert claimed(keys) == Replay(status=201, body=b"first")


def test_old_keys_are_forgotten(keys: SqlIdempotencyKeys) -> None:
    keys.complete(fresh(keys), 201, b"")
    assert keys.forget(NOW) == 0
    assert keys.forget(NOW + timedelta(seconds=1)) == 1
    assert isinstance(claimed(keys), Fresh)


def test_of_claims_at_once_exactly_one_is_fresh(keys: SqlIdempotencyKeys) -> None:
    together, claims = Barrier(4), list[Claim]()

    def claim() -> None:
        together.wait()
        claims.append(claimed(keys))

    threads = [Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in claims) == ["Fresh", "InFlight", "InFlight", "InFlight"]
