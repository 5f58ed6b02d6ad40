"""How the tags of each kind of resource are read and written: every AWS service has its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import TagTypeDef

    from platform_api.provisioning.guards import ClientFactory
    from platform_api.provisioning.outcome import EnvironmentResources
    from platform_api.provisioning.plan import EnvironmentPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAccess:
    """Reading all tags of one resource, and adding some without taking others away."""

    read: Callable[[], Mapping[str, str]]
    add: Callable[[Mapping[str, str]], None]

    def holds(self, wanted: Mapping[str, str]) -> Callable[[], bool]:
        """A check that every wanted tag is there with its value; others are not looked at."""
        return lambda: wanted.items() <= dict(self.read()).items()

    def applied(self, wanted: Mapping[str, str]) -> Callable[[], None]:
        """An act that adds the wanted tags."""
        return lambda: self.add(wanted)


def tag_accesses(client: ClientFactory, plan: EnvironmentPlan, made: EnvironmentResources) -> dict[str, TagAccess]:
    """The tag access of every resource of the plan, by logical id."""
    place = f"{plan.region}:{plan.account_id}"
    return {
        "Workspace": _bucket(client("s3"), made.workspace_bucket),
        "WorkspaceKey": _key(client("kms"), made.workspace_key_arn),
        "Boundary": _policy(client("iam"), made.boundary_arn),
        "EnvironmentRole": _role(client("iam"), plan.parameters["RoleName"]),
        "Logs": _log_group(client("logs"), f"arn:aws:logs:{place}:log-group:{made.log_group}"),
        "Catalogue": _database(client("glue"), f"arn:aws:glue:{place}:database/{made.glue_database}"),
        "Queries": _workgroup(client("athena"), f"arn:aws:athena:{place}:workgroup/{made.athena_workgroup}"),
        "Images": _repository(client("ecr"), f"arn:aws:ecr:{place}:repository/{made.image_repository}"),
    }


def _bucket(s3: S3Client, bucket: str) -> TagAccess:
    def read() -> dict[str, str]:
        try:
            answer = s3.get_bucket_tagging(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchTagSet":
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def add(tags: Mapping[str, str]) -> None:
        # S3 replaces the whole set, so what is there (CloudFormation's own included) goes back with it.
        whole = {**read(), **tags}
        tag_set: list[TagTypeDef] = [{"Key": k, "Value": v} for k, v in whole.items()]
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set})

    return TagAccess(read=read, add=add)


# No stubs are installed for KMS, Logs and ECR: their clients are Any, and the readers type what they answer.
def _key(kms: Any, key_arn: str) -> TagAccess:
    def read() -> dict[str, str]:
        pages = kms.get_paginator("list_resource_tags").paginate(KeyId=key_arn)
        return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}

    def add(tags: Mapping[str, str]) -> None:
        kms.tag_resource(KeyId=key_arn, Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])

    return TagAccess(read=read, add=add)


def _policy(iam: IAMClient, arn: str) -> TagAccess:
    def read() -> dict[str, str]:
        pages = iam.get_paginator("list_policy_tags").paginate(PolicyArn=arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def add(tags: Mapping[str, str]) -> None:
        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    return TagAccess(read=read, add=add)


def _role(iam: IAMClient, name: str) -> TagAccess:
    def read() -> dict[str, str]:
        pages = iam.get_paginator("list_role_tags").paginate(RoleName=name)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def add(tags: Mapping[str, str]) -> None:
        iam.tag_role(RoleName=name, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    return TagAccess(read=read, add=add)


def _log_group(logs: Any, arn: str) -> TagAccess:
    def read() -> dict[str, str]:
        return dict(logs.list_tags_for_resource(resourceArn=arn)["tags"])

    def add(tags: Mapping[str, str]) -> None:
        logs.tag_resource(resourceArn=arn, tags=dict(tags))

    return TagAccess(read=read, add=add)


def _database(glue: GlueClient, arn: str) -> TagAccess:
    def read() -> dict[str, str]:
        return dict(glue.get_tags(ResourceArn=arn)["Tags"])

    def add(tags: Mapping[str, str]) -> None:
        glue.tag_resource(ResourceArn=arn, TagsToAdd=dict(tags))

    return TagAccess(read=read, add=add)


def _workgroup(athena: AthenaClient, arn: str) -> TagAccess:
    def read() -> dict[str, str]:
        pages = athena.get_paginator("list_tags_for_resource").paginate(ResourceARN=arn)
        return {tag.get("Key", ""): tag.get("Value", "") for page in pages for tag in page["Tags"]}

    def add(tags: Mapping[str, str]) -> None:
        athena.tag_resource(ResourceARN=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    return TagAccess(read=read, add=add)


def _repository(ecr: Any, arn: str) -> TagAccess:
    def read() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in ecr.list_tags_for_resource(resourceArn=arn)["tags"]}

    def add(tags: Mapping[str, str]) -> None:
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    return TagAccess(read=read, add=add)
