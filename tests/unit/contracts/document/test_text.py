"""The text of a contract: what two readers would take differently is refused, with its line and its remedy."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jit_engine.contracts.problems import ContractInvalid
from jit_engine.contracts.text import DEEPEST, LARGEST_TEXT, check_json, parse_text


def problems_of(text: str) -> list[tuple[str, int | None, str, str]]:
    with pytest.raises(ContractInvalid) as caught:
        parse_text(text)
    return [(p.path, p.line, p.message, p.fix) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "path", "line", "message", "fix"),
    [
        ('x: !!python/object/apply:os.system ["id"]\n', "$.x", 1, "has the tag", "leave the tag out"),
        ("a: 1\ncountry: NO\n", "$.country", 2, "NO is a word to some", 'quote it: "NO"'),
        ("write: off\n", "$.write", 1, "off is a word to some", 'quote it: "off"'),
        ("on: x\n", "$", 1, "on is a word to some", 'quote it: "on"'),
        ("version: 1.2e3\n", "$.version", 1, "1.2e3 is a number", 'quote it: "1.2e3"'),
        ("from: 2026-10-01T00:00:00Z\n", "$.from", 1, "a time to others", 'quote it: "2026-10-01T00:00:00Z"'),
        ("from: 2026-10-01\n", "$.from", 1, "a time to others", 'quote it: "2026-10-01"'),
        ("account: 012345678901\n", "$.account", 1, "is a number", 'quote it: "012345678901"'),
        ("at: 1:30\n", "$.at", 1, "is a number", "quote it"),
        ("n: 0x1F\n", "$.n", 1, "is a number", "quote it"),
        ("n: 1_000\n", "$.n", 1, "is a number", "quote it"),
        ("n: .inf\n", "$.n", 1, "is a number", "quote it"),
        ("n: 99999999999999999999\n", "$.n", 1, "is a number", "quote it"),
        ("n: 9007199254740992\n", "$.n", 1, "too large", "quote it"),
        ("a: 1\nb: 2\na: 3\n", "$.a", 3, "is given twice, first in line 1", "keep one"),
        ('{"a": {"b": 1, "b": 2}}', "$.a.b", 1, "is given twice", "keep one"),
        ("a: &x [1]\nb: *x\n", "$.b", 2, "is an alias", "write the value out"),
        ("<<: {a: 1}\n", "$", 1, "merge key", "write the merged values out"),
        ("1: x\n", "$", 1, "has the key 1", "quote the key"),
        ("? [a]\n: 1\n", "$", 1, "key that is not text", "use plain words"),
        ("a: 1\n---\nb: 2\n", "$", 2, "another document", "one document"),
        ("- a\n", "$", None, "is not a mapping", "begins with apiVersion"),
        ("", "$", None, "is not a mapping", "begins with apiVersion"),
        ("a: [1\n", "$", 2, "is not YAML", "mend the text"),
        ("a: \x07\n", "$", None, "is not YAML", "mend the text"),
    ],
)
def test_what_readers_take_differently_is_refused_where_it_stands(
    text: str, path: str, line: int | None, message: str, fix: str
) -> None:
    found = problems_of(text)
    assert (path, line) in [(p, n) for p, n, _, _ in found]
    assert any(p == path and message in m and fix in f for p, _, m, f in found), found


def test_every_problem_is_told_at_once() -> None:
    assert [p for p, _, _, _ in problems_of("a: NO\nb: 1.5e3\nc: 2026-01-01\n")] == ["$.a", "$.b", "$.c"]


def test_a_bomb_of_aliases_is_never_expanded() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    found = problems_of("\n".join(["a0: &a0 [x]", *levels]))
    assert all("alias" in message for _, _, message, _ in found)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 50_000])
def test_deep_nesting_is_refused_without_recursion(text: str) -> None:
    assert "nested too deep" in problems_of(text)[-1][2]


def test_a_huge_text_is_refused_before_it_is_parsed() -> None:
    assert "characters" in problems_of("a" * (LARGEST_TEXT + 1))[0][2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("unit: y", "y"),
        ('a: "NO"', "NO"),
        ("a: 'off'", "off"),
        ("a: true", True),
        ("a: null", None),
        ("a: 24", 24),
        ("a: -3", -3),
        ("a: 1.2.0", "1.2.0"),
        ("a: v3.2.0", "v3.2.0"),
        ("a: PT4H", "PT4H"),
        ("a: s3://b/p/", "s3://b/p/"),
        ("a: 7c0e6a4e-2f55-4c0a-9a1e-5b8f1a3d9c11", "7c0e6a4e-2f55-4c0a-9a1e-5b8f1a3d9c11"),
        ("a: |\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_plain_words_read_as_they_look(text: str, value: object) -> None:
    assert next(iter(parse_text(text).value.values())) == value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_never_fails_otherwise(text: str) -> None:
    with suppress(ContractInvalid):
        assert isinstance(parse_text(text).value, dict)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": float("nan")}, "no exact form"),
        ({"a": 2**60}, "too large"),
        ({"a": "\ud800"}, "surrogate"),
        ({"\ud800": "a"}, "surrogate"),
        ({1: "a"}, "not text"),
        ({"a": object()}, "JSON does not have"),
        (["a"], "not a mapping"),
    ],
)
def test_parsed_documents_are_held_to_the_same_exactness(value: object, message: str) -> None:
    with pytest.raises(ContractInvalid, match=message):
        check_json(value, {})


def test_a_parsed_document_that_is_too_deep_is_refused() -> None:
    value: dict[str, object] = {}
    for _ in range(DEEPEST + 2):
        value = {"a": value}
    with pytest.raises(ContractInvalid, match="too deep"):
        check_json(value, {})
