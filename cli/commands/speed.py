"""`policy bench`: how fast a rulebook decides, measured in this process on its own test cases."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Annotated

import typer

from cli.answer import Doc
from cli.failure import InputInvalid
from cli.render import AsJson, answer, facts

_WARM_UP = 20


def bench(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The rules, in Cedar.", exists=True, dir_okay=False)],
    cases: Annotated[
        Path, typer.Option(metavar="FILE", help="Test cases whose questions are asked.", exists=True, dir_okay=False)
    ],
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="How often each question is asked.")] = 200,
    as_json: AsJson = False,
) -> None:
    """How fast these rules decide on this machine: each case's question, asked again and again. Needs no platform."""
    from policy import Engine, PolicyError, Rulebook
    from policy.cases import cases_from_text, question_of

    try:
        engine = Engine.load(Rulebook(version="bench", text=file.read_text(encoding="utf-8")))
        questions = [question_of(case) for case in cases_from_text(cases.read_text(encoding="utf-8"))]
    except PolicyError as error:
        raise InputInvalid(str(error), next_step="mend the file; `sluice policy validate` names every line") from error
    if not questions:
        raise InputInvalid(f"{cases} holds no case", next_step="give at least one question to ask")
    for question in (questions * _WARM_UP)[:_WARM_UP]:
        engine.decide(question)
    taken = []
    for _ in range(rounds):
        for question in questions:
            began = time.perf_counter()
            engine.decide(question)
            taken.append(time.perf_counter() - began)
    cuts = statistics.quantiles(taken, n=100) if len(taken) > 1 else [taken[0]] * 99
    found = {
        "rules": len(engine.rules),
        "questions": len(questions),
        "decisions": len(taken),
        "p50_microseconds": round(cuts[49] * 1e6),
        "p99_microseconds": round(cuts[98] * 1e6),
        "decisions_a_second": round(len(taken) / sum(taken)),
    }
    answer(Doc(found), as_json=as_json, show=lambda doc: facts([(name, doc.text(name)) for name in found]))
