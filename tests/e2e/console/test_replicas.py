"""Two replicas that answer in turn, without a session that sticks to one."""

import pytest
from playwright.sync_api import Browser, expect

from platform_api.embedded.serving import HOST, listening, port_of
from tests.support.browser import Visit
from tests.support.doors import another_door
from tests.support.in_turn import in_turn
from tests.support.platform import Cast, Story

pytestmark = pytest.mark.e2e


def test_the_console_works_when_every_request_meets_another_replica(browser: Browser, cast: Cast, story: Story) -> None:
    bound = listening()
    address = f"http://{HOST}:{port_of(bound)}"
    settings = cast.platform.platform.settings.model_copy(update={"public_url": address})
    with (
        another_door(cast, settings) as (first, _),
        another_door(cast, settings) as (second, _),
        in_turn(bound, [str(one.http.base_url).rstrip("/") for one in (first, second)]) as answered,
        browser.new_context() as context,
    ):
        visit = Visit(context, address)
        visit.sign_in("gus")
        for path in ("/", "/contracts", f"/activities/{story.activity}", "/audit"):
            visit.go(path)
        page = visit.go("/rules")
        page.get_by_role("button", name="New draft").click()
        page.get_by_label("What it is for").fill("On two replicas")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("button", name="Give up").click()
        page.get_by_label("Why").fill("The test is over")
        visit.check_dialog("give-up-rules")
        page.get_by_role("button", name="Give it up").click()
        expect(page.get_by_text("Given up.")).to_be_visible()
        page.get_by_role("button", name="Gus Moreau").click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.get_by_text("You are signed out").wait_for()
        visit.check_quiet()
        fewer, more = sorted(answered.values())
        assert more - fewer <= 1 < 20 < fewer
