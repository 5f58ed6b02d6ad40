"""The contract desk: written by form beside its source, proposed, signed by another, read, and ended with open eyes."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.support.browser import Theme, Visit, Visitor
from tests.support.platform import Cast, Story, made

pytestmark = pytest.mark.e2e


def refusals(visit: Visit) -> list[str]:
    """The addresses that refuse what the page sends from now on."""
    found: list[str] = []
    visit.page.on("response", lambda answer: found.append(answer.url) if answer.status == 422 else None)
    return found


def test_a_contract_is_written_by_form_proposed_and_signed_by_another(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    author = visitor("pat")
    refused = refusals(author)
    name = f"Desk {uuid.uuid4().hex[:8]}"
    page = author.go("/contracts")
    page.get_by_role("link", name="New contract").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Where files is (s3)").fill(f"s3://acme-prod-lake/{uuid.uuid4().hex[:8]}/")
    expect(page.get_by_text("It can be proposed and signed")).to_be_visible()
    never = page.get_by_role("combobox", name="Purposes that never are")
    never.click()
    never.press_sequentially("market")
    page.get_by_role("option", name="marketing", exact=True).click()
    source = page.get_by_label("The contract's source", exact=True)
    expect(source).to_contain_text(f"name: {name}")
    expect(source).to_contain_text("# A contract to begin with")
    expect(page.get_by_text("It can be proposed and signed")).to_be_visible()
    author.check_accessible()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved as your draft.")).to_be_visible()
    page.get_by_role("button", name="Propose").click()
    author.check_dialog("propose-contract")
    page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    page.get_by_role("heading", name=name).wait_for()
    address = page.url.removeprefix(author.url)
    page.get_by_role("tab", name="Document").click()
    expect(page.get_by_text("What it must not be used for")).to_be_visible()
    author.check_accessible()

    owner = visitor("olga")
    page = owner.go(address)
    page.get_by_role("button", name="Sign as data owner").click()
    expect(page.get_by_role("dialog")).to_contain_text("The catalogue lacks some of the data that it names")
    owner.check_dialog("sign-contract")
    page.get_by_role("dialog").get_by_role("button", name="Sign").click()
    expect(page.get_by_text("Signed.")).to_be_visible()
    expect(page.locator(".lead").get_by_text("In force")).to_be_visible()

    page = author.go(address)
    page.get_by_role("link", name="New version").click()
    expect(page.get_by_label("Version", exact=True)).to_have_value("1.1.0")
    page.get_by_label("At the longest").fill("PT4H")
    page.get_by_role("button", name="Propose").click()
    page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    page.get_by_role("heading", name=name).wait_for()
    page.get_by_role("tab", name="What changed").click()
    expect(page.get_by_text("maximum duration 8 h → 4 h")).to_be_visible()
    author.check_accessible()
    assert refused == []
    author.check_quiet()
    owner.check_quiet()


def test_a_source_that_cannot_be_read_stops_the_form_and_is_not_sent(visitor: Visitor, story: Story) -> None:
    visit = visitor("pat")
    refused = refusals(visit)
    page = visit.go("/contracts/desk")
    expect(page.get_by_text("It can be proposed and signed")).to_be_visible()
    page.get_by_label("A grant lasts").fill("P1")
    expect(page.locator(".fault").first).to_be_visible()
    expect(page.get_by_role("button", name="Propose")).to_be_disabled()
    page.get_by_label("The contract's source", exact=True).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("name: [a")
    expect(page.get_by_text("The form waits")).to_be_visible()
    visit.check_accessible()
    assert refused == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_desk_fits_a_telephone_in_both_themes(visitor: Visitor, story: Story, theme: Theme) -> None:
    visit = visitor("pat", theme=theme, width=390)
    visit.go("/contracts/desk")
    expect(visit.page.get_by_text("It can be proposed and signed")).to_be_visible()
    assert visit.evaluated("document.documentElement.scrollWidth <= 390") is True
    visit.check_accessible()
    visit.go(f"/contracts/{story.contract}?tab=document")
    assert visit.evaluated("document.documentElement.scrollWidth <= 390") is True
    visit.check_accessible()
    visit.check_quiet()


def test_what_an_end_would_revoke_is_told_before(visitor: Visitor, cast: Cast, story: Story) -> None:
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("olga")
    page = visit.go(f"/contracts/{story.contract}?version={story.version}")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("would be revoked")
    expect(page.get_by_role("dialog")).to_contain_text("Dana Reyes")
    visit.check_dialog("end-contract")
    page.get_by_role("button", name="Cancel").click()
    assert made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["state"] == "active"
