"""Signing in to the console as a browser does it, and what its session is and is not good for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

import policy
from platform_api.db.tables.web import WebSessionRow
from platform_api.identity.web_session import (
    COOKIE,
    IDLE,
    LATELY,
    LONGEST,
    SIGN_IN_COOKIE,
    WebSession,
    csrf_token,
    hashed,
)
from platform_api.routes.permits import BY_A_SECOND_PERSON
from tests.abuse.policy.test_at_the_door import directory
from tests.support.cookies import OWN, Browser
from tests.support.platform import Cast
from tests.support.rulebook_steps import changed, of, proposed, said, withdrawn

GOVERNANCE = "gus"


@pytest.fixture
def browser(cast: Cast) -> Iterator[Browser]:
    """A new browser."""
    made = Browser(cast)
    yield made
    made.http.close()


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    """A browser in which the governance officer has signed in."""
    assert browser.sign_in(GOVERNANCE).status_code == 303
    return browser


def test_the_browser_gets_an_opaque_session_and_no_token(browser: Browser, cast: Cast) -> None:
    back = browser.sign_in(GOVERNANCE, "/grants?state=active")
    assert (back.status_code, back.headers["location"]) == (303, "/grants?state=active")
    assert set(browser.cookies) == {COOKIE}
    assert "." not in browser.cookies[COOKIE]
    shown = browser.get("/v1/session", **OWN).json()
    assert shown["name"] == "Gus Moreau"
    with cast.platform.platform.database.read() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM web_sessions").all()
    assert browser.cookies[COOKIE] not in str(kept)
    assert hashed(browser.cookies[COOKIE]) in str(kept)


def test_signing_in_and_out_is_on_record(signed_in: Browser, cast: Cast) -> None:
    about = hashed(signed_in.cookies[COOKIE])[:16]
    token = signed_in.get("/v1/session", **OWN).json()["csrf_token"]
    assert signed_in.send("DELETE", "/v1/session", **OWN, **{"X-CSRF-Token": token}).status_code == 204
    with cast.platform.platform.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT action FROM audit_records JOIN audit_about USING (seq) WHERE audit_about.id = ? ORDER BY seq",
            (about,),
        ).scalars()
        assert list(found) == ["session.signed-in", "session.signed-out"]


def test_after_signing_out_the_old_id_is_worth_nothing(signed_in: Browser) -> None:
    kept = dict(signed_in.cookies)
    token = signed_in.get("/v1/session", **OWN).json()["csrf_token"]
    signed_in.send("DELETE", "/v1/session", **OWN, **{"X-CSRF-Token": token})
    assert COOKIE not in signed_in.cookies
    signed_in.cookies = kept
    assert signed_in.get("/v1/session", **OWN).status_code == 401


@pytest.mark.case("UI-013")
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": ""}],
    ids=["no token", "another token", "an empty token"],
)
def test_a_change_without_the_sessions_own_token_is_refused(signed_in: Browser, headers: dict[str, str]) -> None:
    answer = signed_in.send("POST", "/v1/audit/verify", {}, **OWN, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forged-request")


@pytest.mark.case("UI-008")
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_the_cookie_counts_only_for_the_consoles_own_pages(signed_in: Browser, site: str) -> None:
    answer = signed_in.get("/v1/session", **({"Sec-Fetch-Site": site} if site else {}))
    assert (answer.status_code, answer.json()["code"]) == (403, "forged-request")


def test_another_browser_cannot_finish_a_sign_in(browser: Browser, cast: Cast) -> None:
    address = browser.as_far_as_the_code(GOVERNANCE)
    other = Browser(cast)
    answer = other.get(address)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-failed")
    assert COOKIE not in other.cookies
    other.http.close()


def test_a_code_and_a_state_are_good_once(browser: Browser) -> None:
    address = browser.as_far_as_the_code(GOVERNANCE)
    kept = dict(browser.cookies)
    assert browser.get(address).status_code == 303
    browser.cookies = kept
    assert browser.get(address).status_code == 401


def test_a_code_of_another_sign_in_does_not_count(browser: Browser, cast: Cast) -> None:
    mine = parse_qs(urlsplit(browser.as_far_as_the_code(GOVERNANCE)).query)
    other = Browser(cast)
    theirs = parse_qs(urlsplit(other.as_far_as_the_code("dana")).query)
    other.http.close()
    answer = browser.get(f"/auth/callback?state={mine['state'][0]}&code={theirs['code'][0]}")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-failed")


def test_a_person_reads_on_a_page_why_signing_in_did_not_work(browser: Browser, cast: Cast) -> None:
    page = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    cancelled = browser.get("/auth/callback?state=made-up", **page)
    assert (cancelled.status_code, cancelled.headers["location"]) == (303, "/signed-out?why=sign-in-failed")
    overlong = browser.get(f"/auth/callback?state={'x' * 257}", **page)
    assert (overlong.status_code, overlong.headers["location"]) == (303, "/signed-out?why=fields-invalid")
    address = browser.as_far_as_the_code("dana")
    dana = cast.dana.get("/v1/me").json()["id"]
    with directory(cast, [one for one in cast.platform.platform.registry.directory() if one.subject.id != dana]):
        unknown = browser.get(address, **page)
    assert (unknown.status_code, unknown.headers["location"]) == (303, "/signed-out?why=unknown-subject")
    assert COOKIE not in browser.cookies
    assert browser.get(unknown.headers["location"], **page).status_code == 200


@pytest.mark.case("UI-004")
@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/auth/sign-in", "javascript:1"]
)
def test_nobody_is_sent_on_to_another_site(browser: Browser, to: str) -> None:
    assert browser.sign_in(GOVERNANCE, to).headers["location"] == "/"


def test_the_page_sends_strangers_to_sign_in_and_comes_back_to_where_they_were(browser: Browser) -> None:
    answer = browser.get("/grants?state=active")
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/sign-in?to=%2Fgrants%3Fstate%3Dactive")
    assert SIGN_IN_COOKIE not in browser.cookies


def test_a_token_in_the_header_is_what_counts_where_both_are_sent(signed_in: Browser, cast: Cast) -> None:
    answer = signed_in.get("/v1/me", Authorization=f"Bearer {cast.platform.token('dana')}")
    assert answer.json()["name"] == "Dana Reyes"


def test_an_unknown_path_of_the_api_stays_a_problem(signed_in: Browser) -> None:
    assert signed_in.get("/v1/nothing", **OWN).json()["code"] == "not-found"
    assert signed_in.get("/v1/audit/verify", **OWN).status_code == 405


@contextmanager
def later(cast: Cast, session_id: str, **changes: datetime | None) -> Iterator[None]:
    """The stored session as if its times were others."""
    database = cast.platform.platform.database
    with database.write() as connection:
        for name, value in changes.items():
            changed = sa.update(WebSessionRow).where(WebSessionRow.id_hash == hashed(session_id))
            connection.execute(changed.values({name: value}))
    yield


def test_an_idle_session_ends(signed_in: Browser, cast: Cast) -> None:
    with later(cast, signed_in.cookies[COOKIE], seen_at=datetime.now(UTC) - IDLE):
        assert signed_in.get("/v1/session", **OWN).status_code == 401


@pytest.mark.parametrize("header", [{"Sluicegate-Unattended": "true"}, {"Accept": "text/event-stream"}])
def test_a_page_that_asks_by_itself_keeps_no_idle_session_alive(
    signed_in: Browser, cast: Cast, header: dict[str, str]
) -> None:
    sessions = cast.platform.platform.web_sessions
    before = datetime.now(UTC) - IDLE + timedelta(minutes=2)
    rotating = datetime.now(UTC) - timedelta(minutes=16)
    with later(cast, signed_in.cookies[COOKIE], seen_at=before, rotated_at=rotating):
        assert signed_in.get("/v1/session", **OWN, **header).status_code == 200
        found = sessions.get(hashed(signed_in.cookies[COOKIE]), datetime.now(UTC), is_use=False)
        assert found is not None
        assert found.seen_at == before
        assert signed_in.get("/v1/session", **OWN).status_code == 200
        found = sessions.get(hashed(signed_in.cookies[COOKIE]), datetime.now(UTC), is_use=False)
        assert found is not None
        assert found.seen_at > before


def test_a_session_ends_after_a_working_day_whatever_was_done(signed_in: Browser, cast: Cast) -> None:
    with later(cast, signed_in.cookies[COOKIE], began_at=datetime.now(UTC) - LONGEST):
        assert signed_in.get("/v1/session", **OWN).status_code == 401


def test_the_id_is_rotated_and_the_old_one_ends_soon(signed_in: Browser, cast: Cast) -> None:
    before = signed_in.cookies[COOKIE]
    with later(cast, before, rotated_at=datetime.now(UTC) - timedelta(minutes=16)):
        shown = signed_in.get("/v1/session", **OWN).json()
    after = signed_in.cookies[COOKIE]
    assert after != before
    verified = signed_in.send("POST", "/v1/audit/verify", {}, **OWN, **{"X-CSRF-Token": shown["csrf_token"]})
    assert verified.status_code in (200, 403)
    assert verified.status_code == 200 or verified.json()["code"] != "forged-request"
    signed_in.cookies = {COOKIE: before}
    assert signed_in.get("/v1/session", **OWN).status_code == 200  # requests under way
    with later(cast, before, ends_at=datetime.now(UTC) - timedelta(seconds=1)):
        assert signed_in.get("/v1/session", **OWN).status_code == 401


def test_a_session_knows_its_limits() -> None:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    session = WebSession(
        id_hash="h",
        issuer="i",
        subject="s",
        began_at=now,
        rotated_at=now,
        seen_at=now,
        ends_at=now + LONGEST,
        authenticated_at=now,
    )
    assert session.is_live(now + IDLE - timedelta(seconds=1))
    assert not session.is_live(now + IDLE)
    assert session.is_fresh(now + LATELY - timedelta(seconds=1))
    assert not session.is_fresh(now + LATELY)
    assert not replace(session, authenticated_at=None).is_fresh(now)


def test_signing_in_again_ends_the_browsers_former_session(signed_in: Browser) -> None:
    former = dict(signed_in.cookies)
    assert signed_in.sign_in(GOVERNANCE).status_code == 303
    assert signed_in.get("/v1/session", **OWN).status_code == 200
    signed_in.cookies = former
    assert signed_in.get("/v1/session", **OWN).status_code == 401


def test_signing_in_again_has_the_provider_ask_anew(browser: Browser) -> None:
    asked = parse_qs(urlsplit(browser.get("/auth/sign-in?again=true").headers["location"]).query)
    assert asked["prompt"] == ["login"]
    plain = parse_qs(urlsplit(browser.get("/auth/sign-in").headers["location"]).query)
    assert "prompt" not in plain
    assert plain["max_age"] == [str(int(LONGEST.total_seconds()))]


def test_what_one_may_do_is_known_before_doing_it(signed_in: Browser) -> None:
    token = signed_in.get("/v1/session", **OWN).json()["csrf_token"]
    asks = [
        {"action": "proposePolicy", "kind": "rulebook"},
        {"action": "registerActivity", "kind": "platform"},
        {"action": "revokeGrant", "kind": "grant", "id": "gr_00000000000000000000000000"},
        {"action": "noSuchAction", "kind": "platform"},
    ]
    answer = signed_in.send("POST", "/v1/permissions", {"asks": asks}, **OWN, **{"X-CSRF-Token": token})
    assert answer.status_code == 200, answer.text
    answers = answer.json()["answers"]
    assert [one["allowed"] for one in answers] == [True, False, False, False]
    assert "may not register activities" in answers[1]["why"]
    assert answers[2]["why"].startswith("no grant")


def test_people_have_names(signed_in: Browser) -> None:
    found = signed_in.get("/v1/subjects?q=dana", **OWN).json()["items"]
    assert [(one["name"], one["kind"]) for one in found] == [("Dana Reyes", "person")]
    assert "login" not in found[0]
    purposes = signed_in.get("/v1/purposes?limit=2", **OWN).json()
    assert len(purposes["items"]) == 2
    assert purposes["next_cursor"] is not None


@pytest.mark.case("UI-010")
def test_the_token_of_one_session_does_not_speak_for_another(signed_in: Browser, cast: Cast) -> None:
    other = Browser(cast)
    other.sign_in("dana")
    hers = other.get("/v1/session", **OWN).json()["csrf_token"]
    other.http.close()
    answer = signed_in.send("POST", "/v1/audit/verify", {}, **OWN, **{"X-CSRF-Token": hers})
    assert (answer.status_code, answer.json()["code"]) == (403, "forged-request")


@pytest.mark.case("UI-019")
def test_no_secret_of_the_installation_signs_sessions_so_none_can_be_guessed(browser: Browser, cast: Cast) -> None:
    made_up = "A" * 43
    browser.cookies[COOKIE] = made_up
    assert browser.get("/v1/session", **OWN).status_code == 401
    fitting = {**OWN, "X-CSRF-Token": csrf_token(made_up)}
    assert browser.send("POST", "/v1/audit/verify", {}, **fitting).status_code == 401
    assert not [name for name in type(cast.platform.platform.settings).model_fields if "session" in name]


@pytest.mark.case("UI-007")
def test_a_picture_that_carries_a_script_is_taken_nowhere(signed_in: Browser) -> None:
    token = signed_in.get("/v1/session", **OWN).json()["csrf_token"]
    svg = b"<svg><foreignObject><script>alert(1)</script></foreignObject></svg>"
    takes = [path for path, methods in signed_in.get("/v1/openapi.json").json()["paths"].items() if "post" in methods]
    for path in (path for path in takes if "{" not in path):
        headers = {**OWN, "X-CSRF-Token": token, "Content-Type": "image/svg+xml", "Idempotency-Key": "svg"}
        cookie = {"Cookie": f"{COOKIE}={signed_in.cookies[COOKIE]}"}
        answer = signed_in.http.post(signed_in.api + path, content=svg, headers=headers | cookie)
        assert answer.status_code in (400, 403, 415, 422), (path, answer.text)


@pytest.fixture
def proposal(cast: Cast) -> Iterator[dict[str, object]]:
    """A version of the rules that somebody else has proposed."""
    shown = proposed(cast.olga, changed(cast, "an-approval-to-be"))
    yield shown
    withdrawn(cast.olga, shown["version"])


@pytest.mark.case("UI-014")
def test_who_signed_in_hours_ago_signs_in_again_before_approving(
    signed_in: Browser, cast: Cast, proposal: dict[str, object]
) -> None:
    approve = f"/v1/rulebooks/{proposal['version']}/approve"
    fresh = signed_in.get("/v1/session", **OWN).json()
    assert fresh["fresh_until"] is not None
    for then in (datetime.now(UTC) - timedelta(hours=6), None):
        with later(cast, signed_in.cookies[COOKIE], authenticated_at=then):
            answer = signed_in.change(approve, of(proposal))
            assert said(answer) == (403, "sign-in-again")
            assert signed_in.get("/v1/rulebooks", **OWN).status_code == 200
    signed_in.sign_in(GOVERNANCE)
    assert signed_in.change(approve, of(proposal)).status_code == 200


def test_every_action_that_lets_something_pass_wants_a_fresh_sign_in() -> None:
    """By their names: an action that is added is thought of here, too."""
    schema = (Path(policy.__file__).parent / "schema" / "platform.cedarschema").read_text(encoding="utf-8")
    declared = " ".join(re.findall(r"^action ([^{]*?)\n  appliesTo", schema, re.MULTILINE))
    named = re.findall(r"\b(?:activate|approve|certify|declassify|release|sign)\w*", declared)
    assert set(named) == BY_A_SECOND_PERSON


@pytest.mark.case("UI-011")
def test_a_button_that_is_not_offered_does_nothing_when_it_is_sent(cast: Cast, browser: Browser) -> None:
    browser.sign_in("gus")
    own = proposed(cast.gus, changed(cast, "ones-own"))
    answer = browser.change(f"/v1/rulebooks/{own['version']}/approve", of(own))
    withdrawn(cast.gus, own["version"])
    assert said(answer) == (403, "forbidden")


def test_the_stream_of_events_takes_the_session_and_ends_with_it(signed_in: Browser) -> None:
    cookie = {"Cookie": f"{COOKIE}={signed_in.cookies[COOKIE]}"}
    with signed_in.http.stream("GET", f"{signed_in.api}/v1/events", headers=cookie) as other_site:
        assert other_site.status_code == 403
    with signed_in.http.stream("GET", f"{signed_in.api}/v1/events", headers={**OWN, **cookie}) as told:
        lines = told.iter_lines()
        assert "event: hello" in (next(lines), next(lines), next(lines))
        token = signed_in.get("/v1/session", **OWN).json()["csrf_token"]
        signed_in.send("DELETE", "/v1/session", **OWN, **{"X-CSRF-Token": token})
        assert 'data: {"why":"session-ended"}' in list(lines)


def test_an_open_stream_does_not_keep_a_session_alive(signed_in: Browser, cast: Cast) -> None:
    sessions = cast.platform.platform.web_sessions
    now = datetime.now(UTC)
    session = sessions.get(hashed(signed_in.cookies[COOKIE]), now)
    assert session is not None
    assert sessions.open_among([session], now) == {session}
    assert sessions.open_among([session], session.seen_at + IDLE) == frozenset()
    assert sessions.get(session.id_hash, now) == session
