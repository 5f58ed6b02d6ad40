"""Each kind that is not made of files, minted and judged by the outside evaluator inside, beside and outside.

Once as the source's owner keeps it, once under a policy of the source that gives the grant's own session everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from jit_engine.domain.grant import role_name
from jit_engine.domain.services import ServiceSource
from jit_engine.domain.source import Operation
from jit_engine.domain.tier import Tier
from jit_engine.iam.role import grant_policy
from platform_api.provisioning.boundary import boundary_document
from tests.fakes import services, world
from tests.oracle.oracle import Oracle, Question

pytestmark = pytest.mark.oracle

SESSION = f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{role_name(world.GRANT, 1, 1)}/session"
HERE = f"{world.REGION}:{world.ACCOUNT}"
TABLE = f"arn:aws:dynamodb:{HERE}:table/scores"
STREAM = f"arn:aws:kinesis:{HERE}:stream/payments"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:lending/bureau-AbC123"
IMAGES = f"arn:aws:ecr:{HERE}:repository/lending/scorer"
PACKAGES = f"arn:aws:codeartifact:{HERE}:repository/lending/python"
MODEL = f"arn:aws:bedrock:{world.REGION}::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"
GUARD = f"arn:aws:bedrock:{HERE}:guardrail/gr1ab2cd3ef4"
USER = "sg_01jabcdefghjkmnpqrstvwxyz6_d21b29e1"
DATABASE = f"arn:aws:rds-db:{HERE}:dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"

BOUNDARIES = {
    tier: boundary_document(replace(world.order(tier), services=tuple(source.kind for source in services.EVERY)))
    for tier in (Tier.RESEARCH, Tier.OPERATION)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One question about a role that may select from `source`."""

    source: ServiceSource
    action: str
    resource: str
    allowed: bool
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    late: bool = False


def _points() -> Iterator[Point]:
    for source, action, resource, beside in (
        (services.SCORES, "dynamodb:GetItem", TABLE, f"{TABLE}2"),
        (services.SCORES, "dynamodb:Scan", TABLE, f"{TABLE}/index/by-name"),
        (services.SCORES, "dynamodb:DescribeTable", TABLE, f"arn:aws:dynamodb:{HERE}:table/score"),
        (services.WAREHOUSE, "redshift:GetClusterCredentialsWithIAM", f"arn:aws:redshift:{HERE}:dbname:lending/marts",
         f"arn:aws:redshift:{HERE}:dbname:lending/dev"),
        (services.WORKGROUP, "redshift-serverless:GetCredentials",
         f"arn:aws:redshift-serverless:{HERE}:workgroup/1b671a64-40d5-491e-99b0-da01ff1f3341",
         f"arn:aws:redshift-serverless:{HERE}:workgroup/1b671a64-40d5-491e-99b0-da01ff1f3342"),
        (services.LEDGER, "rds-db:connect", f"{DATABASE}/{USER}", f"{DATABASE}/sg_01jabcdefghjkmnpqrstvwxyz6_00000000"),
        (services.EVENTS, "kinesis:GetRecords", STREAM, f"{STREAM}-2"),
        (services.TOKEN, "secretsmanager:GetSecretValue", SECRET, f"{SECRET[:-1]}4"),
        (services.IMAGES, "ecr:BatchGetImage", IMAGES, f"{IMAGES}2"),
        (services.PACKAGES, "codeartifact:ReadFromRepository", PACKAGES, f"{PACKAGES}-2"),
        (services.PACKAGES, "codeartifact:GetAuthorizationToken", f"arn:aws:codeartifact:{HERE}:domain/lending",
         f"arn:aws:codeartifact:{HERE}:domain/other"),
    ):  # fmt: skip
        inside = Point(source=source, action=action, resource=resource, allowed=True)
        yield inside
        yield replace(inside, allowed=False, late=True)
        yield replace(inside, allowed=False, context={"aws:ResourceAccount": "999988887777"})
        yield replace(inside, allowed=False, resource=beside)
    never: tuple[tuple[ServiceSource, str, str], ...] = (
        (services.SCORES, "dynamodb:PutItem", TABLE),
        (services.SCORES, "dynamodb:DeleteItem", TABLE),
        (services.SCORES, "dynamodb:PartiQLSelect", TABLE),
        (services.SCORES, "dynamodb:ExportTableToPointInTime", TABLE),
        (services.SCORES_OF_TWO, "dynamodb:Scan", TABLE),
        (services.WAREHOUSE, "redshift:GetClusterCredentials", f"arn:aws:redshift:{HERE}:dbuser:lending/admin"),
        (services.LEDGER, "rds-db:connect", f"{DATABASE}/admin"),
        (services.EVENTS, "kinesis:PutRecord", STREAM),
        (services.EVENTS, "kinesis:RegisterStreamConsumer", STREAM),
        (services.TOKEN, "secretsmanager:PutSecretValue", SECRET),
        (services.TOKEN, "secretsmanager:PutResourcePolicy", SECRET),
        (services.IMAGES, "ecr:PutImage", IMAGES),
        (services.IMAGES, "ecr:SetRepositoryPolicy", IMAGES),
        (services.PACKAGES, "codeartifact:DeleteRepository", PACKAGES),
        (services.MODEL, "bedrock:CreateModelInvocationJob", MODEL),
        (services.MODEL, "bedrock:InvokeAgent", f"arn:aws:bedrock:{HERE}:agent-alias/A/B"),
        (services.MODEL, "bedrock:UpdateGuardrail", GUARD),
        (services.RATES, "s3:GetObject", f"arn:aws:s3:::{world.LAKE}/lending/facts/a"),
    )
    for denied, action, resource in never:
        yield Point(source=denied, action=action, resource=resource, allowed=False)
    yield from _tokens()
    yield from _models()
    yield from _parts()


