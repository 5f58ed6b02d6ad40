"""Every screen of the console in a real browser: it shows, axe finds nothing, and nothing is logged as an error."""

import os
from collections.abc import Iterator

import pytest

from tests.support.browser import Visitor
from tests.support.platform import FACTS, Cast, Story, made
from tests.support.rulebook_steps import changed, drafted, live, proposed, withdrawn
from tests.support.screens import SCREENS
from tests.unit.api.orders import order

pytestmark = pytest.mark.e2e

PERSONAL = {**FACTS, "prefix": "loans/personal/"}
_PICTURES = os.environ.get("SCREENS_TO")
"""Where to put a picture of each screen (`make screens`)."""


@pytest.fixture(scope="module")
def places(cast: Cast, story: Story) -> Iterator[dict[str, str]]:
    """Ids for the addresses; a grant, two refusals, an open review, a draft and a proposal are there to be seen."""
    granted = made(cast.dana.post("/v1/access-requests", story.asking()))
    for purpose in ("lending/credit-risk-research", "marketing"):
        assert cast.dana.post("/v1/access-requests", story.asking(sources=[PERSONAL], purpose=purpose)).is_client_error
    waiting = made(cast.dana.post("/v1/activities", order(cast.platform.now(), monthly_budget_usd=1_000_000)))
    proposal = proposed(cast.gus, changed(cast, "stop", story.activity))["version"]
    yield {
        "rulebook": live(cast)["version"],
        "draft": drafted(cast.gus, changed(cast, "stop", story.activity))["version"],
        "proposal": proposal,
        "grant": granted["grant"]["id"],
        "request": granted["request_id"],
        "review": waiting["review"]["id"],
        "record": cast.ines.get("/v1/audit", grant=granted["grant"]["id"]).json()["items"][-1]["seq"],
        "contract": story.contract,
        "activity": story.activity,
        "environment": story.environment,
    }
    withdrawn(cast.gus, proposal)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_shows_and_is_accessible_in_both_themes(visitor: Visitor, places: dict[str, str], name: str) -> None:
    screen = SCREENS[name]
    visit = visitor(screen.login)
    page = visit.go(screen.path.format(**places))
    for theme in visit.in_each_theme():
        if _PICTURES is not None:
            page.screenshot(path=f"{_PICTURES}/{name}-{theme}.png")
        visit.check_accessible()
    assert page.get_by_role("alert").count() == 0
    visit.check_quiet()


@pytest.mark.parametrize("screen", ["dashboard", "grants", "rules", "contract", "audit", "request"])
def test_a_screen_fits_a_telephone(visitor: Visitor, places: dict[str, str], screen: str) -> None:
    visit = visitor("gus", width=390)
    page = visit.go(SCREENS[screen].path.format(**places))
    assert visit.evaluated("document.documentElement.scrollWidth <= 390") is True
    page.get_by_role("button", name="Navigation").click()
    page.get_by_role("link", name="Activities").click()
    page.get_by_role("heading", name="Activities", level=1).wait_for()
    visit.check_accessible()


def test_what_one_may_not_see_is_said_and_no_error(visitor: Visitor, places: dict[str, str]) -> None:
    page = visitor("pat").go("/")
    assert page.get_by_text("Your own requests and grants.").is_visible()


def test_ctrl_k_goes_anywhere_by_keyboard(visitor: Visitor) -> None:
    visit = visitor("gus")
    page = visit.go("/grants")
    page.keyboard.press("Control+k")
    page.get_by_placeholder("A screen, an activity, an id").wait_for()
    visit.check_dialog("go-anywhere")
    page.keyboard.type("audit")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Audit trail").wait_for()


def test_signing_out_ends_the_session_on_the_server(visitor: Visitor) -> None:
    page = visitor("ines").page
    page.get_by_role("button", name="Ines Duarte").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_text("You are signed out").wait_for()
    page.goto(page.url.replace("/signed-out", "/grants"))
    page.get_by_text("choose who you are").wait_for()
