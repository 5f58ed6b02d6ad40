"""Credentials: only to the holder, decided anew each time, recorded before AWS is asked, stored nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.activity import ActivityState, EnvironmentState
from jit_engine.domain.catalogue import Catalogue, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.label import LabelRise
from jit_engine.errors import AwsRefused, NotFound
from jit_engine.flows.outcome import AccessRefused, GrantNotUsable
from jit_engine.ports import Credentials, DecidedAnew
from tests.fakes import world
from tests.fakes.world import ADA, BEN, NOW, SCORER, activity, catalogue, contract, environment, facts, request
from tests.unit.engine.desk import Desk

HOUR, QUARTER = timedelta(hours=1), timedelta(seconds=900)


def test_the_holder_gets_a_session_of_the_grants_role() -> None:
    desk = Desk()
    grant = desk.ask()
    given = desk.deliver(grant.id, ADA, NOW)
    delivered, keys = given.grant, given.credentials
    (plan,) = desk.minter.sessions
    assert plan.role_arn == grant.role.arn
    assert plan.source_identity == ADA.id
    assert plan.policy is None
    assert plan.duration == HOUR
    assert keys.expires_at == NOW + HOUR
    assert (delivered.sessions, delivered.last_session_end) == (1, NOW + HOUR)


def test_anybody_else_meets_a_grant_that_is_not_there() -> None:
    desk = Desk()
    grant = desk.ask()
    for other in (BEN, SCORER):
        with pytest.raises(NotFound):
            desk.deliver(grant.id, other, NOW)
    assert desk.minter.sessions == []
    assert "credentials.delivered" not in desk.actions()


def test_each_delivery_has_its_own_name_and_record_of_its_own() -> None:
    desk = Desk()
    grant = desk.ask()
    for _ in range(3):
        desk.deliver(grant.id, ADA, desk.later(seconds=1))
    names = [plan.session_name for plan in desk.minter.sessions]
    assert len(set(names)) == 3
    assert all(ADA.id in name and len(name) <= 64 for name in names)
    records = [event for event in desk.ledger.events if event.action == "credentials.delivered"]
    assert [record.details["session"] for record in records] == names


def test_credentials_are_issued_again_of_the_same_role_and_nothing_is_written_to_iam_for_them() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.minter.calls.clear()
    for _ in range(3):
        desk.deliver(grant.id, ADA, desk.now)
    assert desk.minter.operations() == ["assume"] * 3
    assert {session.role_arn for session in desk.minter.sessions} == {grant.role.arn}


def test_the_record_with_its_latest_end_is_committed_before_aws_is_asked() -> None:
    desk = Desk()
    grant = desk.ask()
    seen: list[tuple[Grant, str]] = []
    desk.minter.faults["assume"] = [lambda: seen.append((desk.grant(grant), desk.actions()[-1]))]
    desk.deliver(grant.id, ADA, NOW)
    ((committed, action),) = seen
    assert action == "credentials.delivered"
    assert committed.last_session_end == NOW + HOUR


def test_a_session_that_aws_refuses_stays_on_record() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.minter.faults["assume"] = [AwsRefused(operation="sts:assume_role", aws_code="AccessDenied")]
    with pytest.raises(AwsRefused):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.grant(grant).last_session_end == NOW + HOUR
    assert desk.actions()[-1] == "credentials.delivered"


def test_the_latest_end_never_moves_back() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.deliver(grant.id, ADA, NOW)
    desk.deliver(grant.id, ADA, desk.later(minutes=50))
    assert desk.grant(grant).last_session_end == NOW + timedelta(minutes=65)
    longer = replace(desk.grant(grant), last_session_end=NOW + timedelta(hours=3))
    desk.ledger.grants[grant.id] = longer
    desk.deliver(grant.id, ADA, desk.now)
    assert desk.grant(grant).last_session_end == NOW + timedelta(hours=3)


def test_a_secret_is_in_no_record_and_in_no_repr() -> None:
    desk = Desk()
    grant = desk.ask()
    keys = desk.deliver(grant.id, ADA, NOW).credentials
    for secret in (keys.access_key_id, keys.secret_access_key, keys.session_token):
        assert secret not in repr(keys)
        assert secret not in repr(desk.ledger.events)
        assert secret not in repr(desk.ledger.grants)


def test_credentials_show_nothing_of_themselves() -> None:
    keys = Credentials(access_key_id="id", secret_access_key="hidden", session_token="hidden", expires_at=NOW)
    assert repr(keys) == str(keys) == "Credentials(expires_at=2026-03-02T09:30:00+00:00)"


# ---- how long


@pytest.mark.parametrize(
    ("asked", "after", "expected"),
    [
        (timedelta(hours=4), timedelta(0), HOUR),  # chaining is capped at an hour
        (timedelta(minutes=40), timedelta(0), timedelta(minutes=40)),
        (timedelta(minutes=40), timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(seconds=20), timedelta(0), QUARTER),  # STS gives no less: the policy's own end holds
        (timedelta(minutes=40), timedelta(minutes=39), QUARTER),
    ],
)
def test_a_session_lasts_as_long_as_its_grant_within_what_sts_offers(
    asked: timedelta, after: timedelta, expected: timedelta
) -> None:
    desk = Desk()
    grant = desk.ask(request(duration=asked))
    desk.deliver(grant.id, ADA, desk.later(seconds=after.total_seconds()))
    assert desk.minter.sessions[0].duration == expected


def test_no_session_outlives_what_its_grant_rests_on() -> None:
    end = NOW + timedelta(minutes=50)
    desk = Desk(facts=world.FakeFacts(facts(contracts=(contract(ends_at=end),))))
    grant = desk.ask()
    desk.deliver(grant.id, ADA, desk.later(minutes=34))
    assert desk.now + desk.minter.sessions[0].duration <= end


def test_with_less_than_a_session_left_there_are_no_credentials_and_the_grant_lives_on() -> None:
    """The sessions that are out may be used to their end: being too late for another is no reason to revoke."""
    end = NOW + timedelta(minutes=20)
    desk = Desk(facts=world.FakeFacts(facts(contracts=(contract(ends_at=end),))))
    grant = desk.ask()
    with pytest.raises(GrantNotUsable, match="less than 900 s"):
        desk.deliver(grant.id, ADA, desk.later(minutes=5, seconds=1))
    assert desk.grant(grant).state is GrantState.ACTIVE
    assert desk.minter.sessions == []


def test_at_its_end_a_grant_gives_nothing() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.deliver(grant.id, ADA, grant.ends_at - timedelta(seconds=1))
    with pytest.raises(GrantNotUsable, match="its end has come"):
        desk.deliver(grant.id, ADA, grant.ends_at)


@pytest.mark.parametrize("state", [state for state in GrantState if state is not GrantState.ACTIVE])
def test_only_an_active_grant_gives_credentials(state: GrantState) -> None:
    desk = Desk()
    grant = desk.ask()
    desk.ledger.grants[grant.id] = replace(grant, state=state)
    with pytest.raises(GrantNotUsable) as refused:
        desk.deliver(grant.id, ADA, NOW)
    assert refused.value.state == state.value
    assert desk.minter.sessions == []


# ---- decided anew


NO_LONGER = {
    "the contract has ended": facts(contracts=()),
    "the contract names another purpose": facts(contracts=(contract(purposes=frozenset({world.MARKETING})),)),
    "the activity was retired": facts(activity=activity(state=ActivityState.RETIRED)),
    "she is no member any more": facts(activity=activity(owner=BEN.id, members=frozenset()), owner=BEN),
    "the environment was retired": facts(environment=environment(state=EnvironmentState.RETIRED)),
    "the data became personal": facts(
        catalogue=catalogue(
            world.table_item(
                world.table("more"), world.FACTS_PREFIX, world.group("who", Classification.PUBLIC, "personal")
            )
        )
    ),
}


@pytest.mark.parametrize("case", NO_LONGER)
def test_a_grant_that_no_longer_passes_gives_nothing_and_is_revoked(case: str) -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = NO_LONGER[case]
    with pytest.raises(AccessRefused):
        desk.deliver(grant.id, ADA, NOW)
    after = desk.grant(grant)
    assert (after.state, after.due_at, after.reason) == (GrantState.REVOKING, NOW, "no longer permitted")
    assert desk.minter.sessions == []
    assert desk.actions()[-1] == "grant.no-longer-passes"


GONE = {
    "the source": facts(catalogue=Catalogue(generation=8, items=())),
    "the activity": facts(activity=None),
    "the activity's owner": facts(owner=None),
    "the environment": facts(environment=None),
    "the purpose": facts(purposes={}),
}


@pytest.mark.parametrize("case", GONE)
def test_a_grant_whose_ground_is_gone_gives_nothing_and_is_revoked(case: str) -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = GONE[case]
    with pytest.raises(GrantNotUsable, match="is gone"):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.grant(grant).state is GrantState.REVOKING
    assert desk.minter.sessions == []


def test_a_rulebook_that_forbids_it_now_revokes_it_at_the_next_delivery() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.judges = world.judges("", "nothing")
    with pytest.raises(AccessRefused):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.grant(grant).state is GrantState.REVOKING


def test_a_grant_that_would_now_need_another_policy_is_revoked() -> None:
    desk = Desk()
    grant = desk.ask(request(world.ask(world.LOANS)))
    moved = [
        replace(item, location=world.prefix("lending/facts/moved/")) if item.source == world.LOANS else item
        for item in catalogue().items
        if isinstance(item, TableItem)
    ]
    others = [item for item in catalogue().items if not isinstance(item, TableItem)]
    desk.facts.now_known = facts(catalogue=Catalogue(generation=8, items=(*others, *moved)))
    with pytest.raises(GrantNotUsable, match="changed"):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.grant(grant).state is GrantState.REVOKING
    assert desk.minter.sessions == []


def test_facts_that_changed_without_touching_the_grant_change_nothing() -> None:
    desk = Desk()
    grant = desk.ask()
    more = world.prefix_item(world.prefix("lending/elsewhere/"))
    desk.facts.now_known = facts(catalogue=replace(catalogue(more), generation=9))
    desk.deliver(grant.id, ADA, desk.later(minutes=1))
    assert len(desk.minter.sessions) == 1


# ---- races


def _lose(desk: Desk, times: int, then: object = None) -> None:
    """Lets the next writes of the ledger lose their race, as if another had written between."""
    true_save = desk.ledger.save
    left = [times]

    def save(grant: Grant, event: Event, decided: DecidedAnew | None = None, rise: LabelRise | None = None) -> Grant:
        if left[0] > 0:
            left[0] -= 1
            stored = desk.ledger.grants[grant.id]
            desk.ledger.grants[grant.id] = replace(stored, version=stored.version + 1)
            if callable(then):
                then()
        return true_save(grant, event, decided, rise)

    desk.ledger.save = save  # type: ignore[method-assign]


def test_a_lost_race_is_run_again_with_what_is_now_true() -> None:
    desk = Desk()
    grant = desk.ask()
    asked = desk.facts.asked
    _lose(desk, 2)
    delivered = desk.deliver(grant.id, ADA, NOW).grant
    assert delivered.sessions == 1
    assert len(desk.minter.sessions) == 1
    assert desk.facts.asked - asked == 3


def test_a_race_lost_to_a_revocation_gives_nothing() -> None:
    desk = Desk()
    grant = desk.ask()

    def revoked_meanwhile() -> None:
        stored = desk.ledger.grants[grant.id]
        desk.ledger.grants[grant.id] = replace(stored, state=GrantState.REVOKING)

    _lose(desk, 1, revoked_meanwhile)
    with pytest.raises(GrantNotUsable):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.minter.sessions == []


def test_a_race_lost_while_revoking_is_run_again_and_the_refusal_stands() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = facts(contracts=())
    _lose(desk, 2)
    with pytest.raises(AccessRefused):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.grant(grant).state is GrantState.REVOKING


def test_races_without_end_are_given_up() -> None:
    desk = Desk()
    grant = desk.ask()
    _lose(desk, 99)
    with pytest.raises(GrantNotUsable, match="changed by others"):
        desk.deliver(grant.id, ADA, NOW)
    assert desk.minter.sessions == []
