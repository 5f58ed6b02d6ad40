"""The tables of the documents are those of the code."""

import re

import pytest

from jit_engine.domain.grant import GRANT_MOVES
from tests.unit.docs.generated import TABLES, Table, block, cells

MEND = "write them anew: .venv/bin/python -m tests.unit.docs.generated"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_of_a_document_is_the_one_of_the_code(table: Table) -> None:
    rows = cells(block(table.document, table.name))
    expected = [tuple(row) for row in table.rows()]
    assert expected
    assert [row[: len(table.heads)] for row in rows] == expected, MEND


@pytest.mark.parametrize("table", [t for t in TABLES if t.prose], ids=lambda table: table.name)
def test_every_row_says_what_it_is(table: Table) -> None:
    assert [row[0] for row in cells(block(table.document, table.name)) if not row[-1]] == []


def test_the_diagram_of_a_grant_shows_every_move_and_no_other() -> None:
    drawn = set(re.findall(r"^ +(\S+) --> (\S+)$", block("docs/architecture.md", "grant states"), re.M))
    moves = {(state.value, other.value) for state, others in GRANT_MOVES.items() for other in others}
    ends = {(state.value, "[*]") for state, others in GRANT_MOVES.items() if not others}
    assert moves
    assert drawn == moves | ends | {("[*]", "minting")}, MEND
