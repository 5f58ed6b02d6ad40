"""The data screen: from a table to its database and its product, and from those to what is in them."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import RESEARCH, Cast, Story, given_back

pytestmark = pytest.mark.e2e
DATABASE = "glue://000000000000/us-east-1/loans"
TABLE = f"{DATABASE}/applications"


def test_a_table_leads_to_its_database_and_its_product_and_these_to_what_is_in_them(
    visitor: Visitor, story: Story
) -> None:
    visit = visitor("dana")
    page = visit.go(f"/data?open={TABLE}")
    details = page.get_by_role("complementary", name="Details")
    expect(page.get_by_role("columnheader", name="Classification")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Contract")).to_be_hidden()
    details.get_by_role("link", name="loans", exact=True).click()
    expect(page.get_by_role("tab", name="Databases")).to_have_attribute("aria-selected", "true")
    expect(details).to_contain_text("2 Glue tables")
    expect(page.get_by_role("columnheader", name="Highest classification")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Contracts")).to_be_hidden()
    expect(details.get_by_role("link", name="applicants")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("tab", name="Data products").click()
    listed = page.get_by_role("region", name="Data products")
    listed.get_by_role("button", name="loan-reports").click()
    expect(details.get_by_role("heading", name="loan-reports")).to_be_visible()
    expect(details.get_by_role("link", name="Request access to all of it")).to_be_visible()
    page.get_by_role("button", name="Restricted").click()
    expect(page.get_by_text("Nothing of that kind")).to_be_visible()
    visit.check_accessible()
    visit.check_quiet()


@pytest.mark.parametrize(
    ("where", "route", "none"),
    [
        (f"/data?open={TABLE}", "**/v1/sources/item?**", "It is not catalogued"),
        (f"/data?tab=databases&open={DATABASE}", "**/v1/catalogue/databases/item?**", "Nothing of it is catalogued"),
    ],
)
def test_what_could_not_be_looked_up_is_not_said_to_be_missing(
    visitor: Visitor, story: Story, where: str, route: str, none: str
) -> None:
    visit = visitor("dana")
    visit.page.route("**/v1/events", lambda asked: asked.fulfill(status=204))  # or news asks again before the press
    visit.page.route(route, lambda asked: asked.fulfill(status=429, json={"title": "Not now"}))
    page = visit.go(where)
    details = page.get_by_role("complementary", name="Details")
    expect(details.get_by_role("alert")).to_contain_text("Not now")
    expect(details.get_by_text(none)).to_have_count(0)
    visit.check_accessible()
    page.unroute_all()
    details.get_by_role("button", name="Try again").click()
    expect(details.get_by_text("Owner" if "tab=" in where else "Account", exact=True)).to_be_visible()
    expect(visit.go(f"{where}-nowhere").get_by_text(none)).to_be_visible()
    visit.check_quiet()


def test_a_whole_database_is_asked_for_with_a_verdict_for_each_of_its_tables(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    given_back(cast)
    visit = visitor("dana")
    page = visit.go(f"/data?tab=databases&open={DATABASE}")
    page.get_by_role("link", name="Request access to all of it").click()
    page.get_by_role("heading", name="Data (1)").wait_for()
    page = visit.go(f"/request?activity={story.activity}&environment={story.environment}&add={DATABASE}")
    page.get_by_role("heading", name="Data (1)").wait_for()
    page.get_by_label("Purpose").select_option(RESEARCH)
    expect(page.get_by_text("Would be refused", exact=True)).to_be_visible()
    expect(page.get_by_text("2 sources in it, 1 refused")).to_be_visible()
    visit.check_accessible()
    page.get_by_label("give the rest").check()
    page.get_by_role("button", name="Request access").click()
    expect(page.get_by_text("Asked for as")).to_contain_text("1 of the 2 sources in it")
    expect(page.get_by_role("region", name="Data", exact=True)).to_contain_text("loans/applications")
    expect(page.get_by_role("region", name="Data", exact=True)).not_to_contain_text("loans/applicants")
    visit.check_accessible()
    visit.check_quiet()


def test_the_builder_s_catalogue_offers_products_as_a_whole(visitor: Visitor, story: Story) -> None:
    visit = visitor("dana")
    page = visit.go("/request")
    page.get_by_label("Purpose").select_option(RESEARCH)
    page.get_by_label("Kind").select_option("data-product")
    page.get_by_role("button", name="Add loan-reports").click()
    expect(page.get_by_text("1 source in it")).to_be_visible()
    page.get_by_role("button", name="Add loan-applications").click()
    for operation in ("describe", "select"):
        page.get_by_role("group", name="What to do with loan-applications").get_by_label(operation).uncheck()
    page.get_by_role("group", name="What to do with loan-applications").get_by_label("insert").check()
    page.get_by_label("give the rest").check()
    expect(page.get_by_text("5 of 9 sources in it")).to_be_visible()
    visit.check_accessible()
    visit.check_quiet()
