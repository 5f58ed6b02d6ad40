"""The sweep: ours without a row goes, a stranger's is shut and raised as an alarm, a live mint is spared."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsRefused, AwsUnavailable
from jit_engine.flows.sweep import YOUNG
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from tests.fakes.world import ADA, ENVIRONMENTS, NOW, place, request
from tests.unit.engine.desk import Desk

BOUNDARY = place(ENVIRONMENTS[Tier.RESEARCH]).boundary_arn
LOST = "gr_01JABCDEFGHJKMNPQRSTVWZZZZ"
OURS = {"sluicegate:managed-by": "sluicegate", "sluicegate:grant": LOST}


def test_the_role_of_a_live_grant_is_left_alone() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.later(hours=9)
    assert desk.sweep(desk.now) == 0
    assert grant.role.name in desk.minter.kept


def test_a_role_of_ours_that_no_row_owns_is_deleted_and_recorded() -> None:
    desk = Desk()
    desk.minter.plant(f"sg-{LOST}-1", tags=OURS, boundary_arn=BOUNDARY)
    assert desk.sweep(NOW) == 1
    assert desk.minter.kept == {}
    assert desk.actions() == ["alarm.role-without-row", "sweep.role-deleted"]
    assert desk.sweep(NOW) == 0


FOREIGN = {
    "no tags": (f"sg-{LOST}-1", {}, BOUNDARY),
    "another's tag": (f"sg-{LOST}-1", {**OURS, "sluicegate:managed-by": "somebody"}, BOUNDARY),
    "the tag of another grant": (f"sg-{LOST}-1", {**OURS, "sluicegate:grant": "gr_another"}, BOUNDARY),
    "no boundary": (f"sg-{LOST}-1", OURS, None),
    "another's boundary": (f"sg-{LOST}-1", OURS, "arn:aws:iam::000000000000:policy/admin"),
    "a name of its own": ("jit-lookalike", OURS, BOUNDARY),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_role_that_is_not_ours_is_shut_and_raised_as_an_alarm_and_never_deleted(case: str) -> None:
    name, tags, boundary = FOREIGN[case]
    desk = Desk()
    desk.minter.plant(name, tags=tags, boundary_arn=boundary)
    assert desk.sweep(NOW) == 1
    role = desk.minter.kept[name]
    assert (role.trust, role.policies) == (TRUST_NOBODY, {"grant": DENY_EVERYTHING})
    assert desk.actions() == ["alarm.foreign-role-quarantined"]


def test_a_quarantined_role_is_raised_once() -> None:
    desk = Desk()
    desk.minter.plant("jit-lookalike")
    desk.sweep(NOW)
    assert desk.sweep(NOW) == 0
    assert desk.actions() == ["alarm.foreign-role-quarantined"]


def test_a_young_role_of_a_mint_under_way_is_spared_and_an_old_one_is_not() -> None:
    desk = Desk()
    grant = _minting(desk)
    role = desk.minter.plant(grant.role.name, tags={**OURS, "sluicegate:grant": grant.id}, boundary_arn=BOUNDARY)
    assert desk.sweep(role.created_at + YOUNG - timedelta(seconds=1)) == 0
    assert desk.sweep(role.created_at + YOUNG) == 1
    assert desk.minter.kept == {}


def _minting(desk: Desk) -> Grant:
    grant = desk.ask()
    desk.minter.kept.clear()
    unknown = replace(grant.role, arn=None, role_id=None)
    desk.ledger.grants[grant.id] = replace(
        grant.having(replace(grant.sole, roles=(unknown,))), state=GrantState.MINTING
    )
    return grant


def test_a_role_that_came_back_under_a_name_of_ours_is_not_taken_for_ours() -> None:
    desk = Desk()
    grant = desk.ask()
    del desk.minter.kept[grant.role.name]
    desk.minter.plant(grant.role.name)
    assert desk.sweep(NOW) == 1
    assert desk.minter.kept[grant.role.name].policies == {"grant": DENY_EVERYTHING}


def test_a_role_of_a_closed_grant_is_deleted() -> None:
    """A late CreateRole of a process that had hung: no fence stops it, the sweep undoes it."""
    desk = Desk()
    grant = desk.ask()
    kept = dict(desk.minter.kept)
    desk.revoke(grant.id, ADA, "a mistake", NOW)
    desk.step()
    desk.minter.kept.update(kept)
    assert desk.sweep(desk.now) == 1
    assert desk.minter.kept == {}


def test_names_are_compared_without_regard_to_case() -> None:
    desk = Desk()
    grant = desk.ask()
    role = desk.minter.kept.pop(grant.role.name)
    shouted = grant.role.name.upper()
    desk.minter.kept[shouted] = replace(role, found=replace(role.found, name=shouted))
    assert desk.sweep(NOW) == 0


def test_a_role_that_changed_hands_while_it_was_looked_at_is_left_for_the_next_sweep() -> None:
    desk = Desk()
    desk.minter.plant(f"sg-{LOST}-1", tags=OURS, boundary_arn=BOUNDARY)
    desk.minter.faults["find"] = [lambda: desk.minter.plant(f"sg-{LOST}-1")]
    assert desk.sweep(NOW) == 0
    assert desk.sweep(NOW) == 1


def test_a_role_that_aws_will_not_let_us_touch_is_an_alarm_and_holds_up_no_other() -> None:
    """The broker may not write policies to a role without our boundary: its trust is closed, and people are told."""
    desk = Desk()
    desk.minter.plant("jit-lookalike")
    desk.minter.plant(f"sg-{LOST}-1", tags=OURS, boundary_arn=BOUNDARY)
    desk.minter.faults["shut_policy"] = [AwsRefused(operation="iam:put_role_policy", aws_code="AccessDenied")]
    assert desk.sweep(NOW) == 1
    assert list(desk.minter.kept) == ["jit-lookalike"]
    assert desk.minter.kept["jit-lookalike"].trust == TRUST_NOBODY
    assert sorted(desk.actions()) == ["alarm.role-not-swept", "alarm.role-without-row", "sweep.role-deleted"]


def test_an_aws_that_does_not_answer_for_one_role_does_not_end_the_sweep() -> None:
    desk = Desk()
    for number in (1, 2):
        desk.minter.plant(f"sg-{LOST}-{number}", tags=OURS, boundary_arn=BOUNDARY)
    desk.minter.faults["delete"] = [AwsUnavailable(operation="iam:delete_role", retry_after=timedelta(seconds=15))]
    assert desk.sweep(NOW) == 1
    assert desk.sweep(NOW) == 1
    assert desk.minter.kept == {}


# ---- an old backup was restored


def test_a_grant_minted_after_the_backup_is_found_by_its_role_which_goes_with_an_alarm() -> None:
    desk = Desk()
    backup = dict(desk.ledger.grants)
    desk.ask()
    desk.ledger.grants = backup
    desk.later(hours=1)
    assert desk.sweep(desk.now) == 1
    assert desk.minter.kept == {}
    assert desk.actions()[-2:] == ["alarm.role-without-row", "sweep.role-deleted"]


@pytest.mark.parametrize("then", ["shut", "deleted"])
def test_a_grant_revoked_after_the_backup_is_not_made_live_again(then: str) -> None:
    """The backup says that it is active; AWS knows better."""
    desk = Desk()
    grant = desk.ask()
    desk.deliver(grant.id, ADA, desk.now)
    backup = dict(desk.ledger.grants)
    desk.revoke(grant.id, ADA, "a mistake", desk.now)
    desk.step(4)
    if then == "deleted":
        desk.later(hours=1)
        desk.step()
    desk.ledger.grants = backup
    desk.restart()
    desk.later(minutes=6)
    assert desk.sweep(desk.now) == 1
    assert desk.grant(grant).state is GrantState.REVOKING
    assert desk.actions()[-1] == "alarm.grant-behind-aws"
    desk.step(3)
    desk.later(hours=2)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_live_grant_and_one_that_is_just_minted_are_left_alone() -> None:
    desk = Desk()
    old = desk.ask()
    desk.later(minutes=6)
    assert desk.sweep(desk.now) == 0
    assert desk.grant(old).state is GrantState.ACTIVE
    young = desk.ask(replace(request(), id=RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ8")))
    del desk.minter.kept[young.role.name]  # the listing was made before it
    assert desk.sweep(desk.now) == 0


def test_an_account_that_does_not_answer_proves_nothing_gone() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.later(minutes=6)
    desk.minter.faults["roles"] = [AwsUnavailable(operation="iam:list_roles", retry_after=timedelta(seconds=15))]
    with pytest.raises(AwsUnavailable):
        desk.sweep(desk.now)
    assert desk.grant(grant).state is GrantState.ACTIVE
