"""Ids: well-formed, in the order of their making, never guessable from one another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jit_engine.domain.ids import check_id
from platform_api.ids import id_of_bytes, new_id

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_every_id_is_one_that_the_engine_reads(now: datetime) -> None:
    assert check_id(new_id("gr", now), "gr", "grant")


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_their_millisecond(one: datetime, other: datetime) -> None:
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (new_id("gr", one) < new_id("gr", other)) == (one < other)


def test_an_id_spells_its_time_and_its_entropy() -> None:
    # The specification's own example: 1469918176385 ms is 01ARYZ6S41.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=1469918176385)
    assert new_id("ac", moment, lambda n: b"\x00" * n) == "ac_01ARYZ6S41" + "0" * 16
    assert new_id("ac", moment, lambda n: b"\xff" * n) == "ac_01ARYZ6S41" + "Z" * 16


def test_two_ids_of_the_same_moment_differ() -> None:
    assert len({new_id("ac", NOW) for _ in range(100)}) == 100


@pytest.mark.parametrize("prefix", ["", "a", "abc", "AC", "a\n", "éé"])
def test_a_prefix_is_two_plain_letters(prefix: str) -> None:
    with pytest.raises(ValueError, match="two lower-case letters"):
        new_id(prefix, NOW)


def test_sixteen_bytes_make_an_id_and_nothing_else_does() -> None:
    assert id_of_bytes("co", b"\xff" * 16) == "co_7" + "Z" * 25
    with pytest.raises(ValueError, match="16 bytes"):
        id_of_bytes("co", b"\xff" * 15)


def test_a_moment_before_1970_has_no_id() -> None:
    with pytest.raises(ValueError, match="1970"):
        new_id("ac", datetime(1969, 12, 31, tzinfo=UTC))
