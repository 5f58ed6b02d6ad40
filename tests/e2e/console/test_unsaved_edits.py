"""What somebody is writing: nothing overwrites it, it overwrites nobody else's, and no key that is pressed is lost."""

import re
import uuid

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Visit, Visitor
from tests.support.platform import Cast, Story, made
from tests.support.rulebook_steps import drafted, live, saved, withdrawn

pytestmark = pytest.mark.e2e
ELSEWHERE = "cases: []\n# from elsewhere\n"
MINE = "cases: []\n# mine\n"
BOTH = "cases: []\n# both\n"


def holding(page: Page, asked: str) -> list[Route]:
    """What the page asks for there from now on, without an answer."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(asked, hold)
    return held


def cases_of_a_draft(visitor: Visitor, cast: Cast) -> tuple[str, Visit]:
    """A new draft of the officer's, and their window at its test cases."""
    version = str(drafted(cast.gus, live(cast)["text"])["version"])
    visit = visitor("gus")
    visit.go(f"/rules/{version}?tab=cases")
    return version, visit


def unread(route: Route) -> None:
    """Answers that there is no answer for now."""
    route.fulfill(status=429, json={"title": "Not now", "detail": "It cannot be read."})


def test_a_draft_that_is_only_read_shows_what_is_saved_elsewhere(visitor: Visitor, cast: Cast, story: Story) -> None:
    version, visit = cases_of_a_draft(visitor, cast)
    page = visit.page
    made(saved(cast.gus, version, cases=ELSEWHERE))
    expect(page.get_by_label("Test cases (YAML)")).to_have_value(ELSEWHERE)
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    told = page.get_by_text("Saved elsewhere meanwhile")
    expect(told).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="I see").click()
    expect(told).to_have_count(0)
    visit.check_quiet()


