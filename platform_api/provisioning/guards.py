"""The guards of a finished environment: how each is read back from AWS and, when missing, applied.

CloudFormation's word is not taken for it: types that take no tags, and an AWS that drops a property in
silence, both end in a resource that looks finished and is not guarded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from platform_api.provisioning.plan import Guard
from platform_api.provisioning.tagging import tag_accesses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_athena.type_defs import EncryptionConfigurationTypeDef
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ServerSideEncryptionRuleTypeDef

    from platform_api.provisioning.outcome import EnvironmentResources
    from platform_api.provisioning.plan import EnvironmentPlan

ClientFactory = Callable[[str], Any]
"""A boto3 client by service name, with the provisioner's own credentials; typed again where it is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One guard of one resource. `apply` is None where a difference means tampering, never mended."""

    logical_id: str
    guard: Guard
    holds: Callable[[], bool]
    apply: Callable[[], None] | None

    @property
    def name(self) -> str:
        """As people read it: `Workspace: encryption`."""
        return f"{self.logical_id}: {self.guard.value}"


def guard_checks(client: ClientFactory, plan: EnvironmentPlan, made: EnvironmentResources) -> tuple[Check, ...]:
    """Every check that `plan` demands of what was made; KeyError for a guard that nobody can read back."""
    tags = tag_accesses(client, plan, made)
    particular: dict[tuple[str, Guard], Callable[[], _Pair]] = {
        ("Workspace", Guard.ENCRYPTION): lambda: _encryption(client("s3"), made),
        ("Workspace", Guard.PUBLIC_ACCESS): lambda: _public_access(client("s3"), made),
        ("Workspace", Guard.OWNERSHIP): lambda: _ownership(client("s3"), made),
        ("EnvironmentRole", Guard.BOUNDARY): lambda: _role_boundary(client("iam"), plan, made),
        ("Boundary", Guard.DOCUMENT): lambda: _boundary_document(client("iam"), plan, made),
        ("Queries", Guard.RESULT_LOCATION): lambda: _result_location(client("athena"), made),
    }
    checks = []
    for resource in plan.expected:
        for guard in resource.guards:
            if guard is Guard.TAGS:
                access = tags[resource.logical_id]
                pair: _Pair = access.holds(plan.tags), access.applied(plan.tags)
            else:
                pair = particular[resource.logical_id, guard]()
            checks.append(Check(logical_id=resource.logical_id, guard=guard, holds=pair[0], apply=pair[1]))
    return tuple(checks)


_Pair = tuple[Callable[[], bool], Callable[[], None] | None]


def _encryption(s3: S3Client, made: EnvironmentResources) -> _Pair:
    rule: ServerSideEncryptionRuleTypeDef = {
        "BucketKeyEnabled": True,
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": made.workspace_key_arn,
        },
    }

    def holds() -> bool:
        try:
            answer = s3.get_bucket_encryption(Bucket=made.workspace_bucket)
        except s3.exceptions.ClientError as error:
            return _absent(error, "ServerSideEncryptionConfigurationNotFoundError")
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
        return len(rules) == 1 and rule.items() <= rules[0].items()

    def apply() -> None:
        s3.put_bucket_encryption(
            Bucket=made.workspace_bucket,
            ServerSideEncryptionConfiguration={"Rules": [rule]},
        )

    return holds, apply


def _public_access(s3: S3Client, made: EnvironmentResources) -> _Pair:
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")

    def holds() -> bool:
        try:
            answer = s3.get_public_access_block(Bucket=made.workspace_bucket)
        except s3.exceptions.ClientError as error:
            return _absent(error, "NoSuchPublicAccessBlockConfiguration")
        block: Mapping[str, object] = answer["PublicAccessBlockConfiguration"]
        return all(block.get(name) is True for name in names)

    def apply() -> None:
        s3.put_public_access_block(
            Bucket=made.workspace_bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )

    return holds, apply


def _ownership(s3: S3Client, made: EnvironmentResources) -> _Pair:
    def holds() -> bool:
        try:
            answer = s3.get_bucket_ownership_controls(Bucket=made.workspace_bucket)
        except s3.exceptions.ClientError as error:
            return _absent(error, "OwnershipControlsNotFoundError")
        rules = answer["OwnershipControls"]["Rules"]
        return [rule["ObjectOwnership"] for rule in rules] == ["BucketOwnerEnforced"]

    def apply() -> None:
        s3.put_bucket_ownership_controls(
            Bucket=made.workspace_bucket,
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        )

    return holds, apply


def _role_boundary(iam: IAMClient, plan: EnvironmentPlan, made: EnvironmentResources) -> _Pair:
    role = plan.parameters["RoleName"]

    def holds() -> bool:
        boundary = iam.get_role(RoleName=role)["Role"].get("PermissionsBoundary", {})
        return boundary.get("PermissionsBoundaryArn") == made.boundary_arn

    def apply() -> None:
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=made.boundary_arn)

    return holds, apply


def _boundary_document(iam: IAMClient, plan: EnvironmentPlan, made: EnvironmentResources) -> _Pair:
    def holds() -> bool:
        version = iam.get_policy(PolicyArn=made.boundary_arn)["Policy"]["DefaultVersionId"]
        answer = iam.get_policy_version(PolicyArn=made.boundary_arn, VersionId=version)
        document: object = answer["PolicyVersion"]["Document"]
        # boto3 decodes AWS's URL-encoded text into an object; a plain text is what is left when it could not.
        found = json.loads(unquote(document)) if isinstance(document, str) else document
        return bool(found == plan.boundary)

    return holds, None


def _result_location(athena: AthenaClient, made: EnvironmentResources) -> _Pair:
    # Each query names its grant's own prefix, so the workgroup cannot force one on all: what holds is the role, which
    # writes nowhere else. A query that names none goes to this location, which no grant may write, and fails.
    location = f"s3://{made.workspace_bucket}/athena/"
    encryption: EncryptionConfigurationTypeDef = {
        "EncryptionOption": "SSE_KMS",
        "KmsKey": made.workspace_key_arn,
    }

    def holds() -> bool:
        found = athena.get_work_group(WorkGroup=made.athena_workgroup)["WorkGroup"].get("Configuration", {})
        result = found.get("ResultConfiguration", {})
        return (
            found.get("EnforceWorkGroupConfiguration") is False
            and result.get("OutputLocation") == location
            and result.get("EncryptionConfiguration") == encryption
        )

    def apply() -> None:
        athena.update_work_group(
            WorkGroup=made.athena_workgroup,
            ConfigurationUpdates={
                "EnforceWorkGroupConfiguration": False,
                "ResultConfigurationUpdates": {
                    "OutputLocation": location,
                    "EncryptionConfiguration": encryption,
                },
            },
        )

    return holds, apply


def _absent(error: Exception, code: str) -> bool:
    """False (the guard does not hold) when AWS says that there is none; any other error is raised again."""
    response = getattr(error, "response", {})
    if response.get("Error", {}).get("Code") == code:
        return False
    raise error
