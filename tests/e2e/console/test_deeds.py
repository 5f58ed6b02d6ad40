"""The buttons of deeds: one that may not be done is seen to be so, and says why in words; one pressed twice is done."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser import Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import changed, proposed, withdrawn

pytestmark = pytest.mark.e2e
READABLE = 3.0
"""The least contrast between a button's words and itself (WCAG 1.4.11; it asks none of what is disabled)."""
_LOOKS = """(button) => {
  const ink = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const light = (colour) => {
    ink.clearRect(0, 0, 1, 1); ink.fillStyle = colour; ink.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...ink.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const look = getComputedStyle(button);
  const [dark, bright] = [light(look.color), light(look.backgroundColor)].sort((a, b) => a - b);
  return [(bright + 0.05) / (dark + 0.05), look.cursor, look.backgroundColor];
}"""


def check_says(visit: Visit, button: Locator, why: str) -> None:
    """The button cannot be pressed, can be read, and says why to the pointer and to the keyboard."""
    page = visit.page
    tip = page.get_by_role("tooltip").filter(has_text=why)
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(re.compile(re.escape(why)))
    for theme in visit.in_each_theme():
        page.mouse.move(0, 0)
        rested = button.evaluate(_LOOKS)
        button.hover(force=True)
        expect(tip).to_be_visible()
        contrast, cursor, colour = button.evaluate(_LOOKS)
        assert contrast >= READABLE, f"{contrast:.1f} in the {theme} theme"
        assert (cursor, colour) == ("not-allowed", rested[2])
    visit.check_accessible()
    page.mouse.move(0, 0)
    expect(tip).to_have_count(0)
    button.focus()
    expect(tip).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)


def test_who_may_not_sign_approve_or_make_live_is_told_why_on_the_button(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    found = made(cast.pat.get(f"/v1/contracts/{story.contract}/versions/{story.version}"))["document"]
    made(cast.pat.post("/v1/contracts", {"document": {**found, "version": "1.7.0"}}))
    visit = visitor("pat")
    page = visit.go(f"/contracts/{story.contract}?version=1.7.0")
    check_says(visit, page.get_by_role("button", name="Sign as data owner"), "You proposed it: somebody else signs.")

    version = proposed(cast.gus, changed(cast, "told-on-the-button"))["version"]
    author = visitor("gus")
    page = author.go(f"/rules/{version}")
    check_says(author, page.get_by_role("button", name="Approve"), "You wrote it: somebody else judges it.")
    withdrawn(cast.gus, version)

    other = visitor("dana")
    page = other.go("/rules")
    check_says(other, page.get_by_role("button", name="New draft"), "You may not propose rules: no rule permits it")
    for one in (visit, author, other):
        one.check_quiet()


def test_a_refusal_names_the_deed_in_plain_words(visitor: Visitor, story: Story) -> None:
    page = visitor("dana").go("/audit")
    expect(page.get_by_text("You may not read the audit trail: no rule permits it").first).to_be_visible()


def test_a_double_press_opens_a_dialog_once_and_leaves_it_open(visitor: Visitor, story: Story) -> None:
    visit = visitor("gus")
    page = visit.go("/rules")
    page.get_by_role("button", name="New draft").dblclick(position={"x": 4, "y": 4})
    expect(page.get_by_label("What it is for")).to_be_visible()
    visit.evaluated("new Promise(later => setTimeout(later, 600))")
    expect(page.get_by_label("What it is for")).to_be_visible()
    page.mouse.click(4, 4)
    expect(page.get_by_label("What it is for")).to_have_count(0)
    visit.check_quiet()
