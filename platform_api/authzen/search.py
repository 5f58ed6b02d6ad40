"""A search: every candidate is evaluated as if it had been asked about, a page at a time."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jit_engine.errors import InvalidValue
from platform_api.authzen.asking import Ruling, Said, Unasked, is_permit

LARGEST_PAGE = 100
MOST_CANDIDATES = 500
"""Evaluations of one request: a page ends early, with a token, rather than take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page starts: after the candidate `after` (None: at the first), and how many it holds."""

    after: str | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The permitted candidates of one page, and the place of the next; None when there is nothing more.

    `unasked` is set when not one candidate could be put to the rules: then the search itself asks amiss.
    """

    items: tuple[str, ...]
    next: Place | None
    unasked: Unasked | None


def permitted(candidates: Sequence[str], place: Place, evaluate: Callable[[str], Ruling]) -> Found:
    """The page at `place` of sorted `candidates`. There is a next one only if it holds something, or may."""
    items: list[str] = []
    rulings: list[Ruling] = []
    last = place.after
    for candidate in candidates:
        if place.after is not None and candidate <= place.after:
            continue
        if len(rulings) == MOST_CANDIDATES:
            return _page(items, rulings, Place(after=last, limit=place.limit))
        rulings.append(evaluate(candidate))
        if is_permit(rulings[-1]):
            if len(items) == place.limit:
                return _page(items, rulings, Place(after=last, limit=place.limit))
            items.append(candidate)
        last = candidate
    return _page(items, rulings, None)


def _page(items: Sequence[str], rulings: Sequence[Ruling], following: Place | None) -> Found:
    failed = [ruling for ruling in rulings if isinstance(ruling, Unasked)]
    unasked = failed[0] if failed and len(failed) == len(rulings) else None
    return Found(items=tuple(items), next=following, unasked=unasked)


def fingerprint(search: str, asked: Mapping[str, Said]) -> str:
    """What a token is bound to: all that a search asks, its page apart."""
    canonical = json.dumps([search, asked], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def token_of(place: Place | None, asked: str) -> str:
    """The token of a page of the search with that fingerprint; empty where there is none (AuthZEN 1.0, 8.2.2).

    It is no secret and proves nothing: whatever page it names, each of its items is decided anew.
    """
    if place is None:
        return ""
    text = json.dumps([asked, place.limit, place.after], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def place_of(token: str | None, limit: int | None, asked: str) -> Place:
    """Where the search goes on; InvalidValue when the token is of another search, or of another page size."""
    if not token:
        return Place(after=None, limit=LARGEST_PAGE if limit is None else min(limit, LARGEST_PAGE))
    try:
        found: object = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        found = None
    match found:
        case [str(whose), int(size), None | str() as after] if whose == asked and 0 <= size <= LARGEST_PAGE:
            if limit is None or min(limit, LARGEST_PAGE) == size:
                return Place(after=after, limit=size)
    fix = "ask exactly as for the page before, with its next_token; or leave the token out to start anew"
    raise InvalidValue(field="page.token", given=token, fix=fix)
