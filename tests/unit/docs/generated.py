"""The tables of the documents that come from the code. As a program it writes them anew into `docs/`:

.venv/bin/python -m tests.unit.docs.generated

A table stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. Where its last column is prose, the prose is
the document's own and is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from jit_engine.domain.grant import GRANT_MOVES, GrantState
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.services import ServiceSource
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.tier import Tier
from jit_engine.iam.grant_policy import grant_statements
from jit_engine.iam.statement import Allow, Statement
from jit_engine.sources.kinds import KINDS, kind_of
from platform_api.problems import KINDS as PROBLEMS
from platform_api.settings import Settings
from tests.fakes.networks import networked
from tests.fakes.services import EVERY, KEY, SCORES_OF_ONE_ALONE
from tests.fakes.services import cleared as services_cleared
from tests.fakes.world import FACTS_PREFIX, GRANT, LOANS, REPORT_PREFIX, ask, cleared, facts, place_of

ROOT = Path(__file__).parents[3]
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a document. `prose` says that one column more, the last, is the document's own."""

    name: str
    document: str
    heads: Row
    rows: Callable[[], Sequence[Row]]
    prose: bool


def settings_rows() -> list[Row]:
    """Each setting by its dotted name with its default."""
    return list(_settings(Settings, ""))


def _settings(model: type[BaseModel], before: str) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        inner, many = _nested(field)
        if inner is None:
            yield f"`{before}{name}`", _default(field)
        else:
            yield from _settings(inner, f"{before}{name}{'[]' if many else ''}.")


