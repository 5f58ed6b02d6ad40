"""Spans of time in words."""

from datetime import timedelta

import pytest

from jit_engine.domain.spans import in_words


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(hours=8), "8 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=30), "30 days"),
        (timedelta(days=1, minutes=30, seconds=1), "1 day 30 minutes 1 second"),
        (timedelta(seconds=59, microseconds=999_999), "59 seconds"),
        (timedelta(), "0 seconds"),
        (timedelta(seconds=-5), "0 seconds"),
    ],
)
def test_a_span_is_told_in_whole_units(span: timedelta, told: str) -> None:
    assert in_words(span) == told
