"""Which tables a view's text names: every one, or the view is not read at all."""

# ruff: noqa: S608 - these texts are read and never run
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jit_engine.errors import InvalidValue
from jit_engine.rules.importing_views import FoundView, read_view
from jit_engine.rules.view_text import tables_named

PIECES = ("SELECT", "FROM", "a", ",", "(", ")", "WITH", "AS", "JOIN", "b", ".", "'", '"', "x;", "*", "ON")


def named(text: str) -> set[str]:
    return {".".join(name) for name in tables_named(text)}


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT * FROM loans", "loans"),
        ("select a, b from lending.Loans as l where a > 1;", "lending.loans"),
        ('SELECT * FROM "awsdatacatalog"."lending"."loans"', "awsdatacatalog.lending.loans"),
        ("SELECT * FROM a, b x, c JOIN d ON a.i = d.i LEFT JOIN e USING (i), f", "a b c d e f"),
        ("SELECT * FROM (a JOIN (b CROSS JOIN c) ON true)", "a b c"),
        ("SELECT * FROM ((SELECT * FROM a) UNION ALL (SELECT * FROM b)) q", "a b"),
        ("SELECT x FROM a UNION SELECT y FROM b EXCEPT (SELECT z FROM c)", "a b c"),
        ("SELECT (SELECT max(i) FROM a) FROM b WHERE EXISTS (SELECT 1 FROM c) AND i IN (SELECT i FROM d)", "a b c d"),
        ("WITH q AS (SELECT * FROM a), r (i) AS (SELECT i FROM q) SELECT * FROM q, r, b", "a b"),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", "a"),
        ("SELECT * FROM (WITH q AS (SELECT * FROM a) SELECT * FROM q) x JOIN q ON true", "a q"),
        ("WITH q AS (SELECT 1) SELECT * FROM db.q", "db.q"),
        ("SELECT extract(year FROM day), trim(both 'x' FROM t) FROM a", "a"),
        ("SELECT extract(year FROM (SELECT max(day) FROM b)) FROM a", "a b"),
        ("SELECT * FROM a WHERE x IS DISTINCT FROM y", "a"),
        ("SELECT DISTINCT x FROM a WHERE x IS NOT DISTINCT FROM y", "a"),
        ("SELECT * FROM a CROSS JOIN UNNEST(a.list, a.other) AS t (one, two), b", "a b"),
        ("SELECT * FROM a, LATERAL (SELECT * FROM b) x", "a b"),
        ("SELECT 'FROM x', \"from\" FROM a -- FROM y\n /* FROM z */ WHERE i = '''FROM w'", "a"),
        ("SELECT count(*) OVER (PARTITION BY i ORDER BY j), date_trunc('day', d) FROM a GROUP BY 1, 2", "a"),
        ("VALUES (1, 2)", ""),
    ],
)
def test_every_table_is_named(text: str, tables: str) -> None:
    assert named(text) == set(tables.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DROP TABLE loans",
        "TABLE loans",
        "SELECT * FROM a UNION TABLE b",
        "SELECT * FROM TABLE(f(x))",
        "SELECT * FROM f(x)",
        "SELECT * FROM `a`",
        "WITH RECURSIVE q AS (SELECT 1) SELECT * FROM q",
        "SELECT * FROM (SELECT * FROM a",
        "SELECT * FROM a)",
        "SELECT * FROM a; SELECT * FROM b",
        "SELECT * FROM",
        "SELECT * FROM a MATCH_RECOGNIZE (PATTERN (x))",
        "SELECT * FROM lоans",  # a Cyrillic letter
        "SELECT 'open FROM a",
        f"SELECT * FROM {'(' * 100}a{')' * 100}",
        f"SELECT '{'x' * 200_001}' FROM a",
    ],
)
def test_what_is_not_surely_understood_is_unreadable(text: str) -> None:
    with pytest.raises(InvalidValue):
        tables_named(text)


