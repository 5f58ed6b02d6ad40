"""One profile in an AWS configuration file, written without touching a byte of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cli.failure import InputInvalid

_SECTION = re.compile(r"[ \t]*\[(?P<name>[^\]\n]*)\]", re.ASCII)
_OURS = "# written by `sluice aws-config`"


def with_profile(content: str, name: str, settings: Sequence[tuple[str, str]], file: Path) -> str:
    """`content` with that profile in it, replaced when it was ours; raises `InputInvalid` when it is another's."""
    for key, value in settings:
        if not value.isprintable():
            raise InputInvalid(f"{key} has characters that a configuration file cannot hold")
    header = "[default]" if name == "default" else f"[profile {name}]"
    section = "".join(f"{row}\n" for row in [header, _OURS, *(f"{key} = {value}" for key, value in settings)])
    rows = content.splitlines(keepends=True)
    begin, end = _span(rows, header.strip("[]").split())
    if begin == end:
        gap = "" if not content else "\n" if content.endswith("\n") else "\n\n"
        return f"{content}{gap}{section}"
    if _OURS not in (row.strip() for row in rows[begin:end]):
        raise InputInvalid(
            f"{file} has a profile {name} that sluice did not write", next_step="choose another name with --profile"
        )
    rest = rows[end:]
    return "".join([*rows[:begin], section, *(["\n"] if rest else []), *rest])


def _span(rows: Sequence[str], words: Sequence[str]) -> tuple[int, int]:
    """First row of the section and first row after it; the same twice when there is none."""
    heads = [(number, match["name"].split()) for number, row in enumerate(rows) if (match := _SECTION.match(row))]
    for position, (number, found) in enumerate(heads):
        if found == list(words):
            return number, heads[position + 1][0] if position + 1 < len(heads) else len(rows)
    return len(rows), len(rows)
