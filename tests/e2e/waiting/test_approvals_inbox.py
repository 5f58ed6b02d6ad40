"""The approvals inbox in a browser: access requests shortened, approved, refused, released; one's own is locked."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Visitor
from tests.support.platform import FACTS, Cast, Story, made
from tests.support.waiting import ASK, reached

pytestmark = pytest.mark.e2e


def asked(cast: Cast, story: Story, **more: Any) -> str:
    """A request of Dana's that waits."""
    body = story.asking(environment=story.validation, **more)
    request: str = made(cast.dana.post(ASK, body))["request_id"]
    return request


def test_a_data_owner_sees_what_is_derived_shortens_it_and_approves(
    visitor: Visitor, cast: Cast, approving: Story
) -> None:
    why = "The model's fairness"
    request = asked(cast, approving, justification=why, ticket="CHG-1")
    visit = visitor("olga")
    page = visit.go("/approvals?kind=access")
    page.get_by_role("button", name="lending/credit-risk-research").click()
    panel = page.get_by_label("Details")
    panel.get_by_text(why).wait_for()
    assert panel.get_by_text("lending-data-owners").first.is_visible()
    assert panel.get_by_text("s3://acme-prod-lake/loans/facts/").first.is_visible()
    expect(panel.get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)
    visit.check_themes()
    panel.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("For how long").select_option("PT30M")
    dialog.get_by_label("Comment").fill("Half an hour will do.")
    visit.check_dialog("approve-access")
    dialog.get_by_role("button", name="Approve").click()
    panel.get_by_text("It does not wait any more").wait_for()
    given = cast.olga.get(f"{ASK}/{request}").json()["waiting"]["approvals"]
    assert [(one["longest_seconds"], one["comment"]) for one in given] == [(1800, "Half an hour will do.")]
    visit.check_quiet()
    grant = reached(cast, request, "granted")["grant"]
    made(cast.dana.post(f"/v1/grants/{grant}/revoke", {"reason": "the test is over"}))


def test_a_word_is_for_what_was_shown_when_its_dialog_opened(visitor: Visitor, cast: Cast, approving: Story) -> None:
    request = asked(cast, approving, duration="PT40M", justification="Seen at first")
    visit = visitor("olga")
    page = visit.go(f"/approvals?open={request}")
    panel, dialog = page.get_by_label("Details"), page.get_by_role("dialog")
    panel.get_by_role("button", name="Approve").click()
    dialog.get_by_label("Comment").fill("What I saw is fine.")
    grant = made(cast.dana.post(ASK, approving.asking()))["grant"]["id"]
    page.wait_for_timeout(5_500)  # what is shown counts as fresh for five seconds
    with page.expect_response(f"**/{request}/approvals"):
        visit.evaluated("window.dispatchEvent(new Event('visibilitychange'))")
    dialog.get_by_role("button", name="Approve").click()
    dialog.get_by_text("Not what you looked at", exact=True).wait_for()
    assert cast.olga.get(f"{ASK}/{request}").json()["outcome"] == "awaiting-approval"
    dialog.get_by_role("button", name="Cancel").click()
    panel.get_by_role("button", name="Approve").click()
    dialog.get_by_label("Comment").fill("So is what I see now.")
    dialog.get_by_role("button", name="Approve").click()
    panel.get_by_text("It does not wait any more").wait_for()
    for one in (grant, reached(cast, request, "granted")["grant"]):
        made(cast.dana.post(f"/v1/grants/{one}/revoke", {"reason": "the test is over"}))


