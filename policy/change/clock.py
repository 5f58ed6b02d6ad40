"""When a change holds: the hours and days at which the rules of an edit turn, each looked at once."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from policy import syntax
from policy.change.edit import Edit, NotReadable, reading_of
from policy.change.literals import FIRST_MS, LAST_MS, instant_ms, moment, span_ms
from policy.engine import Engine, invariants

_DAY: Final = 86_400_000
_MINUTE: Final = 60_000
_NOW: Final = syntax.Attr(syntax.Var("context"), "now")
_TIME: Final = syntax.Unary("to_time", _NOW)
_AT: Final = frozenset({"less", "greater_eq"})
_BEYOND: Final = frozenset({"less_eq", "greater"})
_EXACTLY: Final = frozenset({"eq", "not_eq"})


@dataclass(frozen=True, slots=True)
class Cell:
    """From one turn of the calendar to the next (0 the time before the first), and from one of the day to the next."""

    days: int
    hours: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The turns: `hours` in milliseconds of the day, the first 0; `days` in milliseconds since 1970, all midnights."""

    hours: tuple[int, ...]
    days: tuple[int, ...]

    def moments(self, now: datetime) -> Iterator[tuple[Cell, datetime]]:
        """A moment in every cell that the calendar has; where no rule knows it they are all of the day of `now`."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for number, day in self._starts() if self.days else [(0, today)]:
            for place, start in enumerate(self.hours):
                yield Cell(number, place), day + timedelta(milliseconds=start)

    def _starts(self) -> Iterator[tuple[int, datetime]]:
        for number, start in enumerate((self.days[0] - _DAY, *self.days)):
            first = max(start, FIRST_MS)
            if first <= LAST_MS and (number == len(self.days) or first < self.days[number]):
                yield number, moment(first)

    def words(self, cells: Collection[Cell]) -> str | None:
        """These cells for people; None where they are all there is."""
        by_days = [tuple(sorted(each.hours for each in cells if each.days == n)) for n in range(len(self.days) + 1)]
        said: list[str] = []
        first = 0
        for number, hours in enumerate(by_days):
            if number + 1 < len(by_days) and by_days[number + 1] == hours:
                continue
            if hours:
                said.append(" ".join(filter(None, (self._days(first, number), self._hours(hours)))))
            first = number + 1
        return f"only {'; '.join(said)}" if any(said) else None

    def _days(self, first: int, last: int) -> str:
        """`from 2026-12-01 until the end of 2026-12-31 (UTC)`; empty where it is any day."""
        has_begun = first == 0 or self.days[first - 1] <= FIRST_MS
        never_ends = last == len(self.days) or self.days[last] > LAST_MS
        begins = "" if has_begun else f"from {moment(self.days[first - 1]):%Y-%m-%d}"
        ends = "" if never_ends else f"until the end of {moment(self.days[last] - _DAY):%Y-%m-%d}"
        return " ".join(filter(None, (begins, ends, "(UTC)"))) if begins or ends else ""

    def _hours(self, places: tuple[int, ...]) -> str:
        """`between 15:30 and 06:00 UTC`; empty where it is the whole day."""
        if len(places) == len(self.hours):
            return ""
        spans: list[tuple[int, int]] = []
        for start, end in ((s, e) for n, (s, e) in enumerate(pairwise((*self.hours, _DAY))) if n in places):
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == _DAY:  # through midnight
            spans = [*spans[1:-1], (spans[-1][0], spans[0][1])]
        return " and ".join(f"between {_clock(start)} and {_clock(end)}" for start, end in spans) + " UTC"


class Unclear(Exception):
    """A rule reads the time in another way than by hours of the day and whole days."""


def clock_of(edit: Edit) -> Clock | None:
    """The turns of all rules before and after and of the invariants; None where no rule reads the time.

    Raises `Unclear`.
    """
    hours, days = {0}, set[int]()
    is_read = False
    for text in {*_texts(edit.old), *_texts(edit.new), *_texts(invariants())}:
        if "now" not in text:
            continue
        try:
            rule = reading_of(text)
        except NotReadable as error:
            raise Unclear(str(error)) from error
        exprs = tuple(syntax.everything_in(rule))
        reads = sum(expr == _NOW for expr in exprs)
        is_read = is_read or reads > 0
        for expr in exprs:
            match expr:
                case syntax.Binary(op, left, syntax.Unary("duration", syntax.TextLit(text))) if left == _TIME:
                    turns = _turns(op, span_ms(text))
                    hours |= {turn for turn in turns if 0 < turn < _DAY}
                case syntax.Binary(op, left, syntax.Unary("datetime", syntax.TextLit(text))) if left == _NOW:
                    turns = _turns(op, instant_ms(text))
                    if any(turn % _DAY for turn in turns):
                        raise Unclear("a rule turns within a day")
                    days |= turns
                case _:
                    continue
            reads -= 1 if turns else 0
        if reads:
            raise Unclear("a rule reads the time in another way")
    return Clock(tuple(sorted(hours)), tuple(sorted(days))) if is_read else None


def _turns(op: str, at: int) -> set[int]:
    """Where a comparison with `at` has another answer from then on; nothing for what is no comparison."""
    if op in _AT:
        return {at}
    if op in _BEYOND:
        return {at + 1}
    return {at, at + 1} if op in _EXACTLY else set()


def _texts(engine: Engine) -> Iterator[str]:
    return (engine.source_of(rule.id) or "" for rule in engine.rules)


def _clock(at: int) -> str:
    """Hours and minutes, and what is beneath them only where there is any."""
    hours, rest = divmod(at, 60 * _MINUTE)
    minutes, rest = divmod(rest, _MINUTE)
    return f"{hours:02}:{minutes:02}" + (f":{rest / 1000:06.3f}" if rest else "")
