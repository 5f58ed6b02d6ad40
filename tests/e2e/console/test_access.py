"""Asking for access in a browser: a request put together, a counter-offer taken, the grant's own page, its end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from typer.core import TyperGroup
from typer.main import get_command

from cli.main import app
from tests.support.browser import Visit, Visitor
from tests.support.platform import FACTS, RESEARCH, Cast, Story, given_back, made

pytestmark = pytest.mark.e2e
FACTS_URI = "s3://acme-prod-lake/loans/facts/"
PERSONAL_URI = "s3://acme-prod-lake/loans/personal/"


def building(visit: Visit, story: Story, *uris: str) -> Page:
    """The builder with these sources chosen from the catalogue."""
    page = visit.go(f"/request?activity={story.activity}&environment={story.environment}")
    expect(page.get_by_label("Purpose")).to_have_value("")
    page.get_by_label("Purpose").select_option(RESEARCH)
    for uri in uris:
        page.get_by_label("Search the catalogue").fill(uri.removeprefix("s3://acme-prod-lake/"))
        page.get_by_role("button", name=uri).click()
    return page


def understood(words: list[str]) -> object:
    """The grant that these words of `sluice` name; fails where the command or an option of it does not exist."""
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    context = command.make_context("sluice", words)
    name, sub, rest = command.resolve_command(context, words)
    assert sub is not None
    while isinstance(sub, TyperGroup):
        inner = sub.make_context(name, list(rest), parent=context)
        name, sub, rest = sub.resolve_command(inner, rest)
        assert sub is not None
    return sub.make_context(name, list(rest), parent=context).params["grant"]


def test_a_counter_offer_is_taken_with_one_click_and_leads_to_a_grant(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    given_back(cast)
    visit = visitor("dana")
    page = building(visit, story, FACTS_URI, PERSONAL_URI)
    page.get_by_text("Would be refused", exact=True).wait_for()
    chosen = page.get_by_role("listitem")
    assert (
        chosen.filter(has_text=PERSONAL_URI).get_by_text("Personal attributes stay out of research").first.is_visible()
    )
    assert chosen.filter(has_text=FACTS_URI).get_by_text("Would pass").first.is_visible()
    expect(page.get_by_role("button", name="Request access")).to_be_disabled()
    expect(page.get_by_text("take what is offered instead")).to_be_visible()
    visit.check_themes()
    offered = page.get_by_role("region", name="What would be granted instead").get_by_role("listitem")
    offered.filter(has_text="1 source,").first.get_by_role("button", name="Take this instead").click()
    page.get_by_label("Remove Personal attributes of loan applicants").wait_for(state="detached")
    expect(page.get_by_role("button", name="Request access")).to_be_enabled()
    page.get_by_label("Why do you need it?").fill("To find what drives defaults.")
    page.get_by_role("button", name="Request access").click()
    page.get_by_role("heading", name="Access for lending/", level=1).wait_for()
    visit.settle()
    assert page.get_by_text(f"read the objects of {FACTS_URI}").is_visible()
    step = page.get_by_role("listitem").filter(has_text="Assume and probe")
    number, bar = step.locator(".number").bounding_box(), step.locator(".column").bounding_box()
    assert number is not None
    assert bar is not None
    assert bar["y"] >= number["y"] + number["height"]
    commands = page.get_by_role("list", name="Commands").get_by_role("listitem").locator("code")
    grant = page.url.rsplit("/", 1)[-1]
    for command in commands.all_inner_texts():
        if words := re.search(r"sluice ([^\")]+)", command):
            assert understood(words.group(1).split()) == grant
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: Run one program with it").click()
    page.get_by_text("Copied.").wait_for()
    assert visit.evaluated("navigator.clipboard.readText()") == f"sluice run --grant {grant} -- python analysis.py"
    page.get_by_text("nothing at or after the grant's end").click()
    assert page.get_by_text('"DateGreaterThanEquals"').first.is_visible()
    visit.check_themes()
    visit.check_quiet()


def test_an_offer_that_cannot_be_taken_hides_no_answer_and_is_forgotten_with_the_next_wish(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    given_back(cast)
    page = building(visitor("dana"), story, FACTS_URI, PERSONAL_URI)
    page.get_by_role("button", name="Take this instead").first.wait_for()
    with page.expect_response("**/v1/access-requests") as answered:
        page.get_by_label("How long").select_option("PT2H")
    preview = answered.value.json()
    for offer in preview["offers"]:
        offer["request"]["sources"] = [{"source": "s3://elsewhere/", "operations": ["select"]}]
    page.route("**/v1/access-requests", lambda route: route.fulfill(json=preview))
    page.get_by_label("How long").select_option("PT1H")
    expect(page.get_by_text("It is being looked at again")).to_have_count(0)
    page.get_by_role("button", name="Take this instead").first.click()
    page.get_by_role("alert").wait_for()
    expect(page.get_by_text("Would be refused", exact=True)).to_be_visible()
    page.unroute_all()
    page.get_by_label("Remove Personal attributes of loan applicants").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("Would be granted", exact=True).first).to_be_visible()


def test_an_answer_to_what_was_wished_before_is_marked_and_not_acted_on(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    given_back(cast)
    page = building(visitor("dana"), story, FACTS_URI)
    request = page.get_by_role("button", name="Request access")
    expect(page.get_by_text("Would be granted", exact=True).first).to_be_visible()
    page.route("**/v1/access-requests", lambda _: None)  # it is kept waiting
    with page.expect_request("**/v1/access-requests"):
        page.get_by_label("How long").select_option("PT2H")
    expect(page.get_by_text("It is being looked at again")).to_be_visible()
    expect(request).to_be_disabled()
    page.unroute("**/v1/access-requests")
    expect(page.get_by_text("It is being looked at again")).to_have_count(0)
    expect(request).to_be_enabled()


@pytest.mark.parametrize("lists", ["activities", "environments"])
def test_a_list_that_failed_is_said_and_asked_for_again(visitor: Visitor, story: Story, lists: str) -> None:
    visit = visitor("dana")
    visit.page.route("**/v1/events", lambda route: route.fulfill(status=204))  # or news asks again before the press
    visit.page.route(f"**/v1/{lists}?**", lambda route: route.fulfill(status=429, json={"title": "Not now"}))
    page = visit.go(f"/request?activity={story.activity}")
    expect(page.get_by_role("alert")).to_contain_text("Not now")
    assert page.get_by_text("no active").count() == 0
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Environment")).not_to_have_value("")
    visit.check_quiet()


def test_a_link_to_data_that_is_not_there_says_so(visitor: Visitor, story: Story) -> None:
    page = visitor("dana").go(f"/request?activity={story.activity}&add=s3://acme-prod-lake/nothing/here/")
    expect(page.get_by_role("alert")).to_contain_text("Not here, or not for you")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("activity=ac_00000000000000000000000000", "names no active activity of yours"),
        ("activity={activity}&environment=en_00000000000000000000000000", "names no active environment"),
    ],
)
def test_an_address_that_names_what_is_not_there_is_not_taken_for_another(
    visitor: Visitor, story: Story, named: str, said: str
) -> None:
    visit = visitor("dana")
    page = visit.go(f"/request?{named.format(activity=story.activity)}&add={FACTS_URI}")
    expect(page.get_by_text(said).first).to_be_visible()
    expect(page.get_by_role("button", name="Request access")).to_be_disabled()
    visit.check_accessible()
    page.get_by_label("Activity").select_option(story.activity)
    page.get_by_label("Environment").select_option(story.environment)
    expect(page.get_by_text(said)).to_have_count(0)
    visit.check_quiet()


def test_in_mode_partial_the_rest_is_given(visitor: Visitor, cast: Cast, story: Story) -> None:
    given_back(cast)
    page = building(visitor("dana"), story, FACTS_URI, PERSONAL_URI)
    page.get_by_label("give the rest").click()
    page.get_by_text("Without the source that is refused").wait_for()
    expect(page.get_by_role("button", name="Request access")).to_be_enabled()


def test_what_one_holds_is_offered_instead_of_another_role(visitor: Visitor, cast: Cast, story: Story) -> None:
    given_back(cast)
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    visit = visitor("dana")
    page = building(visit, story, FACTS_URI)
    page.get_by_text("You have all of this already").wait_for()
    assert page.get_by_text("You have select of it already").is_visible()
    expect(page.get_by_role("button", name="Request access")).to_be_disabled()
    page.get_by_label("make another grant all the same").click()
    expect(page.get_by_role("button", name="Request access")).to_be_enabled()
    page.get_by_role("link", name="Use the grant that you hold").click()
    page.wait_for_url(f"**/grants/{grant}")


def test_a_request_for_later_waits_and_is_taken_back(visitor: Visitor, cast: Cast, story: Story) -> None:
    given_back(cast)
    visit = visitor("dana")
    page = building(visit, story, FACTS_URI)
    page.get_by_label("When", exact=True).select_option("later")
    assert page.get_by_text("Choose a start that lies ahead.").is_visible()
    page.get_by_label("Starts").fill((datetime.now(UTC).astimezone() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Ticket").fill("DATA-7")
    page.get_by_role("button", name="Request access").click()
    page.get_by_role("heading", name="Request for lending/", level=1).wait_for()
    visit.settle()
    assert page.get_by_text("is decided once more when it starts").is_visible()
    assert page.get_by_text("DATA-7").is_visible()
    visit.check_accessible()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_label("Why").fill("Not needed any more.")
    visit.check_dialog("withdraw-request")
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    page.get_by_text("It was withdrawn.").wait_for()
    visit.check_quiet()


def test_an_emergency_names_ticket_reason_and_time_before_anything_is_asked(visitor: Visitor, story: Story) -> None:
    page = building(visitor("dana"), story, FACTS_URI)
    page.get_by_label("When", exact=True).select_option("emergency")
    assert page.get_by_text("An emergency needs its ticket, the reason and for how long.").is_visible()
    expect(page.get_by_role("button", name="Request access")).to_be_disabled()


def test_a_grant_is_given_back_and_its_end_is_shown_as_it_is_seen(visitor: Visitor, cast: Cast, story: Story) -> None:
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    made(cast.dana.post(f"/v1/grants/{grant}/credentials"))
    visit = visitor("dana")
    page = visit.go(f"/grants/{grant}")
    page.get_by_text("1 session has been handed out").wait_for()
    title = page.get_by_role("heading", level=1).inner_text()
    expect(page.get_by_role("navigation", name="Where you are")).to_have_text(f"Grants /{title}")
    expect(page.get_by_role("link", name=f"Loan applications {story.version}")).to_be_visible()
    page.get_by_role("button", name="Renew").click()
    visit.check_dialog("renew-grant")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Give back").click()
    page.get_by_label("Why").fill("Done for today.")
    visit.check_dialog("end-grant")
    page.get_by_role("dialog").get_by_role("button", name="Give back").click()
    ending = page.get_by_role("list", name="How it ends")
    ending.get_by_text("by the engine's own session").wait_for()
    assert ending.get_by_text("at the earliest").is_visible()
    assert page.get_by_role("button", name="Give back").is_disabled()
    visit.check_accessible()
    visit.check_quiet()


def test_a_stranger_does_not_find_a_grant_by_its_address(visitor: Visitor, cast: Cast, story: Story) -> None:
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    page = visitor("pat").go(f"/grants/{grant}")
    page.get_by_text("Not here, or not for you").wait_for()


def test_on_a_telephone_the_count_of_the_answer_stays_in_sight_and_leads_to_it(
    visitor: Visitor, cast: Cast, story: Story
) -> None:
    given_back(cast)
    visit = visitor("dana", width=390)
    page = visit.go(f"/request?activity={story.activity}&environment={story.environment}&add={PERSONAL_URI}")
    page.get_by_label("Purpose").select_option(RESEARCH)
    page.get_by_text("1 refused").wait_for()
    expect(page.get_by_text("1 refused")).to_be_in_viewport()
    expect(page.get_by_text("Would be refused", exact=True)).not_to_be_in_viewport()
    visit.check_accessible()
    page.get_by_role("button", name="To the answer").click()
    expect(page.get_by_text("Would be refused", exact=True)).to_be_in_viewport()
    visit.check_quiet()


def test_on_a_telephone_the_lists_of_access_begin_with_their_rows(visitor: Visitor, cast: Cast, story: Story) -> None:
    refused = story.asking(sources=[FACTS, {**FACTS, "prefix": "loans/personal/"}])
    assert cast.dana.post("/v1/access-requests", refused).is_client_error
    made(cast.dana.post("/v1/access-requests", story.asking()))
    visit = visitor("dana", width=390)
    page = visit.go("/grants")
    state = page.get_by_role("region", name="Grants").locator("tbody tr").first.locator(".status").bounding_box()
    assert state is not None
    assert state["x"] + state["width"] <= 390
    page = visit.go("/grants?tab=decisions&outcome=refused")
    first = page.get_by_role("region", name="Decisions").locator("tbody tr").first
    expect(first).to_be_in_viewport()
    expect(first.get_by_text("2 sources")).to_have_count(1)
    expect(first.locator(".addresses").first).to_have_attribute("title", f"{FACTS_URI}\n{PERSONAL_URI}")
    name = first.locator(".person").bounding_box()
    assert name is not None
    assert name["height"] < 30, "a name stands on one line"
    waiting = page.get_by_role("button", name="Waiting")
    expect(waiting).to_be_hidden()
    page.get_by_role("button", name="Filters (1 set)").click()
    visit.check_accessible()
    waiting.click()
    expect(page).to_have_url(re.compile("outcome=waiting"))
    visit.check_quiet()


@pytest.mark.parametrize("address", ["/request?add=" + FACTS_URI, "/grants/{grant}", "/grants?tab=requests"])
def test_the_screens_of_access_fit_a_telephone(visitor: Visitor, cast: Cast, story: Story, address: str) -> None:
    grant = made(cast.dana.post("/v1/access-requests", story.asking()))["grant"]["id"]
    visit = visitor("dana", width=390)
    visit.go(address.format(grant=grant))
    assert visit.evaluated("document.documentElement.scrollWidth <= 390") is True
    visit.check_accessible()
    visit.check_quiet()
