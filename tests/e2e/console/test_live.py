"""The console shows what others do as it happens, by one stream a browser; without it, it asks now and then."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request

from tests.support.browser import Visitor
from tests.support.platform import Cast, Story, made

pytestmark = pytest.mark.e2e


def granted(cast: Cast, story: Story) -> str:
    """A new grant of Dana's."""
    grant: str = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    return grant


def rows(page: Page) -> int:
    """How many rows the list of live grants has."""
    return page.locator("tbody tr").count()


def shows_more_than(page: Page, before: int) -> None:
    """Waits for another row."""
    page.locator("tbody tr").nth(before).wait_for()


def test_what_others_do_appears_by_itself_and_nothing_is_asked_for_meanwhile(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    granted(cast, story)
    visit = visitor("gus")
    page = visit.go("/grants?state=active")
    asked: list[str] = []
    heard = lambda request: asked.append(request.url) if "/v1/" in request.url else None  # noqa: E731
    page.wait_for_timeout(1_500)
    page.on("request", heard)
    page.wait_for_timeout(3_000)
    assert asked == []
    before = rows(page)
    grant = granted(cast, story)
    shows_more_than(page, before)
    page.remove_listener("request", heard)
    page.locator("tbody tr").first.get_by_role("button").click()
    page.get_by_label("Details").get_by_text("Active").first.wait_for()
    made(cast.gus.post(f"/v1/grants/{grant}/revoke", {"reason": "Seen to be taken back."}))
    page.get_by_label("Details").get_by_text("Closed").first.wait_for()
    visit.check_quiet()


def test_all_tabs_of_a_browser_share_one_stream_and_another_takes_over(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    granted(cast, story)
    visit = visitor("ines")
    visit.page.goto("about:blank")  # the page that one arrived at after signing in may be about to listen
    streams: list[str] = []

    def heard(request: Request) -> None:
        if request.url.endswith("/v1/events"):
            streams.append(request.url)

    visit.context.on("request", heard)
    first = visit.go("/grants?state=active")
    second = visit.context.new_page()
    second.goto(f"{visit.url}/grants?state=active")
    second.locator("tbody tr").first.wait_for()
    second.wait_for_timeout(1_000)
    assert len(streams) == 1
    before = rows(second)
    granted(cast, story)
    shows_more_than(first, before)
    shows_more_than(second, before)
    first.goto("about:blank")
    second.wait_for_timeout(1_500)
    assert len(streams) == 2
    granted(cast, story)
    shows_more_than(second, before + 1)
    second.close()


def test_without_the_stream_the_page_says_so_and_asks_each_half_minute(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    granted(cast, story)
    visit = visitor("olga")
    page = visit.page
    page.clock.install()
    page.route("**/v1/events", lambda route: route.fulfill(status=429, body="{}"))
    visit.go("/grants?state=active")
    page.get_by_text("Updates every 30 s").wait_for()
    visit.check_accessible()
    before = rows(page)
    granted(cast, story)
    page.wait_for_timeout(1_500)
    assert rows(page) == before
    page.clock.fast_forward(31_000)
    shows_more_than(page, before)
