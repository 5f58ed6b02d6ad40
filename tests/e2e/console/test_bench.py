"""The test bench: a question with its answer and the rules that decide it; kept, it guards what is made live."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Theme, Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import act, drafted, live, saved

pytestmark = pytest.mark.e2e
FORBID = (
    '\n@id("no-facts")\n@title("Nobody reads the facts")\n@owner("governance-office")\n'
    'forbid (principal, action == Action::"read", resource);\n'
)
AT_NIGHT = """
@id("loans-rest") @title("Loans rest at night") @owner("governance-office")
forbid (principal, action == Action::"read", resource in DataProduct::"loan-applications")
when {
  context.tier == Tier::"research" &&
  (context.now.toTime() >= duration("18h") || context.now.toTime() < duration("8h"))
}
unless { principal in Team::"architecture-board" };
"""


def asked(visit: Visit, data: str) -> None:
    """Dana reads the files called `data` for credit risk research."""
    page = visit.go("/bench")
    page.get_by_role("combobox", name="Who").fill("Dana")
    page.get_by_role("option", name="Dana Reyes").click()
    page.get_by_role("combobox", name="With which data").fill(data)
    page.get_by_role("option", name=data).first.click()
    page.get_by_label("For which purpose").select_option("lending/credit-risk-research")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_question_is_answered_with_the_rules_that_decide_it(visitor: Visitor, story: Story, theme: Theme) -> None:
    visit = visitor("gus", theme=theme, width=390 if theme == "dark" else 1280)
    page = visit.go("/bench")
    expect(page.get_by_text("Still to choose: who, which data, for which purpose.")).to_be_visible()
    asked(visit, "loans/facts/")
    expect(page.get_by_text("The rules allow it", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Lending science reads loan applications")).to_be_visible()
    visit.check_accessible()
    assert visit.evaluated("document.documentElement.scrollWidth <= innerWidth") is True
    asked(visit, "loans/personal/")
    expect(page.get_by_text("The rules refuse it", exact=True)).to_be_visible()
    expect(page.get_by_text("Forbids", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("The rules refuse it", exact=True)).to_be_visible()
    visit.check_quiet()


def test_a_kept_question_guards_what_is_proposed(visitor: Visitor, cast: Cast, story: Story) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    asked(visit, "loans/facts/")
    page = visit.page
    page.get_by_label("In which of your drafts").select_option(draft["version"])
    page.get_by_role("button", name="Keep as a test case").click()
    expect(page.get_by_role("dialog")).to_contain_text("It holds that Dana Reyes may read files: ")
    expect(page.get_by_role("dialog")).to_contain_text("for lending/credit-risk-research in research.")
    page.get_by_label("What it is called").fill("Dana keeps reading the facts")
    visit.check_dialog("keep-case")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept with the draft.")).to_be_visible()
    whole = made(cast.gus.get(f"/v1/rulebooks/{draft['version']}"))
    assert "Dana keeps reading the facts" in whole["cases"]
    mended = saved(cast.gus, draft["version"], text=whole["text"] + FORBID)
    assert mended.status_code == 200, mended.text
    refused = act(cast.gus, "propose", mended.json())
    assert refused.json()["code"] == "cases-failed"
    assert "Dana keeps reading the facts" in refused.text
    visit.check_quiet()


def test_the_bench_begins_with_somebody_and_a_moment_that_the_new_rule_is_about(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    draft = drafted(cast.gus, live(cast)["text"] + AT_NIGHT)
    visit = visitor("gus")
    page = visit.go(f"/rules/{draft['version']}?tab=cases")
    link = page.get_by_role("link", name="Add a test case")
    expect(link).to_have_attribute("href", re.compile("at=.*who=|who=.*at="))
    link.click()
    expect(page.get_by_label("When (UTC)")).to_have_value("2026-01-05T18:00")
    chosen = page.get_by_role("list", name="Who: chosen")
    expect(chosen).not_to_contain_text("Ari Tanaka")  # the first by name, whom the rule leaves out
    expect(page.get_by_text("The rules refuse it", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Loans rest at night")).to_be_visible()
    visit.check_quiet()


def test_a_case_is_added_from_the_draft_and_leads_back_to_it(visitor: Visitor, cast: Cast, story: Story) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = visit.go(f"/rules/{draft['version']}?tab=cases")
    expect(page.get_by_text("A case is one question with the answer")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("link", name="Add a test case").click()
    page.get_by_role("combobox", name="Who").fill("Dana")
    page.get_by_role("option", name="Dana Reyes").click()
    page.get_by_role("combobox", name="With which data").fill("loans/facts/")
    page.get_by_role("option", name="loans/facts/").first.click()
    expect(page.get_by_label("For which purpose")).to_have_value("")
    page.get_by_label("For which purpose").select_option("lending/credit-risk-research")
    expect(page.get_by_label("In which of your drafts")).to_have_value(draft["version"])
    page.get_by_role("button", name="Keep as a test case").dblclick()
    page.get_by_label("What it is called").fill("Dana reads the facts, from the draft")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept with the draft.")).to_be_visible()
    page.get_by_role("link", name="Back to the draft").click()
    cases = page.get_by_label("Test cases (YAML)")
    expect(cases).to_have_value(re.compile("Dana reads the facts, from the draft"))
    cases.press("End")
    cases.press_sequentially(" ")
    expect(page.get_by_role("button", name="Add a test case")).to_have_accessible_description(re.compile("Save first"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Add a test case")).to_be_visible()
    visit.check_quiet()


def test_who_writes_no_rules_is_told_so(visitor: Visitor, story: Story) -> None:
    visit = visitor("dana")
    page = visit.go("/bench")
    expect(page.get_by_text("The bench is for who writes rules")).to_be_visible()
    visit.check_accessible()