def _nested(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    kinds = [field.annotation, *get_args(field.annotation)]
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind, get_origin(field.annotation) is tuple
    return None, False


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    match value:
        case _ if value is PydanticUndefined:
            return "required"
        case None:
            return "not set"
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{TypeAdapter(timedelta).dump_python(value, mode='json')}`"
        case tuple():
            return ", ".join(f"`{item.value if isinstance(item, StrEnum) else item}`" for item in value)
    return f"`{value.value if isinstance(value, StrEnum) else value}`"


def problem_rows() -> list[Row]:
    """Each problem's code with its status, title and meaning."""
    return [(f"`{code}`", str(kind.status), kind.title, kind.meaning) for code, kind in PROBLEMS.items()]


_SAMPLES: Mapping[str, Source] = {kind_of(source).name: source for source in (FACTS_PREFIX, LOANS)}
_EVERY_GRANT = ("Workspace", "ListWorkspace", "WorkspaceKey", "Marker")


def kind_rows() -> list[Row]:
    """Each operation of each kind: the Cedar action that is asked, and the AWS actions that are minted for it."""
    return [
        (kind.name, operation.value, f"`{kind.offers[operation].cedar}`", ", ".join(f"`{a}`" for a in actions))
        for kind in KINDS
        for operation in Operation
        if operation in kind.offers
        for actions in [
            _minted(kind.name, operation) if kind.name in _SAMPLES else sorted(kind.offers[operation].actions)
        ]
    ]


def _minted(kind: str, operation: Operation) -> list[str]:
    writes = operation.writes
    source = REPORT_PREFIX if writes and kind == kind_of(REPORT_PREFIX).name else _SAMPLES[kind]
    allows = [s for s in _statements(writes, ask(source, operation)) if isinstance(s, Allow)]
    return sorted({action for allow in allows if allow.sid not in _EVERY_GRANT for action in allow.actions})


def _statements(writes: bool, *asks: SourceAsk) -> tuple[Statement, ...]:
    tier = Tier.OPERATION if writes else Tier.RESEARCH
    clearance = cleared(*asks, tier=tier, known=facts(tier, environment=networked(tier)))
    return grant_statements(clearance, place_of(clearance), GRANT)


def every_kind_rows() -> list[Row]:
    """Each kind with its URI, its type in Cedar, and what keeps withheld columns and rows from the reader."""
    return [(kind.name, f"`{kind.form}`", f"`{kind.entity}`", kind.columns, kind.rows) for kind in KINDS]


def _of_service(source: ServiceSource) -> tuple[Statement, ...]:
    clearance = services_cleared(ask(source), key_arn=KEY)
    everything = frozenset(kind_of(source).offers)
    asked = tuple(replace(c, ask=replace(c.ask, operations=everything)) for c in clearance.cleared)
    return grant_statements(replace(clearance, cleared=asked), place_of(clearance), GRANT)


def statement_rows() -> list[Row]:
    """Every statement that a minted policy can hold, by its Sid without number and account."""
    both = (
        *_statements(False, ask(FACTS_PREFIX), ask(LOANS)),
        *_statements(True, ask(FACTS_PREFIX), ask(REPORT_PREFIX, Operation.INSERT)),
        *(statement for source in (*EVERY, SCORES_OF_ONE_ALONE) for statement in _of_service(source)),
    )
    found = {re.sub(r"\d+\Z", "", s.sid): "Allow" if isinstance(s, Allow) else "Deny" for s in both}
    return [(f"`{sid}`", effect) for sid, effect in sorted(found.items(), key=lambda item: item[1])]


TABLES = (
    Table(name="settings", document="docs/operator.md", heads=("setting", "default"), rows=settings_rows, prose=True),
    Table(
        name="problems",
        document="docs/api-problems.md",
        heads=("code", "status", "title", "meaning"),
        rows=problem_rows,
        prose=False,
    ),
    Table(
        name="kinds",
        document="docs/sources.md",
        heads=("kind", "operation", "Cedar action", "AWS actions"),
        rows=kind_rows,
        prose=False,
    ),
    Table(
        name="every kind",
        document="docs/sources.md",
        heads=("kind", "URI", "Cedar type", "columns are withheld by", "rows are withheld by"),
        rows=every_kind_rows,
        prose=True,
    ),
    Table(
        name="statements", document="docs/sources.md", heads=("statement", "effect"), rows=statement_rows, prose=True
    ),
)


def grant_states() -> str:
    """The states of a grant as a mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {GrantState.MINTING.value}"]
    for state, following in GRANT_MOVES.items():
        lines += [f"    {state.value} --> {other.value}" for other in GrantState if other in following]
        lines += [] if following else [f"    {state.value} --> [*]"]
    return "\n".join([*lines, "```"])


def block(document: str, name: str) -> str:
    """What stands between the marks of that name; raises `ValueError` where they are not there once."""
    found = re.findall(_marked(name), _read(document), re.S)
    if len(found) != 1:
        raise ValueError(f"{document} has to hold one block {name}, and holds {len(found)}")
    return str(found[0]).strip()


def cells(text: str) -> list[Row]:
    """The rows of a table of Markdown, its head left out."""
    rows = [line.strip().strip("|") for line in text.splitlines() if line.strip().startswith("|")]
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", row)) for row in rows[2:]]


def _marked(name: str) -> str:
    return rf"<!-- begin {name} -->\n(.*?)<!-- end {name} -->"


def _read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def _render(table: Table) -> str:
    prose: Mapping[str, str] = {}
    heads = table.heads
    if table.prose:
        prose = {row[0]: row[-1] for row in cells(block(table.document, table.name))}
        heads = (*heads, "what it is")
    rows = [(*row, prose.get(row[0], "")) if table.prose else row for row in table.rows()]
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write() -> None:
    """Puts every table and the diagram into its document."""
    for table in TABLES:
        _replace(table.document, table.name, _render(table))
    _replace("docs/architecture.md", "grant states", grant_states())


def _replace(document: str, name: str, text: str) -> None:
    block(document, name)
    marked = f"<!-- begin {name} -->\n{text}\n<!-- end {name} -->"
    (ROOT / document).write_text(re.sub(_marked(name), lambda _: marked, _read(document), flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    write()
