"""What stands beside the roles: intended on record, made, lifted behind the Deny, swept, and never forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.artefact import Artefact, ArtefactState
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.errors import AwsUnavailable
from jit_engine.iam.role import DENY_EVERYTHING
from tests.fakes.artefacts import FakeEnforcer
from tests.fakes.world import ADA, ask, judges, request
from tests.unit.engine.desk import Desk
from tests.unit.engine.test_treatments import RULES, known, wants


class Held(Desk):
    """A desk whose table of parts is held by an enforcer."""

    def __init__(self) -> None:
        self.beside = FakeEnforcer()
        super().__init__(judges=judges(RULES), enforcers=(self.beside,))
        self.facts.now_known = known()

    def granted(self) -> Grant:
        return self.ask(request(wants()))

    def row(self, grant: Grant) -> Artefact:
        (row,) = self.enforce.artefacts.of_grant(grant.id)
        return row


FAULT = AwsUnavailable(operation="lakeformation:RevokePermissions", retry_after=timedelta(seconds=1))


def test_a_grant_becomes_active_only_when_what_holds_it_stands() -> None:
    desk = Held()
    grant = desk.granted()
    assert grant.state is GrantState.ACTIVE
    row = desk.row(grant)
    assert (row.state, row.plan["columns"]) == (ArtefactState.STANDING, ("state", "upb", "loan_id"))
    assert row.plan["principal"] == grant.role.arn
    told = desk.actions()
    assert told.index("grant.artefacts-intended") < told.index("artefact.standing") < told.index("grant.active")


@pytest.mark.parametrize("moment", ["put", "made"])
def test_what_fails_before_or_after_its_effect_leaves_nothing_behind(moment: str) -> None:
    desk = Held()
    desk.beside.faults[moment] = [FAULT]
    with pytest.raises(AwsUnavailable):
        desk.granted()
    (grant,) = desk.ledger.grants.values()
    assert desk.row(grant).state is ArtefactState.INTENDED
    desk.later(minutes=6)
    desk.step(3)
    assert desk.beside.standing == {}
    assert (desk.grant(grant).state, desk.row(grant).state) == (GrantState.CLOSED, ArtefactState.GONE)


def test_a_revocation_lifts_it_behind_the_deny_and_before_anything_is_called_denied() -> None:
    desk = Held()
    grant = desk.revoked()
    desk.step()
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}
    desk.step(5)
    told = desk.actions()
    assert desk.beside.standing == {}
    assert told.index("grant.shut") < told.index("artefact.gone") < told.index("grant.denied")


def test_one_that_cannot_be_lifted_keeps_the_grant_from_closing_and_is_tried_within_the_minute() -> None:
    desk = Held()
    desk.beside.faults["lift"] = [FAULT] * 7
    grant = desk.revoked()
    for _ in range(7):
        desk.step()
        desk.later(minutes=1)
    stuck = desk.grant(grant)
    assert (stuck.state, desk.row(grant).state) == (GrantState.STUCK, ArtefactState.STANDING)
    assert "RevokePermissions" in (desk.row(grant).last_error or "")
    assert desk.actions().count("artefact.not-lifted") == 1
    desk.later(minutes=1)
    desk.step(1)
    desk.later(minutes=1)
    desk.step(1)
    assert desk.row(grant).state is ArtefactState.GONE


def test_a_restarted_process_lifts_what_the_one_before_left() -> None:
    desk = Held()
    grant = desk.revoked()
    desk.step()
    desk.restart()
    desk.step(2)
    assert desk.row(grant).state is ArtefactState.GONE


def test_the_sweep_removes_what_no_live_grant_owns_and_leaves_the_others() -> None:
    desk = Held()
    grant = desk.granted()
    late = desk.row(grant)
    assert desk.enforce.sweep(desk.now) == 0
    desk.revoke(grant.id, ADA, "enough", desk.now)
    desk.step(4)
    assert desk.row(grant).state is ArtefactState.GONE
    desk.beside.standing[late.name] = late  # a stalled worker's call comes late
    assert desk.enforce.sweep(desk.now) == 1
    assert desk.beside.standing == {}
    assert desk.actions()[-1] == "sweep.artefact-deleted"


def test_what_is_whole_needs_nothing_beside_its_role() -> None:
    desk = Held()
    grant = desk.ask(request(ask()))
    assert list(desk.enforce.artefacts.of_grant(grant.id)) == []
    assert desk.beside.calls == []


def test_every_record_of_an_artefact_names_its_account_and_region() -> None:
    desk = Held()
    row = desk.row(desk.granted())
    told = [event.details for event in desk.ledger.events if event.action.startswith("artefact.")]
    assert told
    assert {(one["account"], one["region"]) for one in told} == {(row.account, row.region)}


def test_what_cannot_be_lifted_keeps_no_other_from_being_swept_and_is_told_at_the_end() -> None:
    desk = Held()
    late = desk.row(desk.granted())
    for number in range(2):
        stray = replace(late, name=f"sg-gr_01JABCDEFGHJKMNPQRSTVW0099-1-{number}")
        desk.beside.standing[stray.name] = stray
    desk.beside.faults["lift"] = [FAULT]
    with pytest.raises(AwsUnavailable):
        desk.enforce.sweep(desk.now)
    assert sorted(desk.beside.standing) == [late.name, "sg-gr_01JABCDEFGHJKMNPQRSTVW0099-1-0"]
