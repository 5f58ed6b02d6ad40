"""Which tables the SQL text of a view names. Whatever is not surely understood is unreadable, and then it is no base.

A table that this missed would not be given to the reader either: Athena reads a view's tables with the reader's own
rights.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from jit_engine.errors import InvalidValue

Name = tuple[str, ...]
"""A table as the text names it: one to three parts, of catalogue, database and table."""

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9][0-9A-Za-z_.]*)
      | (?P<sign>[][(),.;:<>=!+\-*/%|?@&^{}])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_QUERY = frozenset({"SELECT", "WITH", "VALUES"})
_AFTER_FROM = frozenset(
    (
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "FETCH",
        "WINDOW",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "SELECT",
    )
)
_WITH_FROM_INSIDE = frozenset({"EXTRACT", "TRIM", "SUBSTRING", "OVERLAY"})
"""Functions whose arguments may be separated by FROM."""
_NOT_READ = frozenset({"TABLE", "RECURSIVE", "MATCH_RECOGNIZE", "PIVOT", "UNPIVOT"})
MOST_SIGNS = 200_000
_DEEPEST = 60


def unreadable(why: str) -> InvalidValue:
    """The refusal of a text whose tables cannot be told."""
    return InvalidValue(field="view", given=why, fix=f"{why}; write it with plain names of tables after FROM and JOIN")


def tables_named(text: str) -> tuple[Name, ...]:
    """Every table that the query names, each once and in lower case; raises `InvalidValue`."""
    reader = _Reader(tokens=list(_tokens(text)))
    if reader.word() not in _QUERY and reader.sign() != "(":
        raise unreadable("it does not begin with SELECT or WITH")
    reader.block(expecting=False)
    if reader.sign() == ";":
        reader.at += 1
    if reader.at < len(reader.tokens):
        raise unreadable("it goes on after its end")
    return tuple(dict.fromkeys(reader.found))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > MOST_SIGNS:
        raise unreadable("it is too long")
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise unreadable(f"the sign {text[at]!r} is not known")
        at = match.end()
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match.group()


@dataclass(slots=True, kw_only=True)
class _Reader:
    tokens: list[tuple[str, str]]
    at: int = 0
    found: list[Name] = field(default_factory=list)
    named: list[set[str]] = field(default_factory=list)
    """The names that WITH gives, by block: each is known after its own definition and not outside of its block."""

    def word(self, ahead: int = 0) -> str:
        """The keyword or bare name at hand, in upper case; empty where there is none."""
        kind, text = self._token(ahead)
        return text.upper() if kind == "word" else ""

    def sign(self, ahead: int = 0) -> str:
        """The sign at hand; empty where there is none."""
        kind, text = self._token(ahead)
        return text if kind == "sign" else ""

    def block(self, *, expecting: bool, clauses: bool = True) -> None:
        """All up to the closing bracket or the end. `expecting`: it begins with a table; without `clauses` a FROM on
        its own level is none.
        """
        if len(self.named) >= _DEEPEST:
            raise unreadable("it is nested too deeply")
        self.named.append(set())
        if self.word() == "WITH":
            self._with()
        in_from = expecting
        while self.at < len(self.tokens) and self.sign() not in (")", ";"):
            if expecting and self.word() != "LATERAL":
                self._factor()
                expecting = False
                continue
            word, sign = self.word(), self.sign()
            if word in _NOT_READ:
                raise unreadable(f"{word} is not read")
            if (word == "FROM" and clauses and not self._is_distinct_from()) or word == "JOIN":
                expecting = in_from = True
            elif word in _AFTER_FROM:
                in_from = False
            elif sign == "," and in_from:
                expecting = True
            if sign == "(":
                self._brackets(clauses=self.word(-1) not in _WITH_FROM_INSIDE)
            else:
                self.at += 1
        if expecting:
            raise unreadable("a table is missing")
        self.named.pop()

    def _factor(self) -> None:
        """One table, a bracket of tables, a query, or UNNEST."""
        if self.sign() == "(":
            self.at += 1
            self.block(expecting=self.word() not in _QUERY)
            self._close()
        elif self.word() == "UNNEST":
            self.at += 1  # its arguments are the next bracket
        else:
            name = self._name()
            if self.sign() == "(":
                raise unreadable(f"{'.'.join(name)} is a function that makes a table")
            if len(name) > 1 or not any(name[0] in names for names in self.named):
                self.found.append(name)

    def _with(self) -> None:
        self.at += 1
        while True:
            if self.word() in _NOT_READ:
                raise unreadable(f"WITH {self.word()} is not read")
            (name,) = self._name(most=1)
            if self.sign() == "(":
                self._brackets(clauses=False)
            if self.word() != "AS" or self.sign(1) != "(":
                raise unreadable(f"the definition of {name} is missing")
            self.at += 1
            self._brackets(clauses=True)
            self.named[-1].add(name)
            if self.sign() != ",":
                return
            self.at += 1

    def _brackets(self, *, clauses: bool) -> None:
        self.at += 1
        self.block(expecting=False, clauses=clauses)
        self._close()

    def _close(self) -> None:
        if self.sign() != ")":
            raise unreadable("a bracket is not closed")
        self.at += 1

    def _name(self, most: int = 3) -> Name:
        parts = [self._part()]
        while self.sign() == "." and len(parts) < most:
            self.at += 1
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        kind, text = self._token(0)
        if kind not in ("word", "quoted"):
            raise unreadable(f"the name of a table is expected before {text or 'its end'}")
        self.at += 1
        return (text[1:-1].replace('""', '"') if kind == "quoted" else text).lower()

    def _is_distinct_from(self) -> bool:
        return self.word(-1) == "DISTINCT" and self.word(-2) in ("IS", "NOT")

    def _token(self, ahead: int) -> tuple[str, str]:
        place = self.at + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else ("", "")
