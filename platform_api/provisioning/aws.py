"""Environments on AWS: one CloudFormation stack each, read back before anyone may use it.

Every call is short and may be repeated; nothing waits here. A reconciler calls `start`, then `observe`, at
each turn until it sees `Ready`.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from jit_engine.errors import AwsRefused, AwsUnavailable
from platform_api.provisioning.errors import StackNotOurs
from platform_api.provisioning.guards import ClientFactory, guard_checks
from platform_api.provisioning.order import PROBE_KEY
from platform_api.provisioning.outcome import (
    EnvironmentResources,
    Failed,
    InProgress,
    Observation,
    Ready,
    StackEvent,
)
from platform_api.provisioning.plan import DIGEST_TAG, EnvironmentPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef, TagTypeDef
    from mypy_boto3_s3 import S3Client

__all__ = ["ClientFactory", "Provisioner", "aws_errors"]

_WHOLE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_CHANGEABLE: Final = _WHOLE | {"UPDATE_ROLLBACK_COMPLETE"}
# What a creation that failed leaves: no update is possible, only removal.
_REMAINS: Final = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})
_PASSING: Final = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_RETRY_AFTER: Final = timedelta(seconds=15)
_EVENTS_SHOWN: Final = 50


class Provisioner:
    """Makes, watches and removes environments in one account and region.

    `client` gives a boto3 client by service name, with the provisioner role's credentials.
    """

    def __init__(self, *, client: ClientFactory) -> None:
        self._client = client

    def start(self, plan: EnvironmentPlan) -> None:
        """Brings the stack towards `plan` and returns at once; does nothing when it is there or under way.

        What a failed creation left is removed first, and the next call begins anew. Raises `StackNotOurs`,
        `AwsUnavailable` (try again) or `AwsRefused`.
        """
        with aws_errors("starting an environment"):
            stack = self._stack(plan.stack_name)
            if stack is None:
                self._create(plan)
                return
            self._check_ours(stack, plan)
            status = stack["StackStatus"]
            if status in _REMAINS:
                self._cloudformation.delete_stack(StackName=stack["StackId"])
            elif status in _CHANGEABLE and _tags(stack).get(DIGEST_TAG) != plan.template_digest:
                self._update(plan)

    def observe(self, plan: EnvironmentPlan) -> Observation:
        """What can be seen of the environment now.

        1. The stack is there, is ours and was made from this plan.
        2. CloudFormation has finished it.
        3. Every guard is read back; what is missing is applied by API and read back again.
        4. The engine's probe lies in the workspace.
        """
        with aws_errors("observing an environment"):
            stack = self._stack(plan.stack_name)
            if stack is None:
                return Failed(reason=f"there is no stack {plan.stack_name}: start it again")
            if not _is_ours(stack, plan):
                return Failed(reason=str(StackNotOurs(stack_name=plan.stack_name)))
            status = stack["StackStatus"]
            if status.endswith("_IN_PROGRESS"):
                return InProgress(events=self._events(plan.stack_name))
            if status not in _WHOLE:
                return Failed(reason=self._why(plan.stack_name, status))
            if _tags(stack).get(DIGEST_TAG) != plan.template_digest:
                return Failed(reason=f"{plan.stack_name} was made from another plan: start it again")
            return self._finished(plan, stack)

    def delete(self, environment: EnvironmentPlan | str) -> None:
        """Begins to remove a stack, by its plan or its name; does nothing when it is gone.

        The workspace bucket and its key stay: their purge is a step of its own. Revoke the grants first.
        """
        name = environment if isinstance(environment, str) else environment.stack_name
        with aws_errors("removing an environment"):
            stack = self._stack(name)
            if stack is None:
                return
            if _tags(stack).get("sluicegate:managed-by") != "sluicegate":
                raise StackNotOurs(stack_name=name)
            self._cloudformation.delete_stack(StackName=stack["StackId"])

    def _finished(self, plan: EnvironmentPlan, stack: StackTypeDef) -> Ready | Failed:
        made = _resources(stack)
        wrong = _misplaced(plan, made)
        if wrong:
            return Failed(reason=f"{plan.stack_name} does not hold what was planned: {', '.join(wrong)}")
        missing = [check for check in guard_checks(self._client, plan, made) if not check.holds()]
        for check in missing:
            if check.apply is not None:
                check.apply()
        still = [check.name for check in missing if not check.holds()]
        if still:
            return Failed(reason=f"{plan.stack_name} is not guarded, after repair: {', '.join(still)}")
        self._put_probe(made.workspace_bucket, plan.environment_id)
        repaired = tuple(check.name for check in missing)
        return Ready(resources=made, repaired=repaired, events=self._events(plan.stack_name))

    def _put_probe(self, bucket: str, environment_id: str) -> None:
        # Written each time: without the right to list, S3 does not tell what is missing.
        s3: S3Client = self._client("s3")
        s3.put_object(Bucket=bucket, Key=PROBE_KEY, Body=environment_id.encode(), ContentType="text/plain")

    def _create(self, plan: EnvironmentPlan) -> None:
        cloudformation = self._cloudformation
        try:
            cloudformation.create_stack(
                StackName=plan.stack_name,
                TemplateBody=plan.template_body,
                Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in plan.parameters.items()],
                Tags=_stack_tags(plan),
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
        except cloudformation.exceptions.AlreadyExistsException:
            return  # another replica was faster; the next observation says whose it is

    def _update(self, plan: EnvironmentPlan) -> None:
        self._cloudformation.update_stack(
            StackName=plan.stack_name,
            TemplateBody=plan.template_body,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in plan.parameters.items()],
            Tags=_stack_tags(plan),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )

    def _check_ours(self, stack: StackTypeDef, plan: EnvironmentPlan) -> None:
        if not _is_ours(stack, plan):
            raise StackNotOurs(stack_name=plan.stack_name)

    def _stack(self, name: str) -> StackTypeDef | None:
        try:
            stacks = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if _code(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        live = [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
        return live[0] if live else None

    def _events(self, name: str) -> tuple[StackEvent, ...]:
        newest_first = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return tuple(
            StackEvent(
                at=event["Timestamp"],
                logical_id=event.get("LogicalResourceId", ""),
                type=event.get("ResourceType", ""),
                status=event.get("ResourceStatus", ""),
                reason=event.get("ResourceStatusReason", ""),
            )
            for event in reversed(newest_first[:_EVENTS_SHOWN])
        )

    def _why(self, name: str, status: str) -> str:
        """The first failure is the cause; the rest were cancelled because of it."""
        for event in self._events(name):
            if event.status.endswith("_FAILED"):
                return f"{name} is {status}: {event.logical_id} ({event.type}) failed: {event.reason}"
        return f"{name} is {status}: look at its events in CloudFormation, then start it again"

    @property
    def _cloudformation(self) -> CloudFormationClient:
        client: CloudFormationClient = self._client("cloudformation")
        return client


def _resources(stack: StackTypeDef) -> EnvironmentResources:
    outputs = {o.get("OutputKey", ""): o.get("OutputValue", "") for o in stack.get("Outputs", [])}
    return EnvironmentResources(
        workspace_bucket=outputs.get("WorkspaceBucketName", ""),
        workspace_key_arn=outputs.get("WorkspaceKeyArn", ""),
        boundary_arn=outputs.get("BoundaryArn", ""),
        environment_role_arn=outputs.get("EnvironmentRoleArn", ""),
        log_group=outputs.get("LogGroup", ""),
        glue_database=outputs.get("GlueDatabase", ""),
        athena_workgroup=outputs.get("AthenaWorkgroup", ""),
        image_repository=outputs.get("ImageRepository", ""),
        stack_id=stack.get("StackId", ""),
    )


def _misplaced(plan: EnvironmentPlan, made: EnvironmentResources) -> tuple[str, ...]:
    """What is not where the plan says, account and region included; empty when all of it is."""
    place, wanted = f"{plan.region}:{plan.account_id}", plan.parameters
    iam = f"arn:aws:iam::{plan.account_id}"
    holds: Mapping[str, bool] = {
        "stack": made.stack_id.startswith(f"arn:aws:cloudformation:{place}:stack/{plan.stack_name}/"),
        "workspace bucket": made.workspace_bucket == wanted["WorkspaceBucket"],
        "workspace key": made.workspace_key_arn.startswith(f"arn:aws:kms:{place}:key/"),
        "boundary": made.boundary_arn == f"{iam}:policy/sluicegate/boundary/{wanted['BoundaryName']}",
        "environment role": made.environment_role_arn == f"{iam}:role/sluicegate/env/{wanted['RoleName']}",
        "log group": made.log_group == wanted["LogGroupName"],
        "Glue database": made.glue_database == wanted["DatabaseName"],
        "Athena workgroup": made.athena_workgroup == wanted["WorkgroupName"],
        "image repository": made.image_repository == wanted["RepositoryName"],
    }
    return tuple(name for name, right in holds.items() if not right)


def _is_ours(stack: StackTypeDef, plan: EnvironmentPlan) -> bool:
    return _tags(stack).get("sluicegate:environment") == plan.environment_id


def _tags(stack: StackTypeDef) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}


def _stack_tags(plan: EnvironmentPlan) -> list[TagTypeDef]:
    return [{"Key": k, "Value": v} for k, v in {**plan.tags, DIGEST_TAG: plan.template_digest}.items()]


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "Unknown")


@contextmanager
def aws_errors(operation: str) -> Iterator[None]:
    """AWS's errors as the engine's: what may pass by itself, and what will not."""
    try:
        yield
    except ClientError as error:
        _raise(error, operation)
    except BotoCoreError as error:
        raise AwsUnavailable(operation=operation, retry_after=_RETRY_AFTER) from error


def _raise(error: ClientError, operation: str) -> NoReturn:
    if _code(error) in _PASSING:
        raise AwsUnavailable(operation=operation, retry_after=_RETRY_AFTER) from error
    raise AwsRefused(operation=f"{operation} ({error.operation_name})", aws_code=_code(error)) from error
