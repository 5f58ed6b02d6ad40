"""What somebody is writing: nothing overwrites it, it overwrites nobody else's, and no key that is pressed is lost."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import drafted, live

pytestmark = pytest.mark.e2e
ELSEWHERE = "cases: []\n# from elsewhere\n"
MINE = "cases: []\n# mine\n"
BOTH = "cases: []\n# both\n"


def edited_elsewhere(cast: Cast, version: str, cases: str) -> None:
    """The officer's draft with other test cases, saved from another window."""
    whole = made(cast.gus.get(f"/v1/rulebooks/{version}"))
    body = {name: whole[name] for name in ("title", "text", "cases", "revision")} | {"cases": cases}
    made(cast.gus.call("PUT", f"/v1/rulebooks/{version}", json=body))


def holding(page: Page, asked: str) -> list[Route]:
    """What the page asks for there from now on, without an answer."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(asked, hold)
    return held


def unread(route: Route) -> None:
    """Answers that there is nothing."""
    route.fulfill(status=404, json={"title": "Gone", "detail": "It cannot be read."})


def test_a_draft_that_is_only_read_shows_what_is_saved_elsewhere(visitor: Visitor, cast: Cast, story: Story) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = visit.go(f"/rules/{draft['version']}?tab=cases")
    edited_elsewhere(cast, draft["version"], ELSEWHERE)
    expect(page.get_by_label("Test cases (YAML)")).to_have_value(ELSEWHERE)
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    visit.check_quiet()


def test_what_is_typed_never_overwrites_what_is_saved_elsewhere_meanwhile(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = visit.go(f"/rules/{draft['version']}?tab=cases")
    cases = page.get_by_label("Test cases (YAML)")
    cases.fill(MINE)
    edited_elsewhere(cast, draft["version"], ELSEWHERE)
    expect(page.get_by_text("Changed elsewhere meanwhile")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(cases).to_have_value(MINE)
    assert "# from elsewhere" in made(cast.gus.get(f"/v1/rulebooks/{draft['version']}"))["cases"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Take theirs").click()
    expect(cases).to_have_value(ELSEWHERE)
    cases.fill(BOTH)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    assert made(cast.gus.get(f"/v1/rulebooks/{draft['version']}"))["cases"] == BOTH
    visit.check_quiet()


def test_what_is_typed_while_the_text_is_formatted_stays(visitor: Visitor, cast: Cast, story: Story) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = visit.page
    held = holding(page, "**/*.wasm")
    page.goto(f"{visit.url}/rules/{draft['version']}?tab=cedar")
    page.get_by_role("button", name="Format").click()
    content = page.get_by_label("The rules in Cedar")
    content.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("// typed meanwhile")
    for route in held:
        route.continue_()
    page.unroute("**/*.wasm")
    expect(page.get_by_role("tab", name="Rules (")).to_be_visible()
    page.wait_for_timeout(2_000)
    expect(content).to_contain_text("// typed meanwhile")
    visit.check_quiet()


def test_without_the_schema_the_server_says_whether_the_text_is_right(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = visit.page
    page.route("**/v1/rulebooks/schema", unread)
    visit.go(f"/rules/{draft['version']}?tab=cedar")
    page.get_by_label("The rules in Cedar").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("permit (principal")
    expect(page.get_by_role("alert")).to_contain_text("The text is no rulebook yet")
    page.unroute("**/v1/rulebooks/schema")


def test_a_second_training_can_be_typed(visitor: Visitor, story: Story) -> None:
    visit = visitor("pat")
    page = visit.go("/contracts/desk")
    trainings = page.get_by_label("Trainings that are needed")
    trainings.press_sequentially("privacy-2026\nlending-2026")
    expect(trainings).to_have_value("privacy-2026\nlending-2026")
    expect(page.get_by_label("The contract's source", exact=True)).to_contain_text("privacy-2026, lending-2026")
    visit.check_quiet()


def asked(visit: Visit) -> Page:
    """Dana reads the loans' facts for credit risk research."""
    page = visit.go("/bench")
    page.get_by_role("combobox", name="Who").fill("Dana")
    page.get_by_role("option", name="Dana Reyes").click()
    page.get_by_role("combobox", name="With which data").fill("loans/facts/")
    page.get_by_role("option", name="loans/facts/").first.click()
    page.get_by_label("For which purpose").select_option("lending/credit-risk-research")
    return page


def test_every_key_counts_at_the_bench_wherever_it_is_pressed(visitor: Visitor, story: Story) -> None:
    visit = visitor("gus")
    page = visit.go("/bench")
    trainings = page.get_by_label("Trainings")
    trainings.press_sequentially("banking-2026")
    trainings.press("Home")
    trainings.press_sequentially("privacy-2026, lending-2026, ")
    expect(trainings).to_have_value("privacy-2026, lending-2026, banking-2026")
    page.wait_for_timeout(1_000)
    expect(trainings).to_have_value("privacy-2026, lending-2026, banking-2026")
    page.reload()
    expect(page.get_by_label("Trainings")).to_have_value("privacy-2026, lending-2026, banking-2026")
    visit.check_quiet()


def test_a_question_is_kept_only_with_its_own_answer(visitor: Visitor, cast: Cast, story: Story) -> None:
    drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = asked(visit)
    keep = page.get_by_role("button", name="Keep as a test case")
    expect(keep).to_be_visible()
    held = holding(page, "**/v1/rulebooks/test")
    page.get_by_label("Does what").select_option("write")
    page.wait_for_timeout(1_000)
    expect(keep).to_have_count(0)
    for route in held:
        route.continue_()
    page.unroute("**/v1/rulebooks/test")
    expect(page.get_by_text("The rules refuse it", exact=True)).to_be_visible()
    expect(keep).to_be_visible()
    visit.check_quiet()


@pytest.mark.parametrize("of", ["sources/item?*", "subjects?*", "rulebooks?*", "activities?*"])
def test_the_bench_says_what_it_cannot_read(visitor: Visitor, story: Story, of: str) -> None:
    visit = visitor("gus")
    address = f"{asked(visit).url}&activity={story.activity}"
    page = visit.page
    page.route(f"**/v1/{of}", unread)
    page.goto(address)
    expect(page.get_by_text("It cannot be read.").first).to_be_visible()
    page.unroute(f"**/v1/{of}")
