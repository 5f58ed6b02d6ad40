"""Every screen of the console in a real browser: it shows, axe finds nothing, and nothing is logged as an error."""

import os
from pathlib import Path

import pytest

from tests.support.browser import Theme, Visitor
from tests.support.platform import FACTS, Cast, Story, made

pytestmark = pytest.mark.e2e

PERSONAL = {**FACTS, "prefix": "loans/personal/"}
SCREENS = {
    "dashboard": "/",
    "approvals": "/approvals",
    "grants": "/grants",
    "grant": "/grants/{grant}",
    "graph": "/graph",
    "request": "/request",
    "rules": "/rules",
    "one-rule": "/rules?open=forbid-personal-attributes-in-research",
    "versions": "/rules?tab=versions",
    "version": "/rules/{rulebook}",
    "version-cedar": "/rules/{rulebook}?tab=cedar",
    "version-cases": "/rules/{rulebook}?tab=cases",
    "bench": "/bench",
    "contracts": "/contracts",
    "contract": "/contracts/{contract}",
    "contract-document": "/contracts/{contract}?tab=document",
    "contract-desk": "/contracts/desk",
    "activities": "/activities",
    "activity": "/activities/{activity}",
    "activity-data": "/activities/{activity}?tab=data",
    "register": "/activities/new",
    "environment": "/environments/{environment}",
    "data": "/data",
    "one-table": "/data?open=glue://000000000000/us-east-1/loans/applications",
    "products": "/data?tab=products",
    "one-product": "/data?tab=products&open=product://lending/loan-applications",
    "one-database": "/data?tab=databases&open=glue://000000000000/us-east-1/loans",
    "audit": "/audit",
    "not-here": "/nothing-of-the-kind",
    "not-signed-in": "/signed-out?why=unknown-subject",
}
_PICTURES = os.environ.get("SCREENS_TO")
"""Where to put a picture of each screen (`make screens`)."""


@pytest.fixture(scope="module")
def places(cast: Cast, story: Story) -> dict[str, str]:
    """Ids for the addresses; a grant and two refusals are there to be seen."""
    granted = made(cast.dana.post("/v1/access-requests", story.asking()))
    for purpose in ("lending/credit-risk-research", "marketing"):
        assert cast.dana.post("/v1/access-requests", story.asking(sources=[PERSONAL], purpose=purpose)).is_client_error
    live = cast.gus.get("/v1/rulebooks", state="live").json()["items"][0]["version"]
    return {
        "rulebook": live,
        "grant": granted["grant"]["id"],
        "contract": story.contract,
        "activity": story.activity,
        "environment": story.environment,
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_shows_and_is_accessible(
    visitor: Visitor, places: dict[str, str], screen: str, theme: Theme, tmp_path: Path
) -> None:
    visit = visitor("gus", theme=theme)
    page = visit.go(SCREENS[screen].format(**places))
    if _PICTURES is not None:
        page.screenshot(path=f"{_PICTURES}/{screen}-{theme}.png")
    visit.check_accessible()
    assert page.get_by_role("alert").count() == 0
    visit.check_quiet()


@pytest.mark.parametrize("screen", ["dashboard", "grants", "rules", "contract", "audit", "request"])
def test_a_screen_fits_a_telephone(visitor: Visitor, places: dict[str, str], screen: str) -> None:
    visit = visitor("gus", width=390)
    page = visit.go(SCREENS[screen].format(**places))
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
    visit.check_accessible()
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
