"""The data screen: from a table to its database and its product, and from those to what is in them."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import Story

pytestmark = pytest.mark.e2e
TABLE = "glue://000000000000/us-east-1/loans/applications"


def test_a_table_leads_to_its_database_and_its_product_and_these_to_what_is_in_them(
    visitor: Visitor, story: Story
) -> None:
    visit = visitor("dana")
    page = visit.go(f"/data?open={TABLE}")
    details = page.get_by_role("complementary", name="Details")
    details.get_by_role("link", name="loans", exact=True).click()
    expect(page.get_by_role("tab", name="Databases")).to_have_attribute("aria-selected", "true")
    expect(details).to_contain_text("2 glue table")
    expect(details.get_by_role("link", name="applicants")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("tab", name="Data products").click()
    listed = page.get_by_role("region", name="Data products")
    listed.get_by_role("button", name="loan-reports").click()
    expect(details.get_by_role("heading", name="loan-reports")).to_be_visible()
    page.get_by_role("button", name="Restricted").click()
    expect(page.get_by_text("Nothing of that kind")).to_be_visible()
    visit.check_accessible()
    visit.check_quiet()