def _tokens() -> Iterator[Point]:
    region = {"aws:RequestedRegion": world.REGION}
    ecr = Point(source=services.IMAGES, action="ecr:GetAuthorizationToken", resource="*", allowed=True, context=region)
    yield ecr
    yield replace(ecr, allowed=False, context={"aws:RequestedRegion": "eu-west-1"})
    yield replace(ecr, allowed=False, source=services.PACKAGES)
    bearer = Point(
        source=services.PACKAGES,
        action="sts:GetServiceBearerToken",
        resource="*",
        allowed=True,
        context={"sts:AWSServiceName": "codeartifact.amazonaws.com"},
    )
    yield bearer
    yield replace(bearer, allowed=False, context={"sts:AWSServiceName": "ecr-public.amazonaws.com"})
    yield replace(bearer, allowed=False, context={})
    yield replace(bearer, allowed=False, source=services.IMAGES)


def _models() -> Iterator[Point]:
    for action in ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"):
        for guard, allowed in ((f"{GUARD}:3", True), (f"{GUARD}:2", False), (f"{GUARD}:DRAFT", False), (GUARD, False)):
            context = {"aws:RequestedRegion": world.REGION, "bedrock:GuardrailIdentifier": guard}
            yield Point(source=services.MODEL, action=action, resource=MODEL, allowed=allowed, context=context)
        yield Point(
            source=services.MODEL,
            action=action,
            resource=MODEL,
            allowed=False,
            context={"aws:RequestedRegion": world.REGION},
        )
        yield Point(
            source=services.MODEL,
            action=action,
            resource=f"{MODEL[:-1]}1",
            allowed=False,
            context={"aws:RequestedRegion": world.REGION, "bedrock:GuardrailIdentifier": f"{GUARD}:3"},
        )
    yield Point(source=services.MODEL, action="bedrock:ApplyGuardrail", resource=GUARD, allowed=True)


