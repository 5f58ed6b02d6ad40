"""A grant bound to its environment's network, by the outside evaluator: there it works, elsewhere nothing does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from jit_engine.domain.classification import Classification
from jit_engine.domain.grant import role_name
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.tier import Tier
from jit_engine.iam.role import grant_policy
from platform_api.provisioning.boundary import boundary_document
from tests.fakes import world
from tests.fakes.networks import networked
from tests.oracle.oracle import Oracle, Question

pytestmark = pytest.mark.oracle

SESSION = f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{role_name(world.GRANT, 1, 1)}/session"
Where = Mapping[str, str | list[str]]
IN_NETWORK: Where = {"aws:SourceVpce": "vpce-0a"}
OTHER_NETWORK: Where = {"aws:SourceVpce": "vpce-0c"}
OFF: Where = {}
BY_ATHENA: Where = {"aws:CalledVia": ["athena.amazonaws.com"], "aws:ViaAWSService": "true"}
BY_ANOTHER: Where = {"aws:CalledVia": ["cloudformation.amazonaws.com"], "aws:ViaAWSService": "true"}
WORKSPACE = f"arn:aws:s3:::{world.place(world.ENVIRONMENTS[Tier.RESEARCH]).workspace_bucket}"
OBJECT = ("s3:GetObject", f"arn:aws:s3:::{world.LAKE}/lending/facts/part-0")
OWN_OBJECT = ("s3:PutObject", f"{WORKSPACE}/work/one")
MARKER = ("s3:GetObject", f"{WORKSPACE}/.sluicegate/probe")
START = ("athena:StartQueryExecution", "")


def _asked(oracle: Oracle, source: Source, *points: tuple[tuple[str, str], Where]) -> list[str]:
    clearance = world.cleared(world.ask(source), known=world.facts(environment=networked()))
    place = world.place_of(clearance)
    policy = json.loads(grant_policy(clearance, place, world.GRANT)[0])
    athena = f"arn:aws:athena:{world.REGION}:{world.ACCOUNT}:workgroup/{place.workgroup}"
    return list(
        oracle.ask_many(
            [
                Question(
                    principal=SESSION,
                    action=action,
                    resource=resource or athena,
                    identity=[policy],
                    boundary=boundary_document(world.order(Tier.RESEARCH)),
                    context={
                        "aws:CurrentTime": "2026-03-02T09:30:05Z",
                        "aws:ResourceAccount": world.ACCOUNT,
                        "s3:authType": "REST-HEADER",
                        **where,
                    },
                    account=world.ACCOUNT,
                )
                for (action, resource), where in points
            ]
        )
    )


def test_files_are_read_and_written_from_the_own_network_only(oracle: Oracle) -> None:
    calls = (OBJECT, OWN_OBJECT)
    inside = [(call, IN_NETWORK) for call in calls]
    outside = [(call, where) for call in calls for where in (OFF, OTHER_NETWORK, BY_ATHENA, BY_ANOTHER)]
    answers = _asked(oracle, world.FACTS_PREFIX, *inside, *outside)
    assert answers == ["Allowed"] * len(inside) + ["ExplicitlyDenied"] * len(outside)


def test_a_query_starts_in_the_own_network_and_then_reads_from_its_own(oracle: Oracle) -> None:
    answers = _asked(
        oracle,
        world.LOANS,
        (START, IN_NETWORK),
        (OBJECT, BY_ATHENA),
        (START, OFF),
        (OBJECT, OFF),
        (OBJECT, BY_ANOTHER),
        (START, BY_ANOTHER),
    )
    assert answers == ["Allowed", "Allowed", *["ExplicitlyDenied"] * 4]


def test_the_engine_itself_reaches_its_own_probe_object_and_nothing_else_from_outside(oracle: Oracle) -> None:
    assert _asked(oracle, world.FACTS_PREFIX, (MARKER, OFF), (OBJECT, OFF)) == ["Allowed", "ExplicitlyDenied"]


def test_a_grant_of_less_sensitive_data_works_from_anywhere() -> None:
    quiet = Classification.INTERNAL
    items = (world.prefix_item(world.FACTS_PREFIX, classification=quiet),)
    known = world.facts(environment=networked(), catalogue=replace(world.catalogue(), items=items))
    clearance = world.cleared(world.ask(world.FACTS_PREFIX, Operation.DESCRIBE), known=known)
    assert clearance.endpoints == frozenset()
    assert "OwnNetworkOnly" not in grant_policy(clearance, world.place_of(clearance), world.GRANT)[0]


def test_the_deny_costs_a_few_hundred_characters() -> None:
    free = world.cleared(world.ask(world.LOANS))
    bound = world.cleared(world.ask(world.LOANS), known=world.facts(environment=networked()))
    sizes = [len(grant_policy(c, world.place_of(c), world.GRANT)[0]) for c in (free, bound)]
    assert 0 < sizes[1] - sizes[0] < 400
