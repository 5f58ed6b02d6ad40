"""A deed that takes a while, told as lines: its steps, and at last what came of it or what went wrong."""

import asyncio
import gc
import json
from threading import Event
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from jit_engine.domain.event import Json
from platform_api.db.errors import StoreUnavailable
from platform_api.routes.progress import told, wants_lines
from policy.ports import Steps
from policy.refusals import UnknownRulebook


async def _read(response: StreamingResponse, most: int | None) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    async for line in response.body_iterator:
        assert isinstance(line, bytes)
        assert line.endswith(b"\n")
        said.append(json.loads(line))
        if len(said) == most:
            break
    return said


def lines(response: StreamingResponse, most: int | None = None) -> list[dict[str, Any]]:
    return asyncio.run(_read(response, most))


def progress(part: str, done: int, of: int | None) -> dict[str, Any]:
    return {"progress": {"done": done, "of": of, "part": part}}


def test_steps_come_as_they_are_said_and_the_result_last() -> None:
    def work(step: Steps) -> dict[str, Json]:
        step("reading", 5, None)
        step("replay", 5, 9)
        return {"impact": {"lead": []}}

    response = told(work, "request-1")
    assert response.media_type == "application/x-ndjson"
    assert lines(response) == [progress("reading", 5, None), progress("replay", 5, 9), {"impact": {"lead": []}}]


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [(StoreUnavailable(why="gone"), "store-unavailable", 503), (ZeroDivisionError("secret"), "internal-error", 500)],
)
def test_a_fault_in_the_middle_ends_the_stream_with_its_problem(error: Exception, code: str, status: int) -> None:
    def work(step: Steps) -> dict[str, Json]:
        step("proof", 0, 1)
        raise error

    first, last = lines(told(work, "request-1"))
    assert first == progress("proof", 0, 1)
    problem = last["problem"]
    assert (problem["code"], problem["status"], problem["request_id"]) == (code, status, "request-1")
    assert "secret" not in json.dumps(last)


def test_a_fault_before_the_first_step_is_an_ordinary_problem() -> None:
    def work(step: Steps) -> dict[str, Json]:
        raise UnknownRulebook("live")

    with pytest.raises(UnknownRulebook):
        told(work, "request-1")


def test_work_that_nobody_hears_ends_at_its_next_step() -> None:
    gone, ended, went_on = Event(), Event(), Event()

    def work(step: Steps) -> dict[str, Json]:
        try:
            step("proof", 0, 1)
            assert gone.wait(10)
            step("replay", 0, 9)
            went_on.set()
        finally:
            ended.set()
        return {}

    response = told(work, "request-1")
    assert len(lines(response, most=1)) == 1
    del response
    gc.collect()  # the server's wrappers around the stream may stand in a cycle
    gone.set()
    assert ended.wait(10)
    assert not went_on.is_set()


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/x-ndjson", True),
        ("application/json, Application/X-NDJSON;q=0.9", True),
        ("*/*", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_lines_are_told_only_to_who_asks_for_them(accept: str, wanted: bool) -> None:
    assert wants_lines(accept) is wanted