@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_no_text_does_anything_but_be_read_or_not(text: str) -> None:
    try:
        tables_named(text)
    except InvalidValue:
        return


def queries() -> st.SearchStrategy[tuple[str, frozenset[str]]]:
    """Texts with the tables that they name."""
    leaf = st.sampled_from(["a", "b", "c", "d.e"]).map(lambda t: (f"SELECT x FROM {t}", frozenset({t})))

    def larger(inner: st.SearchStrategy[tuple[str, frozenset[str]]]) -> st.SearchStrategy[tuple[str, frozenset[str]]]:
        pairs = st.tuples(inner, inner)
        forms = (
            lambda p: f"SELECT * FROM ({p[0][0]}) l JOIN ({p[1][0]}) r ON l.x = r.x",
            lambda p: f"SELECT * FROM ({p[0][0]}) l, ({p[1][0]}) r WHERE 1 = 1",
            lambda p: f"{p[0][0]} UNION ALL {p[1][0]}",
            lambda p: f"SELECT ({p[0][0]}) FROM ({p[1][0]}) q",
            lambda p: f"WITH w1 AS ({p[0][0]}) SELECT * FROM w1 WHERE x IN ({p[1][0]})",
        )
        return st.tuples(pairs, st.sampled_from(forms)).map(lambda one: (one[1](one[0]), one[0][0][1] | one[0][1][1]))

    return st.recursive(leaf, larger, max_leaves=6)


@given(queries())
def test_no_table_is_missed_however_the_query_is_nested(query: tuple[str, frozenset[str]]) -> None:
    text, tables = query
    if " UNION ALL WITH " in text:
        return
    assert named(text) == tables


def test_bases_lie_in_the_view_s_own_catalogue_and_database_unless_said_otherwise() -> None:
    found = FoundView(texts=(), sql="SELECT * FROM a JOIN other.b ON true", database="db")
    view = read_view(found, ("x",), "111122223333", "us-east-1")
    start = "glue://111122223333/us-east-1"
    assert [base.uri for base in view.bases] == [f"{start}/db/a", f"{start}/other/b"]
    for sql in ("SELECT * FROM hive.db.a", 'SELECT * FROM "a$partitions"', "SELECT 1"):
        with pytest.raises(InvalidValue):
            read_view(FoundView(texts=(), sql=sql, database="db"), ("x",), "111122223333", "us-east-1")


def test_a_listed_base_is_a_table_of_the_glue_catalogue() -> None:
    arn = "arn:aws:glue:eu-west-1:111122223333:table/db/a"
    assert (
        read_view(FoundView(texts=(), tables=(arn,)), (), "1", "r").bases[0].uri == "glue://111122223333/eu-west-1/db/a"
    )
    for other in ("arn:aws:glue:eu-west-1:111122223333:database/db", "arn:aws:s3:::b/a/b", "a"):
        with pytest.raises(InvalidValue):
            read_view(FoundView(texts=(), tables=(arn, other)), (), "1", "r")


def test_the_digest_changes_with_everything_that_says_what_a_view_shows() -> None:
    arn = "arn:aws:glue:eu-west-1:111122223333:table/db/a"
    known = FoundView(texts=(("ATHENA", "SELECT x FROM a"),), tables=(arn,), definer="arn:aws:iam::1:role/d")
    others = [
        (known, ("x", "y")),
        (FoundView(texts=(("ATHENA", "SELECT y FROM a"),), tables=(arn,), definer=known.definer), ("x",)),
        (FoundView(texts=known.texts, tables=(arn,), definer=None), ("x",)),
        (FoundView(texts=(*known.texts, ("SPARK", "SELECT *")), tables=(arn,), definer=known.definer), ("x",)),
    ]
    first = read_view(known, ("x",), "1", "r").sha256
    assert first not in {read_view(found, columns, "1", "r").sha256 for found, columns in others}
