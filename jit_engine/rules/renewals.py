"""How often a grant may be given its time once more: the smallest number that its contracts name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from jit_engine.contracts.terms import Contract
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.errors import EngineError


class NotRenewable(EngineError):
    """A grant that cannot be given its time once more."""

    code: ClassVar[str] = "not-renewable"

    def __init__(self, *, grant: str, why: str) -> None:
        self.grant = grant
        self.why = why
        super().__init__(f"grant {grant} cannot be renewed: {why}; ask for access anew")


def check_renewable(grant: Grant, contracts: Sequence[Contract], now: datetime) -> int:
    """Which renewal the next one is, counted from 1; raises `NotRenewable` unless the grant still gives access and
    every one of `contracts` allows so many.
    """
    if grant.state is not GrantState.ACTIVE or now >= grant.ends_at:
        why = "its end has come" if grant.state is GrantState.ACTIVE else f"it is {grant.state.value}"
        raise NotRenewable(grant=grant.id, why=why)
    number = grant.renewals + 1
    for contract in contracts:
        if number > contract.renewals:
            why = f"contract {contract.name} allows {contract.renewals} renewals, and this would be the {number}."
            raise NotRenewable(grant=grant.id, why=why.removesuffix("."))
    return number
