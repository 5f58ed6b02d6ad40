"""A business person who has never seen Cedar makes a rule, tries it and proposes it; a second person makes it live."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import FACTS, Cast, Story
from tests.support.rulebook_steps import drafted, live, withdrawn

pytestmark = pytest.mark.e2e
PRESSES = 20
"""At most so many presses of the mouse from "New draft" to "Propose": the steps of docs/governance.md."""
_COUNTING = "window.presses = 0; addEventListener('pointerdown', () => { presses += 1 }, true)"
TABLE = {"kind": "glue-table", "database": "loans", "table": "applications", "operations": ["describe", "select"]}


@pytest.mark.usefixtures("rules_before")
def test_a_rule_is_made_by_form_tried_proposed_approved_and_changes_an_answer(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    former = live(cast)["version"]
    asking = story.asking(sources=[TABLE], dry_run=True)
    assert cast.dana.post("/v1/access-requests", asking).json()["outcome"] == "would-be-granted"

    author = visitor("gus")
    page = author.go("/rules")
    author.evaluated(_COUNTING)
    page.get_by_role("button", name="New draft").click()
    page.get_by_label("What it is for").fill("Dana queries no tables for now")
    author.check_dialog("new-draft")
    page.get_by_role("button", name="Begin").click()

    page.get_by_role("button", name="New rule").click()
    page.get_by_label("What the rule is called").fill("Dana queries no loan tables")
    page.get_by_label("It forbids").check()
    for action in ("read files", "read in clear", "read masked", "read hashed"):
        page.get_by_role("checkbox", name=action).uncheck()
    page.get_by_role("radio", name="One person or pipeline").check()
    page.get_by_role("combobox", name="Person or pipeline").fill("dana")
    page.get_by_role("option", name="Dana Reyes").click()
    page.get_by_role("radio", name="Data products").check()
    page.get_by_role("combobox", name="Data products").fill("loan-app")
    page.get_by_role("option", name="loan-applications").click()
    page.get_by_role("checkbox", name="research").check()
    page.get_by_label("What to tell whom it refuses").fill("Ask for the files instead.")
    expect(page.get_by_role("dialog")).to_contain_text("Dana Reyes may not query")
    author.check_dialog("rule-form")
    page.get_by_role("button", name="Add the rule").click()
    added = page.get_by_role("list", name="New or changed").get_by_role("listitem")
    expect(added).to_contain_text("New")
    expect(added).to_contain_text("Dana queries no loan tables")
    expect(added).to_be_focused()
    expect(added).to_be_in_viewport()

    expect(page.get_by_text("Only narrows: proved")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Nobody can gain anything by this edit")).to_be_visible()
    author.check_accessible()
    page.get_by_role("tab", name="Test cases").click()
    page.get_by_role("button", name="Run the test cases").click()
    expect(page.get_by_text(re.compile(r"^All \d+ pass$"))).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile(r"^\d+ of this version and \d+ of the platform's own"))).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    page.get_by_role("button", name="Propose").click()
    author.check_dialog("propose-rules")
    page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Proposed: a second person approves it.")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    assert int(str(author.evaluated("presses"))) <= PRESSES, "a rule takes more presses than docs/governance.md says"
    address = page.url
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_label("This version", exact=True).last).to_contain_text("dana-queries-no-loan-tables")
    words = page.get_by_role("list", name="Changed rules in words").get_by_role("listitem")
    expect(words).to_contain_text("Dana queries no loan tables")
    expect(words).to_contain_text("Dana Reyes may not query")
    author.check_accessible()

    second = visitor("olga")
    other = second.go("/approvals")
    other.get_by_role("link", name="Dana queries no tables for now").click()
    first = other.get_by_role("list", name="New or changed").get_by_role("listitem")
    expect(first).to_contain_text("Dana Reyes may not query")
    expect(other.get_by_role("heading", name=re.compile(r"^As they are live \(\d+\)$"))).to_be_visible()
    assert other.url.split("?")[0] == address.split("?")[0]
    other.get_by_role("button", name="Reject").click()
    second.check_dialog("reject-rules")
    other.get_by_role("button", name="Cancel").click()
    other.get_by_role("button", name="Approve").click()
    asked = other.get_by_role("dialog")
    expect(asked).to_contain_text("Nobody can gain anything by this edit")
    words = asked.get_by_role("list", name="Changed rules in words").get_by_role("listitem")
    expect(words).to_contain_text("New")
    expect(words).to_contain_text("Dana Reyes may not query")
    expect(words).to_contain_text("Whom it is about: person Dana Reyes")
    second.check_dialog("approve-rules")
    asked.get_by_role("region", name="Difference").evaluate("(box) => box.lastElementChild.scrollIntoView()")
    other.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(other.get_by_text("Approved.")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="Make live").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"live grants? would end, of \d+, as of"))
    author.check_dialog("make-rules-live")
    page.get_by_role("dialog").get_by_role("button", name="Make it live").click()
    expect(page.get_by_text("Live, for every process.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile(r"No live grant ended by it|being revoked"))).to_be_visible()

    refused = cast.dana.post("/v1/access-requests", asking).json()
    assert refused["outcome"] == "would-be-refused"
    assert "Ask for the files instead." in str(refused)
    assert cast.dana.post("/v1/access-requests", story.asking(sources=[FACTS], dry_run=True)).status_code == 200

    author.go(f"/rules/{former}").get_by_role("button", name="Roll back to this").click()
    author.check_dialog("roll-back-rules")


def test_a_rule_with_team_product_tier_and_times_takes_no_more_presses_than_the_page_says(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    """Every field is pressed before it is written in, unless it has the focus already."""
    author = visitor("gus")
    page = author.go("/rules")
    author.evaluated(_COUNTING)
    page.get_by_role("button", name="New draft").click()
    page.keyboard.type("The loans rest at night")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="New rule").click()
    expect(page.get_by_label("What the rule is called")).to_be_focused()
    page.keyboard.type("The loans rest at night")
    page.get_by_label("It forbids").click()
    ways = page.get_by_role("group", name="To do what").get_by_role("checkbox")
    checked = [one.evaluate("box => box.parentElement.innerText.trim()") for one in ways.all() if one.is_checked()]
    assert checked == ["read files", "query tables", "read in clear", "read masked", "read hashed"]
    page.get_by_role("radio", name="People and pipelines of teams").click()
    page.get_by_role("combobox", name="Teams").click()
    page.keyboard.type("lending-sci")
    page.get_by_role("option", name="lending-science").click()
    page.get_by_role("radio", name="Data products").click()
    page.get_by_role("combobox", name="Data products").click()
    page.keyboard.type("loan-app")
    page.get_by_role("option", name="loan-applications").click()
    page.get_by_role("checkbox", name="research").click()
    page.get_by_label("From hour").click(position={"x": 14, "y": 16})
    page.keyboard.type("1000PM")  # as this Chromium asks for it
    expect(page.get_by_text("Still to say: both hours, or neither.")).to_be_in_viewport()
    until = page.get_by_label("Until before")
    expect(until).to_have_accessible_description("Both hours, or neither.")
    expect(until).to_have_value("")
    until.click(position={"x": 14, "y": 16})
    page.keyboard.type("0500AM")
    expect(page.get_by_text("Both hours, or neither.")).to_have_count(0)
    page.get_by_label("What to tell whom it refuses").click()
    page.keyboard.type("Come back in the morning.")
    add = page.get_by_role("button", name="Add the rule")
    expect(add).to_be_enabled()
    for end in ("top", "bottom"):
        page.get_by_role("radio", name="Everybody").evaluate("(one, end) => one.scrollIntoView(end === 'top')", end)
        expect(add).to_be_in_viewport(ratio=1)
        expect(page.get_by_text("In plain words")).to_be_in_viewport(ratio=1)
    author.check_dialog("rule-form")
    add.click()
    page.get_by_role("tab", name="Test cases").click()
    page.get_by_role("button", name="Run the test cases").click()
    expect(page.get_by_text(re.compile(r"^All \d+ pass$"))).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("dialog")).to_contain_text("What you changed is saved first.")
    page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Proposed: a second person approves it.")).to_be_visible(timeout=60_000)
    taken = int(str(author.evaluated("presses")))
    withdrawn(cast.gus, page.url.rpartition("/")[2].partition("?")[0])
    assert 0 < taken <= PRESSES, f"{taken} presses, and docs/governance.md says {PRESSES} at most"
    author.check_quiet()


def test_a_link_that_the_browser_does_not_let_be_copied_is_said_so(visitor: Visitor, cast: Cast, story: Story) -> None:
    version = drafted(cast.gus, live(cast)["text"])["version"]
    visit = visitor("gus")
    page = visit.go(f"/rules/{version}?tab=impact")
    visit.evaluated("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
    page.get_by_role("button", name="Copy a link to it").click()
    expect(page.get_by_text("Your browser does not let it be copied")).to_be_visible()
    visit.evaluated("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve() }")
    page.get_by_role("button", name="Copy a link to it").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert str(visit.evaluated("copied")).endswith(f"/rules/{version}/impact")
    withdrawn(cast.gus, version)
    visit.check_quiet()
