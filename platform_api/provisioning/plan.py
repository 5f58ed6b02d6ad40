"""What an environment needs, as a plain function: the stack to make and all that must be true of it after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Final

import yaml

from jit_engine.errors import LimitExceeded
from platform_api.provisioning.boundary import boundary_document
from platform_api.provisioning.errors import TemplateAltered
from platform_api.provisioning.order import EnvironmentOrder

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DIGEST_TAG",
    "EnvironmentOrder",
    "EnvironmentPlan",
    "ExpectedResource",
    "Guard",
    "plan_environment",
    "reviewed_template",
    "reviewed_template_digest",
]

DIGEST_TAG: Final = "sluicegate:template-digest"
"""The stack's tag that says which plan it was made from."""

_BOUNDARY_MARKER: Final = "BOUNDARY_DOCUMENT"
_TEMPLATE_LIMIT: Final = 51_200
"""Bytes of a template that is passed in the call itself (CloudFormation quotas)."""


class Guard(StrEnum):
    """What is read back of a resource before the environment may be used."""

    TAGS = "tags"
    ENCRYPTION = "encryption"
    PUBLIC_ACCESS = "public-access-block"
    OWNERSHIP = "ownership"
    BOUNDARY = "boundary"
    DOCUMENT = "document"
    RESULT_LOCATION = "result-location"


_BUCKET_GUARDS: Final = (Guard.ENCRYPTION, Guard.PUBLIC_ACCESS, Guard.OWNERSHIP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedResource:
    """A resource of the stack and what must be read back of it; `name` is empty where AWS chooses it."""

    logical_id: str
    type: str
    name: str
    guards: tuple[Guard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentPlan:
    """All that is sent to CloudFormation for one environment, and what to look for afterwards.

    `template_digest` is over body, parameters and tags: any change of the order changes it.
    """

    stack_name: str
    environment_id: str
    account_id: str
    region: str
    template_body: str
    template_digest: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    boundary: Mapping[str, object]
    expected: tuple[ExpectedResource, ...]


def plan_environment(order: EnvironmentOrder) -> EnvironmentPlan:
    """The plan of `order`, always the same one; raises `LimitExceeded` where AWS would not take it."""
    names = order.names
    boundary = boundary_document(order)
    parameters = {
        "EnvironmentId": order.environment_id,
        "ActivityName": order.activity_name,
        "Tier": order.tier.value,
        "BrokerRoleArn": order.broker_role_arn,
        "WorkspaceBucket": names.workspace,
        "BoundaryName": names.boundary,
        "RoleName": names.role,
        "LogGroupName": names.log_group,
        "DatabaseName": names.database,
        "WorkgroupName": names.workgroup,
        "RepositoryName": names.repository,
    }
    tags = environment_tags(order)
    body = _rendered(boundary)
    return EnvironmentPlan(
        stack_name=names.stack,
        environment_id=order.environment_id,
        account_id=order.account_id,
        region=order.region,
        template_body=body,
        template_digest=_digest(json.dumps([json.loads(body), parameters, tags], sort_keys=True)),
        parameters=parameters,
        tags=tags,
        boundary=boundary,
        expected=(
            _expect("Workspace", "AWS::S3::Bucket", names.workspace, *_BUCKET_GUARDS),
            _expect("WorkspaceKey", "AWS::KMS::Key", ""),
            _expect("Boundary", "AWS::IAM::ManagedPolicy", names.boundary, Guard.DOCUMENT),
            _expect("EnvironmentRole", "AWS::IAM::Role", names.role, Guard.BOUNDARY),
            _expect("Logs", "AWS::Logs::LogGroup", names.log_group),
            _expect("Catalogue", "AWS::Glue::Database", names.database),
            _expect("Queries", "AWS::Athena::WorkGroup", names.workgroup, Guard.RESULT_LOCATION),
            _expect("Images", "AWS::ECR::Repository", names.repository),
        ),
    )


def environment_tags(order: EnvironmentOrder) -> dict[str, str]:
    """The tags of everything in the environment.

    `awsApplication` holds the activity's name until the account has an AppRegistry application for it.
    """
    return {
        "sluicegate:activity": order.activity_id,
        "sluicegate:environment": order.environment_id,
        "sluicegate:tier": order.tier.value,
        "sluicegate:owner": order.owner,
        "sluicegate:cost-center": order.cost_center,
        "sluicegate:data-classification": order.data_classification,
        "sluicegate:expires-at": order.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sluicegate:managed-by": "sluicegate",
        "awsApplication": order.activity_name,
    }


def reviewed_template() -> str:
    """The text of the template as it was reviewed, with the marker where the boundary goes."""
    folder = resources.files("platform_api.provisioning").joinpath("templates")
    return folder.joinpath("environment.yaml").read_text("utf-8")


def reviewed_template_digest() -> str:
    """The SHA-256 of the reviewed text: what a review approves, whatever environment it is used for."""
    return _digest(reviewed_template())


def _rendered(boundary: Mapping[str, object]) -> str:
    template = yaml.safe_load(reviewed_template())
    properties = template["Resources"]["Boundary"]["Properties"]
    if properties["PolicyDocument"] != _BOUNDARY_MARKER:
        raise TemplateAltered
    properties["PolicyDocument"] = dict(boundary)
    body = json.dumps(template, sort_keys=True, separators=(",", ":"))
    size = len(body.encode())
    if size > _TEMPLATE_LIMIT:
        raise LimitExceeded(what="environment template", limit=f"{size} bytes where {_TEMPLATE_LIMIT} fit")
    return body


def _expect(logical_id: str, type_: str, name: str, *guards: Guard) -> ExpectedResource:
    return ExpectedResource(logical_id=logical_id, type=type_, name=name, guards=(Guard.TAGS, *guards))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
