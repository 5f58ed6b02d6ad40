"""Searches: pages in order, bounded work, and tokens that go with one search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jit_engine.errors import InvalidValue
from platform_api.authzen.asking import Ruled, Ruling, Unasked
from platform_api.authzen.search import (
    LARGEST_PAGE,
    MOST_CANDIDATES,
    Found,
    Place,
    fingerprint,
    permitted,
    place_of,
    token_of,
)
from policy import Why

START = Place(after=None, limit=2)


def ruling(allowed: bool) -> Ruled:
    """An answer of the rules."""
    return Ruled(
        allowed=allowed,
        why=Why.PERMITTED if allowed else Why.NOT_PERMITTED,
        rules=(),
        rulebook="1",
        inside=None,
    )


def page(candidates: str, allowed: str, place: Place = START) -> Found:
    """The page of a search over letters."""
    return permitted(candidates, place, lambda each: ruling(each in allowed))


def test_there_is_a_next_page_only_where_something_is_left_to_find() -> None:
    assert page("abcd", "ab") == Found(items=("a", "b"), next=None, unasked=None)
    assert page("abcd", "abd") == Found(items=("a", "b"), next=Place(after="c", limit=2), unasked=None)
    assert page("abcd", "abd", Place(after="c", limit=2)).items == ("d",)
    assert page("", "") == Found(items=(), next=None, unasked=None)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(1, 9))
def test_all_pages_together_are_all_that_is_permitted(known: set[int], allowed: set[int], limit: int) -> None:
    candidates = sorted(f"{each:02}" for each in known)
    expected = sorted(f"{each:02}" for each in known & allowed)
    found: list[str] = []
    place: Place | None = Place(after=None, limit=limit)
    while place is not None:
        one = permitted(candidates, place, lambda each: ruling(int(each) in allowed))
        assert len(one.items) == limit or one.next is None
        found += one.items
        place = one.next
    assert found == expected


def test_one_request_never_evaluates_more_than_its_share() -> None:
    candidates = [f"{each:04}" for each in range(MOST_CANDIDATES + 5)]
    asked: list[str] = []

    def may(each: str) -> Ruling:
        asked.append(each)
        return ruling(each == candidates[-1])

    first = permitted(candidates, START, may)
    assert (first.items, len(asked)) == ((), MOST_CANDIDATES)
    assert first.next is not None
    assert permitted(candidates, first.next, may).items == (candidates[-1],)


def test_a_search_is_amiss_only_when_nothing_in_it_could_be_asked() -> None:
    amiss = Unasked(status=400, message="no purpose")
    assert permitted("ab", START, lambda _: amiss).unasked == amiss
    assert permitted("ab", START, lambda each: amiss if each == "a" else ruling(False)).unasked is None
    assert permitted("ab", START, lambda _: amiss).items == ()


def test_a_token_leads_to_its_own_place() -> None:
    mine = fingerprint("subject", {"action": {"name": "read"}})
    for place in (Place(after="pe_x/\u00e9\ud800", limit=7), Place(after=None, limit=0)):
        assert place_of(token_of(place, mine), None, mine) == place
        assert place_of(token_of(place, mine), place.limit, mine) == place
    assert token_of(None, mine) == ""
    assert place_of("", None, mine) == place_of(None, 1000, mine) == Place(after=None, limit=LARGEST_PAGE)


def test_a_token_of_anything_else_is_refused() -> None:
    mine, other = fingerprint("subject", {"a": 1}), fingerprint("resource", {"a": 1})
    token = token_of(START, mine)
    whole = token_of(Place(after=None, limit=LARGEST_PAGE + 1), mine)
    for given_token, limit, asked in (
        (token, None, other),
        (token, 3, mine),
        (token[:-2], None, mine),
        (whole, None, mine),
        ("\u00e9", None, mine),
        ("W10", None, mine),
        ("W1" * 2000, None, mine),
    ):
        with pytest.raises(InvalidValue) as caught:
            place_of(given_token, limit, asked)
        assert caught.value.field == "page.token"


def test_what_is_asked_is_told_apart_and_the_order_of_keys_is_not() -> None:
    assert fingerprint("subject", {"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint(
        "subject", {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert len({fingerprint("subject", {"a": value}) for value in (1, "1", [1], None, True, 1.5)}) == 6
