"""The table of a grant's states: every move that is there, and no other."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from jit_engine.contracts.terms import CONTRACT_MOVES
from jit_engine.domain.activity import ACTIVITY_MOVES, ENVIRONMENT_MOVES
from jit_engine.domain.grant import ENDED, GRANT_MOVES, GrantState
from jit_engine.errors import WrongState
from tests.unit.engine.desk import Desk

S = GrantState
MOVES = {
    (S.MINTING, S.ACTIVE),
    (S.MINTING, S.ABANDONED),
    (S.ACTIVE, S.EXPIRING),
    (S.ACTIVE, S.REVOKING),
    (S.ABANDONED, S.CLOSED),
    (S.ABANDONED, S.STUCK),
    (S.EXPIRING, S.DENIED),
    (S.EXPIRING, S.CLOSED),
    (S.EXPIRING, S.STUCK),
    (S.REVOKING, S.DENIED),
    (S.REVOKING, S.CLOSED),
    (S.REVOKING, S.STUCK),
    (S.DENIED, S.CLOSED),
    (S.DENIED, S.STUCK),
    (S.STUCK, S.DENIED),
    (S.STUCK, S.CLOSED),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(GrantState, GrantState)))
def test_a_grant_moves_by_the_table_and_not_beside_it(before: GrantState, after: GrantState) -> None:
    grant = replace(Desk().ask(), state=before)
    if (before, after) in MOVES:
        assert grant.moved(after).state is after
    else:
        with pytest.raises(WrongState, match=f"cannot become {after.value}"):
            grant.moved(after)


@pytest.mark.parametrize("moves", [GRANT_MOVES, ACTIVITY_MOVES, ENVIRONMENT_MOVES, CONTRACT_MOVES])
def test_every_state_of_a_table_is_in_it(moves: dict[GrantState, frozenset[GrantState]]) -> None:
    states = type(next(iter(moves)))
    assert set(moves) == set(states)
    assert all(set(after) <= set(states) for after in moves.values())


def test_a_grant_that_has_a_role_can_always_come_to_its_end() -> None:
    for state in GrantState:
        seen, edge = {state}, {state}
        while edge:
            edge = {after for before in edge for after in GRANT_MOVES[before]} - seen
            seen |= edge
        assert seen & ENDED, state


def test_from_the_end_nothing_leads_back() -> None:
    assert all(not GRANT_MOVES[state] for state in ENDED)
    live = {S.MINTING, S.ACTIVE}
    assert not any(after in live for state in set(S) - live for after in GRANT_MOVES[state])