def _parts() -> Iterator[Point]:
    def point(source: ServiceSource, action: str, allowed: bool, **context: str | list[str]) -> Point:
        named = {key.replace("_", ":"): value for key, value in context.items()}
        return Point(source=source, action=f"dynamodb:{action}", resource=TABLE, allowed=allowed, context=named)

    two, alone, both = services.SCORES_OF_TWO, services.SCORES_ALONE, services.SCORES_OF_ONE_ALONE
    yield point(two, "GetItem", True, dynamodb_LeadingKeys=["customer#1"])
    yield point(two, "Query", True, dynamodb_LeadingKeys=["customer#2"])
    yield point(two, "BatchGetItem", True, dynamodb_LeadingKeys=["customer#1", "customer#2"])
    yield point(two, "BatchGetItem", False, dynamodb_LeadingKeys=["customer#1", "customer#3"])
    yield point(two, "GetItem", False, dynamodb_LeadingKeys=["customer#11"])
    yield point(two, "GetItem", False)
    yield point(alone, "Query", True, dynamodb_Attributes=["id", "score"], dynamodb_Select="SPECIFIC_ATTRIBUTES")
    yield point(alone, "Query", False, dynamodb_Attributes=["id", "income"], dynamodb_Select="SPECIFIC_ATTRIBUTES")
    yield point(alone, "Query", False, dynamodb_Attributes=["id"], dynamodb_Select="ALL_ATTRIBUTES")
    yield point(alone, "Query", False, dynamodb_Attributes=["id"])
    yield point(alone, "Query", False, dynamodb_Select="SPECIFIC_ATTRIBUTES")
    yield point(alone, "GetItem", False, dynamodb_Attributes=["id"])
    part: dict[str, str | list[str]] = {
        "dynamodb_LeadingKeys": ["customer#1"],
        "dynamodb_Attributes": ["id"],
        "dynamodb_Select": "SPECIFIC_ATTRIBUTES",
    }
    yield point(both, "Query", True, **part)
    yield point(both, "Query", False, **{**part, "dynamodb_LeadingKeys": ["customer#2"]})
    yield point(both, "Scan", False, **part)


POINTS = tuple(_points())


@pytest.mark.parametrize("hostile", [False, True], ids=["as it is kept", "under a policy that gives everything"])
def test_a_role_may_do_with_a_service_what_was_decided_and_nothing_beside(oracle: Oracle, hostile: bool) -> None:
    judged = [
        point for point in POINTS if not hostile or (not point.allowed and "aws:ResourceAccount" not in point.context)
    ]  # a policy of another account gives nothing by itself
    policies = {point.source: _policy(point.source) for point in judged}
    answers = oracle.ask_many([_question(point, policies[point.source], hostile=hostile) for point in judged])
    wrong = [
        (point, answer) for point, answer in zip(judged, answers, strict=True) if (answer == "Allowed") != point.allowed
    ]
    assert wrong == []
    print(f"{len(judged)} points of {len(policies)} sources")


def test_a_writer_puts_and_a_reader_reads_though_the_sources_policy_gives_both(oracle: Oracle) -> None:
    clearance = services.cleared(world.ask(services.SCORES), world.ask(services.EVENTS), tier=Tier.OPERATION)
    reader, writer = clearance.cleared
    ask = replace(writer.ask, operations=frozenset({Operation.INSERT}))
    other = replace(reader.ask, source=replace(services.SCORES, table="outcomes"), operations=ask.operations)
    mixed = replace(clearance, cleared=(reader, replace(writer, ask=ask), replace(reader, ask=other)))
    policy = json.loads(grant_policy(mixed, world.place_of(mixed), world.GRANT)[0])
    expected = {
        ("dynamodb:GetItem", TABLE): True,
        ("dynamodb:PutItem", TABLE): False,
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/outcomes"): True,
        ("dynamodb:GetItem", f"arn:aws:dynamodb:{HERE}:table/outcomes"): False,
        ("kinesis:PutRecord", STREAM): True,
        ("kinesis:GetRecords", STREAM): False,
    }
    points = [
        Point(source=services.SCORES, action=action, resource=resource, allowed=allowed)
        for (action, resource), allowed in expected.items()
    ]
    asked = [_question(point, policy, hostile=True, tier=Tier.OPERATION) for point in points]
    assert [answer == "Allowed" for answer in oracle.ask_many(asked)] == list(expected.values())


def _policy(source: ServiceSource) -> dict[str, object]:
    clearance = services.cleared(world.ask(source))
    document: dict[str, object] = json.loads(grant_policy(clearance, world.place_of(clearance), world.GRANT)[0])
    return document


def _question(point: Point, policy: Mapping[str, object], *, hostile: bool, tier: Tier = Tier.RESEARCH) -> Question:
    gives = {"Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": "*", "Resource": "*"}
    return Question(
        principal=SESSION,
        action=point.action,
        resource=point.resource,
        identity=[policy],
        boundary=BOUNDARIES[tier],
        resource_policy={"Version": "2012-10-17", "Statement": [gives]} if hostile and point.resource != "*" else None,
        context={
            "aws:CurrentTime": "2031-01-01T00:00:00Z" if point.late else "2026-03-02T09:30:05Z",
            "aws:ResourceAccount": world.ACCOUNT,
            **point.context,
        },
        account=world.ACCOUNT,
    )
