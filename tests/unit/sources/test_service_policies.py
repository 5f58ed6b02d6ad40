"""What is minted for each kind that is not made of files: its table, its second reading, its size, its refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from jit_engine.contracts.terms import WriteTarget
from jit_engine.domain.classification import Classification
from jit_engine.domain.request import SourceAsk
from jit_engine.domain.services import ServiceSource
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.iam.limits import policy_size
from jit_engine.iam.reading import check_within
from jit_engine.iam.readings.widens import PolicyWidens
from jit_engine.iam.role import grant_policy
from jit_engine.rules.clearance import clear
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kinds import kind_of
from jit_engine.sources.rds_database import database_user
from tests.fakes import world
from tests.fakes.services import (
    EVENTS,
    EVERY,
    IMAGES,
    KEY,
    LEDGER,
    MODEL,
    PACKAGES,
    RATES,
    SCORES,
    SCORES_ALONE,
    SCORES_OF_ONE_ALONE,
    SCORES_OF_TWO,
    TOKEN,
    WAREHOUSE,
    WORKGROUP,
    cleared,
    facts,
)  # fmt: skip
from tests.unit.engine.mutations import widenings

PARTS = (SCORES_OF_TWO, SCORES_ALONE, SCORES_OF_ONE_ALONE)
OFFERED = [(source, operation) for source in EVERY for operation in kind_of(source).offers]
OF_EVERY_GRANT = {"Workspace", "ListWorkspace", "WorkspaceKey", "Marker"}


def _policy(clearance: Clearance) -> dict[str, list[dict[str, object]]]:
    document: dict[str, list[dict[str, object]]] = json.loads(
        grant_policy(clearance, world.place_of(clearance), world.GRANT)[0]
    )
    return document


def _tier(*operations: Operation) -> Tier:
    return Tier.OPERATION if any(operation.writes for operation in operations) else Tier.RESEARCH


def _clearance(source: ServiceSource, *operations: Operation, key_arn: str | None = None) -> Clearance:
    """The contract of `cleared` names none of these as a target: what would be minted is looked at all the same."""
    reads = SourceAsk(source=source, operations=frozenset({Operation.SELECT}))
    found = cleared(reads, tier=_tier(*operations), key_arn=key_arn)
    asked = SourceAsk(source=source, operations=frozenset(operations))
    return replace(found, cleared=tuple(replace(each, ask=asked) for each in found.cleared))


@pytest.mark.parametrize(("source", "operation"), OFFERED, ids=lambda one: getattr(one, "kind", None) or one.value)
def test_an_operation_is_minted_as_exactly_the_actions_of_its_table(
    source: ServiceSource, operation: Operation
) -> None:
    statements = _policy(_clearance(source, operation))["Statement"]
    minted = {
        action
        for statement in statements
        if statement["Effect"] == "Allow" and statement["Sid"] not in OF_EVERY_GRANT
        for action in _texts(statement["Action"])
    }
    assert minted == set(kind_of(source).offers[operation].actions)


@pytest.mark.parametrize("source", [*EVERY, *PARTS], ids=lambda source: source.uri)
def test_every_widening_of_what_a_kind_adds_is_caught(source: ServiceSource) -> None:
    operations = tuple(kind_of(source).offers)
    clearance = _clearance(source, *operations, key_arn=KEY)
    policy = _policy(clearance)
    own = {str(s["Sid"]) for s in policy["Statement"]} - _sids(cleared(world.ask(RATES)))
    missed, tried = [], 0
    for name, mutant in widenings(policy):
        if name.partition(":")[0] not in {*own, "NowhereElse"} and not name.startswith("an extra"):
            continue
        tried += 1
        try:
            check_within(json.dumps(mutant), clearance, world.place_of(clearance), world.GRANT)
        except PolicyWidens:
            continue
        missed.append(name)
    assert missed == []
    assert tried > (5 if source == RATES else 100)


def _sids(clearance: Clearance) -> set[str]:
    return {str(s["Sid"]) for s in _policy(clearance)["Statement"]}


@pytest.mark.parametrize("source", [*EVERY, *PARTS], ids=lambda source: source.uri)
def test_a_source_adds_no_more_to_a_policy_than_its_kind_says(source: ServiceSource) -> None:
    base = cleared(world.ask())
    both = cleared(world.ask(), world.ask(source), key_arn=KEY)
    place = world.place_of(both)
    bounds = Bounds(place=place, grant=world.GRANT, ends_at=both.ends_at)
    (own,) = [each for each in both.cleared if each.ask.source == source]
    added = policy_size(json.dumps(_policy(both))) - policy_size(json.dumps(_policy(base)))
    assert added <= kind_of(source).size(own, bounds)


def test_a_database_user_is_the_grants_own() -> None:
    (resource,) = _resources(_policy(_clearance(LEDGER, Operation.SELECT)), "rds-db:connect")
    assert resource.endswith(":dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/sg_01jabcdefghjkmnpqrstvwxyz6_d21b29e1")
    elsewhere = replace(LEDGER, database="other")
    assert database_user(world.GRANT, elsewhere) != database_user(world.GRANT, LEDGER)
    assert database_user(world.GRANT, replace(LEDGER, table="other")) == database_user(world.GRANT, LEDGER)


def test_tokens_that_know_no_resource_are_the_only_stars() -> None:
    for source in EVERY:
        if source in (EVENTS, SCORES):
            continue
        policy = _policy(_clearance(source, Operation.SELECT))
        stars = {
            action
            for statement in policy["Statement"]
            if statement["Effect"] == "Allow" and statement["Resource"] == ["*"]
            for action in _texts(statement["Action"])
        }
        tokens = {
            "image-repository": {"ecr:GetAuthorizationToken"},
            "package-repository": {"sts:GetServiceBearerToken"},
        }
        assert stars == tokens.get(source.kind, set())


def test_a_table_whose_policy_names_the_session_is_not_written_by_its_reader() -> None:
    clearance = cleared(world.ask(SCORES), world.ask(EVENTS, Operation.DESCRIBE))
    assert "kinesis:GetRecords" not in json.dumps(_policy(clearance))


def test_nothing_is_put_in_research_or_where_the_contract_names_no_target() -> None:
    for tier, gate in ((Tier.RESEARCH, "invariants"), (Tier.VALIDATION, "invariants"), (Tier.OPERATION, "contract")):
        for source in (SCORES, EVENTS):
            verdict = clear(
                world.request(world.ask(source, Operation.INSERT), tier=tier),
                facts(tier),
                world.judges(world.PERMIT_ALL),
                world.NOW,
            )
            assert isinstance(verdict, Refusal)
            assert [v.refused_by.value for v in verdict.verdicts if v.refused_by is not None] == [gate]


def _putting(source: ServiceSource, tier: Tier, *targets: ServiceSource) -> Clearance | Refusal:
    """What is decided about puts under a contract that names these targets for operation."""
    known = facts(tier)
    named = tuple(
        WriteTarget(
            stage=Tier.OPERATION, source=target, max_classification=Classification.CONFIDENTIAL, requires=frozenset()
        )
        for target in targets
    )
    under = replace(known, contracts=tuple(replace(contract, targets=named) for contract in known.contracts))
    request = world.request(world.ask(source, Operation.INSERT), tier=tier)
    return clear(request, under, world.judges(world.PERMIT_ALL), world.NOW)


@pytest.mark.parametrize(
    ("source", "target", "action"),
    [(SCORES, SCORES, "dynamodb:PutItem"), (SCORES_OF_TWO, SCORES, "dynamodb:PutItem"),
     (EVENTS, EVENTS, "kinesis:PutRecords")],
)  # fmt: skip
def test_what_a_contract_names_as_a_target_is_put_in_operation_alone(
    source: ServiceSource, target: ServiceSource, action: str
) -> None:
    found = _putting(source, Tier.OPERATION, target)
    assert isinstance(found, Clearance)
    assert action in json.dumps(_policy(found))
    check_within(json.dumps(_policy(found)), found, world.place_of(found), world.GRANT)
    assert isinstance(_putting(source, Tier.RESEARCH, target), Refusal)
    assert isinstance(_putting(source, Tier.VALIDATION, target), Refusal)


def test_more_than_the_named_part_of_a_table_is_not_put() -> None:
    assert isinstance(_putting(SCORES, Tier.OPERATION, SCORES_OF_TWO), Refusal)
    assert isinstance(_putting(SCORES, Tier.OPERATION, EVENTS), Refusal)


def test_an_endpoint_is_refused_where_no_list_says_what_the_network_lets_out() -> None:
    known = facts()
    unlisted = world.facts(catalogue=known.catalogue, contracts=known.contracts)
    verdict = clear(world.request(world.ask(RATES)), unlisted, world.judges(world.PERMIT_ALL), world.NOW)
    assert isinstance(verdict, Refusal)
    (one,) = verdict.verdicts
    assert one.contract is not None
    assert [breach.code for breach in one.contract.breaches] == ["no-egress-list"]


def test_keys_follow_the_data_through_its_service_only() -> None:
    for source, service in ((SCORES, "dynamodb"), (EVENTS, "kinesis"), (TOKEN, "secretsmanager")):
        policy = _policy(_clearance(source, Operation.SELECT, key_arn=KEY))
        (statement,) = [s for s in policy["Statement"] if s["Effect"] == "Allow" and s["Resource"] == [KEY]]
        assert statement["Action"] == ["kms:Decrypt"]
        conditions = statement["Condition"]
        assert isinstance(conditions, Mapping)
        assert conditions["StringEquals"]["kms:ViaService"] == f"{service}.us-east-1.amazonaws.com"
        assert any(key.startswith("kms:EncryptionContext:") for key in conditions["StringEquals"])
    for other in (WAREHOUSE, WORKGROUP, LEDGER, MODEL, IMAGES, PACKAGES):
        assert KEY not in json.dumps(_policy(_clearance(other, Operation.SELECT, key_arn=KEY)))


def _resources(policy: dict[str, list[dict[str, object]]], action: str) -> list[str]:
    return [
        resource
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow" and action in _texts(statement["Action"])
        for resource in _texts(statement["Resource"])
    ]


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(text) for text in value]


@pytest.mark.parametrize("count", [1, 4])
def test_what_is_withheld_of_a_prefix_is_in_its_size(count: int) -> None:
    base, both = cleared(world.ask()), cleared(world.ask(), world.ask(world.PERSONAL_PREFIX), key_arn=KEY)
    (own,) = [each for each in both.cleared if each.ask.source == world.PERSONAL_PREFIX]
    inside = [f"{world.PERSONAL_PREFIX.prefix}part-{number}/" for number in range(count)]
    less = replace(own, without=tuple(replace(world.PERSONAL_PREFIX, prefix=prefix) for prefix in inside))
    held = replace(both, cleared=tuple(less if each is own else each for each in both.cleared))
    place = world.place_of(held)
    added = policy_size(json.dumps(_policy(held))) - policy_size(json.dumps(_policy(base)))
    bounds = Bounds(place=place, grant=world.GRANT, ends_at=held.ends_at)
    assert added <= kind_of(world.PERSONAL_PREFIX).size(less, bounds)
    assert all(prefix in json.dumps(_policy(held)) for prefix in inside)
