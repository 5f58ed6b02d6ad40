"""What somebody writes into the platform, or into an address, to have it run in another's browser."""

import pytest
import yaml
from playwright.sync_api import expect

from platform_api.embedded.organisation import filled, sample_text
from tests.support.browser import Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import changed, drafted, live, proposed, withdrawn

pytestmark = pytest.mark.e2e

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(1)</script>"


def check_inert(visit: Visit, text: str) -> None:
    """The page shows `text` as text: nothing of it became an element, and its policy had nothing to stop."""
    expect(visit.page.get_by_text(text).first).to_be_visible()
    assert visit.page.locator("img[src=x]").count() == 0
    assert visit.evaluated("[...document.scripts].filter(s => s.text.includes('alert')).length") == 0
    visit.check_quiet()


@pytest.mark.case("UI-001")
def test_markup_in_a_title_is_text(visitor: Visitor, cast: Cast, story: Story) -> None:
    order = yaml.safe_load(filled(sample_text("activity.yaml"), cast.platform.now()))
    order |= {"name": "a-title-of-markup", "title": IMAGE, "contracts": [story.contract]}
    activity = made(cast.dana.post("/v1/activities", order))["activity"]["id"]
    visit = visitor("gus")
    visit.go(f"/activities/{activity}")
    check_inert(visit, IMAGE)
    visit.go("/activities")
    check_inert(visit, IMAGE)


@pytest.mark.case("UI-002")
def test_a_script_in_a_rule_is_text_where_versions_are_compared(visitor: Visitor, cast: Cast) -> None:
    text = f"// {SCRIPT}\n{live(cast)['text']}"
    version = drafted(cast.gus, text)["version"]
    visit = visitor("gus")
    for tab in ("cedar", "compare"):
        visit.go(f"/rules/{version}?tab={tab}")
        check_inert(visit, SCRIPT)
    withdrawn(cast.gus, version)


@pytest.mark.case("UI-004")
def test_an_address_that_is_a_script_is_no_link(visitor: Visitor, cast: Cast, story: Story) -> None:
    document = yaml.safe_load(filled(sample_text("loans.odcs.yaml"), cast.platform.now()))
    document["authoritativeDefinitions"] = [{"type": "docs", "url": "javascript:alert(1)"}]
    document["version"] = "1.0.1"
    text = yaml.safe_dump(document, sort_keys=False)
    answer = cast.pat.post("/v1/contracts", {"document_yaml": text})
    assert answer.status_code == 201, answer.text
    visit = visitor("gus")
    visit.go(f"/contracts/{story.contract}?tab=document&version=1.0.1")
    visit.page.get_by_text("The source, word for word").click()
    expect(visit.page.get_by_text("javascript:alert(1)")).to_be_visible()
    assert visit.page.locator("a[href^='javascript']").count() == 0
    visit.check_quiet()


@pytest.mark.case("UI-005")
@pytest.mark.parametrize("path", ["/app/{}", "/rules/{}", "/grants?q={}", "/audit?action={}", "/contracts/{}?tab={}"])
def test_markup_in_an_address_is_text(visitor: Visitor, path: str) -> None:
    visit = visitor("gus")
    visit.page.goto(visit.url + path.replace("{}", "%3Cimg%20src=x%20onerror=alert(1)%3E"))
    visit.page.get_by_role("main").wait_for()
    visit.settle()
    assert visit.page.locator("img[src=x]").count() == 0
    visit.check_quiet()


@pytest.mark.case("UI-016")
def test_who_approves_has_had_the_whole_difference_on_the_screen(visitor: Visitor, cast: Cast) -> None:
    many = "\n".join(f"// {line}" for line in range(5_000))
    version = proposed(cast.olga, f"{many}\n{changed(cast, 'at-the-very-end')}")["version"]
    visit = visitor("gus")
    page = visit.go(f"/rules/{version}")
    page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Read the difference to its end first.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Approve")).to_be_disabled()
    visit.check_dialog("approve-rules")
    difference = dialog.get_by_role("region", name="Difference", exact=True)
    for _ in range(20):  # lines that are shown for the first time may be higher than was thought
        difference.press("End")
        dialog.get_by_role("region", name="Difference of the test cases").press("End")
        page.wait_for_timeout(50)
        if dialog.get_by_role("button", name="Approve").is_enabled():
            break
    expect(dialog.get_by_text("at-the-very-end").first).to_be_visible()
    expect(dialog.get_by_role("button", name="Approve")).to_be_enabled()
    page.keyboard.press("Escape")
    withdrawn(cast.olga, version)
