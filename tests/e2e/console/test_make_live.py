"""Who judges a change of rules reads it in words, and who makes it live learns what it ends at that very moment."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import approved, changed, drafted, live, withdrawn

pytestmark = pytest.mark.e2e


@pytest.mark.usefixtures("rules_before")
def test_a_grant_that_is_given_after_the_approval_is_counted_when_the_rules_are_made_live(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    before = live(cast)
    version = approved(cast.gus, cast.olga, changed(cast, "no-more-here", story.activity))["version"]
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("gus")
    page = visit.go(f"/rules/{version}?tab=impact")
    expect(page.get_by_text("Counted")).to_contain_text("when it was proposed")
    expect(page.get_by_role("region", name="Who gains and who loses")).to_contain_text("at any time")
    page.get_by_role("button", name="Make live").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"[1-9]\d* live grants? would end, of \d+, as of"), timeout=60_000)
    ending = dialog.get_by_role("list", name="Live grants that would end")
    expect(ending.get_by_role("listitem").first).to_contain_text("Dana Reyes")
    expect(dialog.get_by_role("heading")).to_have_text(f"Make version {version} “A change” live?")
    expect(dialog).to_contain_text(f"It takes the place of version {before['number']} “{before['title']}”")
    expect(dialog).to_contain_text("Only narrows: proved")
    expect(dialog.get_by_role("list", name="Who gains and who loses")).to_contain_text(
        re.compile(r"\d+ (person|people)")
    )
    expect(dialog.get_by_role("note")).to_contain_text("no test cases of its own")
    visit.check_dialog("make-rules-live")
    dialog.get_by_role("button", name="Make it live").click()
    expect(page.get_by_text(re.compile(r"live grants? no longer pass(es)? and (is|are) being revoked"))).to_be_visible(
        timeout=60_000
    )
    visit.check_quiet()


def test_a_changed_rule_is_said_before_and_after_and_a_removed_one_until_now(visitor: Visitor, cast: Cast) -> None:
    text = str(live(cast)["text"])
    rules = {rule["id"]: rule for rule in live(cast)["rules"]}
    spoken = [rule for rule in rules.values() if rule["sentence"] and "up to confidential" in rule["sentence"]]
    kept, gone = spoken[0], next(rule for rule in rules.values() if rule["id"] != spoken[0]["id"])
    narrower = kept["text"].replace("sensitivity <= 2", "sensitivity <= 1")
    draft = drafted(cast.gus, text.replace(kept["text"], narrower).replace(gone["text"], ""))
    visit = visitor("gus")
    page = visit.go(f"/rules/{draft['version']}?tab=compare")
    words = page.get_by_role("list", name="Changed rules in words").get_by_role("listitem")
    expect(words).to_have_count(2)
    expect(words.first).to_contain_text("Changed")
    expect(words.first).to_contain_text("Before: ")
    expect(words.first).to_contain_text("up to internal")
    expect(words.last).to_contain_text("Removed")
    expect(words.last).to_contain_text(str(gone["title"]))
    visit.check_accessible()
    withdrawn(cast.gus, draft["version"])
