"""The token bucket in front of IAM's writes: mints leave half of it to revocation."""

from __future__ import annotations

import pytest

from jit_engine.aws.throttle import Throttle, TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _bucket(clock: Clock) -> TokenBucket:
    return TokenBucket(rate=5.0, burst=15.0, monotonic=clock)


def test_a_burst_is_taken_at_once_and_then_tokens_come_at_their_rate() -> None:
    clock = Clock()
    bucket = _bucket(clock)
    assert [bucket.take(reserve=0.0) for _ in range(15)] == [0.0] * 15
    wait = bucket.take(reserve=0.0)
    assert wait == pytest.approx(0.2)
    clock.now += wait + 1e-9
    assert bucket.take(reserve=0.0) == 0.0
    assert bucket.take(reserve=0.0) > 0.0


@pytest.mark.case("MINT-155")
def test_a_mint_cannot_take_what_is_kept_for_revocation() -> None:
    bucket = _bucket(Clock())
    minted = sum(bucket.take(reserve=7.5) == 0.0 for _ in range(100))
    assert minted == 7
    revoked = sum(bucket.take(reserve=0.0) == 0.0 for _ in range(100))
    assert revoked == 8


def test_a_wait_is_as_long_as_it_says_and_takes_nothing() -> None:
    clock = Clock()
    bucket = _bucket(clock)
    for _ in range(7):
        bucket.take(reserve=7.5)
    wait = bucket.take(reserve=7.5)
    assert wait == pytest.approx(bucket.take(reserve=7.5))
    clock.now += wait - 1e-3
    assert bucket.take(reserve=7.5) > 0.0
    clock.now += 2e-3
    assert bucket.take(reserve=7.5) == 0.0


def test_idling_saves_no_more_than_a_burst() -> None:
    clock = Clock()
    bucket = _bucket(clock)
    clock.now += 10_000
    assert sum(bucket.take(reserve=0.0) == 0.0 for _ in range(100)) == 15


def test_a_throttled_answer_halves_the_pace_and_empties_the_bucket() -> None:
    clock = Clock()
    bucket = _bucket(clock)
    bucket.slow_down()
    bucket.slow_down()  # of a call that was under way at the same time
    assert bucket.take(reserve=0.0) == pytest.approx(1 / 2.5)


def test_however_often_it_is_throttled_a_bucket_gives_something_and_it_recovers() -> None:
    clock = Clock()
    bucket = _bucket(clock)
    for _ in range(20):
        bucket.slow_down()
        clock.now += 1.0
    assert 0.0 < bucket.take(reserve=0.0) <= 4.0
    clock.now += 120.0
    for _ in range(15):
        assert bucket.take(reserve=0.0) == 0.0
    assert bucket.take(reserve=0.0) == pytest.approx(0.2)


def test_one_accounts_flood_takes_no_other_accounts_tokens() -> None:
    clock = Clock()
    throttle = Throttle(new_bucket=lambda: _bucket(clock))
    while throttle.of("111111111111").take(reserve=0.0) == 0.0:
        pass
    assert throttle.of("222222222222").take(reserve=0.0) == 0.0
    assert throttle.busy(2, urgent=True) == {"111111111111"}


def test_an_account_is_busy_for_tidying_while_it_has_room_for_revocation() -> None:
    throttle = Throttle(new_bucket=lambda: _bucket(Clock()))
    bucket = throttle.of("111111111111")
    while bucket.take(reserve=bucket.reserve) == 0.0:
        pass
    assert throttle.busy(2, urgent=False) == {"111111111111"}
    assert throttle.busy(2, urgent=True) == frozenset()
