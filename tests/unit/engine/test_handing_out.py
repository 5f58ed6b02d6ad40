"""What changes between AWS's answer and the person: nothing is handed out on rules or a grant that were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jit_engine.domain.grant import GrantState
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable
from jit_engine.ports import Credentials, SessionPlan
from tests.fakes import world
from tests.fakes.minter import FakeMinter
from tests.fakes.world import ADA, NOW
from tests.unit.engine.desk import Desk


class SlowMinter(FakeMinter):
    """Lets something happen between what AWS gave and its handing out, once."""

    meanwhile: Callable[[], None] | None = None

    def assume(self, plan: SessionPlan) -> Credentials:
        """The session; then what happens meanwhile."""
        credentials = super().assume(plan)
        then, self.meanwhile = self.meanwhile, None
        if then is not None:
            then()
        return credentials


def test_rules_that_went_live_while_aws_answered_decide_before_anything_is_handed_out() -> None:
    minter = SlowMinter()
    desk = Desk(minter=minter)
    grant = desk.ask()

    def forbidden() -> None:
        desk.judges = world.judges("", "nothing")

    minter.meanwhile = forbidden
    with pytest.raises(AccessRefused):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.grant(grant).state is GrantState.REVOKING


def test_other_rules_that_still_permit_it_cost_a_second_session() -> None:
    minter = SlowMinter()
    desk = Desk(minter=minter)
    grant = desk.ask()

    def activated() -> None:
        desk.judges = world.judges(version="newer")

    minter.meanwhile = activated
    delivered = desk.deliver(grant.id, ADA, NOW).grant
    assert delivered.sessions == len(desk.minter.sessions) == 2


def test_a_grant_that_was_revoked_while_aws_answered_gives_nothing() -> None:
    minter = SlowMinter()
    desk = Desk(minter=minter)
    grant = desk.ask()

    def revoked() -> None:
        stored = desk.ledger.grants[grant.id]
        desk.ledger.grants[grant.id] = replace(stored, state=GrantState.REVOKING)

    minter.meanwhile = revoked
    with pytest.raises(GrantNotUsable):
        desk.deliver(grant.id, ADA, NOW)
