"""A grant is ended by governance or by rules, and an auditor reads why it was given and why it ended, and verifies."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import FACTS, RESEARCH, Cast, Story, made, until
from tests.support.rulebook_steps import changed, drafted, live, made_live

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


def test_an_auditor_reads_why_access_was_given_or_refused(visitor: Visitor, cast: Cast, story: Story) -> None:
    granted = made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("ines")
    page = visit.go(f"/requests/{granted['request_id']}")
    said = page.get_by_role("list", name="What decided on")
    expect(said.get_by_text("Let it pass")).to_have_count(3)
    contract = cast.ines.get(f"/v1/contracts/{story.contract}/versions/{story.version}").json()
    link = said.get_by_role("link", name=contract["name"], exact=True)
    expect(link).to_have_attribute("href", re.compile(rf"/contracts/{story.contract}\?version="))
    expect(said).to_contain_text(f"The purpose {RESEARCH} is checked")
    said.get_by_text("clauses is exceeded").click()
    expect(said.get_by_text("reviewed every 180 days")).to_be_visible()
    decided = cast.ines.get("/v1/decisions", grant=granted["grant"]["id"]).json()["items"][0]
    rules = decided["decision"]["sources"][0]["rules"]["rules"]
    owners = {one["id"]: one["owner"] for one in live(cast)["rules"]}
    assert rules
    for rule in rules:
        expect(said.get_by_role("link", name=rule["title"])).to_have_attribute("href", f"/rules/{decided['rulebook']}")
        expect(said).to_contain_text(f"of {owners[rule['id']]}")
    expect(page.get_by_text("no contract of it asked people")).to_be_visible()
    visit.check_themes()

    personal = {**FACTS, "prefix": "loans/personal/"}
    refused = cast.dana.post("/v1/access-requests", story.asking(sources=[FACTS, personal])).json()["request_id"]
    page = visit.go(f"/requests/{refused}")
    expect(page.get_by_text("Would pass", exact=True)).to_be_visible()
    expect(page.get_by_text("Granted", exact=True)).to_have_count(0)
    expect(said.get_by_role("link", name="Personal attributes stay out of research")).to_be_visible()
    visit.go(f"/audit?action=grant.opened&grant={granted['grant']['id']}")
    page.get_by_role("button", name="grant.opened").click()
    expect(page.get_by_role("complementary").get_by_role("link", name=contract["name"], exact=True)).to_be_visible()
    visit.check_accessible()
    visit.check_quiet()


@pytest.mark.usefixtures("rules_before")
def test_a_grant_that_the_rules_have_ended_names_the_rule(visitor: Visitor, cast: Cast, story: Story) -> None:
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    made(cast.dana.post(f"/v1/grants/{grant}/credentials"))
    version = made_live(cast.gus, cast.olga, changed(cast, "stop", story.activity))["version"]
    until(cast.dana, f"/v1/grants/{grant}", "denied")
    visit = visitor("ines")
    page = visit.go(f"/grants/{grant}")
    ending = page.get_by_role("list", name="How it ends")
    rule = ending.get_by_role("link", name=f"Nobody requests anything in {story.activity}")
    expect(rule).to_have_attribute("href", f"/rules/{version}")
    expect(ending).to_contain_text("of governance-office")
    expect(ending).to_contain_text("Ask in another activity.")
    expect(page.get_by_role("heading", name="Use it")).to_have_count(0)
    visit.check_accessible()
    shown = cast.ines.get(f"/v1/grants/{grant}").json()
    row = visit.go("/grants?state=denied").get_by_role("region", name="Grants").locator("tbody tr").first
    ended = row.locator("time").get_attribute("datetime")
    assert ended is not None
    assert ended < shown["ends_at"]
    (first,) = [one for one in cast.ines.get("/v1/rulebooks", limit=200).json()["items"] if not one["authors"]]
    expect(visit.go(f"/rules/{first['version']}").get_by_text("by the platform, at its set-up")).to_be_visible()
    visit.check_quiet()


def test_a_filter_by_time_says_what_is_no_time_and_stays_as_it_was(visitor: Visitor, cast: Cast, story: Story) -> None:
    visit = visitor("ines")
    page = visit.go("/audit")
    begins = page.get_by_label("From (")
    begins.fill("gestern")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Give a time with its zone, such as 2026-11-23T10:00Z.")
    assert "since=" not in page.url
    visit.check_accessible()
    begins.fill("2026-01-01T00:00Z")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_url(re.compile("since="))
    visit.go("/audit?since=gestern")
    expect(page.get_by_role("alert")).to_contain_text("give a time with its zone")


def test_a_link_in_a_record_sets_the_filters_and_their_boxes(visitor: Visitor, cast: Cast, story: Story) -> None:
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("ines")
    page = visit.go("/audit?action=grant.opened")
    page.get_by_role("button", name="grant.opened").first.click()
    panel = page.get_by_role("complementary")
    grant = panel.get_by_role("link", name=re.compile("^gr_")).inner_text()
    panel.get_by_role("link", name=grant).click()
    action, box = page.get_by_label("Action (grant.revoking)"), page.get_by_label("Grant's id")
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
    auditor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the root").click()
    expect(page.get_by_text("The root is copied.")).to_be_visible()
    root = str(auditor.evaluated("navigator.clipboard.readText()"))
    assert re.fullmatch("[0-9a-f]{64}", root)
    expect(page.get_by_text(root, exact=True)).to_be_visible()
    page.get_by_role("button", name="Verify the log").click()
    expect(page.get_by_text(re.compile(r"All [0-9]+ records are whole"))).to_be_visible()
    with page.expect_download() as export:
        page.get_by_role("link", name="Export").click()
    assert grant in export.value.path().read_text(encoding="utf-8")
    auditor.check_quiet()
