"""A grant is revoked by governance while its time is counted down, and an auditor reads, verifies and re-decides it."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import Cast, Story, made

pytestmark = pytest.mark.e2e


def test_a_grant_is_revoked_and_an_auditor_verifies_the_record_of_it(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    keeper = visitor("gus")
    page = keeper.go(f"/grants/{grant}")
    expect(page.locator(".lead")).to_contain_text(re.compile(r"ends in 5[0-9]:[0-9][0-9]"))
    page.get_by_role("button", name="Revoke").click()
    page.get_by_label("Why").fill("The project ended early.")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator(".lead")).to_contain_text(re.compile("Revoking|Denied|Closed"))
    expect(page.locator(".lead")).not_to_contain_text("ends in")
    keeper.check_quiet()

    auditor = visitor("ines")
    page = auditor.go(f"/audit?grant={grant}&action=grant.revoking")
    page.get_by_role("button", name="grant.revoking").first.click()
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("Gus Moreau")
    expect(panel).to_contain_text("The project ended early.")
    page.get_by_role("button", name="Take it once more").click()
    expect(page.get_by_text("From what is on record it comes out the same")).to_be_visible()
    auditor.check_accessible()
    page.get_by_role("link", name=grant).click()
    expect(page.get_by_role("button", name="grant.opened").first).to_be_visible()
    page.get_by_role("button", name="Verify the log").click()
    expect(page.get_by_text(re.compile(r"All [0-9]+ records are whole"))).to_be_visible()
    with page.expect_download() as export:
        page.get_by_role("link", name="Export").click()
    assert grant in export.value.path().read_text(encoding="utf-8")
    auditor.check_quiet()
