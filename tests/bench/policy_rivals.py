"""One decision over 10,000 rules by us and by other engines: the same rules, the same questions, the same answers.

Each engine is told the same facts: the person's teams, the table's product, the action's groups, and whether a
second factor was used. So ours has a schema of just these here. Its time is that of the whole decision: the facts
are looked up, checked, written and parsed for this one question, which has been asked before. cedarpy over the full
set is given the same text and schema, and all rules, parsed beforehand; pycasbin, oso and regopy answer in
processes of their own (see `rival`), and their time is taken there, without the way to them and back. Questions are
asked in turn, a few here and the same few there. pycasbin and the full set get 200 of them, oso 1,000, and regopy
20, since it takes a second or more for each.

The three are no packages of the development environment: oso 0.27.3, its last version, needs cffi 1, and cffi 1
a cryptography of a year ago. `make bench` puts them, pinned with their hashes in rivals.lock, into a folder of
their own; where one cannot be had (wheels are missing for some systems), it is left out, and stderr says so.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import IO, Any

from policy import Engine, EntityRef, Question
from policy.cedar import CedarSchema, ParsedFacts, PolicyHandle
from policy.facts import Facts
from policy.rulebook import WrittenRule
from tests.bench.figure import Figure, ratio_figure, tell
from tests.bench.rulebooks import ACTIONS, Ask, Company, Saying, engine, written

RULES, TURN = 10_000, 10
FOLDER = Path(sys.prefix) / "rivals"
# Name of the module, of the package, how many questions, and the aim.
RIVALS = (("casbin", "pycasbin", 200, 1.0), ("oso", "oso", 1_000, 1.2), ("regopy", "regopy", 20, 1.0))

SCHEMA = """
entity Team;
entity Person in [Team] { uid: String, trainings: Set<String> };
entity DataProduct;
entity Database;
entity GlueTable in [Database, DataProduct] { sensitivity: Long, classes: Set<String> };
action use;
action readLike, writeLike in [use];
action read, query in [readLike] appliesTo { principal: Person, resource: GlueTable, context: { mfa: Bool } };
action write in [writeLike] appliesTo { principal: Person, resource: GlueTable, context: { mfa: Bool } };
"""

# Answers to a few questions, and the seconds that each took.
Answers = tuple[list[bool], list[float]]
Answerer = Callable[[Sequence[Ask]], Answers]


def rivals() -> Iterator[Figure]:
    """A figure for each engine that is there."""
    company = Company()
    sayings = company.sayings(RULES)
    platform = CedarSchema(SCHEMA)
    rules, asks = written(sayings), company.asks(sayings, 1_000)
    ours = partial(_ours, engine(rules, "rivals", platform), company)
    name = f"one decision over {RULES:,} rules over {{}}"
    yield ratio_figure(
        name.format("cedarpy with the full set"), _compared(ours, _full_set(rules, company, platform), asks[:200]), 1
    )
    for module, package, many, aim in RIVALS:
        if not list(FOLDER.glob(f"{package}-*.dist-info")):
            print(f"{package} is not in {FOLDER}: left out", file=sys.stderr)
            continue
        with _rival(module, company, sayings, asks[:many]) as theirs:
            yield ratio_figure(name.format(f"{package} {_version(package)}"), _compared(ours, theirs, asks[:many]), aim)


def _compared(ours: Answerer, theirs: Answerer, asks: Sequence[Ask]) -> float:
    """The median of our times over that of theirs; SystemExit when an answer differs."""
    expected, _ = ours(asks)
    theirs(asks[:2])
    times: tuple[list[float], list[float]] = ([], [])
    for start in range(0, len(asks), TURN):
        part = slice(start, start + TURN)
        for (answers, seconds_each), taken in zip((ours(asks[part]), theirs(asks[part])), times, strict=True):
            if answers != expected[part]:
                raise SystemExit(f"answers differ: {asks[part]}, {answers}, expected {expected[part]}")
            taken.extend(seconds_each)
    if not 0.2 < sum(expected) / len(expected) < 0.8:
        raise SystemExit(f"{sum(expected)} of {len(expected)} questions are allowed: mend the benchmark")
    return statistics.median(times[0]) / statistics.median(times[1])


def _ours(engine: Engine, company: Company, asks: Sequence[Ask]) -> Answers:
    return _timed([partial(_decide, engine, company, ask) for ask in asks])


def _decide(engine: Engine, company: Company, ask: Ask) -> bool:
    decision = engine.decide(_question(company, ask))
    if decision.errors:
        raise SystemExit(f"the benchmark's question fails: {decision.errors}")
    return decision.allowed


def _question(company: Company, ask: Ask) -> Question:
    principal, resource = EntityRef(type="Person", id=ask.person), EntityRef(type="GlueTable", id=ask.table)
    return Question(
        principal=principal,
        action=ask.action,
        resource=resource,
        context={"mfa": ask.mfa},
        entities=company.around((principal, resource)),
    )


def _full_set(rules: Sequence[WrittenRule], company: Company, schema: CedarSchema) -> Answerer:
    handle = PolicyHandle([each.statement for each in rules], [each.rule.id for each in rules])

    def decide(ask: Ask) -> bool:
        question = _question(company, ask)
        facts = Facts(question.entities, question.context, schema.enums)
        who, what = facts.check_known(question.principal, "principal"), facts.check_known(question.resource, "resource")
        (answer,) = handle.ask(who, [(ask.action, what)], facts.context, ParsedFacts(facts.entities, schema))
        return answer.allowed

    return lambda asks: _timed([partial(decide, ask) for ask in asks])


def _timed(decisions: Sequence[Callable[[], bool]]) -> Answers:
    answers: list[bool] = []
    times: list[float] = []
    for decide in decisions:
        began = time.perf_counter()
        answers.append(decide())
        times.append(time.perf_counter() - began)
    return answers, times


@contextmanager
def _rival(module: str, company: Company, sayings: Sequence[Saying], asks: Sequence[Ask]) -> Iterator[Answerer]:
    """An engine in a process of its own, which knows the rules and the facts of these questions."""
    people, tables = {ask.person for ask in asks}, {ask.table for ask in asks}
    told = {
        "rules": [{**asdict(each), "mfa": "yes" if each.needs_mfa else "any"} for each in sayings],
        "teams": {person: company.teams(person) for person in sorted(people)},
        "products": {table: company.product(table) for table in sorted(tables)},
        "actions": {action: list(groups) for action, groups in ACTIONS.items()},
    }
    command = [sys.executable, str(Path(__file__).with_name("rival.py")), module, str(FOLDER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit(f"{module} cannot be talked to")
        talk = partial(_said, process.stdin, process.stdout)
        talk(told)

        def answers(asks: Sequence[Ask]) -> Answers:
            said = talk([{**asdict(ask), "mfa": "yes" if ask.mfa else "no"} for ask in asks])
            return said["answers"], said["seconds"]

        yield answers
        process.stdin.close()


def _said(stdin: IO[str], stdout: IO[str], line: object) -> Any:
    """What the other process answers to a line."""
    print(json.dumps(line), file=stdin, flush=True)
    answer = stdout.readline()
    if not answer:
        raise SystemExit("the other engine has stopped: see what it wrote above")
    return json.loads(answer)


def _version(package: str) -> str:
    (found,) = FOLDER.glob(f"{package}-*.dist-info")
    return PathDistribution(found).version


if __name__ == "__main__":
    for figure in rivals():
        tell(figure)
