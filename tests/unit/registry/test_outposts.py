"""Outposts: wanted once, made by the account's own provisioner, and waiting for their own account alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from jit_engine.domain.activity import ActivityState
from jit_engine.domain.ids import ActivityId, EnvironmentId
from jit_engine.errors import AccountNotServed, AwsUnavailable
from platform_api.provisioning.outcome import Failed, Observation
from platform_api.registry.activities import ActivityDesk
from platform_api.registry.outposts import FAILED_AGAIN, Outpost, OutpostAccount, OutpostReconciler, OutpostState
from platform_api.registry.provision import LONGEST_BACK_OFF, MOST_TRIES, POLL, Ground, ProvisioningReconciler
from tests.fakes.outposts import MemoryOutposts
from tests.fakes.registry import MemoryRegistry
from tests.unit.registry.sample import ADA, LIMITS, NOW, order, organisation, sequence
from tests.unit.registry.test_provision import GROUND, READY, WORKING, ScriptedProvisioner

FAR, FARTHER = "210987654321", "310987654321"
SILENT = AwsUnavailable(operation="any", retry_after=timedelta(seconds=5))


def ground(account: str) -> Ground:
    return Ground(account=account, region="eu-west-1", broker_role_arn=f"arn:aws:iam::{account}:role/sluicegate-broker")


@dataclass(slots=True)
class Yard:
    """One active environment, and two further accounts with what their provisioners will see."""

    far: ScriptedProvisioner
    farther: ScriptedProvisioner = field(default_factory=ScriptedProvisioner)
    silent: set[str] = field(default_factory=set)
    store: MemoryOutposts = field(default_factory=MemoryOutposts)
    registry: MemoryRegistry = field(default_factory=organisation)

    def __post_init__(self) -> None:
        desk = ActivityDesk(store=self.registry, new_id=sequence(), limits=LIMITS, template_digest="d1")
        desk.register(ADA, order(), NOW)
        network = replace(GROUND, vpc_endpoints=frozenset({"vpce-0123456789abcdef0"}))
        home = ProvisioningReconciler(store=self.registry, provisioner=ScriptedProvisioner(READY), ground=network)
        home.step(NOW)

    @property
    def ids(self) -> tuple[EnvironmentId, ActivityId]:
        activity = self.registry.activity_named("loan-losses")
        assert activity is not None
        (environment,) = self.registry.environments_of(activity.activity.id)
        return environment.environment.id, activity.activity.id

    @property
    def reconciler(self) -> OutpostReconciler:
        scripted = {FAR: self.far, FARTHER: self.farther}
        return OutpostReconciler(
            store=self.store,
            registry=self.registry,
            accounts={
                account: OutpostAccount(
                    ground=ground(account),
                    provisioner=provisioner,
                    check_answering=lambda account=account: self._check(account),  # type: ignore[misc]
                )
                for account, provisioner in scripted.items()
            },
        )

    def want(self, account: str = FAR, now: datetime = NOW) -> None:
        self.reconciler.want(*self.ids, account, now)

    def state(self, account: str = FAR) -> OutpostState:
        return self.store.kept[self.ids[0], account].state

    def _check(self, account: str) -> None:
        if account in self.silent:
            raise SILENT


class Overtaken(MemoryOutposts):
    """A store in which whatever is read has been moved on before it can be written."""

    def of(self, environment: EnvironmentId) -> Sequence[Outpost]:
        found = [one for (of, _), one in self.kept.items() if of == environment]
        self.kept.update({(one.environment, one.account): replace(one, version=one.version + 1) for one in found})
        return found


def yard(*seen: Observation | Exception) -> Yard:
    return Yard(far=ScriptedProvisioner(*seen))


def test_what_is_wanted_is_made_by_the_accounts_own_provisioner_and_ready_when_whole() -> None:
    one = yard(WORKING, READY)
    one.want()
    assert one.reconciler.step(NOW) == 1
    assert one.state() is OutpostState.WANTED
    assert one.reconciler.step(NOW) == 0
    assert one.reconciler.step(NOW + POLL) == 1
    outpost = one.store.kept[one.ids[0], FAR]
    assert (outpost.state, outpost.due_at) == (OutpostState.READY, None)
    assert outpost.place is not None
    assert (outpost.place.account, outpost.place.region) == (FAR, "eu-west-1")
    assert outpost.place.broker_role_arn == ground(FAR).broker_role_arn
    plan = one.far.started[0]
    assert (plan.account_id, plan.parameters["WorkspaceBucket"][-13:]) == (FAR, f"-{FAR}")
    assert plan.parameters["BrokerRoleArn"] == ground(FAR).broker_role_arn


def test_its_network_is_where_the_person_works() -> None:
    one = yard(READY)
    one.want()
    one.reconciler.step(NOW)
    place = one.store.kept[one.ids[0], FAR].place
    assert place is not None
    assert place.vpc_endpoints == {"vpce-0123456789abcdef0"}


def test_wanting_it_again_changes_nothing() -> None:
    one = yard(READY)
    one.want()
    one.reconciler.step(NOW)
    before = dict(one.store.kept)
    one.want()
    assert one.store.kept == before
    assert [event.action for event in one.store.events] == [
        "environment.outpost-wanted",
        "environment.outpost-ready",
    ]


def test_an_account_that_is_not_served_is_never_wanted() -> None:
    one = yard()
    with pytest.raises(AccountNotServed):
        one.want("410987654321")
    assert one.store.kept == {}


def test_an_account_that_does_not_answer_is_asked_nothing_and_holds_up_no_other() -> None:
    one = yard()
    one.farther.script.append(READY)
    one.silent.add(FAR)
    one.want(FAR)
    one.want(FARTHER)
    assert one.reconciler.step(NOW) == 2
    assert one.far.started == []
    assert one.state(FARTHER) is OutpostState.READY
    assert one.store.kept[one.ids[0], FAR].due_at == NOW + POLL


def test_what_fails_backs_off_fails_after_six_tries_and_is_looked_at_again_when_somebody_asks() -> None:
    one = yard(*[Failed(reason="no room")] * MOST_TRIES, READY)
    one.want()
    now, waits = NOW, []
    for _ in range(MOST_TRIES):
        assert one.reconciler.step(now) == 1
        due = one.store.kept[one.ids[0], FAR].due_at
        assert due is not None
        waits.append(due - now)
        now = due
    failed = one.store.kept[one.ids[0], FAR]
    assert (failed.state, failed.last_error) == (OutpostState.FAILED, "no room")
    assert waits == [*(min(POLL * 2**n, LONGEST_BACK_OFF) for n in range(MOST_TRIES - 1)), FAILED_AGAIN]
    assert waits[0] < waits[1] < waits[2] < FAILED_AGAIN
    assert [event.action for event in one.store.events][-2:] == [
        "environment.outpost-try-failed",
        "alarm.outpost-failed",
    ]
    earlier = now - FAILED_AGAIN / 2
    one.want(now=earlier)
    assert one.state() is OutpostState.WANTED
    assert one.reconciler.step(earlier) == 1
    assert one.state() is OutpostState.READY


def test_one_that_has_failed_is_tried_daily_and_is_one_alarm() -> None:
    one = yard(*[Failed(reason="no room")] * (MOST_TRIES + 2))
    one.want()
    now = NOW
    for _ in range(MOST_TRIES + 2):
        assert one.reconciler.step(now) == 1
        now = one.store.kept[one.ids[0], FAR].due_at or now
    assert one.state() is OutpostState.FAILED
    assert [event.action for event in one.store.events].count("alarm.outpost-failed") == 1


def test_what_nobody_thought_of_backs_off_too_and_holds_up_no_other() -> None:
    one = yard(ValueError("what AWS had not said before"))
    one.farther.script.append(READY)
    one.want(FAR)
    one.want(FARTHER)
    assert one.reconciler.step(NOW) == 2
    assert one.state(FARTHER) is OutpostState.READY
    outpost = one.store.kept[one.ids[0], FAR]
    assert (outpost.tries, outpost.last_error, outpost.due_at) == (1, "ValueError", NOW + POLL)


def test_wanting_what_somebody_else_has_just_moved_on_is_no_error() -> None:
    one = yard(*[Failed(reason="no room")] * MOST_TRIES)
    one.want()
    now = NOW
    for _ in range(MOST_TRIES):
        one.reconciler.step(now)
        now = one.store.kept[one.ids[0], FAR].due_at or now
    one.store = Overtaken(kept=one.store.kept)
    one.want(now=now)
    assert one.state() is OutpostState.FAILED


def test_nothing_is_made_for_an_activity_that_was_stopped() -> None:
    one = yard(READY)
    one.want()
    record = one.registry.activity(one.ids[1])
    assert record is not None
    one.registry.save_activity(
        replace(record, activity=replace(record.activity, state=ActivityState.SUSPENDED)), one.store.events[0]
    )
    one.reconciler.step(NOW)
    assert one.far.started == []
    assert one.store.kept[one.ids[0], FAR].last_error == "its activity is not active"
