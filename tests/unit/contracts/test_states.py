"""The states of a contract, as its document shows them."""

from jit_engine.contracts.terms import CONTRACT_MOVES
from tests.unit.docs.generated import ROOT, cells


def test_the_page_for_producers_shows_every_move_and_no_other() -> None:
    text = (ROOT / "docs/governance.md").read_text(encoding="utf-8")
    table = text.partition("| state | becomes | when |")
    shown = {
        row[0].strip("`"): {word.strip("` ") for word in row[1].split(",")}
        for row in cells(table[1] + table[2].partition("\n\n")[0])
    }
    moves = {state.value: {other.value for other in others} for state, others in CONTRACT_MOVES.items() if others}
    assert shown == moves
