"""The second way to mint: sessions cut from a base role, and the base role's own life."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jit_engine.domain.base_role import BASE_MOVES, BaseRole, BaseState, DeniedGrant, base_name
from jit_engine.domain.grant import Grant, GrantState, MintWay
from jit_engine.domain.ids import GrantId
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsRefused, AwsUnavailable
from jit_engine.iam.base_role import (
    DENIED_FULL,
    DENIED_MOST,
    PlannedSession,
    base_document,
    base_trust,
    planned_base,
    session_of,
)
from jit_engine.iam.limits import INLINE_POLICY_LIMIT, SESSION_POLICY_LIMIT, policy_size
from jit_engine.iam.readings.session import check_session_within
from jit_engine.iam.readings.widens import PolicyWidens
from jit_engine.iam.role import DENY_EVERYTHING, TRUST_NOBODY
from tests.fakes.world import (
    ACCOUNT,
    ACTIVITY,
    ADA,
    ENVIRONMENTS,
    FACTS_PREFIX,
    GRANT,
    LOANS,
    NOW,
    REPORT_PREFIX,
    FakeFacts,
    ask,
    cleared,
    contract,
    facts,
    place_of,
    prefix,
    request,
)
from tests.unit.engine.desk import Desk

HOUR = timedelta(hours=1)
HERE = ENVIRONMENTS[Tier.RESEARCH]
LENT = facts(contracts=(contract(session_minting=True),))


def desk_of_sessions() -> Desk:
    return Desk(facts=FakeFacts(LENT))


def granted(desk: Desk, n: int = 1) -> Grant:
    grant = desk.ask(request(id=f"rq_01JABCDEFGHJKMNPQRSTVW{n:04}"))
    assert grant.sole.way is MintWay.SESSION
    return grant


def base_of(desk: Desk) -> BaseRole:
    return list(desk.base_roles.every(HERE, ACCOUNT))[-1]


def statements(text: str) -> dict[str, Any]:
    return {statement["Sid"]: statement for statement in json.loads(text)["Statement"]}


def denied_at(desk: Desk, name: str) -> list[str]:
    found = statements(desk.minter.kept[name].policies["grant"]).get("RevokedGrants")
    return [] if found is None else list(found["Condition"]["StringEquals"]["aws:PrincipalTag/sluicegate:grant"])


# ---- which way


def test_where_the_contract_allows_it_and_it_fits_a_grant_is_a_session_and_says_so() -> None:
    desk = desk_of_sessions()
    principal = granted(desk).sole
    assert principal.roles == ()
    assert principal.why == "everything fits in one role; its contracts let it be a session, and its policy fits one"
    assert len(principal.policy) <= SESSION_POLICY_LIMIT


@pytest.mark.parametrize(
    ("asks", "changes", "tier", "why"),
    [
        ((ask(),), {"session_minting": False}, Tier.RESEARCH, "wants a role for every grant"),
        ((ask(LOANS),), {}, Tier.RESEARCH, f"{LOANS.uri} needs a role of its own"),
        ((ask(REPORT_PREFIX, Operation.INSERT),), {}, Tier.OPERATION, f"{REPORT_PREFIX.uri} is written to"),
        (
            tuple(ask(prefix(f"lending/facts/{'x' * 60}-{n}/")) for n in range(9)),
            {},
            Tier.RESEARCH,
            f"{SESSION_POLICY_LIMIT} fit",
        ),
        (
            (ask(),),
            {"prefixes": (FACTS_PREFIX, *(prefix(f"lending/{'x' * 400}-{n}/") for n in range(9)))},
            Tier.RESEARCH,
            "policy of the base role",
        ),
    ],
)
def test_what_no_session_can_hold_has_a_role_of_its_own(
    asks: tuple[SourceAsk, ...], changes: dict[str, Any], tier: Tier, why: str
) -> None:
    known = facts(tier, contracts=(contract(**{"session_minting": True, **changes}),))
    clearance = cleared(*asks, known=known, tier=tier)
    found = session_of(clearance, known.contracts, place_of(clearance), GRANT)
    assert isinstance(found, str)
    assert why in found


# ---- what it may do


def test_the_base_role_is_the_same_for_every_request_of_its_environment() -> None:
    one, other = cleared(known=LENT), cleared(ask(prefix("lending/facts/2026/")), known=LENT)
    policies = {planned_base(each, LENT.contracts, place_of(each), GRANT).policy for each in (one, other)}
    assert len(policies) == 1
    assert "arn:aws:s3:::sample-lake/lending/*" in policies.pop()


def test_a_session_names_no_more_than_what_was_decided() -> None:
    clearance = cleared(known=LENT)
    session = session_of(clearance, LENT.contracts, place_of(clearance), GRANT)
    assert isinstance(session, PlannedSession)
    found = statements(session.policy)
    assert list(found) == ["Read", "Work", "List", "Key", "Else", "NoList1", "NoList2", "End"]
    assert [name for name, _ in session.notes] == list(found)
    assert "arn:aws:s3:::sample-lake/lending/facts/*" in found["Read"]["Resource"]
    assert found["NoList1"]["Condition"] == {"StringNotLike": {"s3:prefix": ["lending/facts/*"]}}
    assert found["End"]["Condition"] == {"DateGreaterThanEquals": {"aws:CurrentTime": "2026-03-02T10:30:00Z"}}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("lending/facts/*", "lending/*", "was not decided"),
        ('"s3:GetObject"', '"s3:GetObjectVersion"', "was not decided"),
        ('"s3:ListBucket"', '"s3:*"', "was not decided"),
        ('"Sid":"End","Effect":"Deny"', '"Sid":"End","Effect":"Allow"', "after the grant's end"),
        ("2026-03-02T10:30:00Z", "2026-03-02T11:30:00Z", "after the grant's end"),
        ('"NotResource"', '"Resource"', "every other resource"),
        ('"s3:prefix":["lending/facts/*"]', '"s3:prefix":["lending/*"]', "beside what was decided"),
    ],
)
def test_a_session_policy_that_says_more_is_not_minted(old: str, new: str, finding: str) -> None:
    clearance = cleared(known=LENT)
    place = place_of(clearance)
    session = session_of(clearance, LENT.contracts, place, GRANT)
    assert isinstance(session, PlannedSession)
    assert old in session.policy
    with pytest.raises(PolicyWidens, match=finding):
        check_session_within(session.policy.replace(old, new), clearance, place, GRANT)


def test_only_the_broker_opens_sessions_and_only_for_a_grant_in_somebodys_name() -> None:
    (only,) = json.loads(base_trust("arn:aws:iam::000000000000:role/broker", "ours"))["Statement"]
    assert only["Condition"] == {
        "StringEquals": {"sts:ExternalId": "ours"},
        "StringLike": {"aws:RequestTag/sluicegate:grant": "gr_*", "aws:RequestTag/sluicegate:subject": "?*"},
    }


def test_the_longest_list_of_denied_grants_still_fits_the_largest_base_role() -> None:
    many = tuple(DeniedGrant(grant=GrantId(f"gr_{n:026}"), until=NOW) for n in range(DENIED_MOST))
    base = BaseRole(
        environment=HERE,
        activity=ACTIVITY,
        account=ACCOUNT,
        generation=1,
        name=base_name(HERE, ACCOUNT, 1),
        policy=json.dumps({"Version": "2012-10-17", "Statement": []}),
        state=BaseState.READY,
        created_at=NOW,
        ends_at=NOW,
        denied=many,
    )
    assert policy_size(base_document(base)) + (INLINE_POLICY_LIMIT - 2_560) <= INLINE_POLICY_LIMIT
    assert len(base.name) <= 64


def test_every_state_of_a_base_role_leads_to_its_end() -> None:
    assert set(BASE_MOVES) == set(BaseState)
    assert BASE_MOVES[BaseState.GONE] == frozenset()
    assert all(BASE_MOVES[state] for state in BaseState if state is not BaseState.GONE)


# ---- its life


def test_the_second_grant_writes_nothing_to_iam() -> None:
    desk = desk_of_sessions()
    granted(desk)
    assert list(desk.minter.kept) == [base_name(HERE, ACCOUNT, 1)]
    desk.minter.calls.clear()
    granted(desk, 2)
    assert desk.minter.operations() == ["prove"]


def test_the_intent_of_a_base_role_is_committed_before_aws_hears_of_it() -> None:
    desk = desk_of_sessions()
    seen: list[BaseState] = []
    desk.minter.faults["create"] = [lambda: seen.append(base_of(desk).state)]
    granted(desk)
    assert seen == [BaseState.MAKING]
    assert [event.action for event in desk.base_roles.events] == ["base-role.opened", "base-role.made"]


def test_credentials_are_a_session_of_the_base_role_cut_to_what_was_decided() -> None:
    desk = desk_of_sessions()
    grant = granted(desk)
    desk.deliver(grant.id, ADA, desk.now)
    (plan,) = desk.minter.sessions
    assert plan.role_arn == base_of(desk).arn
    assert plan.policy == grant.sole.policy
    assert plan.tags["sluicegate:grant"] == grant.id
    assert plan.source_identity == ADA.id


def test_a_contract_that_allows_more_has_the_base_role_rewritten_once() -> None:
    desk = desk_of_sessions()
    granted(desk)
    wider = contract(session_minting=True, prefixes=(prefix("lending/"), prefix("more/")))
    desk.facts.now_known = replace(LENT, contracts=(wider,))
    desk.minter.calls.clear()
    granted(desk, 2)
    assert desk.minter.operations() == ["put_policy", "prove"]
    assert "more/*" in desk.minter.kept[base_of(desk).name].policies["grant"]


def test_revoking_denies_the_grant_alone_until_its_last_session_has_ended() -> None:
    desk = desk_of_sessions()
    revoked, kept = granted(desk), granted(desk, 2)
    desk.deliver(revoked.id, ADA, desk.now)
    desk.deliver(kept.id, ADA, desk.now)
    desk.revoke(revoked.id, ADA, "over", desk.now)
    desk.step()
    name = base_of(desk).name
    assert denied_at(desk, name) == [revoked.id]
    assert desk.minter.kept[name].trust != TRUST_NOBODY
    assert desk.minter.urgent == [name]
    desk.later(hours=2)
    desk.step()
    assert desk.grant(revoked).state is GrantState.CLOSED
    third = granted(desk, 3)
    desk.deliver(third.id, ADA, desk.now)
    desk.revoke(third.id, ADA, "over", desk.now)
    desk.step()
    assert denied_at(desk, name) == [third.id]


def test_a_list_that_is_full_has_new_sessions_opened_of_another_role() -> None:
    desk = desk_of_sessions()
    grant = granted(desk)
    first = base_of(desk).name
    for n in range(DENIED_FULL):
        desk.bases.deny(HERE, ACCOUNT, GrantId(f"gr_{n:026}"), desk.now + HOUR, desk.now)
    assert base_of(desk).state is BaseState.RETIRED
    desk.deliver(grant.id, ADA, desk.now)
    assert desk.minter.sessions[-1].role_arn == base_of(desk).arn
    assert base_of(desk).name != first
    desk.bases.deny(HERE, ACCOUNT, grant.id, desk.now + HOUR, desk.now)
    assert grant.id in denied_at(desk, first)
    assert denied_at(desk, base_of(desk).name) == [grant.id]


def test_a_retired_role_that_can_hold_no_more_is_denied_as_a_whole() -> None:
    desk = desk_of_sessions()
    granted(desk)
    name = base_of(desk).name
    for n in range(DENIED_MOST + 1):
        desk.bases.deny(HERE, ACCOUNT, GrantId(f"gr_{n:026}"), desk.now + HOUR, desk.now)
    assert desk.minter.kept[name].policies == {"grant": DENY_EVERYTHING}


def test_the_sweep_knows_base_roles_and_removes_those_that_are_spent() -> None:
    desk = desk_of_sessions()
    granted(desk)
    assert desk.sweep(desk.later(minutes=30)) == 0
    base = base_of(desk)
    assert desk.sweep(_after(desk, base.ends_at)) == 0
    assert base_of(desk).state is BaseState.RETIRED
    desk.later(hours=1)
    assert desk.sweep(desk.now) == 1
    assert base_of(desk).state is BaseState.GONE
    assert desk.minter.kept == {}


def _after(desk: Desk, moment: datetime) -> datetime:
    return desk.later(seconds=(moment - desk.now).total_seconds())


def test_a_base_role_that_aws_made_without_our_hearing_of_it_is_swept_and_made_anew() -> None:
    desk = desk_of_sessions()
    desk.minter.faults["created"] = [AwsUnavailable(operation="iam:create_role", retry_after=HOUR)]
    with pytest.raises(AwsUnavailable):
        granted(desk)
    lost = base_of(desk).name
    assert lost in desk.minter.kept
    desk.later(minutes=6)
    granted(desk, 2)
    assert base_of(desk).generation == 2
    assert desk.sweep(desk.now) == 1
    assert lost not in desk.minter.kept


def test_a_base_role_that_cannot_be_written_leaves_the_revocation_to_be_tried_again() -> None:
    desk = desk_of_sessions()
    grant = granted(desk)
    desk.deliver(grant.id, ADA, desk.now)
    desk.revoke(grant.id, ADA, "over", desk.now)
    desk.minter.faults["put_policy"] = [AwsRefused(operation="iam:put_role_policy", aws_code="AccessDenied")]
    desk.step()
    assert desk.grant(grant).shut_at is None
    desk.later(seconds=5)
    desk.step()
    assert denied_at(desk, base_of(desk).name) == [grant.id]
    assert desk.grant(grant).shut_at is not None
