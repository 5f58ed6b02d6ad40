"""One grant over two accounts: one decision, one profile an account, and no end before both have ended."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.request import AccessRequest
from jit_engine.errors import AccountNotReady, AccountNotServed, AwsRefused, AwsUnavailable
from jit_engine.flows.outcome import ProfileNeeded
from jit_engine.flows.reconcile import MAX_TRIES
from jit_engine.iam.role import DENY_EVERYTHING
from tests.fakes.accounts import ELSEWHERE, RATINGS, facts_of_two, place_in
from tests.fakes.minter import FakeMinter
from tests.fakes.world import ACCOUNT, ADA, FACTS_PREFIX, FakeFacts, ask, request
from tests.unit.engine.desk import Desk

DOWN = AwsUnavailable(operation="iam:any", retry_after=timedelta(seconds=15))


def two() -> Desk:
    """A desk that serves both accounts, for an environment with a place in each."""
    return Desk(
        facts=FakeFacts(facts_of_two(place_in(ELSEWHERE))), elsewhere={ELSEWHERE: FakeMinter(account=ELSEWHERE)}
    )


def wanted(**changes: Any) -> AccessRequest:
    """A request for what lies in both."""
    return request(ask(FACTS_PREFIX), ask(RATINGS), **changes)


def both_delivered(desk: Desk) -> Grant:
    grant = desk.ask(wanted())
    for profile in ("main", ELSEWHERE):
        desk.deliver(grant.id, ADA, desk.now, profile)
    return desk.grant(grant)


def far(desk: Desk) -> FakeMinter:
    return desk.elsewhere[ELSEWHERE]


def minted(minter: FakeMinter) -> tuple[dict[str, Any], dict[str, Any]]:
    """The trust and the policy of its only role."""
    (role,) = minter.kept.values()
    return json.loads(role.trust), json.loads(role.policies["grant"])


def test_one_request_is_one_grant_with_a_profile_an_account() -> None:
    desk = two()
    grant = desk.ask(wanted())
    assert [(p.profile, p.account, p.sources) for p in grant.principals] == [
        ("main", ACCOUNT, (FACTS_PREFIX.uri,)),
        (ELSEWHERE, ELSEWHERE, (RATINGS.uri,)),
    ]
    assert grant.state is GrantState.ACTIVE
    assert len([event for event in desk.ledger.events if event.action == "grant.opened"]) == 1


@pytest.mark.case("MINT-162")
def test_each_account_trusts_its_own_broker_with_its_own_external_id_beneath_its_own_boundary() -> None:
    desk = two()
    desk.ask(wanted())
    for account, minter in desk.minters.items():
        assert isinstance(minter, FakeMinter)
        trust, policy = minted(minter)
        (statement,) = trust["Statement"]
        assert statement["Principal"] == {"AWS": f"arn:aws:iam::{account}:role/sluicegate/sluicegate-broker"}
        assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == f"the-external-id-of-{account}"
        (role,) = minter.kept.values()
        assert f"::{account}:policy/sluicegate/boundary/" in (role.found.boundary_arn or "")
        owners = [
            s["Condition"]["StringEquals"]["aws:ResourceAccount"] for s in policy["Statement"] if s["Effect"] == "Allow"
        ]
        assert {owner for each in owners for owner in ([each] if isinstance(each, str) else each)} == {account}


def test_no_policy_names_what_lies_in_the_other_account() -> None:
    desk = two()
    desk.ask(wanted())
    home, elsewhere = (json.dumps(minted(minter)[1]) for minter in (desk.minter, far(desk)))
    assert "far-lake" not in home
    assert "sample-lake" not in elsewhere
    assert ACCOUNT not in elsewhere
    assert ELSEWHERE not in home


def test_every_record_of_minting_and_delivering_names_account_and_region() -> None:
    desk = two()
    both_delivered(desk)
    for action in ("grant.role-created", "credentials.delivered"):
        told = [(e.details["account"], e.details["region"]) for e in desk.ledger.events if e.action == action]
        assert told == [(ACCOUNT, "us-east-1"), (ELSEWHERE, "us-east-1")]


def test_each_profile_is_a_session_of_its_own_account_and_one_has_to_be_named() -> None:
    desk = two()
    grant = both_delivered(desk)
    assert [len(minter.sessions) for minter in (desk.minter, far(desk))] == [1, 1]
    assert far(desk).sessions[0].role_arn.startswith(f"arn:aws:iam::{ELSEWHERE}:role/jit/")
    assert far(desk).sessions[0].source_identity == ADA.id
    with pytest.raises(ProfileNeeded):
        desk.deliver(grant.id, ADA, desk.now)


# ---- before anything is on record


def test_an_account_without_a_place_is_wanted_and_the_request_may_be_repeated() -> None:
    desk = two()
    desk.facts.now_known = facts_of_two()
    with pytest.raises(AccountNotReady, match=f"account {ELSEWHERE}"):
        desk.ask(wanted())
    assert desk.ledger.grants == {}
    assert desk.minter.kept == {}
    assert [account for _, account in desk.accounts.wanted] == [ELSEWHERE]
    desk.facts.now_known = facts_of_two(place_in(ELSEWHERE))
    assert desk.ask(wanted()).state is GrantState.ACTIVE


def test_a_dry_run_wants_no_place_anywhere() -> None:
    desk = two()
    desk.facts.now_known = facts_of_two()
    with pytest.raises(AccountNotReady, match=f"account {ELSEWHERE}"):
        desk.request_access.preview(wanted(), desk.now)
    assert desk.accounts.wanted == []


def test_a_dry_run_says_that_a_place_is_made_when_it_is_asked_for_and_a_request_that_it_is_being_made() -> None:
    desk = two()
    desk.facts.now_known = facts_of_two()
    with pytest.raises(AccountNotReady, match="it is made when access is asked for") as dry:
        desk.request_access.preview(wanted(), desk.now)
    assert "try again" not in str(dry.value)
    with pytest.raises(AccountNotReady, match="it is being made; nothing was minted, try again in"):
        desk.ask(wanted())


def test_an_account_that_is_not_served_is_refused_and_no_place_is_wanted_there() -> None:
    desk = Desk(facts=FakeFacts(facts_of_two()))
    with pytest.raises(AccountNotServed, match=ELSEWHERE):
        desk.ask(wanted())
    assert desk.ledger.grants == {}
    assert desk.accounts.wanted == []


def test_an_account_that_does_not_answer_refuses_new_grants_there_and_holds_up_no_other() -> None:
    desk = two()
    desk.accounts.silent.add(ELSEWHERE)
    with pytest.raises(AwsUnavailable):
        desk.ask(wanted())
    assert desk.ledger.grants == {}
    assert desk.ask(request(ask(FACTS_PREFIX))).state is GrantState.ACTIVE


# ---- one of two fails


@pytest.mark.parametrize("fault", ["create", "put_policy", "prove"])
def test_a_failure_in_the_second_account_leaves_nothing_in_either(fault: str) -> None:
    desk = two()
    far(desk).faults[fault] = [AwsRefused(operation=f"iam:{fault}", aws_code="AccessDenied")]
    with pytest.raises(AwsRefused):
        desk.ask(wanted())
    (grant,) = desk.ledger.grants.values()
    assert grant.state is GrantState.ABANDONED
    desk.later(minutes=6)
    desk.step(3)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert (desk.minter.kept, far(desk).kept) == ({}, {})


def test_revoking_closes_both_and_is_denied_only_when_both_were_seen_to_refuse() -> None:
    desk = two()
    grant = both_delivered(desk)
    desk.revoke(grant.id, ADA, "done", desk.now)
    desk.step(5)
    assert desk.grant(grant).state is GrantState.DENIED
    for minter in (desk.minter, far(desk)):
        (role,) = minter.kept.values()
        assert role.policies == {"grant": DENY_EVERYTHING}
    desk.later(hours=1)
    desk.step(2)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert (desk.minter.kept, far(desk).kept) == ({}, {})


def test_an_account_that_cannot_be_told_keeps_the_others_deny_from_waiting_and_the_grant_from_ending() -> None:
    desk = two()
    grant = both_delivered(desk)
    desk.revoke(grant.id, ADA, "done", desk.now)
    far(desk).faults["shut"] = [DOWN] * 40
    far(desk).faults["is_shut"] = [DOWN] * 40
    desk.step()
    (home,) = desk.minter.kept.values()
    assert home.policies == {"grant": DENY_EVERYTHING}
    assert desk.grant(grant).shut_at is None
    for _ in range(MAX_TRIES):
        desk.later(minutes=1)
        desk.step()
    stuck = desk.grant(grant)
    assert (stuck.state, stuck.shut_at) == (GrantState.STUCK, None)
    assert stuck.due_at - desk.now <= timedelta(minutes=1)
    assert desk.minter.operations().count("shut_policy") == 1  # not written again and again
    far(desk).faults.clear()
    desk.later(minutes=2)
    desk.step()
    (role,) = far(desk).kept.values()
    assert role.policies == {"grant": DENY_EVERYTHING}
    desk.later(hours=2)
    desk.step(3)
    assert desk.grant(grant).state is GrantState.CLOSED


def test_the_door_of_the_first_account_is_shut_before_the_second_is_asked_anything() -> None:
    desk = two()
    grant = both_delivered(desk)
    desk.revoke(grant.id, ADA, "done", desk.now)
    order: list[str] = []
    desk.minter.faults["shut_policy"] = [lambda: order.append("home is shut")]
    far(desk).faults["observer"] = [lambda: order.append("elsewhere is watched")]
    desk.step()
    assert order == ["home is shut", "elsewhere is watched"]


def test_a_role_that_cannot_be_deleted_there_keeps_only_its_own_grant_open() -> None:
    desk = two()
    grant = desk.ask(wanted())
    other = desk.ask(request(ask(FACTS_PREFIX), id=RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZQ")))
    for each in (grant, other):
        desk.revoke(each.id, ADA, "done", desk.now)
    far(desk).faults["delete"] = [DOWN]
    desk.step()
    left = desk.grant(grant)
    assert [role.deleted for role in left.roles] == [True, False]
    assert left.state is GrantState.REVOKING
    assert desk.grant(other).state is GrantState.CLOSED
    desk.later(minutes=1)
    desk.step()
    assert desk.grant(grant).state is GrantState.CLOSED


# ---- an account that is taken out of the settings


@pytest.mark.case("MINT-164")
def test_grants_in_an_account_that_was_taken_out_are_ended_with_an_alarm_and_never_forgotten() -> None:
    desk = two()
    grant = both_delivered(desk)
    gone = desk.elsewhere.pop(ELSEWHERE)
    desk.later(minutes=6)
    gone.now = desk.now
    assert desk.sweep(desk.now) == 1
    assert desk.grant(grant).state is GrantState.REVOKING
    assert "alarm.grant-beyond-reach" in desk.actions()
    for _ in range(MAX_TRIES + 1):
        desk.later(minutes=1)
        desk.step()
    stuck = desk.grant(grant)
    assert stuck.state is GrantState.STUCK
    assert ELSEWHERE in (stuck.last_error or "")
    (home,) = desk.minter.kept.values()
    assert home.policies == {"grant": DENY_EVERYTHING}
    desk.elsewhere[ELSEWHERE] = gone
    desk._reconcile = None
    desk.later(hours=2)
    desk.step(4)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert (desk.minter.kept, gone.kept) == ({}, {})


def test_no_credentials_come_from_an_account_that_was_taken_out() -> None:
    desk = two()
    grant = desk.ask(wanted())
    desk.elsewhere.clear()
    with pytest.raises(AccountNotServed):
        desk.deliver(grant.id, ADA, desk.now, ELSEWHERE)


def test_the_sweep_of_one_account_that_is_not_listed_looks_at_the_other_and_ends_nothing() -> None:
    desk = two()
    grant = desk.ask(wanted())
    desk.minter.plant(f"sg-{grant.id}-9-1", tags={}, boundary_arn=None)
    far(desk).faults["roles"] = [DOWN]
    desk.later(minutes=6)
    with pytest.raises(AwsUnavailable):
        desk.sweep(desk.now)
    assert "alarm.foreign-role-quarantined" in desk.actions()
    assert desk.grant(grant).state is GrantState.ACTIVE


def test_a_role_that_is_gone_in_one_account_ends_the_grant_in_both() -> None:
    desk = two()
    grant = both_delivered(desk)
    far(desk).kept.clear()
    desk.later(minutes=6)
    assert desk.sweep(desk.now) == 1
    desk.step()
    (home,) = desk.minter.kept.values()
    assert home.policies == {"grant": DENY_EVERYTHING}
    assert desk.grant(grant).reason is not None


# ---- a name that two accounts claim


@pytest.mark.case("MINT-163")
def test_a_bucket_that_another_account_claims_is_asked_for_under_that_account_alone() -> None:
    claimed = replace(RATINGS, bucket=FACTS_PREFIX.bucket, prefix="lending/claimed/")
    known = facts_of_two(place_in(ELSEWHERE))
    items = tuple(replace(i, source=claimed) if i.source == RATINGS else i for i in known.catalogue.items)
    contracts = tuple(replace(c, prefixes=(*c.prefixes, claimed)) for c in known.contracts)
    desk = two()
    desk.facts.now_known = replace(known, catalogue=replace(known.catalogue, items=items), contracts=contracts)
    grant = desk.ask(request(ask(claimed)))
    assert grant.sole.account == ELSEWHERE
    assert desk.minter.kept == {}
    _, policy = minted(far(desk))
    reads = [s for s in policy["Statement"] if s["Effect"] == "Allow" and "claimed" in json.dumps(s)]
    assert reads
    assert all(s["Condition"]["StringEquals"]["aws:ResourceAccount"] == ELSEWHERE for s in reads)
