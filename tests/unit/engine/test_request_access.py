"""The main use case over fakes: nothing reaches AWS before the intent is committed, and nothing is left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.domain.grant import GrantState
from jit_engine.domain.request import AccessRequest
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsRefused, AwsUnavailable, InvalidValue, NotFound, NotOneSession, TooManyParts
from jit_engine.flows.outcome import AccessRefused, DurationTooLong
from jit_engine.flows.request_access import Preview
from jit_engine.iam.role import grant_tags
from tests.fakes import world
from tests.fakes.world import FACTS_PREFIX, LOANS, NOW, PERSONAL_PREFIX, REPORT_PREFIX, ask, facts, prefix, request
from tests.unit.engine.desk import Desk


def test_a_grant_is_minted_in_this_order() -> None:
    desk = Desk()
    grant = desk.ask(request(ask(FACTS_PREFIX), ask(LOANS)))
    assert desk.grant(grant).state is GrantState.ACTIVE
    assert desk.minter.operations() == ["create", "created", "put_policy", "prove"]
    assert desk.actions() == ["grant.opened", "grant.role-created", "grant.active"]
    assert [step.step for step in grant.steps] == ["create role", "write policy", "assume and probe"]
    assert desk.minter.kept[grant.role.name].policies == {"grant": grant.policy}
    assert grant.role.role_id == desk.minter.kept[grant.role.name].found.role_id
    assert grant.due_at == grant.ends_at == NOW + timedelta(hours=1)


def test_the_intent_is_committed_before_aws_hears_of_it() -> None:
    desk = Desk()
    seen: list[tuple[str, ...]] = []
    desk.minter.faults["create"] = [lambda: seen.append(tuple(desk.actions()))]
    grant = desk.ask()
    assert seen == [("grant.opened",)]
    assert desk.ledger.grant_of_role(grant.role.name.upper()) is not None


def test_the_engines_own_proof_is_cut_to_its_probes_and_bears_the_tags() -> None:
    desk = Desk()
    grant = desk.ask()
    ((plan, probes),) = desk.minter.proven
    assert plan.policy is not None
    assert plan.tags == grant_tags(grant, grant.sole)
    assert plan.duration == timedelta(seconds=900)
    assert probes.denied
    assert desk.minter.sessions == []


REFUSED = {
    "a rule": (request(ask(PERSONAL_PREFIX)), facts(), AccessRefused),
    "the contract": (request(), facts(contracts=()), AccessRefused),
    "an invariant": (
        request(ask(REPORT_PREFIX, Operation.INSERT), by=world.SCORER),
        facts(),
        AccessRefused,
    ),
    "a time beyond the contract": (request(duration=timedelta(hours=5)), facts(), DurationTooLong),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_on_record_with_its_reasons_and_aws_hears_nothing(case: str) -> None:
    asked, known, error = REFUSED[case]
    desk = Desk(facts=world.FakeFacts(known))
    with pytest.raises(error) as refused:
        desk.ask(asked)
    assert type(refused.value) is error
    assert desk.actions() == ["access.refused"]
    assert desk.ledger.events[0].details["outcome"] == "refused"
    assert desk.ledger.refusals == [refused.value.refusal]
    assert desk.minter.calls == []
    assert desk.ledger.grants == {}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (request(activity="ac_01JABCDEFGHJKMNPQRSTVWXYZ9"), NotFound),
        (request(environment="en_01JABCDEFGHJKMNPQRSTVWXYZ9"), NotFound),
        (request(ask(prefix("elsewhere/"))), InvalidValue),
        (request(ask(FACTS_PREFIX, Operation.DELETE)), InvalidValue),
        (request(*(ask(prefix(f"lending/facts/{'x' * 450}-{n}/")) for n in range(100))), TooManyParts),
        (request(*(ask(prefix(f"lending/facts/{'x' * 450}-{n}/"), job="a") for n in range(9))), NotOneSession),
    ],
)
def test_what_makes_no_sense_changes_nothing_anywhere(asked: AccessRequest, error: type[Exception]) -> None:
    desk = Desk()
    with pytest.raises(error):
        desk.ask(asked)
    assert (desk.minter.calls, desk.ledger.events, desk.ledger.grants) == ([], [], {})


def test_a_preview_records_and_mints_nothing() -> None:
    desk = Desk()
    assert isinstance(desk.request_access.preview(request(), NOW), Preview)
    assert (desk.minter.calls, desk.ledger.events, desk.ledger.grants) == ([], [], {})


def test_a_pipeline_in_operation_is_granted_the_insert() -> None:
    desk = Desk(facts=world.FakeFacts(facts(Tier.OPERATION)))
    grant = desk.ask(request(ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION))
    assert "sample-reports/monthly/*" in grant.policy
    assert grant.tier is Tier.OPERATION


# ---- names that are taken


def test_a_role_of_that_name_is_never_adopted_and_the_next_attempt_has_its_own() -> None:
    desk = Desk()
    name = "sg-gr_01JABCDEFGHJKMNPQRSTVW0000-1-1"
    stranger = desk.minter.plant(name.upper(), boundary_arn="another")
    grant = desk.ask()
    assert [role.attempt for role in grant.roles] == [1, 2]
    assert grant.roles[0].role_id is None
    assert grant.role.name.endswith("-2")
    assert desk.minter.kept[name.upper()].policies == {}
    assert desk.minter.kept[name.upper()].found == stranger
    assert [about for operation, about in desk.minter.calls if operation == "put_policy"] == [grant.role.name]
    assert "grant.role-name-taken" in desk.actions()


def test_after_three_taken_names_the_mint_is_given_up() -> None:
    desk = Desk()
    for attempt in (1, 2, 3):
        desk.minter.plant(f"sg-gr_01JABCDEFGHJKMNPQRSTVW0000-1-{attempt}")
    with pytest.raises(AwsUnavailable):
        desk.ask()
    (grant,) = desk.ledger.grants.values()
    assert grant.state is GrantState.ABANDONED
    assert "put_policy" not in desk.minter.operations()


# ---- faults of AWS


FAULTS = {
    "it is throttled": AwsUnavailable(operation="iam:create_role", retry_after=timedelta(seconds=15)),
    "it refuses": AwsRefused(operation="iam:create_role", aws_code="AccessDenied"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["create", "created", "put_policy", "prove"])
def test_a_mint_that_fails_is_abandoned_at_once_and_leaves_no_role(step: str, fault: str) -> None:
    desk = Desk()
    desk.minter.faults[step] = [FAULTS[fault]]
    with pytest.raises(type(FAULTS[fault])):
        desk.ask()
    (grant,) = desk.ledger.grants.values()
    assert grant.state is GrantState.ABANDONED
    assert grant.reason == FAULTS[fault].code
    assert desk.actions()[-1] == "grant.abandoned"
    desk.step()
    desk.later(minutes=6)
    desk.step(2)
    assert desk.grant(grant).state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_a_mint_that_takes_too_long_is_given_up_by_the_reconciler_and_its_role_removed() -> None:
    desk = Desk()

    def too_long() -> None:
        desk.later(minutes=4)
        desk.step()

    desk.minter.faults["prove"] = [too_long]
    with pytest.raises(AwsUnavailable, match="minting in time"):
        desk.ask()
    desk.later(minutes=6)
    desk.step(3)
    (grant,) = desk.ledger.grants.values()
    assert grant.state is GrantState.CLOSED
    assert desk.minter.kept == {}


def test_an_environment_without_a_place_is_refused_before_anything() -> None:
    known = facts(environment=replace(world.environment(), place=None))
    desk = Desk(facts=world.FakeFacts(known))
    with pytest.raises(AccessRefused):
        desk.ask()
    assert desk.minter.calls == []