def test_what_is_saved_elsewhere_while_one_is_asked_is_not_proposed_unread(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    version, visit = cases_of_a_draft(visitor, cast)
    page = visit.page
    page.get_by_role("button", name="Propose").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("no test cases of its own")
    made(saved(cast.gus, version, cases=ELSEWHERE))
    expect(page.get_by_label("Test cases (YAML)")).to_have_value(ELSEWHERE)
    dialog.get_by_role("button", name="Propose").click()
    expect(dialog).to_contain_text("was changed after you had read it")
    assert made(cast.gus.get(f"/v1/rulebooks/{version}"))["state"] == "draft"
    visit.check_quiet()


def test_what_is_typed_never_overwrites_what_is_saved_elsewhere_meanwhile(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    version, visit = cases_of_a_draft(visitor, cast)
    page = visit.page
    cases = page.get_by_label("Test cases (YAML)")
    cases.fill(MINE)
    made(saved(cast.gus, version, cases=ELSEWHERE))
    expect(page.get_by_text("Changed elsewhere meanwhile")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(cases).to_have_value(MINE)
    assert "# from elsewhere" in made(cast.gus.get(f"/v1/rulebooks/{version}"))["cases"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Take theirs").click()
    expect(cases).to_have_value(ELSEWHERE)
    made(saved(cast.gus, version, cases=ELSEWHERE + "# again\n"))
    expect(cases).to_have_value(ELSEWHERE + "# again\n")
    cases.fill(BOTH)
    held = holding(page, f"**/v1/rulebooks/{version}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saving…")).to_be_visible()
    cases.fill(MINE)
    for route in held:
        route.continue_()
    page.unroute(f"**/v1/rulebooks/{version}")
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert made(cast.gus.get(f"/v1/rulebooks/{version}"))["cases"] == BOTH
    expect(cases).to_have_value(MINE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    visit.check_quiet()


def test_what_is_typed_in_a_draft_that_is_one_no_more_goes_on_in_another(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    version, visit = cases_of_a_draft(visitor, cast)
    page = visit.page
    page.get_by_role("button", name="Run the test cases").click()
    expect(page.get_by_text(re.compile(r"^All \d+ pass$"))).to_be_visible(timeout=60_000)
    page.get_by_label("Test cases (YAML)").fill(MINE)
    expect(page.get_by_text("Of before your last change:")).to_be_visible()
    withdrawn(cast.gus, version)
    expect(page.get_by_text("No draft any more: Withdrawn")).to_be_visible()
    visit.check_accessible()
    page.get_by_role("button", name="Keep it as a new draft").click()
    page.wait_for_url(lambda url: f"/rules/{version}" not in url)
    page.get_by_role("tab", name="Test cases").click()
    expect(page.get_by_label("Test cases (YAML)")).to_have_value(MINE)
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    visit.check_quiet()


def test_what_is_typed_outlives_the_session(visitor: Visitor, cast: Cast, story: Story) -> None:
    version, visit = cases_of_a_draft(visitor, cast)
    page = visit.page
    page.get_by_label("Test cases (YAML)").fill(MINE)
    visit.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Your session has ended")
    visit.check_dialog("session-ended")
    with visit.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again, in a new tab").click()
    opened.value.locator("a[href*='/as/gus?']").click()
    opened.value.get_by_role("heading", name="You are signed in").wait_for()
    opened.value.close()
    page.get_by_role("button", name="I have signed in").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    expect(page.get_by_label("Test cases (YAML)")).to_have_value(MINE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    assert made(cast.gus.get(f"/v1/rulebooks/{version}"))["cases"] == MINE
    visit.check_quiet()


def test_what_is_typed_outlives_the_connection(visitor: Visitor, cast: Cast, story: Story) -> None:
    version, visit = cases_of_a_draft(visitor, cast)
    page = visit.page
    cases = page.get_by_label("Test cases (YAML)")
    cases.fill(MINE)
    with page.expect_response(lambda answer: answer.status == 429):
        page.route(f"**/v1/rulebooks/{version}", unread)
        made(saved(cast.gus, version, cases="cases: []\n"))
    visit.check_quiet()
    page.unroute(f"**/v1/rulebooks/{version}")
    page.route("**/v1/**", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        visit.evaluated("dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The platform cannot be reached")).to_be_visible()
    expect(cases).to_have_value(MINE)
    page.unroute("**/v1/**")
    visit.errors.clear()


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
    expect(page.get_by_text("You went on writing: format it again.")).to_be_visible()
    expect(content).to_contain_text("// typed meanwhile")
    visit.check_quiet()


def test_a_press_after_a_lost_answer_does_the_deed_once(visitor: Visitor, cast: Cast, story: Story) -> None:
    visit = visitor("gus")
    page = visit.go("/rules")
    title = f"Once {uuid.uuid4().hex[:8]}"

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/v1/rulebooks", lose, times=1)
    page.get_by_role("button", name="New draft").click()
    page.get_by_label("What it is for").fill(title)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("The platform cannot be reached")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    drafts = cast.gus.get("/v1/rulebooks", state="draft", limit=200).json()["items"]
    assert [one["title"] for one in drafts].count(title) == 1
    visit.errors.clear()


@pytest.mark.parametrize("without", ["**/v1/rulebooks/schema", "**/*.wasm"])
def test_where_the_browser_cannot_check_the_text_that_is_said_and_the_server_does(
    visitor: Visitor, cast: Cast, story: Story, without: str
) -> None:
    draft = drafted(cast.gus, live(cast)["text"])
    visit = visitor("gus")
    page = visit.page
    page.route(without, unread)
    visit.go(f"/rules/{draft['version']}?tab=cedar")
    page.get_by_label("The rules in Cedar").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("permit (principal")
    expect(page.get_by_role("alert")).to_contain_text("The text is no rulebook yet")
    expect(page.get_by_text("The checker in your browser does not run")).to_be_visible()
    page.unroute(without)


def test_the_desk_says_that_nobody_has_looked_at_its_text_and_a_second_training_can_be_typed(
    visitor: Visitor, story: Story
) -> None:
    visit = visitor("pat")
    page = visit.page
    page.route("**/v1/contracts/validate", unread)
    visit.go("/contracts/desk")
    expect(page.get_by_text("It cannot be read.")).to_be_visible()
    page.unroute("**/v1/contracts/validate")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("It can be proposed and signed")).to_be_visible()
    trainings = page.get_by_label("Trainings that are needed")
    trainings.press_sequentially("privacy-2026\nlending-2026")
    expect(trainings).to_have_value("privacy-2026\nlending-2026")
    expect(page.get_by_label("The contract's source", exact=True)).to_contain_text("privacy-2026, lending-2026")
    visit.check_quiet()


def test_a_draft_of_a_contract_that_is_saved_elsewhere_is_not_overwritten_unseen(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    found = made(cast.pat.get(f"/v1/contracts/{story.contract}/versions/{story.version}"))["document"]
    document = {**found, "id": str(uuid.uuid4()), "name": "As it was opened"}
    draft = made(cast.pat.post("/v1/contracts/drafts", {"document": document}))
    visit = visitor("pat")
    page = visit.go(f"/contracts/desk?from={draft['id']}&version={draft['version']}")
    name = page.get_by_label("Name", exact=True)
    made(cast.pat.post("/v1/contracts/drafts", {"document": {**document, "name": "As another window has it"}}))
    expect(name).to_have_value("As another window has it")
    name.fill("Mine")
    made(cast.pat.post("/v1/contracts/drafts", {"document": {**document, "name": "Another once more"}}))
    expect(page.get_by_text("Saved elsewhere meanwhile")).to_be_visible()
    expect(name).to_have_value("Mine")
    visit.check_accessible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Take what is saved").click()
    expect(name).to_have_value("Another once more")
    name.fill("Mine after all")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved as your draft.")).to_be_visible()
    expect(page.get_by_text("Saved elsewhere meanwhile")).to_have_count(0)
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
    expect(page.get_by_text("Of the question before your last change:")).to_be_visible()
    expect(keep).to_have_count(0)
    for route in held:
        route.continue_()
    page.unroute("**/v1/rulebooks/test")
    expect(page.get_by_text("The rules refuse it", exact=True)).to_be_visible()
    expect(keep).to_be_visible()
    visit.check_quiet()


def test_the_bench_says_what_it_cannot_read(visitor: Visitor, story: Story) -> None:
    visit = visitor("gus")
    address = f"{asked(visit).url}&activity={story.activity}"
    page = visit.page
    parts = [f"**/v1/{name}?*" for name in ("rulebooks", "subjects", "sources/item", "activities")]
    for part in parts:
        page.route(part, unread)
    page.goto(address)
    for part in parts:
        expect(page.get_by_text("It cannot be read.")).to_be_visible()
        page.unroute(part)
        page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The rules allow it", exact=True)).to_be_visible()
    visit.check_quiet()
