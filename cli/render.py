"""What people read: tables and facts on the standard output, progress on the standard error."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

import typer

from cli.answer import Doc, Json, Part

AtMost = Annotated[int | None, typer.Option("--limit", min=1, help="At most this many.")]
Cursor = Annotated[str | None, typer.Option("--cursor", metavar="CURSOR", help="Go on where the part before ended.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON.")]


def clean(text: str) -> str:
    """`text` without what could steer a terminal: control and direction characters are spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else f"\\u{ord(character):04x}"
        for character in text
    )


def multiline(text: str) -> str:
    """As `clean`, but line feeds stay."""
    return "\n".join(clean(line.expandtabs()) for line in text.split("\n"))


def counted(number: int, word: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def line(text: str = "") -> None:
    """One line of the result."""
    print(clean(text))


def story(text: str) -> None:
    """Lines of the result as they come, while others wait for the next."""
    print(multiline(text), flush=True)


def note(text: str) -> None:
    """One line beside the result: progress, and what to do next."""
    print(clean(text), file=sys.stderr, flush=True)


def print_json(value: Json | Doc) -> None:
    """The API's JSON, indented; characters that could steer a terminal come out escaped."""
    print(json.dumps(value.fields if isinstance(value, Doc) else value, indent=2, ensure_ascii=True))


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values, one a line; empty values are left out."""
    kept = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        line(f"{name.ljust(width)}  {value}")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Rows under headings: fitted to a terminal, or aligned and whole for a pipe; `empty` when there are none."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if not cells:
        note(empty)
    elif _on_terminal():
        _fitted(headings, cells)
    else:
        _aligned(headings, cells)


def listing(found: Part, *, as_json: bool, show: Callable[[Sequence[Doc]], None]) -> None:
    """A list or a part of it: the API's JSON, or what `show` makes of it and how to go on."""
    if as_json:
        print_json({"items": [item.fields for item in found.items], "next_cursor": found.next_cursor})
        return
    show(found.items)
    if found.next_cursor is not None:
        note(f"There are more: the same with --cursor {found.next_cursor}")


def answer(found: Doc, *, as_json: bool, show: Callable[[Doc], None]) -> None:
    """One thing: the API's JSON, or what `show` makes of it."""
    if as_json:
        print_json(found)
    else:
        show(found)


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    every = [[heading.upper() for heading in headings], *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(headings))]
    for row in every:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _fitted(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(highlight=False, markup=False).print(drawn)
