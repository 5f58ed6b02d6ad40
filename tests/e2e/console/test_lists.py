"""Ten thousand rows are filtered and paged on the server, and a page of them is all that the browser holds."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Request, expect

from jit_engine.domain.event import Event
from platform_api.db.audit import append, recorded
from tests.support.browser import Visitor
from tests.support.platform import Cast

pytestmark = pytest.mark.e2e
MANY = 10_000


@pytest.fixture(scope="module")
def many(cast: Cast) -> None:
    """So many records more in the trail, every hundredth of another action."""
    now = datetime.now(UTC)

    def event(number: int) -> Event:
        action = "sample.rare" if number % 100 == 0 else "sample.common"
        return Event(action=action, actor="sample", at=now, about={"number": str(number)})

    with recorded(cast.platform.platform.database, event(0)) as connection:
        for number in range(1, MANY):
            append(connection, event(number))


def test_a_list_of_ten_thousand_rows_is_paged_and_filtered_on_the_server(
    visitor: Visitor, cast: Cast, many: None
) -> None:
    visit = visitor("gus")
    asked: list[dict[str, list[str]]] = []

    def hear(request: Request) -> None:
        if urlsplit(request.url).path == "/v1/audit":
            asked.append(parse_qs(urlsplit(request.url).query))

    visit.page.on("request", hear)
    page = visit.go("/audit")
    rows = page.get_by_role("region", name="Records").locator("tbody tr")
    expect(rows).to_have_count(50)
    newest = rows.first.inner_text()
    page.get_by_role("button", name="Next page").click()
    expect(rows.first).not_to_have_text(newest)
    expect(rows).to_have_count(50)
    page.get_by_label("Action (grant.revoking)").fill("sample.rare")
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("sample.rare")
    expect(page.get_by_text("sample.common")).to_have_count(0)
    expect(rows).to_have_count(50)
    assert {query["limit"][0] for query in asked} == {"50"}
    assert asked[-1]["action"] == ["sample.rare"]
    assert "cursor" in asked[1]
    visit.page.remove_listener("request", hear)
    visit.check_quiet()


def test_a_record_that_is_opened_leaves_the_list_readable(visitor: Visitor, cast: Cast, many: None) -> None:
    visit = visitor("gus")
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    page = visit.go("/audit?action=session.signed-in")
    row = page.get_by_role("region", name="Records").locator("tbody tr").first
    row.get_by_role("button").click()
    page.get_by_role("complementary").wait_for()
    visit.settle()
    box, table = row.bounding_box(), page.get_by_role("region", name="Records")
    assert box is not None
    assert box["height"] < 60, "a row is one line, or two"
    width = "Math.max(...[...document.querySelectorAll('.table-box')].map((box) => box.scrollWidth - box.clientWidth))"
    assert visit.evaluated(width) == 0
    expect(table.get_by_role("columnheader", name="When")).to_be_visible()
    expect(table.get_by_role("columnheader", name="About")).to_be_hidden()
    page.get_by_role("button", name="Close details").click()
    about = table.locator(".addresses").first
    assert (about.get_attribute("title") or "").startswith(about.locator("code").inner_text())
    visit.check_accessible()
    visit.check_quiet()
