"""What a workspace may hold binds every grant beside it: labels rise at delivery, and each decision reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jit_engine.contracts.terms import ApprovalRule, Contract
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, GrantId, RequestId
from jit_engine.domain.label import Label, LabelRise, Mark
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.flows.outcome import AccessRefused
from jit_engine.ports import Facts, LostRace
from jit_engine.rules.clearance import clear
from jit_engine.rules.evidence import evidence_of, redecide
from jit_engine.rules.labels import raised_by
from jit_engine.rules.record import clearance_record
from tests.fakes import world
from tests.fakes.networks import networked
from tests.fakes.world import (
    ADA,
    BEN,
    CONTRACT,
    MARKETING,
    NOW,
    PERMIT_ALL,
    PERSONAL_PREFIX,
    REPORT_PREFIX,
    activity,
    ask,
    contract,
    judges,
    prefix,
    request,
)
from tests.unit.engine.desk import Desk

OTHER = ContractId("ct_01JABCDEFGHJKMNPQRSTVWXYZ9")
ALL = judges(PERMIT_ALL)


def mark(**changes: object) -> Mark:
    usual = Mark(
        contract=OTHER,
        version="1.0.0",
        classification=Classification.CONFIDENTIAL,
        classes=frozenset(),
        purposes=frozenset({"lending"}),
        holders=frozenset(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def other(**changes: object) -> Contract:
    """A contract about other data, which this activity has accepted as well."""
    usual = contract(id=OTHER, name="accounts", prefixes=(prefix("accounts/"),), tables=(), targets=())
    return replace(usual, **changes)  # type: ignore[arg-type]


def beside(*contracts: Contract, marks: tuple[Mark, ...] = ()) -> Facts:
    """The facts of an environment whose workspace carries a label."""
    accepted = activity(accepted=frozenset({contract().key, (OTHER, "1.0.0"), (OTHER, "2.0.0")}))
    label = Label(marks=marks or (mark(),))
    return world.facts(activity=accepted, contracts=(contract(), *contracts), label=label)


def codes(facts: Facts) -> list[str]:
    verdict = clear(request(), facts, ALL, NOW)
    return [breach.code for breach in verdict.breaches] if isinstance(verdict, Refusal) else []


def test_a_grant_beside_what_its_contract_allows_is_cleared_under_that_contract_too() -> None:
    soon = NOW + timedelta(minutes=40)
    verdict = clear(request(), beside(other(ends_at=soon)), ALL, NOW)
    assert isinstance(verdict, Clearance)
    assert verdict.contracts == {contract().key, (OTHER, "1.0.0")}
    assert verdict.sessions_end_by == soon
    assert verdict.ends_at == soon


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purposes": frozenset({MARKETING})}, "purpose-not-allowed"),
        ({"denied_purposes": frozenset({"lending"})}, "purpose-not-allowed"),
        ({"teams": frozenset({"treasury"})}, "team-not-allowed"),
        ({"trainings": frozenset({"markets"})}, "training-missing"),
        ({"max_duration": timedelta(minutes=30)}, "duration-too-long"),
        ({"ends_at": NOW}, "contract-not-valid-now"),
        ({"version": "3.0.0"}, "contract-not-accepted"),
    ],
)
def test_every_clause_of_a_contract_in_the_label_is_held(changes: dict[str, object], code: str) -> None:
    assert codes(beside(other())) == []
    assert codes(beside(other(**changes))) == [code]


def test_a_tier_that_a_contract_in_the_label_does_not_name_is_refused() -> None:
    only = {tier: terms for tier, terms in other().stages.items() if tier is not Tier.RESEARCH}
    assert "tier-not-allowed" in codes(beside(other(stages=only)))


@pytest.mark.parametrize(
    ("level", "endpoints"),
    [(Classification.INTERNAL, frozenset()), (Classification.CONFIDENTIAL, frozenset({"vpce-0a", "vpce-0b"}))],
)
def test_whoever_reads_a_workspace_of_confidential_data_is_bound_to_the_network_whatever_else_was_asked_for(
    level: Classification, endpoints: frozenset[str]
) -> None:
    quiet = (world.prefix_item(world.FACTS_PREFIX, classification=Classification.INTERNAL),)
    marked = beside(other(), marks=(mark(classification=level),))
    known = replace(marked, catalogue=replace(world.catalogue(), items=quiet), environment=networked())
    verdict = clear(request(ask(world.FACTS_PREFIX, Operation.DESCRIBE)), known, ALL, NOW)
    assert isinstance(verdict, Clearance)
    assert verdict.endpoints == endpoints


def test_what_a_contract_left_behind_when_it_ended_is_quarantined() -> None:
    assert codes(beside()) == ["workspace-quarantined"]


def test_a_later_version_in_force_takes_the_place_of_the_one_that_was_read() -> None:
    assert codes(beside(other(version="2.0.0"))) == []
    assert codes(beside(other(version="2.0.0", denied_purposes=frozenset({"lending"})))) == ["purpose-not-allowed"]


def test_data_that_people_approve_is_had_from_a_workspace_only_by_those_who_were_given_it() -> None:
    asked = ApprovalRule(max_classification=None, stage=None, automatic=False, groups=frozenset({"owners"}))
    approved = other(approvals=(asked,))
    assert codes(beside(approved)) == ["workspace-needs-approval"]
    assert codes(beside(approved, marks=(mark(holders=frozenset({BEN.id})),))) == ["workspace-needs-approval"]
    assert codes(beside(approved, marks=(mark(holders=frozenset({ADA.id})),))) == []


def test_the_rules_forbid_a_workspace_by_what_its_label_says() -> None:
    personal = judges(
        PERMIT_ALL
        + '@id("no-personal") @title("No personal data") @owner("privacy")\n'
        + 'forbid (principal, action in [Action::"readLike"], resource) when { resource.classes.contains("personal") };'
    )
    for classes, expected in ((frozenset({"personal"}), ["workspace-forbidden"]), (frozenset({"credit"}), [])):
        verdict = clear(request(), beside(other(), marks=(mark(classes=classes),)), personal, NOW)
        found = [breach.code for breach in verdict.breaches] if isinstance(verdict, Refusal) else []
        assert found == expected


def test_a_decision_beside_a_label_is_taken_again_from_its_evidence_alone() -> None:
    facts = beside(other(), marks=(mark(holders=frozenset({ADA.id, BEN.id})),))
    evidence = evidence_of(request(), facts, ALL, NOW)
    assert evidence.facts.label.marks[0].holders == {ADA.id}
    again, first = redecide(evidence, ALL), clear(request(), facts, ALL, NOW)
    assert isinstance(first, Clearance)
    assert isinstance(again, Clearance)
    assert clearance_record(again) == clearance_record(first)
    assert again.contracts == first.contracts


# ---- how a label rises


def test_what_a_grant_may_read_is_what_its_delivery_marks_the_workspace_with() -> None:
    desk = Desk()
    grant = desk.ask()
    assert desk.ledger.labels == {}
    desk.deliver(grant.id, ADA, desk.now)
    (found,) = desk.ledger.labels[grant.environment].marks
    assert (found.contract, found.version) == (CONTRACT, "1.0.0")
    assert found.purposes == {grant.purpose}
    assert found.holders == {ADA.id}
    assert desk.ledger.events[-1].details["workspace_label"]
    desk.deliver(grant.id, ADA, desk.now)
    assert "workspace_label" not in desk.ledger.events[-1].details


def test_the_label_has_the_categories_and_the_level_of_all_that_is_reached() -> None:
    facts = world.facts(Tier.VALIDATION)
    asked = request(ask(PERSONAL_PREFIX), tier=Tier.VALIDATION, purpose="lending/fairness-testing")
    verdict = clear(asked, facts, ALL, NOW)
    assert isinstance(verdict, Clearance), verdict
    label = raised_by(verdict, facts)
    assert "personal" in label.classes
    assert label.classification is facts.catalogue.item(PERSONAL_PREFIX).classification  # type: ignore[union-attr]


def test_what_may_only_be_written_marks_nothing() -> None:
    facts = world.facts(Tier.OPERATION)
    verdict = clear(request(ask(REPORT_PREFIX, Operation.INSERT), tier=Tier.OPERATION), facts, ALL, NOW)
    assert isinstance(verdict, Clearance), verdict
    assert raised_by(verdict, facts) == Label()


def test_a_label_only_rises() -> None:
    first = Label().raised([mark(holders=frozenset({ADA.id}))])
    second = first.raised([mark(classification=Classification.INTERNAL, classes=frozenset({"personal"}))])
    assert second.classification is Classification.CONFIDENTIAL
    assert second.classes == {"personal"}
    assert second.marks[0].holders == {ADA.id}
    assert second.raised([mark(contract=CONTRACT)]).contracts == {CONTRACT, OTHER}


def test_credentials_are_not_given_on_a_label_that_has_changed_meanwhile() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.deliver(grant.id, ADA, desk.now)
    event = desk.ledger.events[-1]
    stale = LabelRise(before=Label(), after=Label(marks=(mark(),)))
    with pytest.raises(LostRace):
        desk.ledger.save(desk.grant(grant), event, rise=stale)


def test_a_rise_that_another_grant_beside_it_does_not_pass_is_found_at_once() -> None:
    desk = Desk()
    grant = desk.ask()
    second = desk.ask(request(id=RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ1")))
    desk.deliver(grant.id, ADA, desk.now)
    assert desk.grant(second).due_at == desk.now
    assert desk.grant(grant).due_at == grant.due_at
    desk.ledger.labels[grant.environment] = Label(marks=(mark(),))
    with pytest.raises(AccessRefused) as refused:
        desk.deliver(GrantId(second.id), ADA, desk.now)
    assert [breach.code for breach in refused.value.refusal.breaches] == ["workspace-quarantined"]
