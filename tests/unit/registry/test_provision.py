"""The reconciler of environments: one step at a time, usable only when whole, listed when it fails."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from jit_engine.domain.activity import EnvironmentState
from jit_engine.domain.catalogue import Catalogue, ColumnGroup, PrefixItem, TableItem, Zone
from jit_engine.domain.classification import Classification
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.errors import AwsUnavailable, WrongState
from platform_api.provisioning.outcome import EnvironmentResources, Failed, InProgress, Observation, Ready, StackEvent
from platform_api.provisioning.plan import EnvironmentPlan
from platform_api.registry.activities import ActivityDesk
from platform_api.registry.provision import (
    LEASE,
    MOST_TRIES,
    POLL,
    Ground,
    ProvisioningReconciler,
    lake_buckets,
)
from platform_api.registry.records import EnvironmentRecord
from tests.fakes.registry import MemoryRegistry
from tests.unit.registry.sample import ADA, ARCHIE, LIMITS, NOW, order, organisation, sequence

ACCOUNT = "111122223333"
GROUND = Ground(account=ACCOUNT, region="us-east-1", broker_role_arn=f"arn:aws:iam::{ACCOUNT}:role/sluicegate-broker")
RESOURCES = EnvironmentResources(
    workspace_bucket="sg-ws-x",
    workspace_key_arn=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k",
    boundary_arn=f"arn:aws:iam::{ACCOUNT}:policy/sluicegate/boundary/b",
    environment_role_arn=f"arn:aws:iam::{ACCOUNT}:role/sluicegate/env/e",
    log_group="/sluicegate/env/e",
    glue_database="sg_e",
    athena_workgroup="sg-env-e",
    image_repository="sluicegate/e",
    stack_id="arn:stack",
)
LAST_LINE = StackEvent(at=NOW, logical_id="Workspace", type="AWS::S3::Bucket", status="CREATE_COMPLETE", reason="")
READY = Ready(resources=RESOURCES, repaired=("Workspace: tags",), events=(LAST_LINE,))
CREATING = StackEvent(at=NOW, logical_id="Workspace", type="AWS::S3::Bucket", status="CREATE_IN_PROGRESS", reason="")
WORKING = InProgress(events=(CREATING,))


class ScriptedProvisioner:
    """Answers each observation with the next of its script; an exception in it is raised by `start`."""

    def __init__(self, *script: Observation | BaseException) -> None:
        self.script = list(script)
        self.started: list[EnvironmentPlan] = []

    def start(self, plan: EnvironmentPlan) -> None:
        self.started.append(plan)
        if self.script and isinstance(self.script[0], BaseException):
            raise self.script.pop(0)  # type: ignore[misc]  # just seen to be an exception

    def observe(self, plan: EnvironmentPlan) -> Observation:
        seen = self.script.pop(0)
        assert not isinstance(seen, BaseException)
        return seen


def reconciler(
    *script: Observation | BaseException,
) -> tuple[ProvisioningReconciler, MemoryRegistry, ScriptedProvisioner]:
    store, provisioner = organisation(), ScriptedProvisioner(*script)
    desk = ActivityDesk(store=store, new_id=sequence(), limits=LIMITS, template_digest="d1")
    desk.register(ADA, order(), NOW)
    return ProvisioningReconciler(store=store, provisioner=provisioner, ground=GROUND), store, provisioner


def only(store: MemoryRegistry) -> EnvironmentRecord:
    activity = store.activity_named("loan-losses")
    assert activity is not None
    (record,) = store.environments_of(activity.activity.id)
    return record


def actions(store: MemoryRegistry) -> list[str]:
    return [event.action for event in store.events]


@pytest.mark.case("PROV-016")
def test_an_environment_is_usable_only_when_it_is_whole() -> None:
    at, store, provisioner = reconciler(WORKING, READY)
    at.step(NOW)
    half = only(store)
    assert half.environment.state is EnvironmentState.PROVISIONING
    assert half.environment.place is None
    assert [line.resource for line in half.events] == ["Workspace (AWS::S3::Bucket)"]
    assert half.due_at == NOW + POLL
    assert at.step(NOW) == []
    at.step(NOW + POLL)
    done = only(store)
    assert done.environment.state is EnvironmentState.ACTIVE
    assert done.environment.place is not None
    assert done.environment.place.boundary_arn == RESOURCES.boundary_arn
    assert done.environment.place.workgroup == "sg-env-e"
    assert done.environment.place.broker_role_arn == GROUND.broker_role_arn
    assert done.resources["glue_database"] == "sg_e"
    assert done.tags["sluicegate:owner"] == ADA.id
    assert done.template_digest == provisioner.started[0].template_digest
    assert done.due_at is None
    assert actions(store)[1:] == ["environment.provisioning", "environment.observed", "environment.active"]
    assert store.events[-1].details["repaired"] == ["Workspace: tags"]


def test_the_intent_is_recorded_before_aws_hears_of_it() -> None:
    at, store, _ = reconciler(SystemExit("the process dies here"))
    with pytest.raises(SystemExit):
        at.step(NOW)
    record = only(store)
    assert record.environment.state is EnvironmentState.PROVISIONING
    assert record.stack is not None
    assert record.due_at == NOW + LEASE


def test_another_replica_takes_over_after_the_lease_and_repeats_the_start() -> None:
    at, store, provisioner = reconciler(SystemExit("the process dies here"), READY)
    with pytest.raises(SystemExit):
        at.step(NOW)
    assert at.step(NOW + LEASE - timedelta(seconds=1)) == []
    at.step(NOW + LEASE)
    assert only(store).environment.state is EnvironmentState.ACTIVE
    assert provisioner.started[0] == provisioner.started[1]


def test_failures_back_off_and_after_six_it_is_failed_and_listed() -> None:
    unavailable = AwsUnavailable(operation="starting an environment", retry_after=timedelta(seconds=5))
    script: list[Observation | Exception] = [Failed(reason="quota"), unavailable] * 3
    at, store, _ = reconciler(*script)
    now = NOW
    waits: list[timedelta] = []
    while (due := only(store).due_at) is not None:
        waits.append(due - now)
        now = due
        at.step(now)
    record = only(store)
    assert record.environment.state is EnvironmentState.FAILED
    assert record.environment.place is None
    assert record.tries == MOST_TRIES
    assert record.last_error is not None
    assert [wait.total_seconds() for wait in waits[1:]] == [5, 10, 20, 40, 80]
    assert actions(store).count("environment.try-failed") == MOST_TRIES - 1
    assert actions(store)[-1] == "environment.failed"


def test_what_nobody_thought_of_backs_off_as_well() -> None:
    at, store, _ = reconciler(KeyError("what AWS had not left out before"), WORKING)
    at.step(NOW)
    assert (only(store).environment.state, only(store).tries) == (
        EnvironmentState.PROVISIONING,
        0,
    )  # moved on meanwhile
    assert at.step(NOW + LEASE) != []
    at, store, _ = reconciler(WORKING, KeyError("what AWS had not left out before"))
    at.step(NOW)
    at.step(NOW + POLL)
    assert (only(store).tries, only(store).last_error, only(store).due_at) == (1, "KeyError", NOW + 2 * POLL)


def test_a_failed_environment_is_tried_again_on_somebodys_word_only() -> None:
    at, store, provisioner = reconciler(*[Failed(reason="quota")] * MOST_TRIES)
    for hour in range(MOST_TRIES):
        at.step(NOW + timedelta(hours=hour))
    assert at.step(NOW + timedelta(days=1)) == []
    key = only(store).environment.id
    again = at.retry(ARCHIE, key, NOW + timedelta(days=1))
    assert (again.tries, again.environment.state) == (0, EnvironmentState.PROVISIONING)
    assert store.events[-1].actor == ARCHIE.id
    with pytest.raises(WrongState):
        at.retry(ARCHIE, key, NOW)
    provisioner.script = [READY]
    at.step(NOW + timedelta(days=1))
    assert only(store).environment.state is EnvironmentState.ACTIVE


def test_an_attempt_that_never_ends_counts_as_failed() -> None:
    at, store, _ = reconciler(WORKING, WORKING)
    at.step(NOW)
    at.step(NOW + timedelta(hours=2))
    assert only(store).tries == 1


def test_nothing_is_made_past_the_end() -> None:
    at, store, provisioner = reconciler()
    at.step(only(store).environment.expires_at)
    assert only(store).environment.state is EnvironmentState.FAILED
    assert provisioner.started == []


@pytest.mark.parametrize("at_most", [0, 1])
def test_a_step_takes_no_more_than_it_is_told(at_most: int) -> None:
    at, _, _ = reconciler(READY)
    assert len(at.step(NOW, limit=at_most)) == at_most


def prefix(bucket: str, zone: Zone, account: str = ACCOUNT) -> PrefixItem:
    return PrefixItem(
        source=S3Prefix(account=account, bucket=bucket, prefix="x/"),
        title="",
        product="",
        owner_team="owners",
        domain="",
        zone=zone,
        classification=Classification.INTERNAL,
        classes=frozenset(),
    )


def test_a_boundary_leaves_room_for_lake_and_reports_of_its_account_only() -> None:
    table = TableItem(
        source=GlueTable(account=ACCOUNT, region="us-east-1", database="d", table="t"),
        title="",
        product="",
        owner_team="owners",
        domain="",
        location=S3Prefix(account=ACCOUNT, bucket="tables", prefix="t/"),
        groups=(ColumnGroup(name="g", columns=("a",), classification=Classification.INTERNAL, classes=frozenset()),),
    )
    items = (
        prefix("lake", Zone.LAKE),
        prefix("reports", Zone.REPORT),
        prefix("somebodys-work", Zone.WORKSPACE),
        prefix("foreign", Zone.LAKE, "999988887777"),
        table,
    )
    assert lake_buckets(Catalogue(generation=1, items=items), ACCOUNT) == ("lake", "reports", "tables")


def test_a_replica_that_lost_the_race_leaves_the_environment_to_the_other() -> None:
    at, store, provisioner = reconciler(READY)

    class Interloper(ScriptedProvisioner):
        def start(self, plan: EnvironmentPlan) -> None:
            record = only(store)
            store.save_environment(record, store.events[-1])
            super().start(plan)

    late = ProvisioningReconciler(store=store, provisioner=Interloper(READY), ground=GROUND)
    assert late.step(NOW) == []
    assert only(store).environment.state is EnvironmentState.PROVISIONING
    later: datetime = NOW + LEASE
    assert len(at.step(later)) == 1
    assert provisioner.started
