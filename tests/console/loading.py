"""How fast the console's screens load, by Chromium's own trace: `make loading`, one JSON object a screen.

Each screen is opened in a new tab with an empty cache, over loopback, on a platform with 10,000 records in its trail;
of the runs the median is told. `first_paint` and `largest_paint` (ms) count from the start of the navigation, `busy`
(ms) is what tasks of more than 50 ms took beyond those 50 (what keeps a page from answering), `script` and `bytes` are
what came over the wire, compressed. Last is told how smoothly the longest list scrolls (`tests/console/scrolling.py`).
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from jit_engine.domain.event import Event
from platform_api.db.audit import append, recorded
from platform_api.embedded.demo.looking import QUIET, chromium
from platform_api.embedded.platform import EmbeddedPlatform
from tests.console.scrolling import scrolled
from tests.support.browser import Visit

RUNS = 5
MANY = 10_000
SCREENS = {"dashboard": "/", "rules": "/rules", "contracts": "/contracts", "grants": "/grants", "10,000 rows": "/audit"}
_CATEGORIES = ["devtools.timeline", "loading", "blink.user_timing", "toplevel", "disabled-by-default-devtools.timeline"]
_LONG = 50_000
"""Microseconds; what a longer task takes beyond it is blocking (W3C Long Tasks)."""

Trace = Sequence[Mapping[str, Any]]


def measured(browser: Browser, context: BrowserContext, address: str) -> dict[str, float]:
    """One opening of one page."""
    page = context.new_page()
    cold = context.new_cdp_session(page)
    cold.send("Network.enable")
    cold.send("Network.setCacheDisabled", {"cacheDisabled": True})
    browser.start_tracing(page=page, categories=_CATEGORIES)
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page.locator(".skeleton").first.wait_for(state="detached")
    page.wait_for_timeout(500)
    trace: Trace = json.loads(browser.stop_tracing())["traceEvents"]
    page.close()
    return figures(trace, address)


def figures(trace: Trace, address: str) -> dict[str, float]:
    """The figures of one opening."""
    started = next(
        event
        for event in trace
        if event["name"] == "navigationStart" and event["args"].get("data", {}).get("documentLoaderURL") == address
    )
    begin: float = started["ts"]
    process, thread = started["pid"], started["tid"]

    def last(name: str) -> float:
        found: list[float] = [event["ts"] for event in trace if event["name"] == name and event["pid"] == process]
        return (max(found) - begin) / 1000

    ours = [event for event in trace if event["pid"] == process and event["tid"] == thread and event["ts"] >= begin]
    long = [event["dur"] - _LONG for event in ours if event["name"] == "RunTask" and event.get("dur", 0) > _LONG]
    scripts = {
        event["args"]["data"]["requestId"]
        for event in trace
        if event["name"] == "ResourceReceiveResponse" and "javascript" in event["args"]["data"].get("mimeType", "")
    }
    sizes = {
        event["args"]["data"]["requestId"]: event["args"]["data"].get("encodedDataLength", 0)
        for event in trace
        if event["name"] == "ResourceFinish"
    }
    return {
        "first_paint": last("firstContentfulPaint"),
        "largest_paint": last("largestContentfulPaint::Candidate"),
        "busy": sum(long) / 1000,
        "script": sum(size for request, size in sizes.items() if request in scripts),
        "bytes": sum(sizes.values()),
    }


def _fill(platform: EmbeddedPlatform) -> None:
    event = Event(action="sample.record", actor="sample", at=datetime.now(UTC), about={})
    with recorded(platform.platform.database, event) as connection:
        for _ in range(MANY - 1):
            append(connection, event)


def _tell(screen: str, runs: Sequence[Mapping[str, float]]) -> None:
    median = {figure: round(statistics.median(run[figure] for run in runs), 1) for figure in runs[0]}
    print(json.dumps({"screen": screen, "runs": RUNS, **median}), flush=True)


def main() -> int:
    """0 when every screen was measured."""
    program = chromium()
    if program is None:
        print("there is no Chromium on this machine", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPlatform(Path(folder), environment={}) as platform,
        sync_playwright() as playwright,
    ):
        _fill(platform)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *QUIET])
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        visit = Visit(context, platform.api_url)
        visit.sign_in("gus")
        visit.page.close()
        for name, path in SCREENS.items():
            _tell(name, [measured(browser, context, platform.api_url + path) for _ in range(RUNS)])
        _tell(
            "10,000 rows, scrolled",
            [scrolled(browser, context, f"{platform.api_url}/audit") for _ in range(RUNS)],
        )
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
