"""The registry: an activity is registered with its review foretold, built before one's eyes, suspended and resumed."""

from datetime import timedelta

import pytest
from playwright.sync_api import Request, expect

from tests.support.browser import Theme, Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.unit.api.orders import order

pytestmark = pytest.mark.e2e


def filled(visit: Visit, cast: Cast, *, title: str, budget: str = "100") -> None:
    """The registration form, filled in as the fast path approves it unless `budget` is too much."""
    page = visit.go("/activities/new")
    page.get_by_label("What is to be found out").press_sequentially(title)
    page.get_by_role("combobox", name="Purposes").fill("credit-risk")
    page.get_by_role("option", name="lending/credit-risk-research", exact=True).click()
    page.get_by_label("Cost center").fill("CC-4711")
    page.get_by_label("Budget a month").fill(budget)
    page.get_by_label("Last day").fill((cast.platform.now() + timedelta(days=90)).date().isoformat())


def test_an_activity_is_registered_with_its_review_foretold_and_built_before_ones_eyes(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    visit = visitor("dana")
    sent: list[Request] = []
    visit.page.on("response", lambda answer: sent.append(answer.request) if answer.status == 422 else None)
    visit.go("/activities").get_by_role("link", name="Register an activity").click()
    filled(visit, cast, title="Which loans are repaid early", budget="900000")
    page = visit.page
    expect(page.get_by_label("Short name")).to_have_value("which-loans-are-repaid-early")
    expect(page.get_by_text("A person reviews it")).to_be_visible()
    expect(page.get_by_text("One criterion is not met")).to_be_visible()
    page.get_by_label("Budget a month").fill("100")
    expect(page.get_by_text("Approved at once")).to_be_visible()
    visit.check_accessible()
    posted: list[Request] = []
    page.on(
        "request",
        lambda one: posted.append(one) if one.url.endswith("/v1/activities") and one.method == "POST" else None,
    )
    page.get_by_role("button", name="Register", exact=True).dblclick()
    page.get_by_role("heading", name="Which loans are repaid early").wait_for()
    page.get_by_role("table", name="Environments").or_(page.get_by_role("region", name="Environments")).wait_for()
    page.get_by_role("link", name="Research", exact=True).click()
    expect(page.locator(".lead").get_by_text("Active")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("region", name="Provisioning, the newest first")).to_contain_text("complete")
    expect(page.locator("section", has=page.get_by_role("heading", name="Tags"))).to_contain_text("Dana Reyes")
    visit.check_accessible()
    assert sent == []
    assert len(posted) == 1, "a double press is one deed"
    visit.check_quiet()


def test_a_short_name_follows_its_title_until_it_is_written_and_says_what_is_wrong_with_it(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    visit = visitor("dana")
    page = visit.go("/activities/new")
    title, name = page.get_by_label("What is to be found out"), page.get_by_label("Short name")
    title.fill("Wer zahlt früh zurück")
    expect(name).to_have_value("wer-zahlt-frueh-zurueck")
    name.fill("Wer zahlt")
    expect(page.locator(".fault", has_text="not W, a space")).to_be_visible()
    visit.check_accessible()
    name.fill("")
    expect(page.locator(".fault", has_text="Give it a short name")).to_be_visible()
    title.fill("Größe der Kredite")
    expect(name).to_have_value("groesse-der-kredite")
    visit.check_quiet()


def test_a_name_that_is_taken_is_said_at_its_field(visitor: Visitor, cast: Cast, story: Story) -> None:
    visit = visitor("dana")
    taken = cast.dana.get(f"/v1/activities/{story.activity}").json()["name"]
    filled(visit, cast, title="Another")
    visit.page.get_by_label("Short name").fill(taken)
    expect(visit.page.locator(".fault", has_text="names are never used twice")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Register", exact=True)).to_be_disabled()
    visit.check_accessible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_registering_fits_a_telephone_in_both_themes(visitor: Visitor, cast: Cast, theme: Theme) -> None:
    visit = visitor("dana", theme=theme, width=390)
    filled(visit, cast, title="By telephone")
    expect(visit.page.get_by_text("Approved at once")).to_be_visible()
    assert visit.evaluated("document.documentElement.scrollWidth <= 390") is True
    visit.check_accessible()
    visit.check_quiet()


def test_who_may_not_register_is_told_and_offered_nothing(visitor: Visitor, story: Story) -> None:
    page = visitor("gus").go("/activities")
    expect(page.get_by_role("button", name="Register an activity")).to_be_disabled()


def test_an_activity_shows_its_data_and_is_suspended_and_resumed_by_who_may(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    member = visitor("dana")
    page = member.go(f"/activities/{story.activity}?tab=data")
    expect(page.get_by_text("1.0.0 accepted")).to_be_visible()
    expect(page.get_by_text("loans/facts/")).to_be_visible()
    member.check_accessible()

    keeper = visitor("gus")
    page = keeper.go(f"/activities/{story.activity}")
    page.get_by_role("button", name="Suspend").click()
    page.get_by_label("Why").fill("The data is being looked at.")
    keeper.check_dialog("suspend-activity")
    page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended; its grants are being revoked.")).to_be_visible()
    expect(page.locator(".lead").get_by_text("Suspended")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_label("Why").fill("All is well.")
    keeper.check_dialog("resume-activity")
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(page.locator(".lead").get_by_text("Active")).to_be_visible()
    assert cast.dana.get(f"/v1/activities/{story.activity}").json()["state"] == "active"
    keeper.check_quiet()


def test_a_review_is_judged_and_what_it_lets_begin_is_given_its_data(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    costly = order(cast.platform.now(), monthly_budget_usd=1_000_000, contracts=[story.contract])
    waiting = made(cast.dana.post("/v1/activities", costly))
    reviewer = visitor("ari")
    page = reviewer.go(f"/approvals?open={waiting['review']['id']}")
    approve, reject = (page.get_by_role("button", name=name).bounding_box() for name in ("Approve", "Reject"))
    assert approve is not None
    assert reject is not None
    assert (approve["y"], approve["x"] < reject["x"]) == (reject["y"], True), "the answers stand side by side"
    page.get_by_role("button", name="Reject").click()
    reviewer.check_dialog("reject-review")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_label("Comment").fill("The budget was granted.")
    reviewer.check_dialog("approve-review")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.")).to_be_visible()

    owner = visitor("dana")
    page = owner.go(f"/activities/{waiting['activity']['id']}?tab=data")
    page.get_by_role("button", name="Accept").click()
    owner.check_dialog("accept-contract")
    page.get_by_role("dialog").get_by_role("button", name="Accept").click()
    expect(page.get_by_text("1.0.0 accepted")).to_be_visible()
    page.get_by_role("button", name="Add validation").click()
    owner.check_dialog("add-environment")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Retire").click()
    owner.check_dialog("retire-activity")
    for one in (reviewer, owner):
        one.check_quiet()
