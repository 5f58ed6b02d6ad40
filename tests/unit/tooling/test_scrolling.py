"""How smoothly a list scrolls, as it is read from Chromium's trace."""

from typing import Any

from tests.console.scrolling import figures

PAGE, BROWSER = 7, 8
SHOWN, DROPPED, IDLE = "STATE_PRESENTED_ALL", "STATE_DROPPED", "STATE_NO_UPDATE_DESIRED"


def trace(*frames: tuple[int, int, str], process: int = PAGE) -> list[dict[str, Any]]:
    """Frames that began and ended then (ms), as a page's process tells of them; ids are used again."""
    found: list[dict[str, Any]] = [
        {"name": "process_name", "pid": PAGE, "ts": 0, "args": {"name": "Renderer"}},
        {"name": "process_name", "pid": BROWSER, "ts": 0, "args": {"name": "Browser"}},
    ]
    for place, (began, ended, state) in enumerate(frames):
        of = {"name": "PipelineReporter", "pid": process, "id2": {"local": f"0x{place % 2}"}}
        found.append({**of, "ph": "b", "ts": began * 1000, "args": {"frame_reporter": {"state": state}}})
        found.append({**of, "ph": "e", "ts": ended * 1000})
    return found


def test_frames_that_were_wanted_are_counted_and_the_longest_wait_for_one() -> None:
    found = figures(trace((0, 10, SHOWN), (16, 26, SHOWN), (33, 40, DROPPED), (50, 76, SHOWN)))
    assert found == {"frames": 4, "dropped": 25.0, "longest": 50}


def test_a_rest_is_no_long_frame() -> None:
    found = figures(trace((0, 10, SHOWN), (16, 17, IDLE), (900, 910, SHOWN), (916, 930, SHOWN)))
    assert found == {"frames": 3, "dropped": 0.0, "longest": 20}


def test_the_browsers_own_surface_is_no_page() -> None:
    other = trace((0, 10, DROPPED), process=BROWSER)
    assert figures([*trace((0, 10, SHOWN), (16, 27, SHOWN)), *other]) == {"frames": 2, "dropped": 0.0, "longest": 17}
