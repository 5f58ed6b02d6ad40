"""The access graph: who sees what of it, and that picture and table say the same."""

from __future__ import annotations

import pytest

from tests.support.browser import Theme, Visitor
from tests.support.platform import FACTS, Cast, Story, made

pytestmark = pytest.mark.e2e
FACTS_URI = "s3://acme-prod-lake/loans/facts/"
TABLE = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"]}
TABLE_URI = "glue://000000000000/us-east-1/loans/applications"


@pytest.fixture(scope="module")
def grant(cast: Cast, story: Story) -> str:
    """A live grant of Dana's for two sources."""
    made_: str = made(cast.dana.post("/v1/access-requests", story.asking(sources=[FACTS, TABLE])))["grant"]["id"]
    return made_


def test_the_graph_holds_what_the_caller_may_see_and_nothing_else(cast: Cast, story: Story, grant: str) -> None:
    (path,) = [one for one in cast.gus.get("/v1/access-graph").json()["grants"] if one["grant"] == grant]
    assert (path["activity"], {one["uri"] for one in path["data"]}) == (story.activity, {FACTS_URI, TABLE_URI})
    assert grant in {one["grant"] for one in cast.dana.get("/v1/access-graph").json()["grants"]}
    assert cast.sam.get("/v1/access-graph").json()["grants"] == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"dataset": TABLE_URI}, True),
        ({"dataset": "s3://acme-prod-lake/elsewhere/"}, False),
        ({"person": "pe_01K00000000648B0TDJGRE29J6"}, True),
        ({"person": "pe_01K00000000C4BDKR5RV1Z30QF"}, False),
        ({"activity": "ac_00000000000000000000000000"}, False),
    ],
)
def test_the_graph_is_filtered_on_the_server(cast: Cast, grant: str, filters: dict[str, str], found: bool) -> None:
    shown = cast.gus.get("/v1/access-graph", **filters).json()
    assert (grant in {one["grant"] for one in shown["grants"]}) is found
    assert not shown["truncated"]


def test_a_filter_that_the_graph_does_not_know_is_refused(cast: Cast) -> None:
    assert cast.gus.get("/v1/access-graph", tier="research").status_code == 422


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_picture_and_table_say_the_same_and_lead_to_each_page(visitor: Visitor, grant: str, theme: Theme) -> None:
    visit = visitor("gus", theme=theme)
    page = visit.go(f"/graph?dataset={TABLE_URI}")
    picture = page.get_by_role("region", name="Access as a picture")
    links = picture.get_by_role("link")
    drawn = {str(links.nth(place).get_attribute("href")).partition("?")[0] for place in range(links.count())}
    assert f"/grants/{grant}" in drawn
    links.first.focus()
    page.keyboard.press("Tab")
    assert picture.locator("path.lit").count() > 0
    visit.check_accessible()
    page.get_by_role("tab", name="Table").click()
    table = page.get_by_role("region", name="Access as a table").get_by_role("link")
    told = {str(table.nth(place).get_attribute("href")).partition("?")[0] for place in range(table.count())}
    assert told == drawn
    visit.check_accessible()
    visit.check_quiet()
    page.locator(f"a[href='/grants/{grant}']").first.click()
    page.get_by_role("heading", name="Access for lending/", level=1).wait_for()


def test_the_graph_fits_a_telephone(visitor: Visitor, grant: str) -> None:
    visit = visitor("gus", width=390)
    visit.go("/graph")
    assert visit.evaluated("document.documentElement.scrollWidth <= 390") is True
    visit.check_accessible()
