"""The contract desk: who proposes, who signs, when it is in force, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.contracts.problems import ClauseNotEnforceable, ContractInvalid
from jit_engine.contracts.terms import ContractState
from jit_engine.domain.catalogue import PrefixItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, check_id
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.subject import Person
from jit_engine.errors import InvalidValue, NotFound, WrongState
from platform_api.registry.activities import ActivityDesk
from platform_api.registry.contract_checks import contract_id_of
from platform_api.registry.contracts import ContractDesk, document_sha256
from platform_api.registry.errors import (
    ContractOverlap,
    FourEyes,
    NotASigner,
    NotTheOwner,
    NotYourContract,
    PeopleOnly,
    VersionTaken,
)
from platform_api.registry.records import ContractRecord, SignatureRole
from tests.fakes.registry import MemoryRegistry
from tests.unit.registry.sample import (
    ADA,
    BEN,
    BOTH,
    LEE,
    LIMITS,
    LOANS,
    NOW,
    PAT,
    PIPELINE,
    PRIYA,
    PURPOSES,
    order,
    organisation,
    sequence,
    signable,
)

OWNER, PRIVACY = SignatureRole.DATA_OWNER, SignatureRole.PRIVACY_OFFICE
OTHER_ID = "00000000-0000-4000-8000-000000000001"


def desk(store: MemoryRegistry | None = None) -> tuple[ContractDesk, MemoryRegistry]:
    store = store or organisation()
    return ContractDesk(store=store), store


def in_force(at: ContractDesk, document: dict[str, Any], proposer: Person = PAT) -> ContractRecord:
    proposed = at.propose(proposer, document, NOW)
    record = proposed
    for role in proposed.needed:
        signer = LEE if role is OWNER else PRIYA
        record = at.sign(signer, proposed.contract.id, proposed.contract.version, role, NOW).record
    assert record.contract.state is ContractState.IN_FORCE
    return record


def as_version(version: str) -> dict[str, Any]:
    return signable(lambda d, _: d.update(version=version))


def elsewhere(document: dict[str, Any], terms: dict[str, Any]) -> None:
    """Another contract about other data."""
    document["id"] = OTHER_ID
    document["servers"][0].update(location="s3://acme-prod-lake/other/", database="other")
    terms["egress"]["allow"][0]["to"] = "s3://acme-prod-reports/other/"


def test_a_proposed_contract_waits_for_both_signatures() -> None:
    at, store = desk()
    record = at.propose(PAT, LOANS, NOW)
    assert record.contract.state is ContractState.PROPOSED
    assert record.needed == (OWNER, PRIVACY)
    assert record.signatures == ()
    assert {row.clause for row in record.holds} >= {"purposes.allow", "egress.default"}
    assert check_id(record.contract.id, "co", "contract") == record.contract.id
    assert store.events[-1].action == "contract.proposed"
    assert store.events[-1].details["sha256"] == document_sha256(record.document)


def test_every_version_of_a_document_is_the_same_contract() -> None:
    at, _ = desk()
    one, two = at.propose(PAT, as_version("1.0.0"), NOW), at.propose(LEE, as_version("1.0.1"), NOW)
    assert one.contract.id == two.contract.id == contract_id_of("7c0e6a4e-2f55-4c0a-9a1e-5b8f1a3d9c11")


def test_the_last_signature_brings_it_into_force() -> None:
    at, store = desk()
    key = at.propose(PAT, signable(), NOW).contract.id
    first = at.sign(LEE, key, "1.2.0", OWNER, NOW).record
    assert first.contract.state is ContractState.PROPOSED
    second = at.sign(PRIYA, key, "1.2.0", PRIVACY, NOW).record
    assert second.contract.state is ContractState.IN_FORCE
    assert {one.document_sha256 for one in second.signatures} == {second.document_sha256}
    assert [event.action for event in store.events] == ["contract.proposed", "contract.signed", "contract.in-force"]


def test_without_restricted_data_the_data_owner_signs_alone() -> None:
    at, _ = desk()
    document = signable(lambda d, _: d["schema"][0]["properties"].pop(1))
    record = at.propose(PAT, document, NOW)
    assert record.needed == (OWNER,)
    assert at.sign(LEE, record.contract.id, "1.2.0", OWNER, NOW).record.contract.state is ContractState.IN_FORCE


@pytest.mark.parametrize(
    ("level", "label"),
    [(Classification.RESTRICTED, "finance"), (Classification.CONFIDENTIAL, "personal")],
    ids=["restricted", "personal"],
)
def test_what_the_catalogue_knows_to_be_restricted_or_personal_needs_the_privacy_office_too(
    level: Classification, label: str
) -> None:
    lake = PrefixItem(
        source=S3Prefix(account="111122223333", bucket="acme-prod-lake", prefix="sf_loans/people/"),
        title="People",
        product="loans",
        owner_team="sf-data-products",
        domain="single-family",
        zone=Zone.LAKE,
        classification=level,
        classes=frozenset({label}),
    )
    store = MemoryRegistry(purposes=PURPOSES, items=(lake,))
    at, _ = desk(store)
    document = signable(lambda d, _: d["schema"][0]["properties"].pop(1))
    assert at.propose(PAT, document, NOW).needed == (OWNER, PRIVACY)


def test_a_contract_names_the_owner_that_the_catalogue_knows() -> None:
    lake = PrefixItem(
        source=S3Prefix(account="111122223333", bucket="acme-prod-lake", prefix="sf_loans/people/"),
        title="People",
        product="loans",
        owner_team="somebody-else",
        domain="single-family",
        zone=Zone.LAKE,
        classification=Classification.INTERNAL,
        classes=frozenset(),
    )
    at, _ = desk(MemoryRegistry(purposes=PURPOSES, items=(lake,)))
    with pytest.raises(InvalidValue, match="somebody-else"):
        at.propose(PAT, signable(), NOW)


def test_a_column_with_a_data_category_needs_the_privacy_office_too() -> None:
    def categorised(d: dict[str, Any], _: dict[str, Any]) -> None:
        column = d["schema"][0]["properties"].pop(1)
        own = {"property": "dataCategory", "value": "personal", "vendor": "sluicegate"}
        d["schema"][0]["properties"].append(column | {"classification": "internal", "customProperties": [own]})

    at, _ = desk()
    assert at.propose(PAT, signable(categorised), NOW).needed == (OWNER, PRIVACY)


def test_a_contract_about_unknown_columns_needs_the_privacy_office() -> None:
    def bare(d: dict[str, Any], _: dict[str, Any]) -> None:
        own = {"property": "awsAccount", "value": "111122223333", "vendor": "sluicegate"}
        d["servers"] = [{"server": "s", "type": "s3", "location": "s3://acme-lake/x/", "customProperties": [own]}]
        del d["schema"]

    at, _ = desk()
    assert at.propose(PAT, signable(bare), NOW).needed == (OWNER, PRIVACY)


def test_the_proposer_never_signs() -> None:
    at, _ = desk()
    key = at.propose(BOTH, signable(), NOW).contract.id
    for role in (OWNER, PRIVACY):
        with pytest.raises(FourEyes, match="proposed"):
            at.sign(BOTH, key, "1.2.0", role, NOW)


def test_one_person_never_signs_in_two_roles() -> None:
    at, _ = desk()
    key = at.propose(PAT, signable(), NOW).contract.id
    at.sign(BOTH, key, "1.2.0", OWNER, NOW)
    with pytest.raises(FourEyes, match="signed this version"):
        at.sign(BOTH, key, "1.2.0", PRIVACY, NOW)


@pytest.mark.case("CON-040")
def test_a_second_login_of_the_proposer_or_of_a_signer_never_signs() -> None:
    at, _ = desk(organisation(logins_of={LEE.id: PAT.id, PRIYA.id: BOTH.id}))
    key = at.propose(PAT, signable(), NOW).contract.id
    with pytest.raises(FourEyes, match="proposed"):
        at.sign(LEE, key, "1.2.0", OWNER, NOW)
    at.sign(BOTH, key, "1.2.0", OWNER, NOW)
    with pytest.raises(FourEyes, match="signed this version"):
        at.sign(PRIYA, key, "1.2.0", PRIVACY, NOW)


def test_who_has_left_the_directory_signs_nothing() -> None:
    at, store = desk()
    key = at.propose(PAT, signable(), NOW).contract.id
    store.entries = [entry for entry in store.entries if entry.subject != LEE]
    with pytest.raises(FourEyes):
        at.sign(LEE, key, "1.2.0", OWNER, NOW)


def test_nobody_signs_twice_and_no_role_signs_twice() -> None:
    at, _ = desk()
    key = at.propose(PAT, signable(), NOW).contract.id
    at.sign(LEE, key, "1.2.0", OWNER, NOW)
    with pytest.raises(FourEyes):
        at.sign(LEE, key, "1.2.0", OWNER, NOW)
    with pytest.raises(WrongState, match="no second signature"):
        at.sign(BOTH, key, "1.2.0", OWNER, NOW)


@pytest.mark.parametrize(("who", "role"), [(ADA, OWNER), (ADA, PRIVACY), (LEE, PRIVACY), (PRIYA, OWNER)])
def test_a_role_is_signed_by_its_team_only(who: Person, role: SignatureRole) -> None:
    at, _ = desk()
    key = at.propose(PAT, signable(), NOW).contract.id
    with pytest.raises(NotASigner):
        at.sign(who, key, "1.2.0", role, NOW)


def test_a_pipeline_neither_proposes_nor_signs() -> None:
    at, _ = desk()
    with pytest.raises(PeopleOnly):
        at.propose(PIPELINE, signable(), NOW)
    key = at.propose(PAT, signable(), NOW).contract.id
    with pytest.raises(PeopleOnly):
        at.sign(PIPELINE, key, "1.2.0", OWNER, NOW)


def test_a_contract_with_clauses_that_nobody_holds_is_not_signed() -> None:
    at, _ = desk()
    key = at.propose(PAT, LOANS, NOW).contract.id
    with pytest.raises(ClauseNotEnforceable, match=r"ingress.*no enforcer yet"):
        at.sign(LEE, key, "1.2.0", OWNER, NOW)


def test_a_document_changed_since_its_proposal_is_not_signed() -> None:
    at, store = desk()
    record = at.propose(PAT, signable(), NOW)
    changed = replace(record, document=signable(lambda d, _: d.update(name="Other")))
    store.save_contract(changed, store.events[-1])
    with pytest.raises(WrongState, match="not the document"):
        at.sign(LEE, record.contract.id, "1.2.0", OWNER, NOW)


def test_a_contract_that_has_ended_is_neither_proposed_nor_signed() -> None:
    at, _ = desk()
    record = at.propose(PAT, signable(), NOW)
    end = record.contract.ends_at
    at.sign(LEE, record.contract.id, "1.2.0", OWNER, end - timedelta(seconds=1))
    with pytest.raises(InvalidValue, match="ended already"):
        at.sign(PRIYA, record.contract.id, "1.2.0", PRIVACY, end)
    with pytest.raises(InvalidValue, match="ended already"):
        at.propose(PAT, as_version("2.0.0"), end)


def test_a_contract_in_force_is_not_signed_again() -> None:
    at, _ = desk()
    record = in_force(at, signable())
    with pytest.raises(WrongState, match="only a proposed version"):
        at.sign(BOTH, record.contract.id, "1.2.0", OWNER, NOW)


def test_a_bad_document_is_refused_with_its_lines() -> None:
    at, _ = desk()
    with pytest.raises(ContractInvalid) as caught:
        at.propose(PAT, LOANS.replace("max: PT12H", "max: PT1H"), NOW)
    assert [problem.line is not None for problem in caught.value.problems] == [True]


def test_purposes_that_nobody_registered_are_refused() -> None:
    at, _ = desk()
    with pytest.raises(InvalidValue, match="purposes that the registry knows") as caught:
        at.propose(PAT, signable(lambda _, t: t["purposes"]["allow"].append("acme:whim")), NOW)
    assert caught.value.given == "acme:whim"


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("location", "s3://acme-prod-lake/sf_loans/2026/", "s3://acme-prod-lake/sf_loans/2026/"),
        ("location", "s3://acme-prod-reports/loans/deep/", "s3://acme-prod-reports/loans/deep/"),
        ("database", "sf_loans", "glue://111122223333/us-east-1/sf_loans/loan_performance"),
    ],
)
def test_an_overlap_with_a_contract_in_force_is_refused_by_path(key: str, value: str, path: str) -> None:
    def overlapping(d: dict[str, Any], terms: dict[str, Any]) -> None:
        elsewhere(d, terms)
        d["servers"][0][key] = value

    at, _ = desk()
    in_force(at, signable())
    with pytest.raises(ContractOverlap) as caught:
        at.propose(PAT, signable(overlapping), NOW)
    assert len(caught.value.paths) == 1
    assert caught.value.paths[0].startswith(path + " (contract Single-family")


def test_beside_a_contract_in_force_there_is_room() -> None:
    at, _ = desk()
    in_force(at, signable())
    assert in_force(at, signable(elsewhere)).contract.id == contract_id_of(OTHER_ID)


def test_of_two_proposals_about_the_same_data_only_one_comes_into_force() -> None:
    at, _ = desk()
    rival = at.propose(PAT, signable(lambda d, _: d.update(id=OTHER_ID)), NOW).contract.id
    at.sign(LEE, rival, "1.2.0", OWNER, NOW)
    in_force(at, signable())
    with pytest.raises(ContractOverlap):
        at.sign(PRIYA, rival, "1.2.0", PRIVACY, NOW)


def test_a_later_version_supersedes_the_one_in_force() -> None:
    at, store = desk()
    old = in_force(at, as_version("1.9.0"))
    in_force(at, as_version("1.10.0"))
    found = store.contract(old.contract.id, "1.9.0")
    assert found is not None
    assert found.contract.state is ContractState.SUPERSEDED


@pytest.mark.parametrize("version", ["1.9.0", "1.8.9", "0.99.99"])
def test_a_version_is_new_and_later_than_the_one_in_force(version: str) -> None:
    at, _ = desk()
    in_force(at, as_version("1.9.0"))
    with pytest.raises(VersionTaken):
        at.propose(PAT, as_version(version), NOW)


def test_an_older_proposal_does_not_come_into_force_after_a_later_one() -> None:
    at, _ = desk()
    key = at.propose(PAT, as_version("1.0.0"), NOW).contract.id
    in_force(at, as_version("2.0.0"))
    with pytest.raises(VersionTaken):
        at.sign(LEE, key, "1.0.0", OWNER, NOW)


def test_a_later_version_does_not_take_a_contract_from_its_owner() -> None:
    at, _ = desk()
    in_force(at, as_version("1.0.0"))
    stolen = signable(lambda d, _: (d.update(version="2.0.0"), d["team"].update(name="lending-science")))
    with pytest.raises(NotYourContract, match="sf-data-products"):
        at.propose(ADA, stolen, NOW)


def test_the_owner_of_an_active_activity_accepts_once() -> None:
    at, store = desk()
    record = in_force(at, signable())
    activities = ActivityDesk(store=store, new_id=sequence(), limits=LIMITS, template_digest="d1")
    activity = activities.register(ADA, order(), NOW).activity.activity.id
    key = record.contract.key
    with pytest.raises(NotTheOwner):
        at.accept(BEN, activity, *key, NOW)
    acceptance = at.accept(ADA, activity, *key, NOW)
    assert acceptance.document_sha256 == record.document_sha256
    found = store.activity(activity)
    assert found is not None
    assert found.activity.accepted == {key}
    assert store.events[-1].action == "contract.accepted"
    with pytest.raises(WrongState, match="accepted"):
        at.accept(ADA, activity, *key, NOW)


def test_only_a_version_in_force_is_accepted() -> None:
    at, store = desk()
    key = at.propose(PAT, signable(), NOW).contract.key
    activities = ActivityDesk(store=store, new_id=sequence(), limits=LIMITS, template_digest="d1")
    activity = activities.register(ADA, order(), NOW).activity.activity.id
    with pytest.raises(WrongState, match="in force"):
        at.accept(ADA, activity, *key, NOW)
    with pytest.raises(NotFound):
        at.accept(ADA, activity, ContractId("co_" + "0" * 26), "1.0.0", NOW)


def test_an_ended_contract_makes_room_and_stays_ended() -> None:
    at, store = desk()
    key = in_force(at, signable()).contract.key
    assert at.end(LEE, *key, "the data moved", NOW).contract.state is ContractState.ENDED
    assert store.events[-1].details["reason"] == "the data moved"
    with pytest.raises(WrongState):
        at.end(LEE, *key, "again", NOW)
    in_force(at, signable(lambda d, _: d.update(id=OTHER_ID)))
