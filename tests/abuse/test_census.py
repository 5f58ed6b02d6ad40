"""Every abuse case has a test that pytest collects, and no test marks a case that is not there."""

from __future__ import annotations

import re

import pytest

from tests.abuse.census import held, known, missing, not_held


@pytest.fixture(scope="module")
def tests() -> dict[str, list[str]]:
    return held()


def test_every_case_has_a_test(tests: dict[str, list[str]]) -> None:
    assert missing(known(), tests) == []


def test_every_marked_case_is_known(tests: dict[str, list[str]]) -> None:
    cases = {case for area in known().values() for case in area}
    assert sorted(set(tests) - cases) == []


def test_what_is_not_held_says_why_and_has_no_test(tests: dict[str, list[str]]) -> None:
    cases = {case for area in known().values() for case in area}
    assert not (set(not_held()) & cases)
    assert [case for case in not_held() if tests.get(case)] == []
    assert all(len(why) > 20 for why in not_held().values())


def test_cases_are_numbered_within_their_area_and_have_a_title() -> None:
    for area, cases in known().items():
        begins = {case.partition("-")[0] for case in cases}
        assert len(begins) == 1, area
        assert all(re.fullmatch(r"[A-Z]+-\d{3}", case, re.ASCII) for case in cases), area
        assert all(title.strip() for title in cases.values()), area
        assert list(cases) == sorted(cases), area


def test_a_case_without_a_test_is_noticed() -> None:
    cases = {"one": {"ONE-001": "held", "ONE-002": "not held", "ONE-003": "marked, nothing collected"}}
    assert missing(cases, {"ONE-001": ["a"], "ONE-003": []}) == ["ONE-002", "ONE-003"]
