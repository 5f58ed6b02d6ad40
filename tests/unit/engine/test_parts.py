"""A grant of several principals through its life: minted, handed out, denied, watched and removed as a whole."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.errors import AwsRefused, AwsUnavailable, RoleBudgetSpent
from jit_engine.flows.outcome import ProfileNeeded
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from jit_engine.ports import Probe
from tests.fakes.ledger import MemoryLedger
from tests.fakes.world import ADA, FakeFacts, ask, contract, facts, prefix, prefix_item, request
from tests.unit.engine.desk import Desk

MANY = [prefix(f"lending/{'a' * 60}/source-{number:03}/") for number in range(60)]


def desk_of_many() -> Desk:
    known = facts(
        contracts=(contract(prefixes=tuple(MANY)),),
        catalogue=Catalogue(generation=1, items=tuple(prefix_item(each) for each in MANY)),
    )
    return Desk(facts=FakeFacts(known))


def granted(desk: Desk) -> Grant:
    grant = desk.ask(request(*(ask(each) for each in MANY)))
    assert len(grant.principals) > 1
    return grant


def test_every_part_is_a_role_of_its_own_with_its_own_policy() -> None:
    desk = desk_of_many()
    grant = granted(desk)
    assert grant.state is GrantState.ACTIVE
    for principal in grant.principals:
        assert desk.minter.kept[principal.role.name].policies == {"grant": principal.policy}
        assert principal.role.role_id == desk.minter.kept[principal.role.name].found.role_id
    assert len({role.name.lower() for role in grant.roles}) == len(grant.principals)
    assert sorted(uri for p in grant.principals for uri in p.sources) == sorted(each.uri for each in MANY)
    assert len(desk.minter.proven) == len(grant.principals)


def test_the_time_of_each_step_is_kept_for_each_part() -> None:
    desk = desk_of_many()
    grant = granted(desk)
    steps = [(step.step, step.part) for step in grant.steps]
    parts = [principal.part for principal in grant.principals]
    assert steps == [(step, part) for step in ("create role", "write policy", "assume and probe") for part in parts]


def test_credentials_are_of_the_profile_that_is_named() -> None:
    desk = desk_of_many()
    grant = granted(desk)
    delivered = desk.deliver(grant.id, ADA, desk.now, "main-2")
    assert desk.minter.sessions[-1].role_arn == grant.principals[1].role.arn
    assert delivered.principal.profile == "main-2"
    assert desk.ledger.events[-1].details["profile"] == "main-2"


@pytest.mark.parametrize("given", [None, "main-99", ""])
def test_without_the_name_of_a_profile_nothing_is_recorded_and_each_is_listed(given: str | None) -> None:
    desk = desk_of_many()
    grant = granted(desk)
    before = list(desk.ledger.events)
    with pytest.raises(ProfileNeeded) as needed:
        desk.deliver(grant.id, ADA, desk.now, given)
    assert list(needed.value.profiles) == [principal.profile for principal in grant.principals]
    assert MANY[0].uri in str(needed.value)
    assert (desk.ledger.events, desk.minter.sessions) == (before, [])


@pytest.mark.parametrize("operation", ["create", "put_policy", "prove"])
def test_a_part_that_fails_fails_the_grant_and_every_role_of_it_goes(operation: str) -> None:
    desk = desk_of_many()
    desk.minter.faults[operation] = [
        lambda: None,
        AwsUnavailable(operation=operation, retry_after=timedelta(seconds=1)),
    ]
    with pytest.raises(AwsUnavailable):
        granted(desk)
    (grant,) = desk.ledger.grants.values()
    assert grant.state is GrantState.ABANDONED
    desk.step()
    desk.later(minutes=6)
    desk.step(2)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_revocation_denies_every_part_and_is_seen_at_every_one() -> None:
    desk = desk_of_many()
    grant = granted(desk)
    desk.deliver(grant.id, ADA, desk.now, "main")
    desk.revoke(grant.id, ADA, "over", desk.now)
    desk.step()
    for principal in grant.principals:
        kept = desk.minter.kept[principal.role.name]
        assert (kept.trust, kept.policies) == (TRUST_NOBODY, {"grant": DENY_EVERYTHING})
    desk.step(4)
    assert desk.grant(grant).state is GrantState.DENIED
    desk.later(hours=2)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_one_part_that_is_still_let_in_keeps_the_grant_from_being_called_denied() -> None:
    desk = desk_of_many()
    grant = granted(desk)
    desk.deliver(grant.id, ADA, desk.now, "main")
    desk.revoke(grant.id, ADA, "over", desk.now)
    desk.step()
    desk.minter.looks = [Probe.DENIED, Probe.ALLOWED] * 3
    desk.step(3)
    assert desk.grant(grant).state is GrantState.REVOKING


def test_a_part_that_cannot_be_denied_keeps_no_other_from_being_denied() -> None:
    desk = desk_of_many()
    grant = granted(desk)
    desk.deliver(grant.id, ADA, desk.now, "main")
    desk.revoke(grant.id, ADA, "over", desk.now)
    desk.minter.faults["shut"] = [AwsRefused(operation="iam:put_role_policy", aws_code="AccessDenied")]
    desk.step()
    first, *others = [desk.minter.kept[principal.role.name] for principal in grant.principals]
    assert first.is_open
    assert not any(role.is_open for role in others)
    assert desk.grant(grant).tries == 1
    desk.later(seconds=3)
    desk.step()
    assert not desk.minter.kept[grant.principals[0].role.name].is_open


def test_the_sweep_knows_every_part() -> None:
    desk = desk_of_many()
    granted(desk)
    desk.later(minutes=30)
    assert desk.sweep(desk.now) == 0


def test_an_account_without_room_is_told_before_aws_hears_of_anything() -> None:
    desk = desk_of_many()
    desk.ledger = MemoryLedger(roles_per_account=1)
    with pytest.raises(RoleBudgetSpent) as spent:
        granted(desk)
    assert spent.value.retry_after == timedelta(minutes=1)
    assert (desk.minter.calls, desk.ledger.grants, desk.ledger.events) == ([], {}, [])
