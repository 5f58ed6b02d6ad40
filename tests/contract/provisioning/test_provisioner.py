"""Environments on the embedded AWS, made with the provisioner role's least privilege."""

import dataclasses
import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from jit_engine.domain.tier import Tier
from jit_engine.errors import AwsRefused, AwsUnavailable
from platform_api.provisioning.aws import Provisioner
from platform_api.provisioning.errors import StackNotOurs
from platform_api.provisioning.guards import ClientFactory
from platform_api.provisioning.outcome import Failed, InProgress, Observation, Ready
from platform_api.provisioning.plan import DIGEST_TAG, EnvironmentPlan, plan_environment
from tests.contract.provisioning.conftest import Cloud
from tests.contract.provisioning.meddling import fails_with, lost, meddle, with_status
from tests.unit.provisioning.orders import LAKE, REPORTS, an_order

pytestmark = pytest.mark.aws


def settled(provisioner: Provisioner, plan: EnvironmentPlan) -> Observation:
    """What is seen once CloudFormation no longer works on it."""
    for _ in range(150):
        seen = provisioner.observe(plan)
        if not isinstance(seen, InProgress):
            return seen
        time.sleep(0.2)
    raise AssertionError("the stack was still in progress after 30 s")


def made(provisioner: Provisioner, plan: EnvironmentPlan) -> Ready:
    provisioner.start(plan)
    seen = settled(provisioner, plan)
    assert isinstance(seen, Ready), seen
    return seen


