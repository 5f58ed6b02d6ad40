"""The closed grammar of row filters: what it reads, in one spelling, and all that it refuses."""

from __future__ import annotations

import pytest

from jit_engine.contracts.row_filters import LONGEST, MOST_LITERALS, FilterUnfit, parse_filter

COLUMNS = {"state": "string", "upb": "number", "year": "integer", "opened": "date", "seen": "timestamp", "any": ""}


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("state <> 'XX'", "state <> 'XX'"),
        ("state='O''Hara'", "state = 'O''Hara'"),
        ("upb >= 10.50 AND year < 2024", "upb >= 10.5 and year < 2024"),
        ("state IN ('b', 'a', 'b')", "state in ('a', 'b')"),
        ("opened > date '2024-01-31'", "opened > date '2024-01-31'"),
        ("upb <= -0.0", "upb <= 0"),
        ("any = 1 and any = 1", "any = 1"),
        ("state = '-- 1 = 1'", "state = '-- 1 = 1'"),
    ],
)
def test_a_filter_has_one_spelling_that_reads_as_itself(text: str, sql: str) -> None:
    read = parse_filter(text, COLUMNS)
    assert read.sql == sql
    assert parse_filter(read.sql, COLUMNS) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "state",
        "state =",
        "state = XX",
        "state = 'XX",
        "state <> 'a' or state = 'b'",
        "not state = 'a'",
        "state = 'a' and",
        "(state = 'a')",
        "state in ()",
        "state in ('a'",
        "state in ('a' 'b')",
        "state like 'a%'",
        "state is null",
        "1 = 1",
        "state = upb",
        "nobody = 'a'",
        "state = 'a'; drop table x",
        "state = 'a' -- comment",
        "state = 'a\n'",
        "state = 1",
        "upb = 'a'",
        "upb = 1e3",
        "upb = 0x10",
        "opened = '2024-01-01'",
        "opened = date '2024-02-30'",
        "opened = date '2024-1-1'",
        "seen = '2024-01-01'",
        "ѕtate = 'a'",
        "state = lower('a')",
        f"state = '{'a' * LONGEST}'",
        f"year in ({', '.join(map(str, range(MOST_LITERALS + 1)))})",
    ],
)
def test_whatever_else_sql_can_say_is_refused_with_a_fix(text: str) -> None:
    with pytest.raises(FilterUnfit) as caught:
        parse_filter(text, COLUMNS)
    assert caught.value.why
    assert caught.value.fix
