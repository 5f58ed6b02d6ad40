"""A deed that takes a while, told as JSON lines: how far it is, and at last what came of it or what went wrong."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Thread

import structlog
from starlette.responses import StreamingResponse

from jit_engine.domain.event import Json
from platform_api.problems import problem_of, rendered
from policy.ports import Steps

MEDIA_TYPE = "application/x-ndjson"
log = structlog.get_logger(__name__)


class _Unheard(Exception):
    """Nobody reads the stream any more, so the work for it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    line: dict[str, Json]


_Told = dict[str, Json] | _Done | _Failed


def wants_lines(accept: str) -> bool:
    """Whether an Accept header names JSON lines."""
    return any(kind.partition(";")[0].strip().lower() == MEDIA_TYPE for kind in accept.split(","))


def told(work: Callable[[Steps], dict[str, Json]], request_id: str) -> StreamingResponse:
    """The stream of `work`, which says its steps and returns the last line.

    What fails before the first step is raised here, and becomes an ordinary problem; what fails later ends the
    stream with `{"problem": …}`. Where nobody reads on, the work ends at its next step.
    """
    lines = _lines(work)
    first = next(lines)
    if isinstance(first, _Failed):
        raise first.error
    return StreamingResponse(_written(first, lines, request_id), media_type=MEDIA_TYPE)


def _lines(work: Callable[[Steps], dict[str, Json]]) -> Iterator[_Told]:
    """What `work` tells, as it tells it; it runs in a thread of its own."""
    queue: SimpleQueue[_Told] = SimpleQueue()
    gone = Event()

    def step(part: str, done: int, of: int | None) -> None:
        if gone.is_set():
            raise _Unheard
        queue.put({"progress": {"done": done, "of": of, "part": part}})

    def run() -> None:
        try:
            queue.put(_Done(line=work(step)))
        except _Unheard:
            return
        except Exception as error:  # noqa: BLE001 - told by whoever reads the queue
            queue.put(_Failed(error=error))

    Thread(target=run, name="told-as-lines", daemon=True).start()
    try:
        while True:
            said = queue.get()
            yield said
            if isinstance(said, _Done | _Failed):
                return
    finally:
        gone.set()


def _written(first: _Told, lines: Iterator[_Told], request_id: str) -> Iterator[bytes]:
    said: _Told | None = first
    while said is not None:
        match said:
            case _Failed(error=error):
                problem = problem_of(error)
                tell = log.error if problem.status >= 500 else log.info
                tell("stream failed", request_id=request_id, code=problem.code, error=type(error).__name__)
                line: dict[str, Json] = {"problem": rendered(problem, request_id)}
            case _Done(line=line):
                pass
            case _:
                line = said
        yield json.dumps(line, default=list).encode() + b"\n"
        said = next(lines, None)
