"""Records and their canonical bytes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jit_engine.domain.event import Event, Json
from platform_api.audit.record import AuditRecord

EVENT = Event(
    action="grant.opened",
    actor="pe_1",
    at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
    about={"grant": "gr_1"},
    details={"z": [1, None, True, "é\n"], "a": {"k": "v"}},
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def canonical(event: Event) -> bytes:
    return AuditRecord(seq=7, event=event).canonical()


def test_the_canonical_form_is_this_one_to_the_byte() -> None:
    assert (
        canonical(EVENT)
        == (
            '{"about":{"grant":"gr_1"},"action":"grant.opened","actor":"pe_1","at":"2026-11-23T10:00:00.000000Z",'
            '"details":{"a":{"k":"v"},"z":[1,null,true,"é\\n"]},"schema":1,"seq":7}'
        ).encode()
    )


def test_the_same_moment_in_another_zone_gives_the_same_bytes() -> None:
    elsewhere = EVENT.at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert canonical(replace(EVENT, at=elsewhere)) == canonical(EVENT)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        canonical(replace(EVENT, at=datetime(2026, 11, 23)))  # noqa: DTZ001 - the naive time is the point


@pytest.mark.parametrize("value", [0.5, [0.5], {"deep": [1.0]}, b"bytes", {1: "a number as a name"}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    details: dict[str, object] = {"value": value}
    with pytest.raises(TypeError):
        canonical(replace(EVENT, details=details))  # type: ignore[arg-type]


@given(json_values)
def test_any_json_without_floats_is_one_line_that_reads_back_the_same_each_time(value: Json) -> None:
    record = canonical(replace(EVENT, details={"value": value}))
    assert b"\n" not in record
    assert record == canonical(replace(EVENT, details={"value": value}))
    again = json.loads(record)
    assert canonical(replace(EVENT, details=again["details"])) == record


@given(st.text(st.characters(codec=None)))
def test_whatever_an_id_holds_it_can_be_recorded_and_found(text: str) -> None:
    about = json.loads(canonical(replace(EVENT, about={"grant": text})))["about"]["grant"]
    assert len(about) <= 200
    assert "\0" not in about


@pytest.mark.parametrize(
    ("given_number", "kept"), [(2**53 - 1, 2**53 - 1), (2**53, str(2**53)), (-(2**53), str(-(2**53)))]
)
def test_an_integer_that_readers_would_round_is_kept_as_text(given_number: int, kept: int | str) -> None:
    assert json.loads(canonical(replace(EVENT, details={"n": given_number})))["details"]["n"] == kept
