"""Wire values take one spelling, and JSON that can be read in one way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from platform_api.routes.errors import BodyInvalid
from platform_api.routes.strict import DEEPEST, faults_in, read_json
from platform_api.schemas.access import AccessAsked
from platform_api.schemas.wire import Asked, Duration, Line, Text, Time


class Sample(Asked):
    """One of each."""

    duration: Duration | None = None
    time: Time | None = None
    line: Line | None = None
    text: Text | None = None


def read(**values: Any) -> Sample:
    """As it comes over HTTP."""
    return Sample.model_validate_json(json.dumps(values))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT1H", timedelta(hours=1)),
        ("PT20S", timedelta(seconds=20)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P1D", timedelta(days=1)),
        ("P1DT1H", timedelta(hours=25)),
        ("PT3600S", timedelta(hours=1)),
    ],
)
def test_an_iso_duration_is_read(text: str, span: timedelta) -> None:
    assert read(duration=text).duration == span


@pytest.mark.parametrize(
    "given",
    ["", "P", "PT", "1H", "PT1.5H", "PT-1H", "-PT1H", "PT1H ", "pt1h", "P1Y", "P1M", "P1W", "PT١H", "3600", "01:00:00",
     "PT1M1H", "PT999999999999S", 3600, 1.5, True, ["PT1H"], {}],
)  # fmt: skip
def test_no_other_spelling_of_a_duration_is_read(given: object) -> None:
    with pytest.raises(ValidationError, match="ISO 8601"):
        read(duration=given)


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000Z", "2026-11-23T12:00:00+02:00", "2026-11-23t10:00:00z",
     "2026-11-23T10:00:00.000000000Z"],
)  # fmt: skip
def test_a_time_with_its_zone_is_read(text: str) -> None:
    found = read(time=text).time
    assert found == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "given",
    ["2026-11-23T10:00:00", "2026-11-23", "2026-11-23 10:00:00Z", "20261123T100000Z", "2026-11-23T25:00:00Z",
     "2026-11-23T10:00Z", "2026-11-23T10:00:00Z\n", "2026-W48-1T10:00:00Z", "now", "1800000000", 1800000000, 1.5, True,
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_no_other_spelling_of_a_time_is_read(given: object) -> None:
    with pytest.raises(ValidationError, match="RFC 3339"):
        read(time=given)


@pytest.mark.parametrize("given", ["", " ", "two\nlines", "a\x00b", "a\u202eb", "x" * 201, 7])
def test_a_line_is_one_printable_line(given: object) -> None:
    with pytest.raises(ValidationError):
        read(line=given)


def test_text_may_have_lines_but_no_control_characters() -> None:
    assert read(text="two\nlines\tand a tab").text == "two\nlines\tand a tab"
    for given in ("a\x00", "a\x1b[31m", "a\u2028b", "x" * 2001):
        with pytest.raises(ValidationError):
            read(text=given)


@pytest.mark.parametrize(
    "raw",
    [b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'[{"a":1,"a":2}]', b"{", b"", b"nul", b'{"a":Infinity}', b'{"a":NaN}',
     b"\xff", b'{"a":' + b"9" * 5000 + b"}", b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"\xef\xbb\xbf{}"],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_or_none_is_no_body(raw: bytes) -> None:
    with pytest.raises(BodyInvalid):
        read_json(raw)


def nested(depth: int) -> bytes:
    """Lists in lists."""
    return b"[" * depth + b"]" * depth


def test_a_body_is_as_deep_as_the_bound_and_no_deeper() -> None:
    assert read_json(nested(DEEPEST)) is not None
    with pytest.raises(BodyInvalid, match="nested"):
        read_json(nested(DEEPEST + 1))


def test_brackets_in_text_are_no_depth() -> None:
    assert read_json(json.dumps({"a": "[" * 1000}).encode()) == {"a": "[" * 1000}


def test_every_fault_is_named_as_people_write_it() -> None:
    body = {"activity": "x", "sources": [{"kind": "s3-prefix", "bucket": 7, "operations": []}], "more": 1}
    with pytest.raises(ValidationError) as caught:
        AccessAsked.model_validate_json(json.dumps(body))
    named = {field for field, _, _ in faults_in(caught.value)}
    assert named == {
        "activity", "environment", "purpose", "more",
        "sources[0].bucket", "sources[0].prefix", "sources[0].operations",
    }  # fmt: skip
    assert all(message and fix for _, message, fix in faults_in(caught.value))
