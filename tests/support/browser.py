"""A real Chromium for the console's tests: people sign in by the local provider, and any error on a page fails.

Debian's Chromium or Playwright's own. Where there is none the tests are skipped; with REQUIRE_BROWSER=1, as in CI,
they fail.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from platform_api.console.build import CONSOLE
from platform_api.console.web import BUILT
from platform_api.embedded.demo.looking import QUIET, chromium
from tests.support.platform import Cast
from tests.support.run import unavailable

Theme = Literal["light", "dark"]
_REQUIRED = "REQUIRE_BROWSER"
_AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"
_REFUSED = "Failed to load resource: the server responded with a status of 4"
"""What Chromium logs for any refusal of the API; the page shows those as they are told."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It ends with its module: while it runs, its event loop is this thread's, and a test
    elsewhere could run none of its own.
    """
    program = chromium()
    if program is None:
        unavailable("Chromium", "there is none on this machine (Debian: apt install chromium)", required_by=_REQUIRED)
    if not (BUILT / "index.html").is_file() or not _AXE.is_file():
        unavailable("the console", "it is not built (make console)", required_by=_REQUIRED)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *QUIET])
        yield started
        started.close()


_SETTLED_BY = 5.0
_QUIET_LOOKS = 2
_DRAWN = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"
"""Comes back when what the page has is on the screen: two frames on, and after the work that they left."""


class Visit:
    """One person's window: `go` somewhere, look with `page`; errors are kept until `check_quiet`."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.errors: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self._asked: set[Request] = set()
        self.page.on("request", self._begun)
        self.page.on("requestfinished", self._over)
        self.page.on("requestfailed", self._over)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.errors.append(f"{message.type}: {message.text}")

    def _begun(self, request: Request) -> None:
        if request.resource_type != "eventsource":  # what the page hears of changes by never ends
            self._asked.add(request)

    def _over(self, request: Request) -> None:
        self._asked.discard(request)

    def sign_in(self, login: str) -> None:
        """Makes the window that person's, by the local provider's page."""
        self.page.goto(f"{self.url}/grants")
        self.page.locator(f"a[href*='/as/{login}?']").click()
        self.page.get_by_role("heading", name="Grants").wait_for()

    def go(self, path: str) -> Page:
        """Opens a screen and waits until it has its data."""
        self.page.goto(self.url + path)
        self.page.get_by_role("heading", level=1).wait_for()
        self.settle()
        return self.page

    def settle(self) -> None:
        """Waits until nothing loads any more, and what was loaded is drawn and asks for nothing else."""
        self.page.locator(".skeleton").first.wait_for(state="detached")
        deadline, quiet = time.monotonic() + _SETTLED_BY, 0
        while quiet < _QUIET_LOOKS and time.monotonic() < deadline:  # a screen that keeps itself up to date may go on
            self.page.evaluate(_DRAWN)
            quiet = 0 if self._asked else quiet + 1

    def check_accessible(self) -> None:
        """Axe finds nothing on the page as it is."""
        if self.evaluated("typeof axe") == "undefined":
            self.evaluated(_AXE.read_text(encoding="utf-8"))
        found = json.loads(str(self.evaluated(_ASK_AXE)))
        assert not found, "\n".join(f"{rule}: {', '.join(nodes)}" for rule, nodes in found)

    def in_each_theme(self) -> Iterator[Theme]:
        """The page as it is in the other theme and then in its own."""
        dark = self.evaluated("matchMedia('(prefers-color-scheme: dark)').matches")
        themes: tuple[Theme, Theme] = ("light", "dark") if dark else ("dark", "light")
        for theme in themes:
            self.page.emulate_media(color_scheme=theme)
            yield theme

    def check_themes(self) -> None:
        """Axe finds nothing on the page as it is, in either theme."""
        for _ in self.in_each_theme():
            self.check_accessible()

    def check_dialog(self, name: str) -> None:
        """The dialog of that name is open, and axe finds nothing in either theme."""
        expect(self.page.locator(f"[role$=dialog][data-dialog={name}]")).to_be_visible()
        self.check_themes()

    def evaluated(self, expression: str) -> object:
        """The value of some JavaScript, by the debugger: the page's own policy lets no script in."""
        session = self.context.new_cdp_session(self.page)
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer: dict[str, object] = session.send("Runtime.evaluate", asked)["result"]
        session.detach()
        return answer.get("value")

    def check_quiet(self) -> None:
        """No error and no violation of the page's policy was logged."""
        assert not self.errors, "\n".join(self.errors)


_ASK_AXE = """axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
 'best-practice']}}).then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))])))"""
Visitor = Callable[..., Visit]


@pytest.fixture(scope="module")
def visitor(browser: Browser, cast: Cast) -> Iterator[Visitor]:
    """`visitor("gus", theme="dark", width=390)`: that person, signed in by the local provider's page.

    Within a module the same person at the same window is signed in once.
    """
    visits: dict[tuple[str, str, int], Visit] = {}

    def sign_in(login: str, *, theme: Theme = "light", width: int = 1280) -> Visit:
        if (login, theme, width) in visits:
            return visits[login, theme, width]
        context = browser.new_context(
            viewport={"width": width, "height": 860}, color_scheme=theme, reduced_motion="reduce", locale="en-GB"
        )
        visit = Visit(context, cast.platform.api_url)
        visits[login, theme, width] = visit
        visit.sign_in(login)
        return visit

    yield sign_in
    for visit in visits.values():
        visit.context.close()
