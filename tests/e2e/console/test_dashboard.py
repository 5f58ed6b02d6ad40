"""The dashboard's figures count what their names say, and lead to just that."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import FACTS, Cast, Story, made

pytestmark = pytest.mark.e2e
PAGE = 50
"""Rows of one page: other tests ask on this platform, too."""
_DAYS = """[...document.querySelectorAll('.tick')].filter(
  day => getComputedStyle(day).visibility === 'visible' && day.textContent.trim()
).map(day => {
  const words = document.createRange();
  words.selectNodeContents(day);
  const box = words.getBoundingClientRect();
  return [box.left, box.right];
})"""
"""Where the words of each day begin and end that is written below the chart."""


def test_every_figure_leads_to_what_it_counts(visitor: Visitor, cast: Cast, story: Story) -> None:
    made(cast.dana.post("/v1/access-requests", story.asking()))
    personal = {**FACTS, "prefix": "loans/personal/"}
    assert cast.dana.post("/v1/access-requests", story.asking(sources=[personal])).is_client_error
    visit = visitor("gus")
    page = visit.go("/")
    chart = page.get_by_role("figure", name="Requests decided by day, in UTC")
    records = page.get_by_role("region", name="Decisions").locator("tbody tr")
    for name in ("Granted", "Refused"):
        said = re.search(rf"{name} ([0-9]+)", str(chart.get_attribute("aria-label")))
        assert said is not None
        chart.get_by_role("link", name=name).click()
        expect(records).to_have_count(min(int(said[1]), PAGE))
        expect(records.first).to_contain_text(name)
        page = visit.go("/")
        page.get_by_role("button", name="View as table").first.click()
        today = page.get_by_role("region", name="Requests decided by day").get_by_role("row").last.get_by_role("link")
        figure = today.nth(0 if name == "Granted" else 1)
        count = int(figure.inner_text())
        figure.click()
        expect(records).to_have_count(min(count, PAGE))
        expect(records.first).to_contain_text(name)
        page = visit.go("/")
    gates = page.get_by_role("figure", name="Refusals by gate").get_by_role("link")
    for place in range(gates.count()):
        gate, shown = gates.nth(place).inner_text().split("\n")[:2]
        gates.nth(place).click()
        expect(records).to_have_count(min(int(shown), PAGE))
        expect(records.first).to_contain_text(gate)
        page = visit.go("/")
    ending = page.get_by_role("link", name="End within the hour")
    soon = re.sub(r"\D", "", ending.locator(".value").inner_text())
    ending.click()
    expect(page.get_by_role("region", name="Grants").locator("tbody tr")).to_have_count(min(int(soon), PAGE))
    expect(page.get_by_role("group", name="Ends before")).to_be_visible()
    visit.check_quiet()


def test_on_a_telephone_the_days_of_the_chart_stand_apart(visitor: Visitor, cast: Cast, story: Story) -> None:
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("gus", width=390)
    visit.go("/")
    found = visit.evaluated(_DAYS)
    assert isinstance(found, list)
    assert len(found) > 2
    assert all(end + 4 <= start for (_, end), (start, _) in pairwise(found))
    visit.check_quiet()


def test_the_figures_as_a_table_have_named_rows(visitor: Visitor, cast: Cast, story: Story) -> None:
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("gus")
    page = visit.go("/")
    page.get_by_role("button", name="View as table").first.click()
    table = page.get_by_role("region", name="Requests decided by day, in UTC")
    expect(table.get_by_role("columnheader")).to_have_text(["Day (UTC)", "Granted", "Refused"])
    expect(table.get_by_role("rowheader")).to_have_count(14)
    expect(table.get_by_role("cell").first).to_have_css("text-align", "end")
    visit.check_accessible()
    visit.check_quiet()