def test_a_reason_that_was_not_sent_is_not_the_next_ones(visitor: Visitor, cast: Cast, approving: Story) -> None:
    first = asked(cast, approving, duration="PT41M", justification="The first")
    more = {**FACTS, "operations": ["describe", "select"]}
    second = asked(cast, approving, sources=[more], duration="PT42M", justification="The second")
    page = visitor("olga").go(f"/approvals?kind=access&open={first}")
    panel, dialog = page.get_by_label("Details"), page.get_by_role("dialog")
    for place, why in ((0, "The first"), (1, "The second"), (0, "The first")):
        page.locator("tbody .row-button").nth(place).click()
        panel.get_by_text(why).wait_for()
        panel.get_by_role("button", name="Refuse").click()
        expect(dialog.get_by_label("Why")).to_have_value("")
        dialog.get_by_label("Why").fill(f"Of {why}")
        dialog.get_by_role("button", name="Cancel").click()
    for request in (first, second):
        made(cast.dana.post(f"{ASK}/{request}/withdraw", {"reason": "done"}))


def test_what_cannot_be_looked_at_now_is_looked_at_again_and_not_refused(
    visitor: Visitor, cast: Cast, approving: Story
) -> None:
    request = asked(cast, approving, duration="PT43M", justification="Looked at later")
    visit = visitor("olga")
    visit.page.route(f"**/{request}/approvals", lambda route: route.fulfill(status=503, json={"title": "Not now"}))
    panel = visit.go(f"/approvals?open={request}").get_by_label("Details")
    panel.get_by_text("Not now").wait_for()
    expect(panel.get_by_role("button", name="Refuse")).to_have_count(0)
    visit.page.unroute_all()
    panel.get_by_role("button", name="Try again").click()
    panel.get_by_text("Looked at later").wait_for()
    visit.errors.clear()  # the 503 itself
    made(cast.dana.post(f"{ASK}/{request}/withdraw", {"reason": "done"}))


def test_a_request_is_refused_with_a_reason_that_its_person_reads(
    visitor: Visitor, cast: Cast, approving: Story
) -> None:
    request = asked(cast, approving, duration="PT2H", justification="To be refused")
    visit = visitor("olga")
    page = visit.go(f"/approvals?open={request}")
    page.get_by_role("button", name="Refuse").click()
    page.get_by_role("dialog").get_by_label("Why").fill("Not with this model.")
    visit.check_dialog("refuse-access")
    page.get_by_role("dialog").get_by_role("button", name="Refuse").click()
    page.get_by_label("Details").get_by_text("It does not wait any more: declined.").wait_for()
    hers = visitor("dana")
    hers.go(f"/requests/{request}").get_by_text("Not with this model.").wait_for()
    hers.check_accessible()


def test_ones_own_is_locked_and_says_why(visitor: Visitor, cast: Cast, approving: Story) -> None:
    request = asked(cast, approving, duration="PT3H", justification="My own")
    page = visitor("dana").go(f"/approvals?open={request}")
    assert page.get_by_text("Yours: somebody else decides").first.is_visible()
    expect(page.get_by_text("You asked for it: somebody else decides.").first).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    expect(page.get_by_role("button", name="Refuse")).to_be_disabled()
    made(cast.dana.post(f"{ASK}/{request}/withdraw", {"reason": "done"}))


def test_an_emergency_is_marked_and_released_by_a_second_person(visitor: Visitor, cast: Cast, approving: Story) -> None:
    said = {"justification": "payments are down", "ticket": "INC-8"}
    request = asked(cast, approving, break_glass=True, duration="PT20M", **said)
    visit = visitor("gus")
    page = visit.go("/approvals?kind=access")
    row = page.get_by_role("row").filter(has_text="Emergency")
    row.get_by_role("button").click()
    panel = page.get_by_label("Details")
    panel.get_by_text("payments are down").wait_for()
    visit.check_accessible()
    panel.get_by_role("button", name="Release").click()
    page.get_by_role("dialog").get_by_label("Comment").fill("INC-8 is real.")
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    panel.get_by_text("It does not wait any more").wait_for()
    visit.check_quiet()
    grant = reached(cast, request, "granted")["grant"]
    made(cast.dana.post(f"/v1/grants/{grant}/revoke", {"reason": "the test is over"}))
