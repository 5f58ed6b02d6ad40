"""How smoothly a list scrolls and turns its pages, by Chromium's own trace: a part of `make loading`.

Chromium keeps record of each frame of the compositor (`PipelineReporter`): whether there was anything new to show, and
whether it was shown or dropped. `frames` is how many had something to show, `dropped` how many of these were not shown,
in percent, and `longest` the longest time (ms) from one that was shown to the next while there was something to show.
At 60 Hz a frame takes 16.7 ms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, CDPSession

PAGES = 5
SPEED = 1_600
"""Pixels a second: a hand that skims."""
_CATEGORIES = ["cc", "benchmark"]

Trace = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What became of one frame; times in microseconds."""

    began: float
    ended: float
    state: str


def scrolled(browser: Browser, context: BrowserContext, address: str) -> dict[str, float]:
    """The list at that address scrolled to its end, turned to the next page and scrolled up again, five times."""
    page = context.new_page()
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page.locator(".skeleton").first.wait_for(state="detached")
    page.wait_for_timeout(500)
    session = context.new_cdp_session(page)
    browser.start_tracing(page=page, categories=_CATEGORIES)
    for _ in range(PAGES):
        _swiped(session, 1)
        shown = page.locator("tbody tr").first.inner_text()
        page.get_by_role("button", name="Next page").click()
        page.wait_for_function("shown => document.querySelector('tbody tr').innerText !== shown", arg=shown)
        _swiped(session, -1)
    trace: Trace = json.loads(browser.stop_tracing())["traceEvents"]
    page.close()
    return figures(trace)


def _swiped(session: CDPSession, way: Literal[1, -1]) -> None:
    """The whole page scrolled by a mouse's wheel, down (1) or up (-1)."""
    metrics = session.send("Page.getLayoutMetrics")
    whole = metrics["cssContentSize"]["height"] - metrics["cssVisualViewport"]["clientHeight"]
    how = {"speed": SPEED, "gestureSourceType": "mouse", "preventFling": True}
    session.send("Input.synthesizeScrollGesture", {"x": 640, "y": 430, "yDistance": -way * whole, **how})


def figures(trace: Trace) -> dict[str, float]:
    """The figures of one trace."""
    longest = 0.0
    shown, dropped = 0, 0
    last: float | None = None
    for frame in sorted(frames(trace), key=lambda one: one.began):
        match frame.state:
            case "STATE_PRESENTED_ALL" | "STATE_PRESENTED_PARTIAL":
                shown += 1
                longest = max(longest, frame.ended - last if last is not None else 0)
                last = frame.ended
            case "STATE_DROPPED":
                dropped += 1
            case _:
                last = None
    wanted = shown + dropped
    return {"frames": wanted, "dropped": round(100 * dropped / wanted, 1), "longest": round(longest / 1000)}


def frames(trace: Trace) -> Iterator[Frame]:
    """Each frame of the pages; the browser's own surface is none of them."""
    pages = {event["pid"] for event in trace if event["name"] == "process_name" and event["args"]["name"] == "Renderer"}
    begun: dict[tuple[int, str], tuple[float, str]] = {}
    for event in sorted((one for one in trace if one["name"] == "PipelineReporter"), key=lambda one: one["ts"]):
        if event["pid"] not in pages:
            continue
        place = event["pid"], event["id2"]["local"]
        if event["ph"] == "b":
            begun[place] = event["ts"], event["args"]["frame_reporter"]["state"]
        elif place in begun:
            began, state = begun.pop(place)
            yield Frame(began=began, ended=event["ts"], state=state)
