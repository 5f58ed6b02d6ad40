"""Act 12: somebody opens the console, where the machine has a Chromium."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

from platform_api.console.web import BUILT
from platform_api.embedded.demo.cast import Cast
from platform_api.embedded.demo.stage import DemoBroken

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ON_MACOS = tuple(
    Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in ("Google Chrome", "Chromium", "Microsoft Edge")
)
_PATIENCE = 30_000
"""Milliseconds for each step."""
QUIET = ("--disable-quic", "--disable-background-networking", "--disable-component-update")


def chromium() -> str | None:
    """The machine's Chromium, or a browser made of it; else Playwright's, where somebody has installed it."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is not None:
        return found
    kept = Path.home() / ".cache" / "ms-playwright"
    others = [*_ON_MACOS, *sorted(kept.glob("chromium-*/chrome-linux*/chrome"))]
    return next((str(path) for path in others if path.is_file()), None)


def console(cast: Cast) -> None:
    """12. A page of the console in a real browser, signed in through the identity provider; its picture is kept."""
    stage, why = cast.stage, left_out()
    stage.act(12, "A governance officer looks at the activity in the console.")
    if why is not None:
        stage.tell(f"         left out: {why}. With `make up` it opens in any browser.")
        return
    picture = cast.work / "console.png"
    url = f"{cast.platform.api_url}/auth/sign-in?{urlencode({'to': f'/activities/{cast.activity}'})}"
    seen = _heading(url, picture)
    stage.check("a page of the console, in Chromium", "What drives defaults of consumer loans", seen)
    stage.tell(f"              its picture: {picture}")


def left_out() -> str | None:
    """Why no page can be opened here; None where one can."""
    if chromium() is None:
        return "this machine has no Chromium"
    if not (BUILT / "index.html").is_file():
        return "the console is not built (make console)"
    # Its live stream never ends, so that Chromium by itself would wait for it and show nothing.
    return None if find_spec("playwright") else "Playwright's library, which would drive Chromium, is not installed"


def _heading(url: str, picture: Path) -> str:
    """The heading of the page that `url` leads to in the end; its picture is written."""
    from playwright.sync_api import Error, sync_playwright

    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=[*QUIET, *as_root])
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.set_default_timeout(_PATIENCE)
            page.goto(url)
            page.locator("a[href*='/as/gus?']").click()
            heading = page.get_by_role("heading", level=1).inner_text()
            page.locator(".skeleton").first.wait_for(state="detached")
            page.screenshot(path=picture)
            browser.close()
            return heading
    except Error as failure:
        raise DemoBroken(f"Chromium did not open the console: {failure}") from failure