def tags_of_everything(cloud: Cloud, ready: Ready, plan: EnvironmentPlan) -> dict[str, dict[str, str]]:
    """The tags as root reads them, by service; each by its own call, none by the code under test."""
    found, place = ready.resources, f"{plan.region}:{plan.account_id}"

    def pairs(tags: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
        return {tag[key]: tag[value] for tag in tags}

    root = cloud.root
    return {
        "s3": pairs(root("s3").get_bucket_tagging(Bucket=found.workspace_bucket)["TagSet"]),
        "kms": pairs(root("kms").list_resource_tags(KeyId=found.workspace_key_arn)["Tags"], "TagKey", "TagValue"),
        "policy": pairs(root("iam").list_policy_tags(PolicyArn=found.boundary_arn)["Tags"]),
        "role": pairs(root("iam").list_role_tags(RoleName=plan.parameters["RoleName"])["Tags"]),
        "logs": root("logs").list_tags_for_resource(resourceArn=f"arn:aws:logs:{place}:log-group:{found.log_group}")[
            "tags"
        ],
        "glue": root("glue").get_tags(ResourceArn=f"arn:aws:glue:{place}:database/{found.glue_database}")["Tags"],
        "athena": pairs(
            root("athena").list_tags_for_resource(
                ResourceARN=f"arn:aws:athena:{place}:workgroup/{found.athena_workgroup}"
            )["Tags"]
        ),
        "ecr": pairs(
            root("ecr").list_tags_for_resource(resourceArn=f"arn:aws:ecr:{place}:repository/{found.image_repository}")[
                "tags"
            ]
        ),
    }


def test_a_research_environment_has_every_tag_its_encryption_and_its_boundary(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    ready = made(provisioner, plan)
    for service, tags in tags_of_everything(cloud, ready, plan).items():
        assert plan.tags.items() <= tags.items(), service
    s3, found = cloud.root("s3"), ready.resources
    rule = s3.get_bucket_encryption(Bucket=found.workspace_bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": found.workspace_key_arn,
    }
    assert rule["BucketKeyEnabled"] is True
    block = s3.get_public_access_block(Bucket=found.workspace_bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    role = cloud.root("iam").get_role(RoleName=plan.parameters["RoleName"])["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == found.boundary_arn
    assert role["Arn"] == found.environment_role_arn
    version = cloud.root("iam").get_policy_version(PolicyArn=found.boundary_arn, VersionId="v1")
    assert version["PolicyVersion"]["Document"] == plan.boundary
    workgroup = cloud.root("athena").get_work_group(WorkGroup=found.athena_workgroup)["WorkGroup"]
    assert workgroup["Configuration"]["EnforceWorkGroupConfiguration"] is False
    location = workgroup["Configuration"]["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{found.workspace_bucket}/athena/"
    probe = s3.get_object(Bucket=found.workspace_bucket, Key=".sluicegate/probe")
    assert probe["Body"].read() == environment_id.encode()


def test_what_cloudformation_left_out_is_repaired_once_and_said(provisioner: Provisioner, environment_id: str) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    first = made(provisioner, plan)
    assert "EnvironmentRole: boundary" in first.repaired
    assert "Workspace: encryption" in first.repaired
    assert provisioner.observe(plan) == dataclasses.replace(first, repaired=())


def test_starting_again_changes_nothing(cloud: Cloud, provisioner: Provisioner, environment_id: str) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    first = made(provisioner, plan)
    events = cloud.root("cloudformation").describe_stack_events(StackName=plan.stack_name)["StackEvents"]
    second = made(provisioner, plan)
    assert second.resources == first.resources
    after = cloud.root("cloudformation").describe_stack_events(StackName=plan.stack_name)["StackEvents"]
    assert after == events


def test_two_replicas_that_start_at_once_make_one_environment(
    client: ClientFactory, provisioner: Provisioner, environment_id: str
) -> None:
    """The second saw no stack, and AWS tells it that there is one."""
    plan = plan_environment(an_order(environment_id=environment_id))
    first = made(provisioner, plan)
    late = Provisioner(client=meddle(client, "cloudformation", describe_stacks=_sees_no_stack))
    late.start(plan)
    assert made(provisioner, plan).resources == first.resources


def _sees_no_stack(real: Any) -> Any:
    return lambda **_: {"Stacks": []}


def test_a_changed_order_changes_the_tags_of_the_same_environment(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    before = plan_environment(an_order(environment_id=environment_id))
    first = made(provisioner, before)
    after = plan_environment(an_order(environment_id=environment_id, owner="us_someone-else"))
    not_yet = provisioner.observe(after)
    assert isinstance(not_yet, Failed)
    second = made(provisioner, after)
    assert second.resources == first.resources
    for service, tags in tags_of_everything(cloud, second, after).items():
        assert tags["sluicegate:owner"] == "us_someone-else", service


@pytest.mark.case("PROV-016")
def test_an_environment_that_was_never_started_is_not_ready(provisioner: Provisioner, environment_id: str) -> None:
    assert isinstance(provisioner.observe(plan_environment(an_order(environment_id=environment_id))), Failed)


def test_a_stack_under_way_is_in_progress_with_its_events(
    client: ClientFactory, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    made(provisioner, plan)
    working = meddle(client, "cloudformation", describe_stacks=with_status("CREATE_IN_PROGRESS"))
    seen = Provisioner(client=working).observe(plan)
    assert isinstance(seen, InProgress)
    assert {"Workspace", "Boundary", "EnvironmentRole"} <= {event.logical_id for event in seen.events}
    assert [event.at for event in seen.events] == sorted(event.at for event in seen.events)


@pytest.mark.parametrize(
    ("service", "operation", "named"),
    [
        ("iam", "put_role_permissions_boundary", "EnvironmentRole: boundary"),
        ("s3", "put_bucket_tagging", "Workspace: tags"),
        ("s3", "put_bucket_encryption", "Workspace: encryption"),
    ],
)
def test_an_environment_whose_repair_has_no_effect_is_not_ready(
    client: ClientFactory,
    provisioner: Provisioner,
    environment_id: str,
    service: str,
    operation: str,
    named: str,
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    provisioner.start(plan)
    seen = settled(Provisioner(client=meddle(client, service, **{operation: lost})), plan)
    assert isinstance(seen, Failed)
    assert named in seen.reason
    assert isinstance(settled(provisioner, plan), Ready)


@pytest.mark.case("PROV-016")
def test_a_repair_that_was_interrupted_is_finished_by_the_next_look(
    client: ClientFactory, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    provisioner.start(plan)
    cut = Provisioner(client=meddle(client, "iam", put_role_permissions_boundary=fails_with("Throttling")))
    with pytest.raises(AwsUnavailable):
        settled(cut, plan)
    ready = settled(provisioner, plan)
    assert isinstance(ready, Ready)
    assert "EnvironmentRole: boundary" in ready.repaired


def test_a_failed_creation_names_its_cause_and_can_be_started_anew(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    squatted = plan.parameters["DatabaseName"]
    cloud.root("glue").create_database(DatabaseInput={"Name": squatted})
    provisioner.start(plan)
    seen = settled(provisioner, plan)
    assert isinstance(seen, Failed)
    assert "Catalogue" in seen.reason
    cloud.root("glue").delete_database(Name=squatted)
    provisioner.start(plan)
    settled(provisioner, plan)
    assert isinstance(made(provisioner, plan), Ready)


def test_a_boundary_that_was_changed_by_hand_fails_and_is_not_mended_in_silence(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    ready = made(provisioner, plan)
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    cloud.root("iam").create_policy_version(
        PolicyArn=ready.resources.boundary_arn, PolicyDocument=json.dumps(wide), SetAsDefault=True
    )
    for _ in range(2):
        seen = provisioner.observe(plan)
        assert isinstance(seen, Failed)
        assert "Boundary: document" in seen.reason


@pytest.mark.case("PROV-002")
def test_a_tag_that_was_taken_away_is_put_back_and_said(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    made(provisioner, plan)
    role = plan.parameters["RoleName"]
    cloud.root("iam").untag_role(RoleName=role, TagKeys=["sluicegate:tier"])
    seen = provisioner.observe(plan)
    assert isinstance(seen, Ready)
    assert seen.repaired == ("EnvironmentRole: tags",)


def test_a_stack_that_somebody_else_made_is_never_adopted(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    template = {"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": plan.stack_name}}}}
    cloud.root("cloudformation").create_stack(
        StackName=plan.stack_name,
        TemplateBody=json.dumps(template),
        Tags=[{"Key": DIGEST_TAG, "Value": plan.template_digest}],
    )
    with pytest.raises(StackNotOurs):
        provisioner.start(plan)
    assert isinstance(provisioner.observe(plan), Failed)
    with pytest.raises(StackNotOurs):
        provisioner.delete(plan)


def test_removal_takes_the_role_and_the_boundary_and_leaves_the_data(
    cloud: Cloud, provisioner: Provisioner, environment_id: str
) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    ready = made(provisioner, plan)
    cloud.root("s3").put_object(Bucket=ready.resources.workspace_bucket, Key="notes/a.txt", Body=b"1")
    provisioner.delete(plan)
    seen = settled(provisioner, plan)
    assert isinstance(seen, Failed)
    iam = cloud.root("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=plan.parameters["RoleName"])
    kept = cloud.root("s3").get_object(Bucket=ready.resources.workspace_bucket, Key="notes/a.txt")
    assert kept["Body"].read() == b"1"
    provisioner.delete(plan.stack_name)


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded", "ServiceUnavailable"])
def test_an_aws_that_throttles_is_unavailable_for_now(client: ClientFactory, environment_id: str, code: str) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    slow = Provisioner(client=meddle(client, "cloudformation", create_stack=fails_with(code)))
    with pytest.raises(AwsUnavailable):
        slow.start(plan)


def test_an_aws_that_refuses_is_told_apart(client: ClientFactory, environment_id: str) -> None:
    plan = plan_environment(an_order(environment_id=environment_id))
    refused = Provisioner(client=meddle(client, "cloudformation", create_stack=fails_with("AccessDenied")))
    with pytest.raises(AwsRefused) as refusal:
        refused.start(plan)
    assert refusal.value.aws_code == "AccessDenied"


def test_an_aws_that_is_down_is_unavailable(environment_id: str) -> None:
    def nowhere(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url="http://127.0.0.1:9",
            config=Config(retries={"total_max_attempts": 1}),
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    with pytest.raises(AwsUnavailable):
        Provisioner(client=nowhere).start(plan_environment(an_order(environment_id=environment_id)))


def reaches(call: Any, **arguments: Any) -> bool:
    """Whether AWS lets the call through; any refusal but AccessDenied is an error of the test."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
            return False
        raise
    return True


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.case("PROV-001", "PROV-005")
def test_the_boundary_holds_a_role_that_may_do_everything_to_its_tier(
    cloud: Cloud, provisioner: Provisioner, environment_id: str, tier: Tier
) -> None:
    plan = plan_environment(an_order(tier, environment_id=environment_id))
    ready = made(provisioner, plan)
    iam, name, account = cloud.root("iam"), f"sg-everything-{environment_id}", cloud.account
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": account.broker_role_arn}, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(
        RoleName=name,
        Path="/jit/",
        AssumeRolePolicyDocument=json.dumps(trust),
        PermissionsBoundary=ready.resources.boundary_arn,
    )["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(everything))
    session = cloud.become(role["Arn"], through=cloud.become(account.broker_role_arn))
    s3, glue, own = session("s3"), session("glue"), ready.resources.workspace_bucket

    assert reaches(s3.get_object, Bucket=LAKE, Key="loans/a.txt")
    assert reaches(s3.put_object, Bucket=own, Key="notes/a.txt", Body=b"1")
    assert reaches(s3.delete_object, Bucket=own, Key="notes/a.txt")
    assert reaches(s3.get_object, Bucket=own, Key=".sluicegate/probe")
    assert reaches(glue.get_databases)
    assert reaches(s3.put_object, Bucket=REPORTS, Key="monthly/a.txt", Body=b"1") is (tier is Tier.OPERATION)

    assert not reaches(s3.delete_object, Bucket=LAKE, Key="loans/a.txt")
    assert not reaches(s3.get_object, Bucket="elsewhere", Key="loans/a.txt")
    assert not reaches(s3.put_object, Bucket="elsewhere", Key="loans/a.txt", Body=b"1")
    assert not reaches(s3.put_object, Bucket=own, Key=".sluicegate/probe", Body=b"1")
    assert not reaches(s3.put_bucket_acl, Bucket=own, ACL="public-read")
    assert not reaches(s3.put_object_acl, Bucket=own, Key=".sluicegate/probe", ACL="public-read")
    assert not reaches(s3.list_buckets)
    assert not reaches(glue.create_database, DatabaseInput={"Name": "made_beside"})
    assert not reaches(session("iam").list_roles)
    assert not reaches(session("sts").assume_role, RoleArn=role["Arn"], RoleSessionName="again")
