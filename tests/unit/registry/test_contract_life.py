"""Drafts, checks, contracts signed ahead of their time, and combinations that are forbidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.contracts.problems import ContractInvalid
from jit_engine.contracts.terms import CONTRACT_MOVES, ContractState
from jit_engine.errors import InvalidValue, WrongState
from platform_api.registry.activities import ActivityDesk
from platform_api.registry.contract_checks import contract_id_of
from platform_api.registry.contracts import ContractDesk
from platform_api.registry.errors import NotYourContract, NotYourDraft, PeopleOnly, VersionTaken
from platform_api.registry.records import ContractRecord, SignatureRole
from tests.fakes.registry import MemoryRegistry
from tests.unit.registry.sample import (
    ADA,
    LEE,
    LIMITS,
    LOANS,
    NOW,
    PAT,
    PIPELINE,
    PRIYA,
    order,
    organisation,
    sequence,
    signable,
)

OWNER, PRIVACY = SignatureRole.DATA_OWNER, SignatureRole.PRIVACY_OFFICE
OTHER_ID = "00000000-0000-4000-8000-000000000001"
Edit = Callable[[dict[str, Any], dict[str, Any]], object]


def desk() -> tuple[ContractDesk, MemoryRegistry]:
    store = organisation()
    return ContractDesk(store=store), store


def version(number: str, edit: Edit = lambda d, t: None) -> dict[str, Any]:
    return signable(lambda d, t: (d.update(version=number), edit(d, t)))


def sign(at: ContractDesk, record: ContractRecord) -> ContractRecord:
    signed = record
    for role in record.needed:
        signed = at.sign(LEE if role is OWNER else PRIYA, *record.contract.key, role, NOW).record
    return signed


def signed(at: ContractDesk, document: dict[str, Any]) -> ContractRecord:
    return sign(at, at.propose(PAT, document, NOW))


def marketing(d: dict[str, Any], terms: dict[str, Any]) -> None:
    """Another contract about other data."""
    d.update(id=OTHER_ID, name="Marketing contacts")
    d["servers"][0].update(location="s3://acme-prod-lake/leads/", database="leads")
    terms["egress"]["allow"][0]["to"] = "s3://acme-prod-reports/leads/"


def forbidding(*references: str) -> Edit:
    return lambda d, terms: terms.update(combination={"forbidWith": list(references)})


def starting(at: str) -> Edit:
    return lambda d, terms: terms["effective"].update({"from": at})


def test_a_draft_is_saved_over_until_it_is_proposed() -> None:
    at, store = desk()
    first = at.draft(PAT, version("1.0.0"), NOW)
    assert first.contract.state is ContractState.DRAFT
    at.draft(PAT, version("1.0.0", lambda d, _: d.update(name="Redrafted")), NOW)
    proposed = at.propose_draft(PAT, *first.contract.key, NOW + timedelta(days=1))
    assert (proposed.contract.state, proposed.contract.name) == (ContractState.PROPOSED, "Redrafted")
    assert proposed.created_at == NOW + timedelta(days=1)
    assert len(store.contract_versions(first.contract.id)) == 1
    assert [event.action for event in store.events] == ["contract.drafted", "contract.drafted", "contract.proposed"]
    assert sign(at, proposed).contract.state is ContractState.IN_FORCE


def test_a_whole_document_proposes_its_draft_too() -> None:
    at, store = desk()
    at.draft(PAT, version("1.0.0"), NOW)
    at.propose(PAT, version("1.0.0"), NOW)
    assert [r.contract.state for r in store.contract_versions(contract_id_of(version("1.0.0")["id"]))] == [
        ContractState.PROPOSED
    ]


def test_a_draft_is_nobody_elses_to_write_or_to_propose() -> None:
    at, _ = desk()
    key = at.draft(PAT, version("1.0.0"), NOW).contract.key
    for attempt in (at.draft, at.propose):
        with pytest.raises(NotYourDraft):
            attempt(LEE, version("1.0.0"), NOW)
    with pytest.raises(NotYourDraft):
        at.propose_draft(LEE, *key, NOW)
    with pytest.raises(PeopleOnly):
        at.draft(PIPELINE, version("2.0.0"), NOW)


def test_what_is_no_draft_is_not_drafted_over_and_a_draft_is_not_signed() -> None:
    at, _ = desk()
    key = at.draft(PAT, version("1.0.0"), NOW).contract.key
    with pytest.raises(WrongState, match="only a proposed version can be signed"):
        at.sign(LEE, *key, OWNER, NOW)
    at.propose_draft(PAT, *key, NOW)
    with pytest.raises(VersionTaken):
        at.draft(PAT, version("1.0.0"), NOW)
    with pytest.raises(WrongState, match="only a draft can be proposed"):
        at.propose_draft(PAT, *key, NOW)


def test_a_draft_reads_as_a_contract_and_waits_with_the_rest() -> None:
    at, _ = desk()
    unknown = version("1.0.0", lambda _, t: t["purposes"]["allow"].append("acme:whim"))
    key = at.draft(PAT, unknown, NOW).contract.key
    with pytest.raises(InvalidValue, match="purposes that the registry knows"):
        at.propose_draft(PAT, *key, NOW)
    with pytest.raises(ContractInvalid):
        at.draft(PAT, "apiVersion: v3.2.0\n", NOW)


def test_a_draft_does_not_take_a_contract_from_its_owner() -> None:
    at, _ = desk()
    signed(at, version("1.0.0"))
    with pytest.raises(NotYourContract):
        at.draft(ADA, version("2.0.0", lambda d, _: d["team"].update(name="lending-science")), NOW)


def test_an_examination_tells_everything_and_stores_nothing() -> None:
    at, store = desk()
    found = at.examine(PAT, LOANS, NOW)
    assert found.contract is not None
    assert found.problems == ()
    assert [p.path.rsplit(".", 1)[-1] for p in found.unenforceable] == ["ingress"]
    assert len(found.obstacles) == 1
    assert "forbidWith" in found.obstacles[0]
    assert found.needed == (OWNER, PRIVACY)
    assert at.examine(PAT, "a: 1e5\n", NOW).problems[0].line == 1
    many = version("1.0.0", lambda _, t: t["purposes"].update(allow=["acme:whim"]))
    late = at.examine(PAT, many, NOW + timedelta(days=1000))
    assert len(late.obstacles) == 2
    assert store.events == []
    assert store.contracts_committed() == []


def test_a_version_signed_ahead_waits_for_its_time_and_then_supersedes() -> None:
    at, store = desk()
    old = signed(at, version("1.0.0"))
    new = signed(at, version("1.1.0", starting("2027-01-01T00:00:00Z")))
    assert new.contract.state is ContractState.SIGNED
    assert at.enter(NOW) == ()
    begins = new.contract.starts_at
    assert at.enter(begins - timedelta(seconds=1)) == ()
    (entered,) = at.enter(begins)
    assert entered.contract.state is ContractState.IN_FORCE
    before = store.contract(*old.contract.key)
    assert before is not None
    assert before.contract.state is ContractState.SUPERSEDED
    event = store.events[-1]
    assert (event.action, event.actor) == ("contract.in-force", "system:clock")
    assert at.enter(begins) == ()


def test_a_signed_version_that_has_ended_meanwhile_does_not_begin() -> None:
    at, _ = desk()
    new = signed(at, version("1.1.0", starting("2027-01-01T00:00:00Z")))
    assert at.enter(new.contract.ends_at) == ()


def test_a_signed_version_can_be_ended_and_is_signed_no_more() -> None:
    at, _ = desk()
    new = signed(at, version("1.1.0", starting("2027-01-01T00:00:00Z")))
    with pytest.raises(WrongState):
        at.sign(LEE, *new.contract.key, OWNER, NOW)
    assert at.end(LEE, *new.contract.key, "not needed", NOW).contract.state is ContractState.ENDED
    assert at.enter(new.contract.starts_at) == ()


def test_a_version_between_a_signed_one_and_the_one_in_force_comes_too_late() -> None:
    at, _ = desk()
    signed(at, version("1.0.0"))
    signed(at, version("1.2.0", starting("2027-01-01T00:00:00Z")))
    with pytest.raises(VersionTaken):
        at.propose(PAT, version("1.1.0"), NOW)


def test_a_signed_version_is_accepted_ahead_of_its_time_and_a_proposed_one_is_not() -> None:
    at, store = desk()
    activities = ActivityDesk(store=store, new_id=sequence(), limits=LIMITS, template_digest="d1")
    activity = activities.register(ADA, order(), NOW).activity.activity.id
    proposed = at.propose(PAT, version("1.1.0", starting("2027-01-01T00:00:00Z")), NOW)
    with pytest.raises(WrongState, match="signed"):
        at.accept(ADA, activity, *proposed.contract.key, NOW)
    sign(at, proposed)
    assert at.accept(ADA, activity, *proposed.contract.key, NOW).contract == proposed.contract.key


@pytest.mark.parametrize(
    "reference",
    ["contract:marketing-contacts", f"contract:{OTHER_ID}", f"contract:{contract_id_of(OTHER_ID)}"],
    ids=["name", "document id", "id"],
)
def test_what_a_contract_forbids_is_found_and_bound_by_id(reference: str) -> None:
    at, _ = desk()
    other = signed(at, signable(marketing))
    record = signed(at, version("1.0.0", forbidding(reference)))
    assert other.contract.id in record.contract.forbidden
    assert record.contract.held.excludes(other.contract.held)
    assert other.contract.held.excludes(record.contract.held)


def test_a_contract_that_forbids_what_nobody_knows_is_not_signed() -> None:
    at, _ = desk()
    record = at.propose(PAT, version("1.0.0", forbidding("contract:marketing-contacts")), NOW)
    with pytest.raises(InvalidValue, match="name another contract that the registry knows") as caught:
        at.sign(LEE, *record.contract.key, OWNER, NOW)
    assert caught.value.given == "contract:marketing-contacts"
    at.propose(PAT, signable(marketing), NOW)
    with pytest.raises(InvalidValue):
        at.sign(LEE, *record.contract.key, OWNER, NOW)


def test_a_contract_does_not_forbid_itself() -> None:
    at, _ = desk()
    signed(at, version("1.0.0"))
    record = at.propose(PAT, version("1.1.0", forbidding("contract:single-family-loan-performance")), NOW)
    with pytest.raises(InvalidValue):
        at.sign(LEE, *record.contract.key, OWNER, NOW)


@pytest.mark.parametrize("reference", ["marketing-contacts", "contract:", "contract:Marketing contacts", "contract:*"])
def test_a_reference_that_could_mean_nothing_is_a_problem_of_the_document(reference: str) -> None:
    at, _ = desk()
    found = at.examine(PAT, version("1.0.0", forbidding(reference)), NOW).problems
    assert [p.path.split("value.")[1] for p in found] == ["combination.forbidWith[0]"]


def test_every_state_is_reached_from_a_draft_and_an_end_has_no_way_out() -> None:
    reached = {ContractState.DRAFT}
    while more := {state for known in reached for state in CONTRACT_MOVES[known]} - reached:
        reached |= more
    assert reached == set(ContractState) == set(CONTRACT_MOVES)
    assert {s for s, moves in CONTRACT_MOVES.items() if not moves} == {ContractState.SUPERSEDED, ContractState.ENDED}


@pytest.mark.parametrize("state", list(ContractState))
def test_a_contract_moves_by_the_table_alone(state: ContractState) -> None:
    at, _ = desk()
    contract = at.propose(PAT, version("1.0.0"), NOW).contract
    for following in ContractState:
        moved = replace(contract, state=state)
        if following in CONTRACT_MOVES[state]:
            assert moved.moved(following).state is following
        else:
            with pytest.raises(WrongState):
                moved.moved(following)
