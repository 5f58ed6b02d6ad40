"""Times and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.failure import InputInvalid
from cli.times import duration, in_words, local, spoken, until, zoned

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT1H", timedelta(hours=1)),
        ("PT90M", timedelta(minutes=90)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("PT20S", timedelta(seconds=20)),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert duration(text, "--duration") == length


@pytest.mark.parametrize("text", ["1h", "3600", "P", "PT", "P1DT", "PT1.5H", "-PT1H", "P1M", "PT1H ", "PT１H", ""])
def test_what_is_no_duration_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(InputInvalid, match="--duration"):
        duration(text, "--duration")


@pytest.mark.parametrize("text", ["2030-01-01", "2030-01-01T12:00:00", "noon", "1893499200"])
def test_a_time_without_its_zone_is_refused(text: str) -> None:
    with pytest.raises(InputInvalid, match="--ends-at"):
        zoned(text, "--ends-at")


def test_a_time_with_its_zone_stays_as_it_is() -> None:
    assert zoned("2030-01-01T12:00:00+02:00", "--ends-at") == "2030-01-01T12:00:00+02:00"


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (timedelta(seconds=3.25), "3.2 s"),
        (timedelta(seconds=42), "42 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(days=2, hours=3), "2 d 3 h"),
    ],
)
def test_a_length_is_told_in_two_units_at_most(length: timedelta, told: str) -> None:
    assert spoken(length) == told


def test_a_moment_is_told_with_its_distance() -> None:
    assert until("2030-01-01T13:00:00Z", NOON).endswith("(in 1 h)")
    assert until("2030-01-01T11:59:00Z", NOON).endswith("(1 min ago)")


def test_what_is_no_time_stays_as_it_is() -> None:
    assert local("soon") == "soon"
    assert until("", NOON) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("reviewed every P180D", "reviewed every 180 days"),
        ("PT8H → P1DT1H30M", "8 hours → 1 day 1 hour 30 minutes"),
        ("PT90S at most", "90 seconds at most"),
        ("P. Jones of PT, s3://lake/P1D-old/", "P. Jones of PT, s3://lake/P1D-old/"),
    ],
)
def test_durations_within_a_sentence_are_told_in_words(text: str, told: str) -> None:
    assert in_words(text) == told
