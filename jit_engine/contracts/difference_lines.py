"""The lines of a difference, and the ways in which two values of a clause are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from jit_engine.contracts.document_json import DocumentJson
from jit_engine.contracts.view import Node

Quantity = TypeVar("Quantity", timedelta, datetime, int)


class Effect(StrEnum):
    """What a line does to access: somebody gains, somebody loses, or neither."""

    WIDENS = "widens"
    NARROWS = "narrows"
    CHANGES = "changes"


EffectOf = Callable[[str], Effect]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One difference in words, with its clause."""

    clause: str
    text: str
    effect: Effect


def set_changed(clause: str, gains: str, loses: str, old: frozenset[str], new: frozenset[str]) -> Iterator[DiffLine]:
    """A line for each name of a list that gives."""
    for name in sorted(new - old):
        yield DiffLine(clause=clause, text=f"{gains} {name}", effect=Effect.WIDENS)
    for name in sorted(old - new):
        yield DiffLine(clause=clause, text=f"{loses} {name}", effect=Effect.NARROWS)


def names_changed(clause: str, adds: str, drops: str, old: frozenset[str], new: frozenset[str]) -> Iterator[DiffLine]:
    """A line for each name of a list that restricts."""
    for name in sorted(new - old):
        yield DiffLine(clause=clause, text=f"{adds} {name}", effect=Effect.NARROWS)
    for name in sorted(old - new):
        yield DiffLine(clause=clause, text=f"{drops} {name}", effect=Effect.WIDENS)


def compared(
    clause: str,
    name: str,
    old: Quantity,
    new: Quantity,
    *,
    more: Effect = Effect.CHANGES,
    less: Effect = Effect.CHANGES,
) -> Iterator[DiffLine]:
    """A line where a quantity differs."""
    if old != new:
        effect = more if new > old else less
        yield DiffLine(clause=clause, text=f"{name} {spoken(old)} → {spoken(new)}", effect=effect)


def spoken(value: DocumentJson | timedelta | datetime | StrEnum) -> str:
    """A value as people say it: `4 h`, `30 min`, a time, a list."""
    match value:
        case timedelta():
            minutes = int(value.total_seconds()) // 60
            units = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
            return " ".join(f"{count} {unit}" for count, unit in units if count) or "0 min"
        case datetime():
            return value.isoformat()
        case StrEnum():
            return value.value
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(spoken(one) for one in value) or "nothing"
        case _:
            return str(value)[:200]


def listed(names: Iterable[str]) -> str:
    """Names in order, or `nothing`."""
    return ", ".join(sorted(names)) or "nothing"


def ranked(
    clause: str,
    name: str,
    old: str,
    new: str,
    order: tuple[str, ...],
    more: Effect = Effect.WIDENS,
    less: Effect = Effect.NARROWS,
) -> Iterator[DiffLine]:
    """A word of an ordered list; a tier that is not in both is told of elsewhere."""
    if old != new and old in order and new in order:
        effect = more if order.index(new) > order.index(old) else less
        yield DiffLine(clause=clause, text=f"{name} {old} → {new}", effect=effect)


def only(clause: str, name: str, old: Node, new: Node) -> Iterator[DiffLine]:
    """A list that restricts to what it names; where there is none, nothing is restricted."""
    if old.is_there and new.is_there:
        yield from set_changed(clause, f"adds {name}", f"removes {name}", frozenset(old.texts), frozenset(new.texts))
    elif new.is_there:
        yield DiffLine(clause=clause, text=f"only {name} {listed(new.texts)}", effect=Effect.NARROWS)
    elif old.is_there:
        yield DiffLine(clause=clause, text=f"any {name}, no longer only {listed(old.texts)}", effect=Effect.WIDENS)
