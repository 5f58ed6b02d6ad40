"""The reconciler's lanes: revocations first, and no account longer than its budget."""

from __future__ import annotations

from dataclasses import replace

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.request import AccessRequest
from tests.fakes.world import ADA, request
from tests.unit.engine.desk import Desk


def _delivered(desk: Desk) -> Grant:
    grant = desk.ask()
    desk.deliver(grant.id, ADA, desk.now)
    return desk.grant(grant)


class _Budget:
    """An account's budget as a test says it is."""

    def __init__(self) -> None:
        self.tidy: set[str] = set()
        self.urgent: set[str] = set()

    def busy(self, writes: int, *, urgent: bool) -> set[str]:
        return self.urgent if urgent else self.tidy


def test_a_revocation_is_shut_while_its_account_has_no_room_for_anything_else() -> None:
    desk = Desk()
    budget = _Budget()
    desk.reconcile.budget = budget
    grant, idle = _delivered(desk), desk.request_access(_another(), desk.now)
    budget.tidy = {grant.principals[0].account}
    desk.revoke(idle.id, ADA, "nobody has used it", desk.now)
    desk.revoke(grant.id, ADA, "a leak", desk.now)
    assert desk.reconcile.step(desk.now) == 1
    assert desk.grant(grant).shut_at == desk.now
    budget.tidy = set()
    desk.step(2)
    assert desk.grant(idle).state is GrantState.CLOSED


def test_the_priority_lane_takes_revocations_and_nothing_else() -> None:
    desk = Desk()
    expired = _delivered(desk)
    desk.later(hours=1)
    grant = desk.request_access(_another(), desk.now)
    desk.deliver(grant.id, ADA, desk.now)
    desk.revoke(grant.id, ADA, "a leak", desk.now)
    assert desk.reconcile.urgent(desk.now) == 1
    assert desk.grant(grant).shut_at == desk.now
    assert desk.grant(expired).state is GrantState.ACTIVE


def _another() -> AccessRequest:
    return replace(request(), id=RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ8"))
