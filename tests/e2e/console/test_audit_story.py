"""A grant is revoked by governance while its time is counted down, and an auditor reads, verifies and re-decides it."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import drafted, live

pytestmark = pytest.mark.e2e


def test_a_decision_taken_once_more_is_told_of_its_own_record_only(visitor: Visitor, cast: Cast, story: Story) -> None:
    for _ in range(2):
        made(cast.dana.post("/v1/access-requests", story.asking()))
    page = visitor("ines").go("/audit?action=grant.opened")
    records = page.get_by_role("button", name="grant.opened")
    again = page.get_by_text("From what is on record it comes out the same")
    for other in (1, 0, 1):  # the second time its decision is at hand already
        records.nth(other).click()
        expect(page.get_by_role("button", name="Take it once more")).to_be_visible()
        expect(again).to_have_count(0)
        page.get_by_role("button", name="Take it once more").click()
        expect(again).to_be_visible()


def test_a_link_in_a_record_sets_the_filters_and_their_boxes(visitor: Visitor, cast: Cast, story: Story) -> None:
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("ines")
    page = visit.go("/audit?action=grant.opened")
    page.get_by_role("button", name="grant.opened").first.click()
    panel = page.get_by_role("complementary")
    grant = panel.get_by_role("link", name=re.compile("^gr_")).inner_text()
    panel.get_by_role("link", name=grant).click()
    action, box = page.get_by_label("Action, such as grant.revoking"), page.get_by_label("Grant's id")
    expect(box).to_have_value(grant)
    expect(action).to_have_value("")
    box.focus()
    action.focus()
    page.get_by_label("Actor's id").focus()
    expect(page).to_have_url(re.compile(f"grant={grant}"))
    assert "action=" not in page.url
    action.fill("grant.opened")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("action=grant.opened"))
    expect(action).to_be_focused()
    rulebook = drafted(cast.gus, live(cast)["text"])["version"]
    visit.go(f"/audit?rulebook={rulebook}")
    expect(page.get_by_role("region", name="Records").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("button", name="rulebook.drafted")).to_be_visible()
    visit.check_quiet()


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
