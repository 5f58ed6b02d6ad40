"""The plan of an environment: what is sent to CloudFormation, and what never is."""

import dataclasses
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml

from jit_engine.domain.tier import Tier
from jit_engine.errors import LimitExceeded
from platform_api.provisioning.boundary import boundary_document
from platform_api.provisioning.plan import (
    DIGEST_TAG,
    Guard,
    plan_environment,
    reviewed_template,
    reviewed_template_digest,
)
from tests.unit.provisioning.orders import an_order

TAGS = {
    "sluicegate:activity",
    "sluicegate:environment",
    "sluicegate:tier",
    "sluicegate:owner",
    "sluicegate:cost-center",
    "sluicegate:data-classification",
    "sluicegate:expires-at",
    "sluicegate:managed-by",
    "awsApplication",
}


def test_the_same_order_gives_the_same_plan() -> None:
    assert plan_environment(an_order()) == plan_environment(an_order())


def test_nothing_of_an_order_but_the_boundary_is_written_into_the_template() -> None:
    order = an_order(owner="us_owner-in-no-template", cost_center="cc-in-no-template")
    template = json.loads(plan_environment(order).template_body)
    reviewed = yaml.safe_load(reviewed_template())
    boundary = template["Resources"]["Boundary"]["Properties"].pop("PolicyDocument")
    del reviewed["Resources"]["Boundary"]["Properties"]["PolicyDocument"]
    assert template == reviewed
    assert boundary == boundary_document(order)


@pytest.mark.case("PROV-010")
def test_the_template_substitutes_nothing_into_text() -> None:
    """Without Fn::Sub and dynamic references a `${...}` or `{{resolve:...}}` in a value stays what it is."""
    code = "\n".join(line.partition("#")[0] for line in reviewed_template().splitlines())
    for form in ("Fn::Sub", "!Sub", "{{resolve", "Fn::Transform", "${"):
        assert form not in code


@pytest.mark.parametrize("tier", Tier)
def test_every_parameter_has_a_closed_form_that_its_value_meets(tier: Tier) -> None:
    plan = plan_environment(an_order(tier))
    declared = json.loads(plan.template_body)["Parameters"]
    assert set(declared) == set(plan.parameters)
    for name, value in plan.parameters.items():
        if "AllowedValues" in declared[name]:
            assert value in declared[name]["AllowedValues"]
        else:
            assert re.fullmatch(declared[name]["AllowedPattern"], value), name


@pytest.mark.parametrize("field", ["activity_name", "owner", "cost_center", "expires_at", "lake_buckets"])
def test_any_change_of_the_order_changes_the_digest(field: str) -> None:
    changed: Any = {
        "activity_name": "another-activity",
        "owner": "us_another",
        "cost_center": "cc-1",
        "expires_at": an_order().expires_at + timedelta(days=1),
        "lake_buckets": ("another-lake",),
    }[field]
    before = plan_environment(an_order())
    after = plan_environment(dataclasses.replace(an_order(), **{field: changed}))
    assert before.template_digest != after.template_digest
    assert before.stack_name == after.stack_name


def test_the_digest_that_a_review_approves_is_the_same_for_every_environment() -> None:
    assert re.fullmatch("[0-9a-f]{64}", reviewed_template_digest())
    assert reviewed_template_digest() != plan_environment(an_order()).template_digest


def test_every_resource_of_the_template_is_read_back_with_its_tags() -> None:
    plan = plan_environment(an_order())
    template = json.loads(plan.template_body)
    assert {e.logical_id: e.type for e in plan.expected} == {
        name: resource["Type"] for name, resource in template["Resources"].items()
    }
    assert all(Guard.TAGS in e.guards for e in plan.expected)
    guards = {e.logical_id: set(e.guards) for e in plan.expected}
    assert {Guard.ENCRYPTION, Guard.PUBLIC_ACCESS, Guard.OWNERSHIP} <= guards["Workspace"]
    assert Guard.BOUNDARY in guards["EnvironmentRole"]
    assert Guard.DOCUMENT in guards["Boundary"]


def test_every_role_of_the_template_has_the_boundary() -> None:
    resources = json.loads(plan_environment(an_order()).template_body)["Resources"].values()
    roles = [r for r in resources if r["Type"] == "AWS::IAM::Role"]
    assert roles
    assert all(r["Properties"]["PermissionsBoundary"] == {"Ref": "Boundary"} for r in roles)


def test_the_tags_are_all_there_and_the_end_is_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    plan = plan_environment(an_order(expires_at=datetime(2027, 1, 31, 14, tzinfo=east)))
    assert set(plan.tags) == TAGS
    assert plan.tags["sluicegate:expires-at"] == "2027-01-31T12:00:00Z"
    assert DIGEST_TAG not in plan.tags


def test_a_boundary_that_does_not_fit_is_refused_and_never_cut() -> None:
    buckets = tuple(f"{'lake-of-a-very-long-name-' * 2}{n:04}" for n in range(20))
    with pytest.raises(LimitExceeded) as refusal:
        plan_environment(an_order(lake_buckets=buckets))
    assert "6144" in str(refusal.value)


def test_a_boundary_of_four_buckets_with_the_longest_names_fits_in_every_tier() -> None:
    buckets = tuple(f"{n}{'l' * 62}" for n in range(4))
    for tier in Tier:
        document = boundary_document(an_order(tier, lake_buckets=buckets))
        assert all(bucket in json.dumps(document) for bucket in buckets)


def test_an_environment_without_a_lake_has_no_room_for_one() -> None:
    document = json.dumps(boundary_document(an_order(Tier.OPERATION, lake_buckets=())))
    assert '"ReadLake"' not in document
    assert '"WriteLake"' not in document
    assert '"Resource": []' not in document
