"""The text of a row filter, read by a closed grammar; whatever else SQL can say is refused.

    filter     = comparison { "and" comparison }
    comparison = column ( "=" | "<>" | "<" | "<=" | ">" | ">=" ) literal
               | column "in" "(" literal { "," literal } ")"
    literal    = 'text' | number | date 'YYYY-MM-DD'

A closed grammar is what every enforcer can be given without translation, and what two versions can be compared by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from jit_engine.domain.row_filter import Comparator, Comparison, Literal, LiteralKind, RowFilter

LONGEST: Final = 2048
"""Characters of one filter (Lake Formation, RowFilter.FilterExpression: 2,048 at most)."""
MOST_LITERALS: Final = 100
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\x00-\x1f\x7f]|'')*')|(?P<number>-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?)(?![0-9A-Za-z_.])"
    r"|(?P<sign><>|<=|>=|=|<|>|\(|\)|,)|(?P<word>[A-Za-z_][A-Za-z0-9_]*))",
    re.ASCII,
)
_SIGNS: Final = {comparator.value: comparator for comparator in Comparator if comparator is not Comparator.IN}
_KINDS: Final[Mapping[str, LiteralKind]] = {
    "string": LiteralKind.TEXT,
    "integer": LiteralKind.NUMBER,
    "number": LiteralKind.NUMBER,
    "date": LiteralKind.DATE,
}
"""What a column of an ODCS `logicalType` is compared with; a column of any other type is not filtered."""
_FIX: Final = "write comparisons such as state <> 'XX' and year >= 2024, joined by and; in ('a', 'b') for a list"


class FilterUnfit(ValueError):
    """A text that is no filter of the grammar: what is wrong with it, and the fix."""

    def __init__(self, why: str, fix: str = _FIX) -> None:
        self.why = why
        self.fix = fix
        super().__init__(f"{why}: {fix}")


def parse_filter(text: str, columns: Mapping[str, str]) -> RowFilter:
    """The filter that `text` says of `columns` (name to ODCS logical type, empty where none is given).

    Raises `FilterUnfit`.
    """
    if len(text) > LONGEST:
        raise FilterUnfit(f"has {len(text)} characters", f"give at most {LONGEST}")
    return _Parser(_tokens(text), columns).filter()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise FilterUnfit(f"cannot be read at {text[place:].strip()[:20]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], columns: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._columns = columns
        self._literals = 0

    def filter(self) -> RowFilter:
        found = [self._comparison()]
        while self._tokens:
            self._expect("and")
            found.append(self._comparison())
        return RowFilter(comparisons=tuple(dict.fromkeys(found)))

    def _comparison(self) -> Comparison:
        kind, column = self._next("a column")
        if kind != "word":
            raise FilterUnfit(f"has {column[:40]!r} where a column is expected")
        if column not in self._columns:
            known = ", ".join(sorted(self._columns)[:20]) or "none"
            raise FilterUnfit(f"names the unknown column {column[:60]}", f"name a column of the schema: {known}")
        kind, sign = self._next("a comparison")
        if sign.lower() == "in":
            self._expect("(")
            literals = [self._literal(column)]
            while (following := self._next("a closing bracket")[1]) == ",":
                literals.append(self._literal(column))
            if following != ")":
                raise FilterUnfit(f"has {following[:40]!r} in the list of {column}")
            unique = sorted(dict.fromkeys(literals), key=lambda literal: literal.text)
            return Comparison(column=column, comparator=Comparator.IN, literals=tuple(unique))
        if kind != "sign" or sign not in _SIGNS:
            raise FilterUnfit(f"compares {column} by {sign[:40]!r}")
        return Comparison(column=column, comparator=_SIGNS[sign], literals=(self._literal(column),))

    def _literal(self, column: str) -> Literal:
        self._literals += 1
        if self._literals > MOST_LITERALS:
            raise FilterUnfit(f"has more than {MOST_LITERALS} values", "filter by fewer values")
        kind, token = self._next("a value")
        if kind == "word" and token.lower() == "date":
            kind, token = self._next("a date in quotes")
            literal = Literal(kind=LiteralKind.DATE, text=_day(token.strip("'") if kind == "text" else ""))
        elif kind == "text":
            literal = Literal(kind=LiteralKind.TEXT, text=token[1:-1].replace("''", "'"))
        elif kind == "number":
            literal = Literal(kind=LiteralKind.NUMBER, text=_number(token))
        else:
            raise FilterUnfit(f"compares {column} with {token[:40]!r}, which is no value")
        logical = self._columns[column]
        wanted = _KINDS.get(logical)
        if logical and wanted is None:
            raise FilterUnfit(f"reads {column}, which is of type {logical}", "filter by text, numbers or dates")
        if wanted is not None and literal.kind is not wanted:
            raise FilterUnfit(f"compares {column}, which is of type {logical}, with {literal.sql[:40]}")
        return literal

    def _next(self, wanted: str) -> tuple[str, str]:
        if not self._tokens:
            raise FilterUnfit(f"ends where {wanted} is expected")
        return self._tokens.pop(0)

    def _expect(self, word: str) -> None:
        _, token = self._next(repr(word))
        if token.lower() != word:
            raise FilterUnfit(f"has {token[:40]!r} where {word!r} is expected")


def _day(text: str) -> str:
    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise FilterUnfit(f"has the date {text[:40]!r}", "write date '2026-11-23'")


def _number(text: str) -> str:
    value = Decimal(text)
    plain = format(value.normalize(), "f")
    return "0" if value == 0 else plain
