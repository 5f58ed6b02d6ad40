"""Signing in to the console as a browser does it, and what its session is and is not good for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa

from platform_api.db.tables.web import WebSessionRow
from platform_api.identity.web_session import COOKIE, IDLE, LONGEST, SIGN_IN_COOKIE, WebSession, hashed
from tests.support.platform import Cast

OWN = {"Sec-Fetch-Site": "same-origin"}
GOVERNANCE = "gus"


class Browser:
    """A browser as far as cookies and redirects go. It keeps Secure cookies on loopback, as browsers do."""

    def __init__(self, cast: Cast) -> None:
        self.api = cast.platform.api_url
        self.http = httpx.Client(trust_env=False, timeout=20)
        self.cookies: dict[str, str] = {}

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self.send("GET", url, **headers)

    def send(self, method: str, url: str, json: object = None, **headers: str) -> httpx.Response:
        address = url if url.startswith("http") else self.api + url
        ours = address.startswith(self.api)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items()) if ours else ""
        sent = {**headers, **({"Cookie": cookie} if cookie else {})}
        answer = self.http.request(method, address, headers=sent, json=json)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            assert all(part in line for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
            assert "Domain" not in line
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def as_far_as_the_code(self, login: str, to: str = "/") -> str:
        """Where the identity provider sends the browser back to."""
        begun = self.get(f"/auth/sign-in?to={to}")
        assert begun.status_code == 303
        page = self.get(begun.headers["location"])
        assert page.status_code == 200
        links = re.findall(r'href="([^"]+)"', page.text)
        chosen = next(link for link in links if link.startswith(f"/authorize/as/{login}?"))
        provider = begun.headers["location"].partition("/authorize")[0]
        sent_back = self.get(provider + chosen.replace("&amp;", "&"))
        assert sent_back.status_code == 303
        return str(sent_back.headers["location"])

    def sign_in(self, login: str, to: str = "/") -> httpx.Response:
        return self.get(self.as_far_as_the_code(login, to))


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


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": ""}],
    ids=["no token", "another token", "an empty token"],
)
def test_a_change_without_the_sessions_own_token_is_refused(signed_in: Browser, headers: dict[str, str]) -> None:
    answer = signed_in.send("POST", "/v1/audit/verify", {}, **OWN, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forged-request")


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
def later(cast: Cast, session_id: str, **changes: datetime) -> Iterator[None]:
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
        id_hash="h", issuer="i", subject="s", began_at=now, rotated_at=now, seen_at=now, ends_at=now + LONGEST
    )
    assert session.is_live(now + IDLE - timedelta(seconds=1))
    assert not session.is_live(now + IDLE)


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
    assert "may not registerActivity" in answers[1]["why"]
    assert answers[2]["why"].startswith("no grant")


def test_people_have_names(signed_in: Browser) -> None:
    found = signed_in.get("/v1/subjects?q=dana", **OWN).json()["items"]
    assert [(one["name"], one["kind"]) for one in found] == [("Dana Reyes", "person")]
    assert "login" not in found[0]
    purposes = signed_in.get("/v1/purposes?limit=2", **OWN).json()
    assert len(purposes["items"]) == 2
    assert purposes["next_cursor"] is not None
