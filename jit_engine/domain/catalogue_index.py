"""Catalogued data found by where its files lie, without walking the whole catalogue."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from jit_engine.domain.source import S3Prefix

Place = tuple[str, str, str]
"""Account, bucket and prefix: sorted, everything beneath a prefix lies together."""
Position = int
"""Where an item stands in the catalogue, which is the order of every answer."""


Asked = TypeVar("Asked", bound=Hashable)
Found = TypeVar("Found")
_MOST_KEPT = 4096
_LONGEST_KEPT = 64
"""What is found for one thing: of longer answers only the last is kept, so that it stays a few megabytes."""


class KeptAnswers(Generic[Asked, Found]):
    """Answers about what never changes, the short ones worked out once; one decision asks for the same many times."""

    __slots__ = ("_kept", "_last_long")

    def __init__(self) -> None:
        self._kept: dict[Asked, tuple[Found, ...]] = {}
        self._last_long: tuple[Asked, tuple[Found, ...]] | None = None

    def get(self, asked: Asked, answer: Callable[[Asked], tuple[Found, ...]]) -> tuple[Found, ...]:
        """What `answer` says, or has said."""
        kept = self._kept.get(asked)
        if kept is not None:
            return kept
        last = self._last_long
        if last is not None and last[0] == asked:
            return last[1]
        found = answer(asked)
        if len(found) > _LONGEST_KEPT:
            self._last_long = asked, found
        else:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[asked] = found
        return found


class PlaceIndex:
    """Prefixes with the positions of the items that lie there. It never changes.

    Finding takes the depth of a prefix, or the logarithm of the catalogue and what is found.
    """

    __slots__ = ("_at", "_sorted")

    def __init__(self, places: Iterable[tuple[S3Prefix, Position]]) -> None:
        self._at: dict[Place, list[Position]] = {}
        for prefix, position in places:
            self._at.setdefault(_place(prefix), []).append(position)
        self._sorted = sorted(self._at)

    def around(self, prefix: S3Prefix) -> list[Position]:
        """What lies at `prefix` or at a prefix that holds it, the outermost first."""
        found: list[Position] = []
        for above in _lines(prefix.prefix):
            found += self._at.get((prefix.account, prefix.bucket, above), ())
        return found

    def within(self, prefix: S3Prefix) -> list[Position]:
        """What lies at `prefix` or beneath it."""
        first = _place(prefix)
        # A prefix ends in a slash, so all that starts with it sorts before the same text with the next sign at its end.
        last = (prefix.account, prefix.bucket, f"{prefix.prefix[:-1]}0")
        found: list[Position] = []
        for place in self._sorted[bisect_left(self._sorted, first) : bisect_left(self._sorted, last)]:
            found += self._at[place]
        return found

    def overlapping(self, prefix: S3Prefix) -> list[Position]:
        """What shares an object with `prefix`: what lies around it or beneath it."""
        return [*self.around(prefix), *self.within(prefix)]


def _place(prefix: S3Prefix) -> Place:
    return prefix.account, prefix.bucket, prefix.prefix


def _lines(prefix: str) -> Iterator[str]:
    """`a/b/` as `a/`, `a/b/`."""
    end = prefix.find("/") + 1
    while end:
        yield prefix[:end]
        end = prefix.find("/", end) + 1
