"""Act 12: somebody opens the console, where the machine has a Chromium."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlencode, urljoin

from platform_api.console.web import BUILT
from platform_api.embedded.demo.cast import Cast
from platform_api.embedded.demo.stage import DemoBroken

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ON_MACOS = tuple(
    Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in ("Google Chrome", "Chromium", "Microsoft Edge")
)
_SECONDS = 60


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
    stage, program = cast.stage, chromium()
    stage.act(12, "A governance officer looks at the activity in the console.")
    if program is None or not (BUILT / "index.html").is_file():
        missing = "this machine has no Chromium" if program is None else "the console is not built (make console)"
        stage.tell(f"         left out: {missing}. With `make up` it opens in any browser.")
        return
    picture = cast.work / "console.png"
    first = f"{cast.platform.api_url}/auth/sign-in?{urlencode({'to': f'/activities/{cast.activity}'})}"
    people = _opened(program, cast.work, first)
    link = re.search(r'href="([^"]*/as/gus\?[^"]*)"', people)
    if link is None:
        raise DemoBroken(f"the identity provider offered nobody to sign in as: {people[:300]}")
    page = _opened(
        program, cast.work, urljoin(cast.platform.issuer_url, html.unescape(link[1])), f"--screenshot={picture}"
    )
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    seen = "no page" if heading is None else html.unescape(heading[1])
    stage.check("a page of the console, in Chromium", "What drives defaults of consumer loans", seen)
    stage.tell(f"              its picture: {picture}")


def _opened(program: str, work: Path, url: str, *more: str) -> str:
    """The page at `url` as a Chromium without a window has it in the end. Its cookies stay for the next one."""
    options = [
        "--headless=new",
        "--disable-quic",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--window-size=1280,860",
        "--virtual-time-budget=10000",
        f"--user-data-dir={work / 'browser'}",
        *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *more,
    ]
    try:
        done = subprocess.run(
            [program, *options, "--dump-dom", url], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise DemoBroken(f"Chromium did not open the console: {failure}") from failure
    return done.stdout
